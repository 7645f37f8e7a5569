"""What routes ask for in their signatures: a connection, the reader, what the caller expects to find."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from sqlalchemy import Connection

from app.api.http.problems import PreconditionRequiredError
from app.api.http.write_transactions import writing
from app.db.engine import Database
from app.errors import AuthenticationError
from app.schemas.query_parameters import Reading
from app.services.core.actors import Actor
from app.services.core.cursors import Cursors


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def read(request: Request) -> Iterator[Connection]:
    """A connection that sees one state of the database."""
    with _database(request).reading() as connection:
        yield connection


def glance(request: Request) -> Iterator[Connection]:
    """A connection for a single look at the database."""
    with _database(request).glancing() as connection:
        yield connection


async def _write(request: Request) -> AsyncIterator[Connection]:
    held: Connection | None = getattr(request.state, "connection", None)
    if held is not None:  # whoever took it also keeps the answer in it
        yield held
        return
    async with writing(request) as connection:
        yield connection


def reader(request: Request) -> Actor | None:
    """Who asks; None without a key."""
    actor: Actor | None = request.state.actor
    return actor


def _writer(request: Request) -> Actor:
    actor = reader(request)
    if actor is None:
        raise AuthenticationError("This takes a key: Authorization: Bearer attest_…")
    return actor


def cursors(request: Request) -> Cursors:
    """What makes and reads the cursors of lists."""
    made: Cursors = request.app.state.cursors
    return made


def _if_match(
    if_match: Annotated[str | None, Header(description="ETag of the state that is corrected.")] = None,
) -> str:
    if if_match is None:
        raise PreconditionRequiredError("A correction takes If-Match with the ETag of what it corrects; read it first.")
    return if_match


# Scope "function": the transaction ends before the answer leaves, so that a failed commit is never a success.
ReadConnection = Annotated[Connection, Depends(read, scope="function")]
GlanceConnection = Annotated[Connection, Depends(glance, scope="function")]
WriteConnection = Annotated[Connection, Depends(_write, scope="function")]
Reader = Annotated[Actor | None, Depends(reader)]
Writer = Annotated[Actor, Depends(_writer)]
Holder = Writer
"""Whoever holds the key that came with the request."""
CursorsOf = Annotated[Cursors, Depends(cursors)]
IfMatch = Annotated[str, Depends(_if_match)]
AsOfQuery = Annotated[Reading, Query()]
Identifier = Annotated[
    str,
    # PostgreSQL takes no NUL in a text, not even to look for it.
    Path(max_length=64, pattern=r"^[^\x00]*$", description="Identifier.", examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1ya"]),
]
