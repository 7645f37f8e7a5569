"""Who of the desk is at work on which claim. It ends by the clock, and nobody has to clear up."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.db.compiled_reads import among
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, PermissionDeniedError
from app.models import ApiKey, Assignment, Person
from app.schemas.desk.queue import TakeCreate, TakeRead
from app.services.core.actors import Actor
from app.services.core.claim_visibility import stage_of
from app.vocabulary import Role, Stage

api_key, assignment, person = map(table_of, (ApiKey, Assignment, Person))

_DESK = tuple(role for role in Role if role.includes(Role.FACT_CHECKER))


class Holder(NamedTuple):
    """Who is at work on a claim."""

    person_id: str
    byline: str
    until: datetime


def take(connection: Connection, actor: Actor, claim_id: str, taken: TakeCreate) -> TakeRead:
    """Take a claim for a while, or give it to a colleague.

    Raises NotFoundError; ConflictError naming whoever has it, or for a withdrawn claim; PermissionDeniedError for
    whoever may not assign; InvalidError for a colleague who is none.
    """
    actor.require(Role.FACT_CHECKER, "take a claim")
    if stage_of(connection, claim_id, actor) is Stage.WITHDRAWN:
        raise ConflictError("A withdrawn claim takes no decision.")
    person_id, byline = _taker(connection, actor, taken.person)
    now = clock.now()
    until = now + timedelta(minutes=taken.minutes)
    row = {"claim_id": claim_id, "person_id": person_id, "taken_at": now, "held_until": until}
    # One statement, which the database does whole: of two people at once one gets it, and the other gets no row.
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    free = or_(assignment.c.held_until <= now, assignment.c.person_id == person_id)
    statement = dialect.insert(assignment).values(row)
    statement = statement.on_conflict_do_update(index_elements=["claim_id"], set_=row, where=free)
    if connection.execute(statement.returning(assignment.c.claim_id)).first() is None:
        _refuse_taken(connection, claim_id)
    return TakeRead(claim_id=claim_id, taken_by=byline, taken_until=until)


def release(connection: Connection, actor: Actor, claim_id: str) -> None:
    """Let go of a claim; nothing happens if nobody has it.

    Raises NotFoundError; PermissionDeniedError naming whoever has it, if that is somebody else: editors release all.
    """
    actor.require(Role.FACT_CHECKER, "release a claim")
    stage_of(connection, claim_id, actor)
    now = clock.now()
    statement = delete(assignment).where(assignment.c.claim_id == claim_id)
    if not actor.role.includes(Role.EDITOR):
        mine = assignment.c.person_id == actor.person_id
        statement = statement.where(or_(mine, assignment.c.held_until <= now))
    connection.execute(statement)
    if (holder := holders(connection, [claim_id], now).get(claim_id)) is not None:
        raise PermissionDeniedError(f"{_told(holder)}. To release it for them takes a key with the role editor.")


def holders(connection: Connection, claim_ids: Collection[str], now: datetime) -> Mapping[str, Holder]:
    """Who is at work on each of these claims, where somebody is."""
    statement = (
        select(assignment.c.claim_id, person.c.id, person.c.byline, assignment.c.held_until)
        .join(person, person.c.id == assignment.c.person_id)
        .where(among(assignment.c.claim_id, "claims", list(claim_ids)), assignment.c.held_until > now)
    )
    return {row[0]: Holder(*row[1:]) for row in connection.execute(statement)}


def _taker(connection: Connection, actor: Actor, byline: str | None) -> tuple[str, str]:
    """The id and byline of whoever is to have the claim."""
    if byline is None or byline == actor.byline:
        return actor.person_id, actor.byline
    actor.require(Role.EDITOR, "give a claim to a colleague")
    now = clock.now()
    works = (
        select(person.c.id)
        .join(api_key, api_key.c.person_id == person.c.id)
        .where(
            person.c.byline == byline,
            person.c.role.in_(_DESK),
            api_key.c.role.in_(_DESK),
            api_key.c.revoked_at.is_(None),
            or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now),
        )
        .limit(1)
    )
    found = connection.scalar(works)
    if found is None:
        raise InvalidError.of("person", "nobody of the desk has this byline")
    return str(found), byline


def _refuse_taken(connection: Connection, claim_id: str) -> None:
    # By the clock of the one who has it now: it may have run out between the two statements.
    row = connection.execute(
        select(person.c.id, person.c.byline, assignment.c.held_until)
        .join(person, person.c.id == assignment.c.person_id)
        .where(assignment.c.claim_id == claim_id)
    ).one()
    raise ConflictError(f"{_told(Holder(*row))}.")


def _told(holder: Holder) -> str:
    return f"{holder.byline} has this claim until {holder.until.isoformat(timespec='seconds').replace('+00:00', 'Z')}"
