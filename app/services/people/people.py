"""Accounts of people: their role, and whether they are active. Administrators read and change them.

An account is not part of the record: it has no versions, and only its byline is ever public.
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
from app.services.changes.actors import Actor, system_actor
from app.services.core import etags, idempotency
from app.vocabulary import Action, Role, Scope

api_key, person = table_of(ApiKey), table_of(Person)

COMMAND_LINE_BYLINE = "Attest"
"""The author of changes made from the command line on this machine."""

LAST_ADMINISTRATOR = (
    "belongs to the last administrator, who cannot be deactivated, demoted or erased; make somebody else an "
    "administrator first"
)

_NOT_NULL = ("byline", "pseudonym", "role", "active")
"""Fields that may be changed but not to null."""


def create(connection: Connection, actor: Actor, fields: PersonCreate) -> str:
    """Create an account and return its id. Raises InvalidError if the byline is taken, and PermissionDeniedError."""
    _require_administrator(actor)
    return insert_person(connection, fields)


def insert_person(connection: Connection, fields: PersonCreate) -> str:
    """Create an account without a permission check and return its id. Raises InvalidError if the byline is taken."""
    identifier = new_id(Person.prefix)
    statement = insert(person).values(id=identifier, created_at=clock.now(), **fields.model_dump())
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:
        raise _byline_taken() from None
    return identifier


def read_one(connection: Connection, actor: Actor, ref: str) -> PersonRead:
    """Return a person by id or byline. Raises NotFoundError, PermissionDeniedError."""
    _require_administrator(actor)
    return _person_read(find_person(connection, ref))


def read_all(connection: Connection, actor: Actor) -> list[PersonRead]:
    """Return all people, oldest first. Raises PermissionDeniedError."""
    _require_administrator(actor)
    return [_person_read(row) for row in connection.execute(select(person).order_by(person.c.id))]


def update_person(
    connection: Connection, actor: Actor, ref: str, fields: PersonChange, expected: str | None = None
) -> str:
    """Change an account and return its id. `expected` is the entity tag that the caller read.

    Deactivating a person revokes all their keys for good. Raises NotFoundError; InvalidError if the byline is taken, a
    required field is null, or this is the last administrator; ConflictError for a system account;
    VersionMismatchError; PermissionDeniedError.
    """
    _require_administrator(actor)
    rename_change = None
    if "byline" in fields.model_fields_set:
        # Decisions show the byline, so this is a change. Lock the record before the account, as all writers do.
        author = actor if actor.person_id else system_actor(connection, COMMAND_LINE_BYLINE)
        rename_change = author.open(connection, Action.CORRECT, "A byline was changed.")
    removes_administrator = fields.role not in (None, Role.ADMIN) or fields.active is False
    administrator_ids = lock_administrators(connection) if removes_administrator else None
    row = find_person(connection, ref, lock=True)
    etags.require(expected, etags.of_content(_person_read(row)))
    if row.system:
        raise ConflictError("This account belongs to the system and cannot be changed.")
    changes = fields.model_dump(exclude_unset=True)
    for name in _NOT_NULL:
        if name in changes and changes[name] is None:
            raise InvalidError.of(name, "must not be empty")
    if administrator_ids == {row.id}:
        raise InvalidError.of("active" if fields.active is False else "role", LAST_ADMINISTRATOR)
    active = changes.pop("active", None)
    if active is not None and active != (row.left_at is None):
        changes["left_at"] = None if active else clock.now()
    if changes:
        _update(connection, row.id, changes)
        idempotency.delete_responses_containing(
            connection, *(getattr(row, name) for name in ("name", "byline") if name in changes)
        )
    if rename_change is not None:
        rename_change.mark_embedded_change()
    if active is False:
        revoked = update(api_key).where(api_key.c.person_id == row.id, api_key.c.revoked_at.is_(None))
        connection.execute(revoked.values(revoked_at=clock.now()))
    return str(row.id)


def _update(connection: Connection, identifier: str, changes: dict[str, Any]) -> None:
    try:
        with connection.begin_nested():
            connection.execute(update(person).where(person.c.id == identifier).values(**changes))
    except IntegrityError:
        raise _byline_taken() from None


def lock_administrators(connection: Connection) -> set[str]:
    """Return the ids of all active administrators and lock their rows until the transaction ends.

    If two requests deactivate the last two administrators at once, the second waits and then sees the first's effect.
    """
    statement = select(person.c.id).where(person.c.role == Role.ADMIN, person.c.left_at.is_(None), ~person.c.system)
    # Lock in a fixed order, to avoid deadlocks.
    return set(connection.scalars(statement.order_by(person.c.id).with_for_update(key_share=True)))


def find_person(connection: Connection, ref: str, *, lock: bool = False) -> Any:
    """Return the row of a person by id or byline; `lock` locks it until the transaction ends. Raises NotFoundError."""
    # A byline may look like another person's id; the id takes precedence.
    statement = select(person).where(or_(person.c.id == ref, person.c.byline == ref))
    rows = connection.execute(statement.with_for_update() if lock else statement).all()
    if not rows:
        raise NotFoundError("person", ref)
    return min(rows, key=lambda row: row.id != ref)


def _person_read(row: Any) -> PersonRead:
    return PersonRead.model_validate({name: getattr(row, name) for name in PersonRead.model_fields})


def _require_administrator(actor: Actor) -> None:
    actor.require(Role.ADMIN, "see or change people", Scope.ADMINISTER)


def _byline_taken() -> InvalidError:
    return InvalidError.of("byline", "is taken by somebody else; choose another one")
