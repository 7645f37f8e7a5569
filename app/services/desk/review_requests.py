"""Requests for a decision: anybody with a key may ask, the desk reads them, and nothing of them is public."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.db.ids import new_id
from app.db.schema import table_of
from app.errors import ConflictError
from app.models import Claim, Head, Person, ReviewRequest
from app.schemas.base.fields import Page
from app.schemas.desk.queue import RequestsQuery, ReviewRequestCreate, ReviewRequestOwn, ReviewRequestRead
from app.services.claims.reviews import standing_in
from app.services.core.actors import Actor
from app.services.core.claim_visibility import stage_of
from app.services.core.cursors import Cursors
from app.services.core.pagination import Order, Place, page
from app.vocabulary import Role, Stage

claim, person, request, head = map(table_of, (Claim, Person, ReviewRequest, Head))


class Asked(NamedTuple):
    """What was asked, and whether for the first time."""

    request: ReviewRequestOwn
    first: bool


def ask(connection: Connection, actor: Actor, claim_id: str, wish: ReviewRequestCreate) -> Asked:
    """Ask for a decision on a claim, or ask again: the note is replaced, and the request is as of now.

    Raises NotFoundError for a claim that is not there or that this reader may not see; ConflictError for a withdrawn
    one.
    """
    if stage_of(connection, claim_id, actor) is Stage.WITHDRAWN:
        raise ConflictError("A withdrawn claim takes no decision.")
    wished = {
        "note": wish.note,
        "asked_at": clock.now(),
        "seen_seq": connection.execute(select(head.c.seq)).scalar_one(),
    }
    mine = {"claim_id": claim_id, "person_id": actor.person_id}
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    # By what the database itself keeps single: whoever asks twice at once asks once.
    statement = dialect.insert(request).values(id=new_id(ReviewRequest.prefix), **mine, **wished)
    made = connection.execute(statement.on_conflict_do_nothing().returning(request.c.id)).first()
    if made is None:
        connection.execute(update(request).filter_by(**mine).values(wished))
    own = ReviewRequestOwn(claim_id=claim_id, note=wish.note, asked_at=wished["asked_at"])
    return Asked(own, made is not None)


def of_claim(
    connection: Connection, actor: Actor, claim_id: str, query: RequestsQuery, cursors: Cursors
) -> Page[ReviewRequestRead]:
    """The requests for a decision on a claim, those who asked last to join first.

    Raises PermissionDeniedError for readers, NotFoundError.
    """
    actor.require(Role.FACT_CHECKER, "read what is the desk's")
    stage_of(connection, claim_id, actor)
    decided = connection.scalar(select(standing_in(claim.c.id, "change_seq")).where(claim.c.id == claim_id))
    statement = (
        select(request.c.id, person.c.byline, request.c.note, request.c.asked_at, request.c.seen_seq)
        .join(person, person.c.id == request.c.person_id)
        .where(request.c.claim_id == claim_id)
    )
    place = Place.of(query, cursors, claim=claim_id)
    rows, following = page(connection, statement, Order((request.c.id,), falling=True), place)
    items = [
        ReviewRequestRead(
            id=row.id,
            asked_by=row.byline,
            note=row.note,
            asked_at=row.asked_at,
            answered=decided is not None and row.seen_seq < decided,
        )
        for row in rows
    ]
    return Page(items=items, next=following)
