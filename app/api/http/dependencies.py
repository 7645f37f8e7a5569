"""What routes ask for in their signatures: a connection, the actor, cursors, If-Match, path and query parameters."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from sqlalchemy import Connection

from app.api.http.problems import PreconditionRequiredError
from app.api.http.write_transactions import write_transaction
from app.db.engine import Database
from app.errors import AuthenticationError
from app.schemas.query_parameters import AsOfParameters
from app.services.changes.actors import Actor
from app.services.core.cursors import Cursors


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def read_connection(request: Request) -> Iterator[Connection]:
    """A connection whose statements all see the same state of the database."""
    with _database(request).reading() as connection:
        yield connection


def single_statement_connection(request: Request) -> Iterator[Connection]:
    """A connection for a read that is a single statement, and so needs no transaction."""
    with _database(request).single_statement() as connection:
        yield connection


async def _write_connection(request: Request) -> AsyncIterator[Connection]:
    connection: Connection | None = getattr(request.state, "connection", None)
    if connection is not None:  # the transaction that also stores the response for its Idempotency-Key
        yield connection
        return
    async with write_transaction(request) as connection:
        yield connection


def reader(request: Request) -> Actor | None:
    """The actor who reads; None without a key."""
    actor: Actor | None = request.state.actor
    return actor


def _key_holder(request: Request) -> Actor:
    actor = reader(request)
    if actor is None:
        raise AuthenticationError("This request needs a key. Send it in the header Authorization: Bearer attest_…")
    return actor


def cursors(request: Request) -> Cursors:
    """The codec that signs and verifies list cursors."""
    signer: Cursors = request.app.state.cursors
    return signer


def _if_match(
    if_match: Annotated[str | None, Header(description="The ETag of the state that you correct.")] = None,
) -> str:
    if if_match is None:
        raise PreconditionRequiredError(
            "The If-Match header is missing. Read the object, then send its ETag as If-Match with the correction."
        )
    return if_match


# Scope "function": the transaction ends before the response is sent, so that a failed commit is never a success.
ReadConnection = Annotated[Connection, Depends(read_connection, scope="function")]
SingleStatementConnection = Annotated[Connection, Depends(single_statement_connection, scope="function")]
WriteConnection = Annotated[Connection, Depends(_write_connection, scope="function")]
Reader = Annotated[Actor | None, Depends(reader)]
KeyHolder = Annotated[Actor, Depends(_key_holder)]
Writer = KeyHolder
"""The key's holder, who records or corrects something."""
CursorSigner = Annotated[Cursors, Depends(cursors)]
IfMatch = Annotated[str, Depends(_if_match)]
AsOfQuery = Annotated[AsOfParameters, Query()]
Identifier = Annotated[
    str,
    # PostgreSQL text cannot contain NUL, not even in a comparison.
    Path(max_length=64, pattern=r"^[^\x00]*$", description="Identifier of the object."),
]
