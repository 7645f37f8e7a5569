"""Idempotent requests: a client that repeats a POST with the same Idempotency-Key gets the stored first response.

The response is stored in the transaction of the write itself, so a crash loses both or neither. Only responses of
successful writes are stored: a rejected request has written nothing and may be tried again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, LargeBinary, delete, func, insert, literal, select

from app import clock
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import IdempotentAnswer

responses = table_of(IdempotentAnswer)

RETENTION = timedelta(hours=24)
"""How long a response is stored."""

HEADER_NAME = "Idempotency-Key"
"""The request header with the name of the request, which is also the field in error messages."""


class StoredResponse(NamedTuple):
    """A response as it was sent the first time."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class IdempotentRequest:
    """A request with an Idempotency-Key: the API key, the name, and a running digest of the request read so far."""

    key_id: str
    name: str
    _digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=32))

    def add(self, piece: bytes) -> None:
        """Add the next piece of the request to the digest."""
        self._digest.update(piece)

    @property
    def fingerprint(self) -> str:
        """The digest in hexadecimal, which tells different requests with the same name apart."""
        return str(self._digest.hexdigest())


def find_response(connection: Connection, request: IdempotentRequest) -> StoredResponse | None:
    """The stored response of an earlier request with the same name; None if this is the first one.

    Call it at the start of the transaction that does the work: of two concurrent requests with the same name, the
    second waits here until the first has ended. Raises InvalidError if a different request used the name.
    """
    # SQLite needs no lock here, because it has only one writer at a time.
    if connection.dialect.name != "sqlite":
        number = int.from_bytes(hashlib.blake2b(f"{request.key_id} {request.name}".encode(), digest_size=8).digest())
        connection.execute(select(func.pg_advisory_xact_lock(number - 2**63)))
    row = connection.execute(
        select(responses).where(
            responses.c.key_id == request.key_id, responses.c.name == request.name, responses.c.created_at > _cutoff()
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != request.fingerprint:
        raise InvalidError.of(
            HEADER_NAME, "was used for a different request in the last 24 hours; use a new value for each request"
        )
    return StoredResponse(row.status, msgspec.json.decode(row.headers), row.body)


def store_response(connection: Connection, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the response to a request, as the last step of the transaction that did the work."""
    # An expired response of the same name may not have been deleted yet.
    connection.execute(delete(responses).where(responses.c.key_id == request.key_id, responses.c.name == request.name))
    connection.execute(
        insert(responses).values(
            key_id=request.key_id,
            name=request.name,
            fingerprint=request.fingerprint,
            status=response.status,
            headers=msgspec.json.encode(response.headers).decode(),
            body=response.body,
            created_at=clock.now(),
        )
    )


def has_expired_responses(connection: Connection) -> bool:
    """True if a stored response has expired."""
    return connection.execute(select(1).where(responses.c.created_at <= _cutoff()).limit(1)).first() is not None


def delete_expired_responses(connection: Connection) -> None:
    """Delete the responses that have expired."""
    connection.execute(delete(responses).where(responses.c.created_at <= _cutoff()))


def delete_responses_containing(connection: Connection, *texts: str | None) -> None:
    """Delete the responses that contain one of these texts, so that erased personal data is not sent again.

    A repeated request is then carried out as a new one.
    """
    for text in filter(None, texts):
        encoded = literal(msgspec.json.encode(text)[1:-1], LargeBinary)
        sqlite = connection.dialect.name == "sqlite"
        position = (
            func.instr(responses.c.body, encoded) if sqlite else func.position(encoded.op("IN")(responses.c.body))
        )
        connection.execute(delete(responses).where(position > 0))


def _cutoff() -> datetime:
    return clock.now() - RETENTION
