"""The load client, in a process of its own: keep-alive connections over plain sockets, at minimal cost in Python.

It reads commands, one JSON object per line, and answers each with one line. Its own CPU time is not measured.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any, NamedTuple


class Response(NamedTuple):
    """The parts of a response that are checked."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._pending: asyncio.Future[Response] | None = None
        self._head: tuple[int, dict[str, str]] | None = None
        self._body = bytearray()
        self._content_length = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop; fails the pending request."""
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(exc or ConnectionError("the server closed the connection"))

    def send(self, request: bytes) -> "asyncio.Future[Response]":
        """Send a request and return its response."""
        assert self._transport is not None
        self._pending = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._pending

    def close(self) -> None:
        """Close the connection."""
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
            self._content_length = 0 if self._head[0] == 304 else int(headers.get("content-length", -1))
        if self._content_length >= 0:
            if len(self._buffer) >= self._content_length:
                self._finish_response(bytes(self._buffer[: self._content_length]))
                del self._buffer[:]
        elif self._read_chunks():
            self._finish_response(bytes(self._body))

    def _read_chunks(self) -> bool:
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = int(self._buffer[:end], 16)
            if len(self._buffer) < end + 4 + size:
                return False
            self._body += self._buffer[end + 2 : end + 2 + size]
            del self._buffer[: end + 4 + size]
            if size == 0:
                return True
        return False

    def _finish_response(self, body: bytes) -> None:
        assert self._head is not None
        assert self._pending is not None
        response = Response(*self._head, body)
        self._head = None
        self._body = bytearray()
        self._pending.set_result(response)


def build_request(path: str, headers: dict[str, str], body: str = "") -> bytes:
    """Return a GET request, or a POST request with JSON if there is a body."""
    content = body.encode()
    if content:
        headers = {**headers, "Content-Type": "application/json", "Content-Length": str(len(content))}
    method = "POST" if content else "GET"
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + content


async def _open(port: int, connections: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(connections)]
    return [connection for _transport, connection in opened]


async def _measure(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> dict[str, Any]:
    """Send requests for `seconds` on `connections`; each sends the next as soon as it has its response."""
    opened = await _open(port, connections)
    next_requests: Iterator[bytes] = cycle(requests)
    latencies: list[float] = []
    start = time.perf_counter()
    end = start + seconds
    failed = 0

    async def work(connection: Connection) -> None:
        nonlocal failed
        while (now := time.perf_counter()) < end:
            response = await connection.send(next(next_requests))
            latencies.append(time.perf_counter() - now)
            failed += response.status not in (200, 201, 304)

    await asyncio.gather(*map(work, opened))
    duration = time.perf_counter() - start
    for connection in opened:
        connection.close()
    latencies.sort()
    return {
        "requests": len(latencies),
        "failed": failed,
        "seconds": duration,
        "p50": statistics.median(latencies),
        "p99": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
    }


async def _check(port: int, requests: Sequence[bytes], seconds: float) -> dict[str, Any]:
    """Send each request once, as many as fit into `seconds`: status, entity tag, length, and the body of errors."""
    connection = (await _open(port, 1))[0]
    responses: list[dict[str, Any]] = []
    start = time.perf_counter()
    for request in requests:
        if responses and time.perf_counter() - start > seconds:
            break
        response = await connection.send(request)
        error = "" if response.status in (200, 304) else response.body[:400].decode(errors="replace")
        responses.append(
            {
                "status": response.status,
                "etag": response.headers.get("etag"),
                "length": len(response.body),
                "error": error,
            }
        )
    connection.close()
    return {"responses": responses, "seconds": time.perf_counter() - start}


async def _walk_pages(port: int, path: str, pages: int) -> list[str]:
    """Walk down a list by its cursors and return the last 20 of them."""
    connection = (await _open(port, 1))[0]
    cursors: list[str] = []
    for _ in range(pages):
        address = f"{path}&cursor={cursors[-1]}" if cursors else path
        response = await connection.send(build_request(address, {}))
        cursor = json.loads(response.body).get("next")
        if cursor is None:
            break
        cursors.append(cursor)
    connection.close()
    return cursors[-20:]


def main() -> None:
    """Answer commands until the input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        port = command["port"]
        if command["do"] == "walk":
            result: Any = asyncio.run(_walk_pages(port, command["path"], command["pages"]))
        else:
            requests = [build_request(*request) for request in command["requests"]]
            if command["do"] == "check":
                result = asyncio.run(_check(port, requests, command["seconds"]))
            else:
                result = asyncio.run(_measure(port, requests, command["connections"], command["seconds"]))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
