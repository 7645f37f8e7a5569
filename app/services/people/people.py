"""People: who may work with the record, in which role, and until when. Administrators see and change them.

An account is not part of the record: it has no versions, and nothing of it but the byline is ever public.
"""

from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.ids import new_id
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, NotFoundError
from app.models import ApiKey, Person
from app.schemas.person import PersonChange, PersonCreate, PersonRead
from app.services.core import idempotency
from app.services.core.actors import Actor, system
from app.services.core.nouns import check_etag, etag_of
from app.vocabulary import Action, Role, Scope

api_key, person = table_of(ApiKey), table_of(Person)

BYLINE = "Attest"
"""In whose name those change people who run commands on this machine."""

LAST = "nobody else is left to administer"
"""Why the last administrator stays."""

_REQUIRED = ("byline", "pseudonym", "role", "active")
"""What may be changed and never be empty."""


def create(connection: Connection, actor: Actor, fields: PersonCreate) -> str:
    """Enter somebody; their id. Raises InvalidError if another has the byline, PermissionDeniedError."""
    _require_administrator(actor)
    return enter(connection, fields)


def enter(connection: Connection, fields: PersonCreate) -> str:
    """The same, for callers that have settled who may."""
    identifier = new_id(Person.prefix)
    statement = insert(person).values(id=identifier, created_at=clock.now(), **fields.model_dump())
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:
        raise _taken() from None
    return identifier


def read_one(connection: Connection, actor: Actor, ref: str) -> PersonRead:
    """Somebody by id or byline. Raises NotFoundError, PermissionDeniedError."""
    _require_administrator(actor)
    return _shown(find(connection, ref))


def read_all(connection: Connection, actor: Actor) -> list[PersonRead]:
    """Everybody, oldest first. Raises PermissionDeniedError."""
    _require_administrator(actor)
    return [_shown(row) for row in connection.execute(select(person).order_by(person.c.id))]


def change(connection: Connection, actor: Actor, ref: str, fields: PersonChange, expected: str | None = None) -> str:
    """Change somebody; their id. `expected` is the entity tag of what the caller read.

    Whoever leaves loses all keys at once and for good. Raises NotFoundError, InvalidError if another has the byline, a
    field must not be empty or nobody would be left to administer, ConflictError for an account of the system,
    VersionMismatchError, PermissionDeniedError.
    """
    _require_administrator(actor)
    renamed = None
    if "byline" in fields.model_fields_set:
        # Decisions show it. Whoever writes holds the record first and their own account after; so here.
        named = actor if actor.person_id else system(connection, BYLINE)
        renamed = named.open(connection, Action.CORRECT, "A byline was changed.")
    lowers = fields.role not in (None, Role.ADMIN) or fields.active is False
    administering = administrators(connection) if lowers else None
    row = find(connection, ref, lock=True)
    check_etag(expected, etag_of(_shown(row)))
    if row.system:
        raise ConflictError("This is an account of the system itself; it stays as it is.")
    changes = fields.model_dump(exclude_unset=True)
    for name in _REQUIRED:
        if name in changes and changes[name] is None:
            raise InvalidError.of(name, "must not be empty")
    if administering == {row.id}:
        raise InvalidError.of("active" if fields.active is False else "role", LAST)
    active = changes.pop("active", None)
    if active is not None and active != (row.left_at is None):
        changes["left_at"] = None if active else clock.now()
    if changes:
        _update(connection, row.id, changes)
        idempotency.forget_what_holds(connection, *(getattr(row, one) for one in ("name", "byline") if one in changes))
    if renamed is not None:
        renamed.tell_sharing()
    if active is False:
        ended = update(api_key).where(api_key.c.person_id == row.id, api_key.c.revoked_at.is_(None))
        connection.execute(ended.values(revoked_at=clock.now()))
    return str(row.id)


def _update(connection: Connection, identifier: str, changes: dict[str, Any]) -> None:
    try:
        with connection.begin_nested():
            connection.execute(update(person).where(person.c.id == identifier).values(**changes))
    except IntegrityError:
        raise _taken() from None


def administrators(connection: Connection) -> set[str]:
    """The ids of all who may administer. They stay as they are until the transaction ends, whoever else comes.

    Of two who would have the last two administrators leave at once the second so sees what the first has done.
    """
    statement = select(person.c.id).where(person.c.role == Role.ADMIN, person.c.left_at.is_(None), ~person.c.system)
    # In one order, so that nobody waits for somebody who waits for them.
    return set(connection.scalars(statement.order_by(person.c.id).with_for_update(key_share=True)))


def find(connection: Connection, ref: str, *, lock: bool = False) -> Any:
    """The row of somebody, by id or byline; `lock` keeps it as it is until the transaction ends.

    Raises NotFoundError.
    """
    # A byline may look like an id; the id goes first.
    statement = select(person).where(or_(person.c.id == ref, person.c.byline == ref))
    found = connection.execute(statement.with_for_update() if lock else statement).all()
    if not found:
        raise NotFoundError("person", ref)
    return min(found, key=lambda row: row.id != ref)


def _shown(row: Any) -> PersonRead:
    return PersonRead.model_validate({name: getattr(row, name) for name in PersonRead.model_fields})


def _require_administrator(actor: Actor) -> None:
    actor.require(Role.ADMIN, "see or change people", Scope.ADMINISTER)


def _taken() -> InvalidError:
    return InvalidError.of("byline", "somebody has this byline already")
