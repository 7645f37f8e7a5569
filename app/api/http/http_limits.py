"""HTTP as it comes in over the wire: uvicorn's fastest protocol, with bounds that it does not set itself."""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 65_536
"""Bytes of a request's address and headers."""

SLOWEST_HEAD = 30
"""Seconds that a caller may take over them."""


class HeadTooLargeError(Exception):
    """A head came whole, but there is too much of it. The parser makes a 400 of it."""


class BoundedHttp(HttpToolsProtocol):
    """HTTP whose head may neither be endless nor take for ever: one caller must not use up memory or connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head: int | None = None
        """How much of an unfinished head has come since it began; None between heads."""
        self._begun = False
        """It began in what has just arrived, perhaps behind other things."""
        self._deadline: TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, and see whether a head is still not whole."""
        self._begun = False
        super().data_received(data)
        if self._head is None or self.transport.is_closing():
            return
        if not self._begun:
            self._head += len(data)
        if self._head > LONGEST_HEAD:
            self.send_400_response("The head of the request is too large.")
        elif self._deadline is None:
            self._wait()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head, self._begun = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._end_of_head()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LONGEST_HEAD:
            raise HeadTooLargeError
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._end_of_head()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(SLOWEST_HEAD, self._too_slow)

    def _too_slow(self) -> None:
        if getattr(self.cycle, "response_complete", True):  # there is no cycle before the first request
            self.transport.close()
        else:
            # The answers to requests before this one are under way; while requests queue up, we do not even read.
            self._wait()

    def _end_of_head(self) -> None:
        self._head = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
