"""Limits on the head of a request (request line and headers) that uvicorn's httptools protocol does not have."""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536
"""The largest request line and headers, in bytes."""

MAX_HEAD_SECONDS = 30
"""How long a client may take to send them."""


class HeadTooLargeError(Exception):
    """A complete request head is too large. The parser turns this into a 400."""


class LimitedHttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 with limits on the size and duration of heads, so that no client can use up memory or connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes: int | None = None
        """Bytes of the unfinished head so far, without those of the data that it began in; None between heads."""
        self._began_in_this_data = False
        """True if the unfinished head began in the data that has just arrived."""
        self._deadline: TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Parse the data, then check whether the head is still unfinished."""
        self._began_in_this_data = False
        super().data_received(data)
        if self._head_bytes is None or self.transport.is_closing():
            return
        if not self._began_in_this_data:
            self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response("The request line and headers are too large.")
        elif self._deadline is None:
            self._start_deadline()

    def on_message_begin(self) -> None:
        """A request head begins."""
        self._head_bytes, self._began_in_this_data = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The request head is complete."""
        self._end_head()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES:
            raise HeadTooLargeError
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._end_head()
        super().connection_lost(exc)

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(MAX_HEAD_SECONDS, self._on_deadline)

    def _on_deadline(self) -> None:
        if getattr(self.cycle, "response_complete", True):  # there is no cycle before the first request
            self.transport.close()
        else:
            # Earlier requests on this connection are still being answered; reading is paused while requests queue up.
            self._start_deadline()

    def _end_head(self) -> None:
        self._head_bytes = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
