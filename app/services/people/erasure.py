"""Erases people from the record, as the law may want it, without a change to anything that was logged."""

import secrets

from sqlalchemy import Connection, delete, select, update

from app import clock
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, NotFoundError
from app.models import ApiKey, Change, LogSalt, Person
from app.services.core import idempotency
from app.services.core.actors import system
from app.services.people import people
from app.services.people.people import BYLINE
from app.vocabulary import Action

person, change, salts, api_key = (table_of(one) for one in (Person, Change, LogSalt, ApiKey))


def erase_person(connection: Connection, byline: str) -> int:
    """Erase the person with a byline: the byline, the keys, and what ties entries of the log to the person.

    How many changes say no more who made them. Raises NotFoundError, ConflictError for one who was erased before, and
    InvalidError if nobody would be left to administer.
    """
    # Decisions show the byline. The record is held first and the account after, as whoever writes does it.
    told = system(connection, BYLINE).open(connection, Action.CORRECT, "A person was erased.")
    administrators = people.administrators(connection)
    found = connection.execute(select(person).where(person.c.byline == byline)).one_or_none()
    if found is None:
        raise NotFoundError("person", byline)
    if found.erased_at is not None:
        raise ConflictError("This person was erased before.")
    if administrators == {found.id}:
        raise InvalidError.of("byline", people.LAST)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # else what is deleted stays readable in the file
    of_person = select(change.c.seq).where(change.c.actor_id == found.id)
    erased = connection.execute(delete(salts).where(salts.c.change_seq.in_(of_person))).rowcount
    now = clock.now()
    neutral = f"Erased person {secrets.token_hex(4)}"
    connection.execute(
        update(person)
        .where(person.c.id == found.id)
        .values(byline=neutral, name=None, pseudonym=True, left_at=now, erased_at=now)
    )
    idempotency.forget_what_holds(connection, found.byline, found.name)
    revoked = update(api_key).where(api_key.c.person_id == found.id, api_key.c.revoked_at.is_(None))
    connection.execute(revoked.values(revoked_at=now))
    told.tell_sharing()
    return int(erased)
