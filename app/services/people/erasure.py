"""Erases people from the record, as data protection law may require, without changing anything that was logged."""

import secrets

from sqlalchemy import Connection, delete, select, update

from app import clock
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, NotFoundError
from app.models import ApiKey, Change, LogSalt, Person
from app.services.changes.actors import system_actor
from app.services.core import idempotency
from app.services.people import people
from app.services.people.people import COMMAND_LINE_BYLINE
from app.vocabulary import Action

person, change, salts, api_key = (table_of(model) for model in (Person, Change, LogSalt, ApiKey))


def erase_person(connection: Connection, byline: str) -> int:
    """Erase the person with this byline: the byline, the keys, and the salts that link log entries to the person.

    Return the number of changes that no longer show their author. Raises NotFoundError, ConflictError if the person was
    erased before, and InvalidError for the last administrator.
    """
    # Decisions show the byline, so this is a change. Lock the record before the account, as all writers do.
    record_change = system_actor(connection, COMMAND_LINE_BYLINE).open(
        connection, Action.CORRECT, "A person was erased."
    )
    administrator_ids = people.lock_administrators(connection)
    row = connection.execute(select(person).where(person.c.byline == byline)).one_or_none()
    if row is None:
        raise NotFoundError("person", byline)
    if row.erased_at is not None:
        raise ConflictError("This person's data has already been erased.")
    if administrator_ids == {row.id}:
        raise InvalidError.of("byline", people.LAST_ADMINISTRATOR)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # otherwise deleted data stays readable in the file
    of_person = select(change.c.seq).where(change.c.actor_id == row.id)
    deleted_salts = connection.execute(delete(salts).where(salts.c.change_seq.in_(of_person))).rowcount
    now = clock.now()
    placeholder = f"Erased person {secrets.token_hex(4)}"
    connection.execute(
        update(person)
        .where(person.c.id == row.id)
        .values(byline=placeholder, name=None, pseudonym=True, left_at=now, erased_at=now)
    )
    idempotency.delete_responses_containing(connection, row.byline, row.name)
    revoked = update(api_key).where(api_key.c.person_id == row.id, api_key.c.revoked_at.is_(None))
    connection.execute(revoked.values(revoked_at=now))
    record_change.mark_embedded_change()
    return int(deleted_salts)
