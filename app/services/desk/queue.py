"""The queue: claims that need a decision, ranked by points, each with its reasons."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection

from app import clock
from app.db.schema import table_of
from app.models import Topic
from app.schemas.desk.queue import QueueItem, QueuePage, QueueQuery
from app.schemas.relation import ClaimBrief
from app.services.changes.actors import Actor
from app.services.core.cursors import Cursors
from app.services.core.nouns import serialize_row
from app.services.core.pagination import PageRequest
from app.services.core.refs import Refs
from app.services.desk import assignments, queue_candidates, queue_facts
from app.services.desk.assignments import Holder
from app.services.desk.queue_candidates import CandidateFilter, Candidates
from app.services.desk.queue_facts import ClaimWithFacts
from app.services.policy.queue_ranking import explain_reasons, reason_points
from app.vocabulary import QueueReason, Role, Stage, Taken

DEFAULT_STAGES = (Stage.IN_REVIEW, Stage.PUBLISHED)
"""The stages in the queue if the query names none. A draft is left out because it is still being written."""


class _QueuePosition(NamedTuple):
    """The sort key of a claim: most points first, then the newest claim (ids sort by time)."""

    score: int
    claim_id: str


class _RankedClaim(NamedTuple):
    """A claim in the queue. Its reasons become sentences only for the page, because a page shows few of hundreds."""

    position: _QueuePosition
    candidate: ClaimWithFacts
    points: Mapping[QueueReason, int]
    holder: Holder | None


def read_page(connection: Connection, query: QueueQuery, actor: Actor, cursors: Cursors) -> QueuePage:
    """A page of the queue as it is now; `complete` is false if more claims may wait than the candidate queries found.

    Raises PermissionDeniedError for readers; InvalidError if the topic does not exist or the cursor belongs to another
    query.
    """
    actor.require(Role.FACT_CHECKER, "read the queue")
    page_request = PageRequest.of(query, cursors, person=actor.person_id)
    after = None if query.cursor is None else _QueuePosition(*cursors.read(page_request.query, query.cursor))
    topic_id = Refs(connection).resolve_field(table_of(Topic), query.topic, "topic")
    stages = [stage for stage in query.stage or DEFAULT_STAGES if stage is not Stage.WITHDRAWN]
    if not stages:
        return QueuePage(items=[], next=None, complete=True)
    claim_filter = CandidateFilter(stages, query.kind, topic_id)
    candidates = _find_candidates(connection, query, actor, claim_filter)
    claims = queue_facts.fetch_claims_with_facts(connection, candidates.claim_ids, claim_filter)
    ranked = _rank(connection, query, actor, claims)
    remaining = [claim for claim in ranked if after is None or claim.position < after]
    page = remaining[: page_request.limit]
    next_cursor = page_request.next_cursor(page[-1].position) if len(remaining) > len(page) else None
    return QueuePage(items=[_item(claim) for claim in page], next=next_cursor, complete=candidates.is_complete)


def _find_candidates(
    connection: Connection, query: QueueQuery, actor: Actor, claim_filter: CandidateFilter
) -> Candidates:
    """Claims that may wait, from the most selective parameter of the query."""
    if query.taken in (Taken.ME, Taken.ANYBODY):
        person_id = actor.person_id if query.taken is Taken.ME else None
        return queue_candidates.find_taken(connection, claim_filter, clock.now(), person_id)
    if query.proposal:
        return queue_candidates.find_proposed(connection, claim_filter)
    return queue_candidates.find_waiting(connection, query.reason or QueueReason, claim_filter)


def _rank(
    connection: Connection, query: QueueQuery, actor: Actor, candidates: Sequence[ClaimWithFacts]
) -> list[_RankedClaim]:
    """The candidates that need a decision and match the query, in the order of the queue."""
    holders = assignments.fetch_holders(connection, [candidate.claim["id"] for candidate in candidates], clock.now())
    ranked = []
    for candidate in candidates:
        points, holder = reason_points(candidate.facts), holders.get(candidate.claim["id"])
        matches_query = (
            (not query.reason or not points.keys().isdisjoint(query.reason))
            and (not query.proposal or candidate.last_proposal in query.proposal)
            and _matches_taken(query.taken, holder, actor)
        )
        if points and matches_query:
            position = _QueuePosition(sum(points.values()), candidate.claim["id"])
            ranked.append(_RankedClaim(position, candidate, points, holder))
    return sorted(ranked, key=attrgetter("position"), reverse=True)


def _matches_taken(taken: Taken | None, holder: Holder | None, actor: Actor) -> bool:
    if taken is None:
        return True
    if taken is Taken.ME:
        return holder is not None and holder.person_id == actor.person_id
    return (holder is None) == (taken is Taken.NOBODY)


def _item(ranked: _RankedClaim) -> QueueItem:
    facts, holder = ranked.candidate.facts, ranked.holder
    return QueueItem(
        claim=ClaimBrief(**serialize_row(ClaimBrief, ranked.candidate.claim)),
        score=ranked.position.score,
        reasons=explain_reasons(facts, ranked.points),
        reach=facts.reach,
        taken_by=None if holder is None else holder.byline,
        taken_until=None if holder is None else holder.until,
        open_proposal=facts.proposal,
    )
