"""Keys to the API: issue, check, list, revoke. A key is shown once; what is stored cannot be turned back into it."""

import hashlib
import re
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import Connection, func, insert, select, update

from app import clock
from app.db.ids import new_id
from app.db.schema import table_of
from app.errors import AuthenticationError, ConflictError, NotFoundError
from app.models import ApiKey, Person
from app.services.actors import Actor, person_named
from app.vocabulary import Role

api_key, person = table_of(ApiKey), table_of(Person)

PREFIX = "attest"
"""How every key begins, so that a leaked one is recognised for what it is."""

_ALPHABET = "0123456789abcdefghijkmnpqrstuvwxyz"

_FORM = re.compile(
    rf"{PREFIX}_(?P<handle>[{_ALPHABET}]{{8}})_(?P<secret>[{_ALPHABET}]{{32}})(?P<checksum>[0-9a-f]{{8}})"
)


@dataclass(frozen=True)
class KeyInfo:
    """A key as it may be shown: everything but the secret."""

    id: str
    handle: str
    role: Role
    byline: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def issue(connection: Connection, byline: str, role: Role, expires_at: datetime | None = None) -> tuple[KeyInfo, str]:
    """A new key for the person with this byline; the key itself is in the answer and nowhere else.

    Form: `attest_<handle>_<secret><checksum>`. The secret has 160 bits; the checksum (CRC-32, 8 digits) tells a
    mistyped key from a wrong one without asking the database.
    """
    handle, secret = _random(8), _random(32)
    key = f"{PREFIX}_{handle}_{secret}{_checksum(handle + secret)}"
    created = clock.now()
    identifier = new_id(ApiKey.prefix)
    connection.execute(
        insert(api_key).values(
            id=identifier,
            person_id=person_named(connection, byline),
            handle=handle,
            secret_hash=_hash(key),
            role=role,
            created_at=created,
            expires_at=expires_at,
        )
    )
    return KeyInfo(identifier, handle, role, byline, created, expires_at, None), key


def authenticate(connection: Connection, key: str) -> Actor:
    """Who holds this key. Raises AuthenticationError if it is malformed, unknown, expired or revoked.

    The four are told apart nowhere: a key either works or it does not.
    """
    refused = AuthenticationError("This key is not valid here: it may be mistyped, unknown, expired or revoked.")
    form = _FORM.fullmatch(key)
    if form is None or _checksum(form["handle"] + form["secret"]) != form["checksum"]:
        raise refused
    row = connection.execute(
        select(api_key, person.c.byline)
        .join(person, person.c.id == api_key.c.person_id)
        .where(api_key.c.handle == form["handle"])
    ).one_or_none()
    # An unknown handle costs the same comparison as a known one.
    matches = compare_digest(_hash(key), row.secret_hash if row is not None else _hash(""))
    if row is None or not matches or row.revoked_at is not None:
        raise refused
    if row.expires_at is not None and row.expires_at <= clock.now():
        raise refused
    return Actor(row.person_id, row.byline, Role(row.role))


def revoke(connection: Connection, identifier: str) -> None:
    """End a key at once. Raises NotFoundError, and ConflictError if it was revoked before."""
    row = connection.execute(select(api_key).where(api_key.c.id == identifier)).one_or_none()
    if row is None:
        raise NotFoundError("key", identifier)
    if row.revoked_at is not None:
        raise ConflictError("This key was revoked before.")
    connection.execute(update(api_key).where(api_key.c.id == identifier).values(revoked_at=clock.now()))


def list_all(connection: Connection) -> Sequence[KeyInfo]:
    """All keys, oldest first."""
    rows = connection.execute(
        select(api_key, person.c.byline).join(person, person.c.id == api_key.c.person_id).order_by(api_key.c.id)
    )
    return [
        KeyInfo(row.id, row.handle, Role(row.role), row.byline, row.created_at, row.expires_at, row.revoked_at)
        for row in rows
    ]


def issue_first(connection: Connection) -> str | None:
    """An administrator's key if there is no key at all yet, to be shown once; None otherwise."""
    if connection.scalar(select(func.count()).select_from(api_key)):
        return None
    return issue(connection, "Administrator", Role.ADMIN)[1]


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _hash(key: str) -> str:
    # The secret is random and long: a slow hash would only slow down every request.
    return hashlib.sha256(key.encode()).hexdigest()
