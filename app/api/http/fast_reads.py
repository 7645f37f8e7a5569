"""The short way of reads: past FastAPI's machinery, to the very functions that are its routes.

FastAPI finds a route in two passes over nested routers, resolves its dependencies through stacks of context managers
and takes threads from a shared limiter; for a read that takes three times as long as the read itself. Here a GET whose
address and parameters are as they should be goes straight to its route. Anything else (another method, an unknown
parameter, a value out of range) goes on to FastAPI, which then says what is wrong: there is one place for errors.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response, params
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http import dependencies, problems
from app.db.engine import Database, KeptConnections, broken_off
from app.errors import AttestError

Connect = Callable[[KeptConnections], AbstractContextManager[Connection]]

_CONNECTS: Mapping[Callable[..., Any], Connect] = {
    dependencies.read: KeptConnections.reading,
    dependencies.glance: KeptConnections.glancing,
}
"""How the connection that a route asks for is got."""

_FROM_REQUEST: Mapping[Callable[..., Any], Callable[[Request], Any]] = {
    dependencies.reader: dependencies.reader,
    dependencies.cursors: dependencies.cursors,
}
"""What else a route may ask for."""


PATIENCE = 0.005
"""Seconds of work for which a read may keep the others waiting; then it starts again in a thread."""

_END = "/"
"""Where in the tree a route stands: no segment has a slash."""


class _Read(NamedTuple):
    """A route that reads, and what it is called with."""

    call: Callable[..., Response]
    connect: Connect | None
    connection: str
    """The argument that takes the connection."""
    path: tuple[tuple[str, TypeAdapter[Any]], ...]
    """Arguments out of the address, in its order."""
    query: tuple[str, type[BaseModel]] | None
    """The argument that takes the parameters, and their shape."""
    lists: frozenset[str]
    """Parameters that may be given several times."""
    asked: tuple[tuple[str, Callable[[Request], Any]], ...]
    """Arguments that follow from the request as a whole."""

    def is_short(self, arguments: Mapping[str, Any]) -> bool:
        """True if it most likely takes less time than to hand it to a thread: one look, and no search."""
        searches = self.query is not None and getattr(arguments[self.query[0]], "q", None) is not None
        return self.connect is KeptConnections.glancing and not searches


Tree = dict[str | None, Any]
"""Routes by the segments of their paths; None stands for a segment that is open."""


def reads(prefix: str, routers: Iterable[APIRouter]) -> Tree:
    """The reads among the routes of these routers."""
    tree: Tree = {}
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute) and route.methods == {"GET"} and (read := _read(route)) is not None:
            node = tree
            for segment in (prefix + route.path).split("/"):
                node = node.setdefault(None if segment.startswith("{") else segment, {})
            node[_END] = read
    return tree


class ShortWay:
    """Answers these reads where they are well-formed, and lets everything else through."""

    def __init__(self, app: ASGIApp, *, reads: Tree, database: Database) -> None:
        self._app = app
        self._database = database
        self._here = database.keeping(patience=PATIENCE)
        self._there = database.keeping()
        self._threads = ThreadPoolExecutor(database.pool_size, thread_name_prefix="read")
        self._reads = reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        prepared = self._prepare(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if prepared is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await self._answer(*prepared)
        except AttestError as error:
            response = problems.of(error)
        await response(scope, receive, send)

    async def _answer(self, read: _Read, arguments: dict[str, Any]) -> Response:
        if self._database.is_sqlite and read.is_short(arguments):
            # SQLite is a library: there is nothing to wait for. What turns out to be long must not keep others waiting.
            try:
                return self._run(read, arguments, self._here)
            except DBAPIError as error:
                if not broken_off(error):
                    raise
        work = partial(self._run, read, arguments, self._there)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _prepare(self, scope: Scope) -> tuple[_Read, dict[str, Any]] | None:
        """The route that this request is for, and its arguments; None if anything about it is not plain."""
        read, opened = self._find(scope["path"])
        if read is None:
            return None
        arguments: dict[str, Any] = {}
        try:
            for (name, adapter), segment in zip(read.path, opened, strict=True):
                arguments[name] = adapter.validate_python(segment)
            given = _given(scope["query_string"], read.lists)
            if given is None or (given and read.query is None):
                return None
            if read.query is not None:
                name, shape = read.query
                arguments[name] = shape.model_validate(given)
        except ValidationError:
            return None
        request = Request(scope)
        for name, get in read.asked:
            arguments[name] = get(request)
        return read, arguments

    def _find(self, path: str) -> tuple[_Read | None, list[str]]:
        """The route of a path, and the segments that it leaves open."""
        node, opened = self._reads, []
        for segment in path.split("/"):
            child = node.get(segment)
            if child is None and segment and (child := node.get(None)) is not None:
                opened.append(segment)
            if child is None:
                return None, opened
            node = child
        return node.get(_END), opened

    def _run(self, read: _Read, arguments: dict[str, Any], connections: KeptConnections) -> Response:
        if read.connect is None:
            return read.call(**arguments)
        connect = read.connect if read.is_short(arguments) else KeptConnections.reading
        with connect(connections) as connection:
            return read.call(**arguments, **{read.connection: connection})


def _given(query: bytes, lists: frozenset[str]) -> dict[str, Any] | None:
    """The parameters of a query by name; None if one that takes a single value is given twice."""
    given: dict[str, Any] = {}
    if not query:
        return given
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            return None
        else:
            given[name] = value
    return given


def _read(route: APIRoute) -> _Read | None:
    """What a route is called with; None if it asks for what only FastAPI can give, or is to run on the event loop."""
    if inspect.iscoroutinefunction(route.endpoint):
        return None
    connect, connection = None, ""
    path: dict[str, TypeAdapter[Any]] = {}
    query: tuple[str, type[BaseModel]] | None = None
    asked: list[tuple[str, Callable[[Request], Any]]] = []
    for name, annotation in inspect.get_annotations(route.endpoint, eval_str=True).items():
        if name == "return":
            continue
        if annotation is Request:
            asked.append((name, lambda request: request))
            continue
        kind, mark = _taken_apart(annotation)
        depends_on = mark.dependency if isinstance(mark, params.Depends) else None
        if depends_on is not None and depends_on in _CONNECTS:
            connect, connection = _CONNECTS[depends_on], name
        elif depends_on is not None and depends_on in _FROM_REQUEST:
            asked.append((name, _FROM_REQUEST[depends_on]))
        elif isinstance(mark, params.Path):
            path[name] = TypeAdapter(annotation)
        elif isinstance(mark, params.Query) and isinstance(kind, type) and issubclass(kind, BaseModel):
            query = (name, kind)
        else:
            return None
    in_path = [segment.strip("{}") for segment in route.path.split("/") if segment.startswith("{")]
    fields = {} if query is None else query[1].model_fields
    lists = frozenset(name for name, field in fields.items() if get_origin(field.annotation) is list)
    return _Read(
        route.endpoint, connect, connection, tuple((name, path[name]) for name in in_path), query, lists, tuple(asked)
    )


def _taken_apart(annotation: Any) -> tuple[Any, Any]:
    """The type that an argument has, and what FastAPI is told about it."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    kind, *marks = get_args(annotation)
    return kind, marks[-1]
