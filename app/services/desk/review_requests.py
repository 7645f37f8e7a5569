"""Requests for a decision on a claim. Anyone with a key may make one, the desk reads them, and none is public."""

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
from app.services.changes.actors import Actor
from app.services.changes.claim_visibility import read_visible_stage
from app.services.changes.decision_staleness import current_decision_value
from app.services.core.cursors import Cursors
from app.services.core.pagination import Order, PageRequest, fetch_page
from app.vocabulary import Role, Stage

claim, person, request, head = map(table_of, (Claim, Person, ReviewRequest, Head))


class SavedRequest(NamedTuple):
    """A stored request, and whether it is this person's first one for the claim."""

    request: ReviewRequestOwn
    is_new: bool


def request_review(connection: Connection, actor: Actor, claim_id: str, body: ReviewRequestCreate) -> SavedRequest:
    """Request a decision on a claim. A second request by the same person replaces the note and the time of the first.

    Raises NotFoundError if the claim does not exist or the actor may not see it; ConflictError if it was withdrawn.
    """
    if read_visible_stage(connection, claim_id, actor) is Stage.WITHDRAWN:
        raise ConflictError(
            "This claim was withdrawn, so no decision can be made on it. If another claim replaces it (`successor`), "
            "use that one."
        )
    values = {
        "note": body.note,
        "asked_at": clock.now(),
        "seen_seq": connection.execute(select(head.c.seq)).scalar_one(),
    }
    own_key = {"claim_id": claim_id, "person_id": actor.person_id}
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    # The unique constraint decides, so that two simultaneous requests by one person store one row.
    statement = dialect.insert(request).values(id=new_id(ReviewRequest.prefix), **own_key, **values)
    inserted = connection.execute(statement.on_conflict_do_nothing().returning(request.c.id)).first()
    if inserted is None:
        connection.execute(update(request).filter_by(**own_key).values(values))
    own = ReviewRequestOwn(claim_id=claim_id, note=body.note, asked_at=values["asked_at"])
    return SavedRequest(own, inserted is not None)


def read_page(
    connection: Connection, actor: Actor, claim_id: str, query: RequestsQuery, cursors: Cursors
) -> Page[ReviewRequestRead]:
    """The requests for a decision on a claim, newest first by when each person first requested it.

    Raises PermissionDeniedError for readers; NotFoundError.
    """
    actor.require(Role.FACT_CHECKER, "read requests for a decision")
    read_visible_stage(connection, claim_id, actor)
    decided_seq = connection.scalar(
        select(current_decision_value(claim.c.id, "change_seq")).where(claim.c.id == claim_id)
    )
    statement = (
        select(request.c.id, person.c.byline, request.c.note, request.c.asked_at, request.c.seen_seq)
        .join(person, person.c.id == request.c.person_id)
        .where(request.c.claim_id == claim_id)
    )
    page_request = PageRequest.of(query, cursors, claim=claim_id)
    rows, next_cursor = fetch_page(connection, statement, Order((request.c.id,), descending=True), page_request)
    items = [
        ReviewRequestRead(
            id=row.id,
            asked_by=row.byline,
            note=row.note,
            asked_at=row.asked_at,
            answered=decided_seq is not None and row.seen_seq < decided_seq,
        )
        for row in rows
    ]
    return Page(items=items, next=next_cursor)
