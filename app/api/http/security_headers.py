"""What holds for every answer, whatever made it: headers that keep browsers strict, and HEAD."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT: Mapping[str, str] = {
    # Data is never a page: whatever somebody wrote into the record, a browser runs and loads none of it.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # An address of ours may hold what a reader searched for.
    "Referrer-Policy": "no-referrer",
}
"""Headers of every answer that does not bring its own."""

_STRICT = [(name.lower().encode(), value.encode()) for name, value in STRICT.items()]


class Edge:
    """The outermost layer, so that it also holds for answers that say no."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; HEAD is a GET whose body is left out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                brought = {name for name, _value in message["headers"]}
                message["headers"] = [*message["headers"], *(header for header in _STRICT if header[0] not in brought)]
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if head else scope, receive, finish)
