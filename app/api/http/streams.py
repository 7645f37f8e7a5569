"""Streamed responses that read the record, limited in number.

A stream holds a database connection for as long as its reader takes. Streams therefore have connections of their own
and are limited in number, and what is small is read whole, so that its connection is free before it is sent.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, AnyStr, cast

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection
from starlette.types import Send

from app.db.engine import Database
from app.errors import BusyError

BLOCK_SIZE = 65_536
"""The smallest block that is sent at once, in characters or bytes; only the last one may be smaller."""

WHOLE_BYTES = 524_288
"""Up to about this size, a text is read whole before it is sent."""

SLOT_WAIT = 2.0
"""Seconds that a stream waits for another one to end before it is refused."""

RETRY_AFTER = 10
"""Seconds after which a refused client is told to try again."""


class Streams:
    """Lends connections to streams: at most `limit` at a time."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._slots = BoundedSemaphore(limit)
        self.limiter = CapacityLimiter(limit)
        """The threads of streams, so that streams take none from other requests."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only transaction with one snapshot, as `Database.reading` does.

        Raises BusyError if too many streams are open.
        """
        if not self._slots.acquire(timeout=SLOT_WAIT):
            raise BusyError(
                "Too many exports are being read at the moment. Short reads still work; "
                f"try this again in {RETRY_AFTER} seconds.",
                RETRY_AFTER,
            )
        try:
            with self._database.streaming() as connection:
                yield connection
        finally:
            self._slots.release()


def stream(
    streams: Streams,
    read: Generator[Any],
    chunks: Iterable[str] | Iterable[bytes],
    media_type: str,
    headers: Mapping[str, str],
) -> Response:
    """Respond with `chunks`, which come from `read`, and close `read` as soon as nobody waits for more of it.

    The beginning is made before the response starts, so that an error is a response and not a broken stream. A short
    text is made whole.
    """
    blocks = _encoded(in_blocks(cast(Iterable[Any], chunks)))
    beginning: list[bytes] = []
    size = 0
    try:
        for block in blocks:
            beginning.append(block)
            size += len(block)
            if size >= WHOLE_BYTES:
                return _RecordStream(streams, read, beginning, blocks, media_type=media_type, headers=headers)
    except BaseException:
        read.close()
        raise
    read.close()
    return Response(b"".join(beginning), media_type=media_type, headers=headers)


class _RecordStream(StreamingResponse):
    """A stream that gives its connection back when it ends, also when its reader has gone."""

    def __init__(
        self,
        streams: Streams,
        read: Generator[Any],
        beginning: list[bytes],
        blocks: Iterator[bytes],
        *,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__((), media_type=media_type, headers=headers)
        self._streams, self._read, self._beginning, self._blocks = streams, read, beginning, blocks

    async def stream_response(self, send: Send) -> None:
        """Send the head and the blocks."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for block in self._beginning:
                await send({"type": "http.response.body", "body": block, "more_body": True})
            self._beginning.clear()
            # A thread is always waited for, so the generator is not running when it is closed.
            while block := await to_thread.run_sync(next, self._blocks, b"", limiter=self._streams.limiter):
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(self._read.close, limiter=self._streams.limiter)


def _encoded(blocks: Iterator[Any]) -> Iterator[bytes]:
    for block in blocks:
        yield block.encode() if isinstance(block, str) else block


def in_blocks(chunks: Iterable[AnyStr]) -> Iterator[AnyStr]:
    """Join the lines of a text into large blocks: handing a block to another thread costs more than writing a line."""
    block: list[AnyStr] = []
    size = 0
    for chunk in chunks:
        block.append(chunk)
        size += len(chunk)
        if size >= BLOCK_SIZE:
            yield block[0][:0].join(block)
            block.clear()
            size = 0
    if block:
        yield block[0][:0].join(block)
