"""Requests below the level of HTTP clients: what the application receives of a body, and when."""

import anyio
from starlette.types import ASGIApp, Message


class RawRequest:
    """A POST straight to the ASGI application, which counts the chunks of its body that the application receives."""

    def __init__(
        self,
        app: ASGIApp,
        path: str,
        headers: dict[str, str],
        *,
        chunk_size: int,
        chunks: int,
        is_complete: bool = True,
    ) -> None:
        """Send a body of `chunks` chunks of `chunk_size` bytes; unless it is complete, disconnect after them."""
        self.chunks_received = 0
        self.status = 0
        self._chunk = b"x" * chunk_size
        self._chunks = chunks
        self._is_complete = is_complete
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": f"/api/v1/{path}",
            "raw_path": f"/api/v1/{path}".encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"Host": "testserver", "Content-Type": "application/json", **headers}.items()
            ],
            "client": ("testclient", 50000),
            "server": ("testserver", 80),
        }
        anyio.run(app, scope, self._receive, self._send)

    async def _receive(self) -> Message:
        self.chunks_received += 1
        if self.chunks_received > self._chunks:
            return {"type": "http.disconnect"}
        more_body = not self._is_complete or self.chunks_received < self._chunks
        return {"type": "http.request", "body": self._chunk, "more_body": more_body}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
