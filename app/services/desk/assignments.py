"""Assignments: which fact-checker has taken which claim. An assignment expires, so nothing has to be cleaned up."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.db.compiled_reads import in_list
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, PermissionDeniedError
from app.models import ApiKey, Assignment, Person
from app.schemas.desk.queue import TakeCreate, TakeRead
from app.services.changes.actors import Actor
from app.services.changes.claim_visibility import read_visible_stage
from app.vocabulary import Role, Stage

api_key, assignment, person = map(table_of, (ApiKey, Assignment, Person))

_DESK_ROLES = tuple(role for role in Role if role.includes(Role.FACT_CHECKER))


class Holder(NamedTuple):
    """The person who has taken a claim, and until when."""

    person_id: str
    byline: str
    until: datetime


def take(connection: Connection, actor: Actor, claim_id: str, request: TakeCreate) -> TakeRead:
    """Take a claim for `request.minutes`, or assign it to a colleague.

    Raises NotFoundError; ConflictError if somebody else has taken it or it was withdrawn; PermissionDeniedError if the
    role does not allow it; InvalidError if the colleague is not on the desk or has no active key.
    """
    actor.require(Role.FACT_CHECKER, "take a claim")
    if read_visible_stage(connection, claim_id, actor) is Stage.WITHDRAWN:
        raise ConflictError(
            "This claim was withdrawn, so no decision can be made on it. If another claim replaces it (`successor`), "
            "use that one."
        )
    person_id, byline = _resolve_assignee(connection, actor, request.person)
    now = clock.now()
    until = now + timedelta(minutes=request.minutes)
    row = {"claim_id": claim_id, "person_id": person_id, "taken_at": now, "held_until": until}
    # A single upsert is atomic: if two people take a claim at once, one gets it and the other gets no row back.
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    is_free = or_(assignment.c.held_until <= now, assignment.c.person_id == person_id)
    statement = dialect.insert(assignment).values(row)
    statement = statement.on_conflict_do_update(index_elements=["claim_id"], set_=row, where=is_free)
    if connection.execute(statement.returning(assignment.c.claim_id)).first() is None:
        _raise_already_taken(connection, claim_id)
    return TakeRead(claim_id=claim_id, taken_by=byline, taken_until=until)


def release(connection: Connection, actor: Actor, claim_id: str) -> None:
    """Release a claim; does nothing if nobody has taken it. Editors may release a claim that somebody else has taken.

    Raises NotFoundError; PermissionDeniedError if somebody else has taken it and the actor is no editor.
    """
    actor.require(Role.FACT_CHECKER, "release a claim")
    read_visible_stage(connection, claim_id, actor)
    now = clock.now()
    statement = delete(assignment).where(assignment.c.claim_id == claim_id)
    if not actor.role.includes(Role.EDITOR):
        is_own = assignment.c.person_id == actor.person_id
        statement = statement.where(or_(is_own, assignment.c.held_until <= now))
    connection.execute(statement)
    if (holder := fetch_holders(connection, [claim_id], now).get(claim_id)) is not None:
        raise PermissionDeniedError(f"{_describe_holder(holder)}. Only they or an editor can release it.")


def fetch_holders(connection: Connection, claim_ids: Collection[str], now: datetime) -> Mapping[str, Holder]:
    """The holder of each of these claims that somebody has taken, by claim id."""
    statement = (
        select(assignment.c.claim_id, person.c.id, person.c.byline, assignment.c.held_until)
        .join(person, person.c.id == assignment.c.person_id)
        .where(in_list(assignment.c.claim_id, "claims", list(claim_ids)), assignment.c.held_until > now)
    )
    return {row[0]: Holder(*row[1:]) for row in connection.execute(statement)}


def _resolve_assignee(connection: Connection, actor: Actor, byline: str | None) -> tuple[str, str]:
    """The id and byline of the person who gets the claim."""
    if byline is None or byline == actor.byline:
        return actor.person_id, actor.byline
    actor.require(Role.EDITOR, "assign a claim to a colleague")
    now = clock.now()
    statement = (
        select(person.c.id)
        .join(api_key, api_key.c.person_id == person.c.id)
        .where(
            person.c.byline == byline,
            person.c.role.in_(_DESK_ROLES),
            api_key.c.role.in_(_DESK_ROLES),
            api_key.c.revoked_at.is_(None),
            or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now),
        )
        .limit(1)
    )
    person_id = connection.scalar(statement)
    if person_id is None:
        raise InvalidError.of("person", "must be the byline of a fact-checker or editor who has an active key")
    return str(person_id), byline


def _raise_already_taken(connection: Connection, claim_id: str) -> None:
    # Without a condition on the time: the assignment may have expired since the upsert found it.
    row = connection.execute(
        select(person.c.id, person.c.byline, assignment.c.held_until)
        .join(person, person.c.id == assignment.c.person_id)
        .where(assignment.c.claim_id == claim_id)
    ).one()
    raise ConflictError(f"{_describe_holder(Holder(*row))}. Take it after that, or ask an editor to release it.")


def _describe_holder(holder: Holder) -> str:
    until = holder.until.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{holder.byline} is working on this claim until {until}"
