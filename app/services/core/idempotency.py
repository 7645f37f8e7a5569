"""Requests that name themselves: whoever repeats one gets the first answer again, and nothing is done twice.

The answer is written in the transaction of the act itself, so that a crash loses both or neither. Only answers to what
was done are kept: whatever was refused has done nothing, and may be tried again.
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

answers = table_of(IdempotentAnswer)

KEPT = timedelta(hours=24)
"""For how long an answer is kept."""

FIELD = "Idempotency-Key"
"""What it is called that names a request."""


class Given(NamedTuple):
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Named:
    """A request that names itself: which key it came with, its name, and what it says, as far as that is known."""

    key_id: str
    name: str
    _said: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=32))

    def add(self, piece: bytes) -> None:
        """What it says goes on with this."""
        self._said.update(piece)

    @property
    def fingerprint(self) -> str:
        """What tells requests with the same name apart."""
        return str(self._said.hexdigest())


def begin(connection: Connection, named: Named) -> Given | None:
    """The answer that this request has had already; None if it is the first of its name.

    Call it first in the transaction that does what is asked for: of two requests with one name that come together the
    second waits here until the first has ended. Raises InvalidError if another request had this name.
    """
    if connection.dialect.name != "sqlite":  # where all who write take turns anyway
        number = int.from_bytes(hashlib.blake2b(f"{named.key_id} {named.name}".encode(), digest_size=8).digest())
        connection.execute(select(func.pg_advisory_xact_lock(number - 2**63)))
    found = connection.execute(
        select(answers).where(
            answers.c.key_id == named.key_id, answers.c.name == named.name, answers.c.created_at > _oldest()
        )
    ).one_or_none()
    if found is None:
        return None
    if found.fingerprint != named.fingerprint:
        raise InvalidError.of(FIELD, "was used for another request within the last 24 hours")
    return Given(found.status, msgspec.json.decode(found.headers), found.body)


def keep(connection: Connection, named: Named, given: Given) -> None:
    """Keep the answer to a request, as the last of the transaction that did what was asked for."""
    # One of the same name may be left of the day before.
    connection.execute(delete(answers).where(answers.c.key_id == named.key_id, answers.c.name == named.name))
    connection.execute(
        insert(answers).values(
            key_id=named.key_id,
            name=named.name,
            fingerprint=named.fingerprint,
            status=given.status,
            headers=msgspec.json.encode(given.headers).decode(),
            body=given.body,
            created_at=clock.now(),
        )
    )


def outdated(connection: Connection) -> bool:
    """True if an answer has been kept for too long."""
    return connection.execute(select(1).where(answers.c.created_at <= _oldest()).limit(1)).first() is not None


def forget(connection: Connection) -> None:
    """Remove the answers that have been kept for long enough."""
    connection.execute(delete(answers).where(answers.c.created_at <= _oldest()))


def forget_what_holds(connection: Connection, *texts: str | None) -> None:
    """Remove the answers that hold one of these texts: what is forgotten of somebody is not told again.

    Whoever repeats such a request makes it anew.
    """
    for text in filter(None, texts):
        written = literal(msgspec.json.encode(text)[1:-1], LargeBinary)
        sqlite = connection.dialect.name == "sqlite"
        place = func.instr(answers.c.body, written) if sqlite else func.position(written.op("IN")(answers.c.body))
        connection.execute(delete(answers).where(place > 0))


def _oldest() -> datetime:
    return clock.now() - KEPT
