"""Limits that uvicorn's httptools protocol does not have: on the head of a request (request line and headers), on
readers that stall, and on the body of a request that has been answered already."""

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536
"""The largest request line and headers, in bytes."""

MAX_HEAD_SECONDS = 30
"""How long a client may take to send them."""

MAX_STALL_SECONDS = 30
"""How long a client may leave a response unread. The connection is then broken off."""

LINGER_SECONDS = 2
"""How long a connection stays open after a response that came before the end of the request's body: if it were closed
at once, the client could lose the response."""

SMALL_BODY_BYTES = 65_536
"""The rest of a body up to this size is read, so that the connection can be used again; of a larger one it is not."""

LINGER_BYTES = 1_000_000
"""How much more of such a body is taken from the connection, to be thrown away."""


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
        self._stall: TimerHandle | None = None
        """Breaks the connection off if the client reads nothing."""
        self._linger: TimerHandle | None = None
        """Closes a connection whose last request was answered before its body had come."""
        self._lingering_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Parse the data, then check whether the head is still unfinished."""
        if self._linger is not None:
            self._lingering_bytes += len(data)
            if self._lingering_bytes > LINGER_BYTES:
                self.transport.abort()
            return
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
        self._end_stall()
        if self._linger is not None:
            self._linger.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        if self._stall is None:
            self._stall = self.loop.call_later(MAX_STALL_SECONDS, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client has read on."""
        self._end_stall()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """A response is complete. If the body of its request is not, what is left of it is not parsed any more."""
        is_last = self.cycle.response_complete  # otherwise it is the cycle of a request that came right after
        if is_last and self.cycle.more_body and not self._has_small_body() and not self.transport.is_closing():
            self._linger = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
            if self.transport.can_write_eof():
                self.transport.write_eof()
        super().on_response_complete()

    def _has_small_body(self) -> bool:
        """True if the request announced a small body. The parser has checked that the length is a number."""
        return any(name == b"content-length" and int(value) <= SMALL_BODY_BYTES for name, value in self.headers)

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

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
