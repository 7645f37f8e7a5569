"""The route table: each method of each path with its policy, its FastAPI route and, for most reads, a fast path.

Starlette's router matches a request once, on a table that is built from the API's routers and from the policies in
`permissions`. Then the request is checked against the policy, and answered by the fast path or by FastAPI, which is
given the matched route and does not match again. Building the table fails if a route lacks a policy, or a policy a
route.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http import problems
from app.api.http.access import Admission
from app.api.http.fast_reads import FastRead, FastReads, fast_read_of
from app.api.http.permissions import API, Policy, policies
from app.api.http.strict_route import StrictRoute
from app.errors import AttestError


def api_router(path: str, tag: str) -> APIRouter:
    """A router for routes below this path of the API; its operations are named after their functions."""
    return APIRouter(
        prefix=API + path, tags=[tag], route_class=StrictRoute, generate_unique_id_function=lambda route: route.name
    )


class Operation(NamedTuple):
    """One method of one path."""

    policy: Policy
    route: APIRoute
    fast_read: FastRead | None
    """How to answer it without FastAPI; None if only FastAPI can."""


_NOT_FOUND = problems.problem(HTTPStatus.NOT_FOUND, problems.NO_SUCH_ADDRESS)

RouteTable = Mapping[str, Mapping[str, Operation]]
"""The operations of each path, by method. Paths are in the order in which they are matched."""


def route_table(routers: Iterable[APIRouter]) -> RouteTable:
    """The operations of these routers. Raises LookupError unless routes and policies match one to one."""
    policy_of = {(method, path): policy for method, path, policy in policies()}
    table: dict[str, dict[str, Operation]] = defaultdict(dict)
    for route in (route for router in routers for route in router.routes):
        if not isinstance(route, APIRoute):
            raise LookupError(f"{route} is not a FastAPI route")
        for method in route.methods or ():
            policy = policy_of.pop((method, route.path), None)
            if policy is None:
                raise LookupError(f"{method} {route.path} has no policy: add it to app/api/http/permissions.py")
            table[route.path][method] = Operation(policy, route, fast_read_of(route))
    if policy_of:
        raise LookupError(f"These policies have no route: {sorted(policy_of)}")
    return table


class Routing:
    """The middleware that matches requests and decides who answers them."""

    def __init__(self, app: ASGIApp, *, table: RouteTable, admission: Admission, fast_reads: FastReads) -> None:
        """`app` is FastAPI, behind a `MatchedRoute`."""
        self._app = app
        self._router = Router(
            [Route(path, _Path(app, operations, admission, fast_reads)) for path, operations in table.items()],
            redirect_slashes=False,
            default=_NOT_FOUND,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Match a request; everything else, such as the start of the application, goes to FastAPI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].endswith("\n"):  # Starlette's patterns end with `$`, which ignores it
            await _NOT_FOUND(scope, receive, send)
        else:
            await self._router(scope, receive, send)


class _Path:
    """The ASGI application of one path."""

    def __init__(
        self, app: ASGIApp, operations: Mapping[str, Operation], admission: Admission, fast_reads: FastReads
    ) -> None:
        self._app = app
        self._operations = operations
        self._admission = admission
        self._fast_reads = fast_reads
        methods = sorted({*operations, "HEAD"} if "GET" in operations else operations)
        self._allow = ", ".join(methods)
        self._accepts = " and ".join((", ".join(methods[:-1]), methods[-1])) if len(methods) > 1 else methods[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._operations.get(scope["method"])
        if operation is None:
            detail = f"This address does not accept {scope['method'][:20]}; it accepts {self._accepts}."
            await problems.problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": self._allow})(
                scope, receive, send
            )
            return
        response = None
        try:
            receive = self._admission.admit(scope, receive, operation.policy)
            if operation.fast_read is not None:
                response = await self._fast_reads.respond(scope, operation.fast_read)
        except AttestError as error:
            response = problems.of(error)
        if response is not None:
            await response(scope, receive, send)
            return
        scope["operation"] = operation
        await self._app(scope, receive, send)


class MatchedRoute(BaseRoute):
    """FastAPI's only route: it passes a request on to the route that the table has matched already."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every HTTP request."""
        return (Match.FULL, {}) if scope["type"] == "http" else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the matched route."""
        operation: Operation = scope["operation"]
        await operation.route.handle(scope, receive, send)
