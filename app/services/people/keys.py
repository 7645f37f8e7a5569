"""API keys: issue, check, list, rotate, revoke. A key is shown once; only its hash is stored.

A key can do what its holder's current role, its own role and its scopes all allow. Nobody can issue a key that can do
more than the key they use.
"""

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, insert, or_, select, update

from app import clock
from app.db.compiled_reads import CompiledStatement, PlainRow, nested_rows
from app.db.ids import new_id
from app.db.schema import table_of
from app.errors import AuthenticationError, ConflictError, InvalidError, NotFoundError, PermissionDeniedError
from app.models import ApiKey, ApiKeyScope, Person
from app.schemas.key import KeyCreate, KeyIssued, KeyRead, Me
from app.schemas.person import PersonCreate
from app.services.changes.actors import Actor
from app.services.people import people
from app.vocabulary import ROLE_SCOPES, Role, Scope

api_key, api_key_scope, person = table_of(ApiKey), table_of(ApiKeyScope), table_of(Person)

KEY_PREFIX = "attest"
"""The prefix of every key, so that secret scanners recognise a leaked one."""

_ALPHABET = "0123456789abcdefghijkmnpqrstuvwxyz"

_KEY_FORMAT = re.compile(
    rf"{KEY_PREFIX}_(?P<handle>[{_ALPHABET}]{{8}})_(?P<secret>[{_ALPHABET}]{{32}})(?P<checksum>[0-9a-f]{{8}})"
)

_SCOPES_OF_KEY = nested_rows(select(api_key_scope.c.scope).where(api_key_scope.c.key_id == api_key.c.id), named=False)


def _with_holder() -> Select[Any]:
    holder = person.c.byline, person.c.pseudonym, person.c.role.label("holder_role"), person.c.left_at
    return select(*api_key.c, *holder, _SCOPES_OF_KEY.label("scopes")).join(person, person.c.id == api_key.c.person_id)


_by_handle = CompiledStatement(_with_holder().where(api_key.c.handle == bindparam("handle")))
_by_id = CompiledStatement(_with_holder().where(api_key.c.id == bindparam("id")))
_all_keys = CompiledStatement(_with_holder().order_by(api_key.c.id))
_keys_of_person = CompiledStatement(
    _with_holder().where(api_key.c.person_id == bindparam("person_id")).order_by(api_key.c.id)
)


# --- authentication ---


class PresentedKey(NamedTuple):
    """A key as sent in a request."""

    digest: str
    """SHA-256 of the whole key, hexadecimal. The key itself is not kept in memory."""
    handle: str | None
    """The public part; None if the key is malformed or its checksum is wrong."""


def parse_key(key: str) -> PresentedKey:
    """Parse a key and check its checksum, without reading the database."""
    match = _KEY_FORMAT.fullmatch(key)
    is_valid = match is not None and _checksum(match["handle"] + match["secret"]) == match["checksum"]
    return PresentedKey(_hash(key), match["handle"] if match is not None and is_valid else None)


def authenticate(connection: Connection, key: PresentedKey) -> Actor:
    """Return the holder of this key as an actor.

    Raises one and the same AuthenticationError if the key is malformed, unknown, expired or revoked, or its holder is
    inactive, so that callers cannot tell these apart. The database is read every time, so a revocation takes effect at
    once.
    """
    error = AuthenticationError(
        "This key is not valid: it may be mistyped, unknown, expired or revoked. Check it, or ask an administrator for "
        "a new one."
    )
    if key.handle is None:
        raise error
    rows = _by_handle.rows(connection, handle=key.handle)
    # Compare for an unknown handle too, so that timing does not reveal which handles exist.
    row = rows[0] if rows else None
    matches = compare_digest(key.digest, row["secret_hash"] if row is not None else _EMPTY_DIGEST)
    if row is None or not matches or row["revoked_at"] is not None or row["left_at"] is not None:
        raise error
    expires = row["expires_at"] and datetime.fromisoformat(row["expires_at"])
    if expires is not None and expires <= clock.now():
        raise error
    account_role = Role(row["holder_role"])
    role = min(Role(row["role"]), account_role, key=list(Role).index)
    scopes = frozenset(Scope(scope) for (scope,) in row["scopes"])
    return Actor(
        row["person_id"],
        row["byline"],
        role,
        scopes & ROLE_SCOPES[role],
        row["id"],
        expires,
        account_role if account_role is not role else None,
    )


def record_uses(connection: Connection, uses: Mapping[str, datetime]) -> None:
    """Store when these keys were last used, unless a later time is stored already."""
    used = update(api_key).where(
        api_key.c.id == bindparam("of"), or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < bindparam("at"))
    )
    connection.execute(used.values(last_used_at=bindparam("at")), [{"of": of, "at": at} for of, at in uses.items()])


# --- issuing, rotating, revoking ---


class _KeyPermissions(NamedTuple):
    """What a key can do, and until when."""

    role: Role
    scopes: frozenset[Scope]
    expires_at: datetime | None

    def check_covers(self, other: "_KeyPermissions") -> None:
        """Raise PermissionDeniedError if `other` has more permissions or expires later."""
        expires_later = self.expires_at is not None and (other.expires_at is None or other.expires_at > self.expires_at)
        if expires_later or not self.role.includes(other.role) or not other.scopes <= self.scopes:
            raise PermissionDeniedError(
                "The new key must not have more permissions than your own key, or expire later than it."
            )


def _permissions_of(actor: Actor) -> _KeyPermissions:
    return _KeyPermissions(actor.role, actor.scopes, actor.expires_at)


def create(connection: Connection, actor: Actor, fields: KeyCreate) -> KeyIssued:
    """Issue a key for the actor or, if the actor is an administrator, for anybody. Only the result contains the key.

    Raises InvalidError for an invalid person, role, scope or expiry; ConflictError if the holder is a system account or
    inactive; PermissionDeniedError if the key could do more than the actor's own.
    """
    holder = _holder(connection, actor, fields.person)
    holder_permissions = _KeyPermissions(Role(holder.role), ROLE_SCOPES[Role(holder.role)], None)
    limit = holder_permissions if _is_administrator(actor) else _permissions_of(actor)
    role = fields.role or limit.role
    if not holder_permissions.role.includes(role):
        raise InvalidError.of("role", f"must not exceed the role of the key's holder, {holder_permissions.role}")
    if not set(fields.scopes or ()) <= ROLE_SCOPES[role]:
        raise InvalidError.of(
            "scopes", f"must be among the scopes of the role {role}: {', '.join(_sorted(ROLE_SCOPES[role]))}"
        )
    if fields.expires_at is not None and fields.expires_at <= clock.now():
        raise InvalidError.of("expires_at", "must be in the future")
    scopes = frozenset(fields.scopes or ROLE_SCOPES[role] & limit.scopes)
    requested = _KeyPermissions(role, scopes, fields.expires_at or limit.expires_at)
    limit.check_covers(requested)
    return _create_key(connection, holder.id, requested, fields.label)


def issue(
    connection: Connection, byline: str, role: Role | None = None, expires_at: datetime | None = None, **more: Any
) -> tuple[KeyIssued, str]:
    """Issue a key from the command line, which has full access to the database; `more` are fields of KeyCreate.

    If nobody has this byline, create a person with this role, or as a reader. Raises InvalidError if an existing person
    has a lower role, and ConflictError if they are a system account or inactive.
    """
    try:
        people.find_person(connection, byline)
    except NotFoundError:
        people.insert_person(connection, PersonCreate(byline=byline, role=role or Role.READER))
    issued = create(connection, Actor("", "", Role.ADMIN), KeyCreate(person=byline, role=role, **more))
    if expires_at is not None:  # unlike in `create`, it may be in the past
        connection.execute(update(api_key).where(api_key.c.id == issued.id).values(expires_at=expires_at))
    return issued.model_copy(update={"expires_at": expires_at}), issued.key


def issue_first(connection: Connection) -> str | None:
    """Issue an administrator's key if there is no key at all yet, and return it; otherwise return None."""
    if connection.scalar(select(func.count()).select_from(api_key)):
        return None
    return issue(connection, "Administrator", Role.ADMIN)[1]


def rotate(connection: Connection, actor: Actor, identifier: str, overlap: timedelta) -> KeyIssued:
    """Replace a key by a new one with the same permissions, label and expiry; the old key expires after `overlap`.

    Raises NotFoundError, ConflictError if the old key has expired or was revoked, and PermissionDeniedError if it can
    do more than the actor's own key.
    """
    old = _owned_key(connection, actor, identifier)
    now = clock.now()
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise ConflictError("This key has expired or was revoked. Issue a new one.")
    _holder(connection, actor, old.person)
    permissions = _KeyPermissions(old.role, frozenset(old.scopes), old.expires_at)
    if not _is_administrator(actor):
        _permissions_of(actor).check_covers(permissions)
    if overlap:
        ends = now + overlap
        expiry = {"expires_at": ends if old.expires_at is None else min(ends, old.expires_at)}
    else:
        expiry = {"revoked_at": now}
    connection.execute(update(api_key).where(api_key.c.id == old.id).values(**expiry))
    return _create_key(connection, old.person, permissions, old.label)


def revoke(connection: Connection, actor: Actor, identifier: str) -> KeyRead:
    """Revoke a key at once. Raises NotFoundError, and ConflictError if it was revoked before."""
    if _owned_key(connection, actor, identifier).revoked_at is not None:
        raise ConflictError("This key has already been revoked.")
    connection.execute(update(api_key).where(api_key.c.id == identifier).values(revoked_at=clock.now()))
    return _key_by_id(connection, identifier)


def _holder(connection: Connection, actor: Actor, ref: str | None) -> Any:
    """Return the row of the future holder of a key, locked until the transaction ends."""
    if not _is_administrator(actor) and ref not in (None, actor.person_id, actor.byline):
        raise PermissionDeniedError(
            "Only an administrator can create or rotate other people's keys. Leave out `person` to create a key for "
            "yourself."
        )
    try:
        holder = people.find_person(connection, ref or actor.person_id, lock=True)
    except NotFoundError:
        raise InvalidError.of("person", "must be the id or byline of an existing account") from None
    if holder.system or holder.left_at is not None:
        raise ConflictError(
            "This account cannot have keys, because it is a system account or was deactivated. An administrator can "
            "reactivate a deactivated account: attest people change --active"
        )
    return holder


def _create_key(connection: Connection, person_id: str, permissions: _KeyPermissions, label: str | None) -> KeyIssued:
    """Generate and store a key of the form `attest_<handle>_<secret><checksum>`.

    The secret has 160 bits. The checksum (CRC-32, 8 hexadecimal digits) rejects mistyped keys without a database read.
    """
    handle, secret = _random(8), _random(32)
    key = f"{KEY_PREFIX}_{handle}_{secret}{_checksum(handle + secret)}"
    identifier = new_id(ApiKey.prefix)
    connection.execute(
        insert(api_key).values(
            id=identifier,
            person_id=person_id,
            handle=handle,
            secret_hash=_hash(key),
            role=permissions.role,
            label=label,
            created_at=clock.now(),
            expires_at=permissions.expires_at,
        )
    )
    rows = [{"key_id": identifier, "scope": scope} for scope in permissions.scopes]
    connection.execute(insert(api_key_scope), rows)
    return KeyIssued(**dict(_key_by_id(connection, identifier)), key=key)


# --- reading ---


def read_all(connection: Connection, actor: Actor) -> list[KeyRead]:
    """Return keys, oldest first: all of them for an administrator, otherwise the actor's own."""
    rows = (
        _all_keys.rows(connection)
        if _is_administrator(actor)
        else _keys_of_person.rows(connection, person_id=actor.person_id)
    )
    return [_key_read(row) for row in rows]


def read_me(connection: Connection, actor: Actor) -> Me:
    """Return the actor, and the key of this request."""
    row = people.find_person(connection, actor.person_id)
    key = _key_by_id(connection, actor.key_id or "")
    return Me(byline=row.byline, pseudonym=row.pseudonym, role=actor.role, scopes=_sorted(actor.scopes), key=key)


def _owned_key(connection: Connection, actor: Actor, identifier: str) -> KeyRead:
    """Return a key that the actor may revoke or rotate, locked until the transaction ends. Raises NotFoundError."""
    connection.execute(select(api_key.c.id).where(api_key.c.id == identifier).with_for_update())
    key = _key_by_id(connection, identifier)
    if not _is_administrator(actor) and key.person != actor.person_id:
        raise NotFoundError("key", identifier)
    return key


def _key_by_id(connection: Connection, identifier: str) -> KeyRead:
    rows = _by_id.rows(connection, id=identifier)
    if not rows:
        raise NotFoundError("key", identifier)
    return _key_read(rows[0])


def _key_read(row: PlainRow) -> KeyRead:
    scopes = _sorted(Scope(scope) for (scope,) in row["scopes"])
    return KeyRead.model_validate({**row, "person": row["person_id"], "scopes": scopes})


def _sorted(scopes: Iterable[Scope]) -> list[Scope]:
    return sorted(scopes, key=list(Scope).index)


def _is_administrator(actor: Actor) -> bool:
    return actor.role is Role.ADMIN and Scope.ADMINISTER in actor.scopes


# --- key material ---


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _hash(key: str) -> str:
    # The secret has 160 random bits, so a slow hash would add nothing but latency to every request.
    return hashlib.sha256(key.encode()).hexdigest()


_EMPTY_DIGEST = _hash("")
"""A digest that no key has: what an unknown handle is compared with."""
