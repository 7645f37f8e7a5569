"""A client of a service in this process, for tests that ask often."""

from contextlib import ExitStack
from typing import Self

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, BaseTransport, ByteStream, Request, Response

API = "http://testserver/api/v1/"
"""`claims` means `/api/v1/claims`."""


class Client(TestClient):
    """Starlette's client at a third of its price, for answers that are read when they are whole.

    Starlette's own crosses to the service's event loop and back eight times for each request, so that an answer can
    be read while it is made. Here a request crosses once, and so do start and end.
    """

    def __init__(self, app: FastAPI, *, raise_server_exceptions: bool = True) -> None:
        super().__init__(app, base_url=API)
        self._service = app
        self._raise_server_exceptions = raise_server_exceptions

    def __enter__(self) -> Self:
        """Start the service."""
        with ExitStack() as stack:
            self.portal = stack.enter_context(start_blocking_portal())
            stack.enter_context(
                self.portal.wrap_async_context_manager(self._service.router.lifespan_context(self._service))
            )
            self._transport = _OneCrossing(self._service, self.portal, self._raise_server_exceptions)
            self.exit_stack = stack.pop_all()
        return self


class _OneCrossing(BaseTransport):
    """Asks a service in its event loop, and comes back with the answer."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, raise_server_exceptions: bool) -> None:
        self._asgi = ASGITransport(app, raise_app_exceptions=raise_server_exceptions, client=("testclient", 50000))
        self._portal = portal

    def handle_request(self, request: Request) -> Response:
        request.read()
        return self._portal.call(self._ask, request)

    async def _ask(self, request: Request) -> Response:
        answer = await self._asgi.handle_async_request(request)
        body = await answer.aread()
        return Response(answer.status_code, headers=answer.headers, stream=ByteStream(body))
