"""The load client, in a process of its own: keep-alive connections over plain sockets, as cheap as Python has them.

It reads commands, one JSON object a line, and answers each with one line. Nothing of it is counted.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What came back, as far as it is looked at."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._head: tuple[int, dict[str, str]] | None = None
        self._body = bytearray()
        self._wanted = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop; whoever waits is told."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("the server closed the connection"))

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Send a request; its answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._buffer += data
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            first, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._head = int(first.split(" ", 2)[1]), headers
            del self._buffer[: end + 4]
            self._wanted = 0 if self._head[0] == 304 else int(headers.get("content-length", -1))
        if self._wanted >= 0:
            if len(self._buffer) >= self._wanted:
                self._done(bytes(self._buffer[: self._wanted]))
                del self._buffer[:]
        elif self._dechunked():
            self._done(bytes(self._body))

    def _dechunked(self) -> bool:
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = int(self._buffer[:end], 16)
            if len(self._buffer) < end + 4 + size:
                return False
            self._body += self._buffer[end + 2 : end + 2 + size]
            del self._buffer[: end + 4 + size]
            if size == 0:
                return True
        return False

    def _done(self, body: bytes) -> None:
        assert self._head is not None
        assert self._waiting is not None
        answer = Answer(*self._head, body)
        self._head = None
        self._body = bytearray()
        self._waiting.set_result(answer)


def request_of(path: str, headers: dict[str, str], body: str = "") -> bytes:
    """A GET request, or a POST of JSON if there is a body."""
    sent = body.encode()
    if sent:
        headers = {**headers, "Content-Type": "application/json", "Content-Length": str(len(sent))}
    method = "POST" if sent else "GET"
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + sent


async def _open(port: int, connections: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(connections)]
    return [connection for _transport, connection in opened]


async def _measure(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> dict[str, Any]:
    """Ask for so many seconds on so many connections; each asks again as soon as it has its answer."""
    opened = await _open(port, connections)
    source: Iterator[bytes] = cycle(requests)
    latencies: list[float] = []
    begin = time.perf_counter()
    until = begin + seconds
    failed = 0

    async def work(connection: Connection) -> None:
        nonlocal failed
        while (now := time.perf_counter()) < until:
            answer = await connection.ask(next(source))
            latencies.append(time.perf_counter() - now)
            failed += answer.status not in (200, 201, 304)

    await asyncio.gather(*map(work, opened))
    took = time.perf_counter() - begin
    for connection in opened:
        connection.close()
    latencies.sort()
    return {
        "requests": len(latencies),
        "failed": failed,
        "seconds": took,
        "p50": statistics.median(latencies),
        "p99": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
    }


async def _check(port: int, requests: Sequence[bytes], seconds: float) -> dict[str, Any]:
    """Ask each once, as many as there is time for: status, entity tag, length, and what it says if it failed."""
    connection = (await _open(port, 1))[0]
    found: list[dict[str, Any]] = []
    begin = time.perf_counter()
    for request in requests:
        if found and time.perf_counter() - begin > seconds:
            break
        answer = await connection.ask(request)
        said = "" if answer.status in (200, 304) else answer.body[:400].decode(errors="replace")
        found.append(
            {"status": answer.status, "etag": answer.headers.get("etag"), "length": len(answer.body), "said": said}
        )
    connection.close()
    return {"answers": found, "seconds": time.perf_counter() - begin}


async def _next_page(port: int, path: str, pages: int) -> list[str]:
    """Walk down a list by its cursors; those of the last pages."""
    connection = (await _open(port, 1))[0]
    cursors: list[str] = []
    for _ in range(pages):
        asked = f"{path}&cursor={cursors[-1]}" if cursors else path
        answer = await connection.ask(request_of(asked, {}))
        cursor = json.loads(answer.body).get("next")
        if cursor is None:
            break
        cursors.append(cursor)
    connection.close()
    return cursors[-20:]


def main() -> None:
    """Answer commands until there are no more."""
    for line in sys.stdin:
        command = json.loads(line)
        port = command["port"]
        if command["do"] == "walk":
            result: Any = asyncio.run(_next_page(port, command["path"], command["pages"]))
        else:
            requests = [request_of(*request) for request in command["requests"]]
            if command["do"] == "check":
                result = asyncio.run(_check(port, requests, command["seconds"]))
            else:
                result = asyncio.run(_measure(port, requests, command["connections"], command["seconds"]))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
