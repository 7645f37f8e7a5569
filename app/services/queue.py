"""The queue: claims that need a decision, ranked, with the reasons shown."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from app import clock
from app.db.schema import table_of
from app.models import Topic
from app.schemas.queue import QueueItem, QueuePage, QueueQuery
from app.schemas.relation import ClaimBrief
from app.services import assignments, queue_facts, queue_looks
from app.services.actors import Actor
from app.services.cursors import Cursors
from app.services.listing import Place
from app.services.objects import shaped
from app.services.queue_facts import Known
from app.services.queue_looks import Found, Wanted
from app.services.queue_rules import reasons_of
from app.services.refs import Refs
from app.vocabulary import QueueReason, Role, Stage, Taken

STAGES = (Stage.IN_REVIEW, Stage.PUBLISHED)
"""Which claims wait unless others are asked for. A draft is still being written."""


class _Rank(NamedTuple):
    """Where a claim stands: those with more points first, and of equals the one that was recorded last."""

    score: int
    claim_id: str


def page_of(connection: Connection, query: QueueQuery, actor: Actor, cursors: Cursors) -> QueuePage:
    """A page of the queue, as it is now; `complete` is false where more may wait than was looked at.

    Raises PermissionDeniedError for readers, InvalidError for a topic that is not there or a cursor of another query.
    """
    actor.require(Role.FACT_CHECKER, "read what is the desk's")
    place = Place.of(query, cursors, person=actor.person_id)
    after = None if query.cursor is None else _Rank(*cursors.read(place.query, query.cursor))
    topic_id = Refs(connection).field(table_of(Topic), query.topic, "topic")
    stages = [stage for stage in query.stage or STAGES if stage is not Stage.WITHDRAWN]
    if not stages:
        return QueuePage(items=[], next=None, complete=True)
    wanted = Wanted(stages, query.kind, topic_id)
    found = _candidates(connection, query, actor, wanted)
    ranked = _ranked(connection, query, actor, queue_facts.of_claims(connection, found.claim_ids, wanted))
    left = [item for item in ranked if after is None or _rank(item) < after]
    items = left[: place.limit]
    following = place.following(_rank(items[-1])) if len(left) > len(items) else None
    return QueuePage(items=items, next=following, complete=found.complete)


def _candidates(connection: Connection, query: QueueQuery, actor: Actor, wanted: Wanted) -> Found:
    """Claims that may wait: where the query names a few itself, those."""
    if query.taken in (Taken.ME, Taken.ANYBODY):
        only = actor.person_id if query.taken is Taken.ME else None
        return queue_looks.taken(connection, wanted, clock.now(), only)
    if query.proposal:
        return queue_looks.proposed(connection, wanted)
    return queue_looks.waiting(connection, query.reason or QueueReason, wanted)


def _ranked(connection: Connection, query: QueueQuery, actor: Actor, known: Sequence[Known]) -> list[QueueItem]:
    """Those that wait, and that the query asks for, in the order of the queue."""
    held = assignments.holders(connection, [one.claim["id"] for one in known], clock.now())
    found = []
    for one in known:
        reasons, holder = reasons_of(one.facts), held.get(one.claim["id"])
        if not reasons or (query.reason and not {each.reason for each in reasons} & set(query.reason)):
            continue
        if query.proposal and one.last_proposal not in query.proposal:
            continue
        person_id = None if holder is None else holder.person_id
        if not _asked_for(query.taken, person_id, actor):
            continue
        item = QueueItem(
            claim=ClaimBrief(**shaped(ClaimBrief, one.claim)),
            score=sum(each.points for each in reasons),
            reasons=reasons,
            reach=one.facts.reach,
            taken_by=None if holder is None else holder.byline,
            taken_until=None if holder is None else holder.until,
            open_proposal=one.facts.proposal,
        )
        found.append(item)
    return sorted(found, key=_rank, reverse=True)


def _asked_for(taken: Taken | None, person_id: str | None, actor: Actor) -> bool:
    match taken:
        case None:
            return True
        case Taken.NOBODY:
            return person_id is None
        case Taken.ME:
            return person_id == actor.person_id
        case _:
            return person_id is not None


def _rank(item: QueueItem) -> _Rank:
    return _Rank(item.score, item.claim.id)
