"""Fast reads: GET requests answered without FastAPI's dependency machinery, by the same functions that are its routes.

FastAPI resolves dependencies through stacks of context managers and takes threads from a shared limiter, which takes
longer than a read itself. Here a GET with valid parameters goes straight to its function. A request with an unknown
parameter, or a value out of range, goes on to FastAPI, which reports what is wrong: errors have one source.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from starlette.types import Scope

from app.api.http import dependencies
from app.db.engine import Database, ThreadConnections, was_interrupted

Connect = Callable[[ThreadConnections], AbstractContextManager[Connection]]

_CONNECT: Mapping[Callable[..., Any], Connect] = {
    dependencies.read_connection: ThreadConnections.reading,
    dependencies.single_statement_connection: ThreadConnections.single_statement,
}
"""How to open the connection that a route depends on."""

_FROM_REQUEST: Mapping[Callable[..., Any], Callable[[Request], Any]] = {
    dependencies.reader: dependencies.reader,
    dependencies.cursors: dependencies.cursors,
}
"""The other dependencies that fast reads support."""

INLINE_READ_BUDGET = 0.005
"""Seconds of CPU time that a read may take on the event loop. A longer one is interrupted and restarted in a thread."""


class FastRead(NamedTuple):
    """A GET route, with everything needed to call its function."""

    function: Callable[..., Response]
    connect: Connect | None
    connection_name: str
    """The argument for the connection."""
    path: tuple[tuple[str, TypeAdapter[Any]], ...]
    """The arguments from the path."""
    query: tuple[str, type[BaseModel]] | None
    """The argument for the query parameters, and their model."""
    list_parameters: frozenset[str]
    """Query parameters that may be repeated."""
    from_request: tuple[tuple[str, Callable[[Request], Any]], ...]
    """The arguments that are made from the whole request."""

    def runs_inline(self, arguments: Mapping[str, Any]) -> bool:
        """True if the read probably takes less time than handing it to a thread: one statement without a search."""
        is_search = self.query is not None and getattr(arguments[self.query[0]], "q", None) is not None
        return self.connect is ThreadConnections.single_statement and not is_search


class FastReads:
    """Runs fast reads on connections and threads of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loop_connections = database.thread_connections(time_budget=INLINE_READ_BUDGET)
        self._thread_connections = database.thread_connections()
        self._threads = ThreadPoolExecutor(database.pool_size, thread_name_prefix="read")

    async def respond(self, scope: Scope, read: FastRead) -> Response | None:
        """The response of a read; None if a parameter is invalid, so that FastAPI answers.

        Any AttestError that the read raises is passed on.
        """
        arguments = _arguments(scope, read)
        if arguments is None:
            return None
        if self._database.is_sqlite and read.runs_inline(arguments):
            # SQLite is a library, so there is no network to wait for; a long read must not hold up the event loop.
            try:
                return self._run(read, arguments, self._loop_connections)
            except DBAPIError as error:
                if not was_interrupted(error):
                    raise
        run = partial(self._run, read, arguments, self._thread_connections)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def _run(self, read: FastRead, arguments: dict[str, Any], connections: ThreadConnections) -> Response:
        if read.connect is None:
            return read.function(**arguments)
        connect = read.connect if read.runs_inline(arguments) else ThreadConnections.reading
        with connect(connections) as connection:
            return read.function(**arguments, **{read.connection_name: connection})


def _arguments(scope: Scope, read: FastRead) -> dict[str, Any] | None:
    arguments: dict[str, Any] = {}
    try:
        for name, adapter in read.path:
            arguments[name] = adapter.validate_python(scope["path_params"][name])
        parameters = _query_parameters(scope["query_string"], read.list_parameters)
        if parameters is None or (parameters and read.query is None):
            return None
        if read.query is not None:
            name, model = read.query
            arguments[name] = model.model_validate(parameters)
    except ValidationError:
        return None
    request = Request(scope)
    for name, get in read.from_request:
        arguments[name] = get(request)
    return arguments


def _query_parameters(query_string: bytes, list_parameters: frozenset[str]) -> dict[str, Any] | None:
    """Query parameters by name; None if one that takes a single value is repeated."""
    parameters: dict[str, Any] = {}
    if not query_string:
        return parameters
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        if name in list_parameters:
            parameters.setdefault(name, []).append(value)
        elif name in parameters:
            return None
        else:
            parameters[name] = value
    return parameters


def fast_read_of(route: APIRoute) -> FastRead | None:
    """The fast read of a route.

    None if the route does not read, runs on the event loop, or depends on something that only FastAPI can resolve.
    """
    if route.methods != {"GET"} or inspect.iscoroutinefunction(route.endpoint):
        return None
    connect, connection_name = None, ""
    path: list[tuple[str, TypeAdapter[Any]]] = []
    query: tuple[str, type[BaseModel]] | None = None
    from_request: list[tuple[str, Callable[[Request], Any]]] = []
    for name, annotation in inspect.get_annotations(route.endpoint, eval_str=True).items():
        if name == "return":
            continue
        if annotation is Request:
            from_request.append((name, lambda request: request))
            continue
        type_, marker = _split_annotation(annotation)
        dependency = marker.dependency if isinstance(marker, params.Depends) else None
        if dependency is not None and dependency in _CONNECT:
            connect, connection_name = _CONNECT[dependency], name
        elif dependency is not None and dependency in _FROM_REQUEST:
            from_request.append((name, _FROM_REQUEST[dependency]))
        elif isinstance(marker, params.Path):
            path.append((name, TypeAdapter(annotation)))
        elif isinstance(marker, params.Query) and isinstance(type_, type) and issubclass(type_, BaseModel):
            query = (name, type_)
        else:
            return None
    fields = {} if query is None else query[1].model_fields
    list_parameters = frozenset(name for name, field in fields.items() if get_origin(field.annotation) is list)
    return FastRead(route.endpoint, connect, connection_name, tuple(path), query, list_parameters, tuple(from_request))


def _split_annotation(annotation: Any) -> tuple[Any, Any]:
    """The type of an argument, and the marker by which FastAPI knows where it comes from."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    type_, *markers = get_args(annotation)
    return type_, markers[-1]
