"""HTTP as it comes in over the wire: uvicorn's fastest protocol, with bounds that it does not set itself."""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 65_536
"""Bytes of a request's first line and headers."""

SLOWEST_HEAD = 30
"""Seconds that a caller may take over them."""


class BoundedHttp(HttpToolsProtocol):
    """HTTP whose head may neither be endless nor take for ever: one caller must not use up memory or connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head: int | None = None
        """How much of an unfinished head has come; None between heads."""
        self._deadline: TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, and see whether a head is still not whole."""
        super().data_received(data)
        if self._head is None:
            return
        self._head += len(data)
        if self._head > LONGEST_HEAD:
            self.send_400_response("The head of the request is too large.")
        elif self._deadline is None:
            self._deadline = self.loop.call_later(SLOWEST_HEAD, self.transport.close)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._end_of_head()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._end_of_head()
        super().connection_lost(exc)

    def _end_of_head(self) -> None:
        self._head = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
