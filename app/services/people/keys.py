"""Keys to the API: issue, check, list, rotate, revoke. A key is shown once; what is stored cannot be turned back.

A key narrows its holder: what it may do is what its holder's role allows now, what the key was issued for, and what
its scopes name. Nobody makes a key that can do more than what they came with.
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
from app.db.compiled_reads import PlainRow, Statement, rows_of
from app.db.ids import new_id
from app.db.schema import table_of
from app.errors import AuthenticationError, ConflictError, InvalidError, NotFoundError, PermissionDeniedError
from app.models import ApiKey, ApiKeyScope, Person
from app.schemas.key import KeyCreate, KeyIssued, KeyRead, Me
from app.schemas.person import PersonCreate
from app.services.core.actors import Actor
from app.services.people import people
from app.vocabulary import ROLE_SCOPES, Role, Scope

api_key, api_key_scope, person = table_of(ApiKey), table_of(ApiKeyScope), table_of(Person)

PREFIX = "attest"
"""How every key begins, so that a leaked one is recognised for what it is."""

_ALPHABET = "0123456789abcdefghijkmnpqrstuvwxyz"

_FORM = re.compile(
    rf"{PREFIX}_(?P<handle>[{_ALPHABET}]{{8}})_(?P<secret>[{_ALPHABET}]{{32}})(?P<checksum>[0-9a-f]{{8}})"
)

_OF_KEY = rows_of(select(api_key_scope.c.scope).where(api_key_scope.c.key_id == api_key.c.id), named=False)


def _with_holder() -> Select[Any]:
    holder = person.c.byline, person.c.pseudonym, person.c.role.label("holder_role"), person.c.left_at
    return select(*api_key.c, *holder, _OF_KEY.label("scopes")).join(person, person.c.id == api_key.c.person_id)


_by_handle = Statement(_with_holder().where(api_key.c.handle == bindparam("handle")))
_by_id = Statement(_with_holder().where(api_key.c.id == bindparam("id")))
_all = Statement(_with_holder().order_by(api_key.c.id))
_of_person = Statement(_with_holder().where(api_key.c.person_id == bindparam("person_id")).order_by(api_key.c.id))


# --- to check ---


class Presented(NamedTuple):
    """A key as somebody sends it."""

    digest: str
    """SHA-256 of the whole, hexadecimal: all that is kept of it."""
    handle: str | None
    """Its public part; None if it has not the form of a key."""


def presented(key: str) -> Presented:
    """What can be told of a key without asking the database."""
    form = _FORM.fullmatch(key)
    good = form is not None and _checksum(form["handle"] + form["secret"]) == form["checksum"]
    return Presented(_hash(key), form["handle"] if form is not None and good else None)


def authenticate(connection: Connection, key: Presented) -> Actor:
    """Who holds this key. Raises AuthenticationError if it is malformed, unknown, expired, revoked, or its holder left.

    These are told apart nowhere: a key either works or it does not. That is one look at the database, each time: what
    was revoked has ended.
    """
    refused = AuthenticationError("This key is not valid here: it may be mistyped, unknown, expired or revoked.")
    if key.handle is None:
        raise refused
    found = _by_handle.rows(connection, handle=key.handle)
    # An unknown handle costs the same comparison as a known one.
    row = found[0] if found else None
    matches = compare_digest(key.digest, row["secret_hash"] if row is not None else _NOBODY)
    if row is None or not matches or row["revoked_at"] is not None or row["left_at"] is not None:
        raise refused
    expires = row["expires_at"] and datetime.fromisoformat(row["expires_at"])
    if expires is not None and expires <= clock.now():
        raise refused
    role = min(Role(row["role"]), Role(row["holder_role"]), key=list(Role).index)
    scopes = frozenset(Scope(scope) for (scope,) in row["scopes"])
    return Actor(row["person_id"], row["byline"], role, scopes & ROLE_SCOPES[role], row["id"], expires)


def note_uses(connection: Connection, uses: Mapping[str, datetime]) -> None:
    """Write down when these keys were last used, unless something later stands there already."""
    used = update(api_key).where(
        api_key.c.id == bindparam("of"), or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < bindparam("at"))
    )
    connection.execute(used.values(last_used_at=bindparam("at")), [{"of": of, "at": at} for of, at in uses.items()])


# --- to issue ---


class _Powers(NamedTuple):
    """What a key can do, and until when."""

    role: Role
    scopes: frozenset[Scope]
    expires_at: datetime | None

    def check_covers(self, other: "_Powers") -> None:
        """Raises PermissionDeniedError if `other` can do more, or for longer."""
        longer = self.expires_at is not None and (other.expires_at is None or other.expires_at > self.expires_at)
        if longer or not self.role.includes(other.role) or not other.scopes <= self.scopes:
            raise PermissionDeniedError("With this key you get no key that can do more than it, or for longer.")


def _powers_of(actor: Actor) -> _Powers:
    return _Powers(actor.role, actor.scopes, actor.expires_at)


def create(connection: Connection, actor: Actor, fields: KeyCreate) -> KeyIssued:
    """A new key, one's own or, from an administrator, somebody else's. The key itself is in the answer, nowhere else.

    Raises InvalidError for a person, role, scope or end that cannot be, ConflictError if the holder takes no keys,
    PermissionDeniedError for a key that could do more than the one with which it is asked for.
    """
    holder = _holder(connection, actor, fields.person)
    whole = _Powers(Role(holder.role), ROLE_SCOPES[Role(holder.role)], None)
    bound = whole if _administers(actor) else _powers_of(actor)
    role = fields.role or bound.role
    if not whole.role.includes(role):
        raise InvalidError.of("role", f"must be no more than the role of its holder, {whole.role}")
    if not set(fields.scopes or ()) <= ROLE_SCOPES[role]:
        raise InvalidError.of("scopes", f"must be some of what {role} has: {', '.join(_sorted(ROLE_SCOPES[role]))}")
    if fields.expires_at is not None and fields.expires_at <= clock.now():
        raise InvalidError.of("expires_at", "must be in the future")
    scopes = frozenset(fields.scopes or ROLE_SCOPES[role] & bound.scopes)
    asked = _Powers(role, scopes, fields.expires_at or bound.expires_at)
    bound.check_covers(asked)
    return _store(connection, holder.id, asked, fields.label)


def issue(
    connection: Connection, byline: str, role: Role | None = None, expires_at: datetime | None = None, **more: Any
) -> tuple[KeyIssued, str]:
    """A key from whoever has the database at hand, with all that the role allows; `more` is as in KeyCreate.

    Somebody new is entered with this role, or as a reader. Raises InvalidError if somebody known has less than that,
    ConflictError if they take no keys.
    """
    try:
        people.find(connection, byline)
    except NotFoundError:
        people.enter(connection, PersonCreate(byline=byline, role=role or Role.READER))
    made = create(connection, Actor("", "", Role.ADMIN), KeyCreate(person=byline, role=role, **more))
    if expires_at is not None:  # here it may also lie in the past
        connection.execute(update(api_key).where(api_key.c.id == made.id).values(expires_at=expires_at))
    return made.model_copy(update={"expires_at": expires_at}), made.key


def issue_first(connection: Connection) -> str | None:
    """An administrator's key if there is no key at all yet, to be shown once; None otherwise."""
    if connection.scalar(select(func.count()).select_from(api_key)):
        return None
    return issue(connection, "Administrator", Role.ADMIN)[1]


def rotate(connection: Connection, actor: Actor, identifier: str, overlap: timedelta) -> KeyIssued:
    """A new key with the powers, the label and the end of an old one, which ends after `overlap`.

    Raises NotFoundError, ConflictError if the old one has ended, PermissionDeniedError if it can do more than the key
    with which this is asked for.
    """
    old = _own(connection, actor, identifier)
    now = clock.now()
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise ConflictError("This key has ended; issue a new one.")
    _holder(connection, actor, old.person)
    powers = _Powers(old.role, frozenset(old.scopes), old.expires_at)
    if not _administers(actor):
        _powers_of(actor).check_covers(powers)
    if overlap:
        ends = now + overlap
        ended = {"expires_at": ends if old.expires_at is None else min(ends, old.expires_at)}
    else:
        ended = {"revoked_at": now}
    connection.execute(update(api_key).where(api_key.c.id == old.id).values(**ended))
    return _store(connection, old.person, powers, old.label)


def revoke(connection: Connection, actor: Actor, identifier: str) -> KeyRead:
    """End a key at once. Raises NotFoundError, and ConflictError if it was revoked before."""
    if _own(connection, actor, identifier).revoked_at is not None:
        raise ConflictError("This key was revoked before.")
    connection.execute(update(api_key).where(api_key.c.id == identifier).values(revoked_at=clock.now()))
    return _one(connection, identifier)


def _holder(connection: Connection, actor: Actor, ref: str | None) -> Any:
    """The row of whoever is to hold a key. It stays as it is until the key is made."""
    if not _administers(actor) and ref not in (None, actor.person_id, actor.byline):
        raise PermissionDeniedError("Only administrators have to do with the keys of others.")
    try:
        holder = people.find(connection, ref or actor.person_id, lock=True)
    except NotFoundError:
        raise InvalidError.of("person", "there is nobody with this id or byline") from None
    if holder.system or holder.left_at is not None:
        raise ConflictError("There are no keys for the system itself, nor for somebody who has left.")
    return holder


def _store(connection: Connection, person_id: str, powers: _Powers, label: str | None) -> KeyIssued:
    """Make a key: `attest_<handle>_<secret><checksum>`.

    The secret has 160 bits; the checksum (CRC-32, 8 digits) tells a mistyped key from a wrong one without asking the
    database.
    """
    handle, secret = _random(8), _random(32)
    key = f"{PREFIX}_{handle}_{secret}{_checksum(handle + secret)}"
    identifier = new_id(ApiKey.prefix)
    connection.execute(
        insert(api_key).values(
            id=identifier,
            person_id=person_id,
            handle=handle,
            secret_hash=_hash(key),
            role=powers.role,
            label=label,
            created_at=clock.now(),
            expires_at=powers.expires_at,
        )
    )
    rows = [{"key_id": identifier, "scope": scope} for scope in powers.scopes]
    connection.execute(insert(api_key_scope), rows)
    return KeyIssued(**dict(_one(connection, identifier)), key=key)


# --- to read ---


def read_all(connection: Connection, actor: Actor) -> list[KeyRead]:
    """Keys, oldest first: all of them for an administrator, one's own for anybody else."""
    rows = _all.rows(connection) if _administers(actor) else _of_person.rows(connection, person_id=actor.person_id)
    return [_shown(row) for row in rows]


def read_me(connection: Connection, actor: Actor) -> Me:
    """Whoever asks, and the key that they came with."""
    row = people.find(connection, actor.person_id)
    key = _one(connection, actor.key_id or "")
    return Me(byline=row.byline, pseudonym=row.pseudonym, role=actor.role, scopes=_sorted(actor.scopes), key=key)


def _own(connection: Connection, actor: Actor, identifier: str) -> KeyRead:
    """A key that the actor may end or rotate; nobody else changes it until the transaction ends."""
    connection.execute(select(api_key.c.id).where(api_key.c.id == identifier).with_for_update())
    key = _one(connection, identifier)
    if not _administers(actor) and key.person != actor.person_id:
        raise NotFoundError("key", identifier)
    return key


def _one(connection: Connection, identifier: str) -> KeyRead:
    found = _by_id.rows(connection, id=identifier)
    if not found:
        raise NotFoundError("key", identifier)
    return _shown(found[0])


def _shown(row: PlainRow) -> KeyRead:
    scopes = _sorted(Scope(scope) for (scope,) in row["scopes"])
    return KeyRead.model_validate({**row, "person": row["person_id"], "scopes": scopes})


def _sorted(scopes: Iterable[Scope]) -> list[Scope]:
    return sorted(scopes, key=list(Scope).index)


def _administers(actor: Actor) -> bool:
    return actor.role is Role.ADMIN and Scope.ADMINISTER in actor.scopes


# --- what a key is made of ---


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _hash(key: str) -> str:
    # The secret is random and long: a slow hash would only slow down every request.
    return hashlib.sha256(key.encode()).hexdigest()


_NOBODY = _hash("")
"""The hash of no key."""
