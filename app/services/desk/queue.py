"""The queue: claims that need a decision, ranked, with the reasons shown."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection

from app import clock
from app.db.schema import table_of
from app.models import Topic
from app.schemas.desk.queue import QueueItem, QueuePage, QueueQuery
from app.schemas.relation import ClaimBrief
from app.services.core.actors import Actor
from app.services.core.cursors import Cursors
from app.services.core.nouns import shaped
from app.services.core.pagination import Place
from app.services.core.refs import Refs
from app.services.desk import assignments, queue_candidates, queue_facts
from app.services.desk.assignments import Holder
from app.services.desk.queue_candidates import Found, Wanted
from app.services.desk.queue_facts import Known
from app.services.policy.queue_rules import points_of, told
from app.vocabulary import QueueReason, Role, Stage, Taken

STAGES = (Stage.IN_REVIEW, Stage.PUBLISHED)
"""Which claims wait unless others are asked for. A draft is still being written."""


class _Place(NamedTuple):
    """Where a claim stands: those with more points first, and of equals the one that was recorded last."""

    score: int
    claim_id: str


class _Waiting(NamedTuple):
    """A claim that waits, not yet in words: of hundreds a page shows a few."""

    place: _Place
    known: Known
    points: Mapping[QueueReason, int]
    holder: Holder | None


def page_of(connection: Connection, query: QueueQuery, actor: Actor, cursors: Cursors) -> QueuePage:
    """A page of the queue, as it is now; `complete` is false where more may wait than was looked at.

    Raises PermissionDeniedError for readers, InvalidError for a topic that is not there or a cursor of another query.
    """
    actor.require(Role.FACT_CHECKER, "read what is the desk's")
    place = Place.of(query, cursors, person=actor.person_id)
    after = None if query.cursor is None else _Place(*cursors.read(place.query, query.cursor))
    topic_id = Refs(connection).field(table_of(Topic), query.topic, "topic")
    stages = [stage for stage in query.stage or STAGES if stage is not Stage.WITHDRAWN]
    if not stages:
        return QueuePage(items=[], next=None, complete=True)
    wanted = Wanted(stages, query.kind, topic_id)
    found = _candidates(connection, query, actor, wanted)
    ranked = _ranked(connection, query, actor, queue_facts.of_claims(connection, found.claim_ids, wanted))
    left = [one for one in ranked if after is None or one.place < after]
    here = left[: place.limit]
    following = place.following(here[-1].place) if len(left) > len(here) else None
    return QueuePage(items=[_item(one) for one in here], next=following, complete=found.complete)


def _candidates(connection: Connection, query: QueueQuery, actor: Actor, wanted: Wanted) -> Found:
    """Claims that may wait: where the query names a few itself, those."""
    if query.taken in (Taken.ME, Taken.ANYBODY):
        only = actor.person_id if query.taken is Taken.ME else None
        return queue_candidates.taken(connection, wanted, clock.now(), only)
    if query.proposal:
        return queue_candidates.proposed(connection, wanted)
    return queue_candidates.waiting(connection, query.reason or QueueReason, wanted)


def _ranked(connection: Connection, query: QueueQuery, actor: Actor, known: Sequence[Known]) -> list[_Waiting]:
    """Those that wait, and that the query asks for, in the order of the queue."""
    held = assignments.holders(connection, [one.claim["id"] for one in known], clock.now())
    found = []
    for one in known:
        points, holder = points_of(one.facts), held.get(one.claim["id"])
        asked_for = (
            (not query.reason or not points.keys().isdisjoint(query.reason))
            and (not query.proposal or one.last_proposal in query.proposal)
            and _is_taken(query.taken, holder, actor)
        )
        if points and asked_for:
            place = _Place(sum(points.values()), one.claim["id"])
            found.append(_Waiting(place, one, points, holder))
    return sorted(found, key=attrgetter("place"), reverse=True)


def _is_taken(by: Taken | None, holder: Holder | None, actor: Actor) -> bool:
    if by is None:
        return True
    if by is Taken.ME:
        return holder is not None and holder.person_id == actor.person_id
    return (holder is None) == (by is Taken.NOBODY)


def _item(waiting: _Waiting) -> QueueItem:
    facts, holder = waiting.known.facts, waiting.holder
    return QueueItem(
        claim=ClaimBrief(**shaped(ClaimBrief, waiting.known.claim)),
        score=waiting.place.score,
        reasons=told(facts, waiting.points),
        reach=facts.reach,
        taken_by=None if holder is None else holder.byline,
        taken_until=None if holder is None else holder.until,
        open_proposal=facts.proposal,
    )
