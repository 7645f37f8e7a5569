"""Candidate queries of the queue: they find claims that may need a decision.

Ranking a million claims for every page would be too slow. So each reason has candidate queries: each reads one index
from its newest end, finds at most `MAX_FOUND` claims and scans at most `MAX_SCANNED` rows. `queue_facts` and
`queue_ranking` then examine every candidate, so a query may return claims without its reason, but should return few of
them and must not miss any of the newest claims that have it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Label,
    Select,
    and_,
    func,
    or_,
    select,
    text,
    union_all,
)

from app.db.schema import table_of
from app.models import (
    Assignment,
    Attribution,
    Claim,
    ClaimRelation,
    Evidence,
    Proposal,
    Review,
    ReviewRequest,
    SignOff,
    StalePeriod,
)
from app.models.attribution import DENYING
from app.models.claim_relation import CONTRADICTING
from app.models.review import OLDER_RULES
from app.models.stale_period import IS_OPEN
from app.services.changes.decision_staleness import current_decision_value
from app.services.claims.kept_evidence import rests_on_kept_evidence
from app.services.policy.proposal_states import is_closed
from app.vocabulary import ClaimKind, QueueReason, Stage, Status

MAX_FOUND = 500
"""The most claims (or pairs of claims) that one candidate query returns."""

MAX_SCANNED = 10_000
"""The most rows that one candidate query scans if it has a condition that no index covers."""

claim, attribution, relation, evidence = map(table_of, (Claim, Attribution, ClaimRelation, Evidence))
review = table_of(Review)
assignment, request, proposal, sign_off = map(table_of, (Assignment, ReviewRequest, Proposal, SignOff))
stale_period = table_of(StalePeriod)


class Candidates(NamedTuple):
    """Claims that may wait in the queue."""

    claim_ids: frozenset[str]
    is_complete: bool
    """False if a query reached one of its limits, so that there may be more."""


@dataclass(frozen=True)
class CandidateFilter:
    """Which claims the client requests. Candidate queries may ignore it; `queue_facts` applies it in full."""

    stages: Sequence[Stage]
    """At least one."""
    kinds: Sequence[ClaimKind]
    """Empty for all."""
    topic_id: str | None
    """None for all."""


Condition: TypeAlias = Callable[[FromClause], ColumnElement[bool]]


@dataclass(frozen=True)
class CandidateQuery:
    """A bounded read of one index, from its newest end."""

    build: Callable[[CandidateFilter], Select[Any]]
    """Builds the statement: rows in descending order of a column `sort_key`, with the ids of claims in `claim_id` and
    `other_claim_id`."""
    condition: Condition | None = None
    """Which rows count; None for all. It is applied to the newest `MAX_SCANNED` rows."""

    def run(self, connection: Connection, claim_filter: CandidateFilter) -> Candidates:
        """The claims that the query finds."""
        statement, scanned_all = self.build(claim_filter), True
        if self.condition is not None:
            # The limit is inside a subquery: the engine stops scanning there, however few rows meet the condition.
            next_row = connection.scalar(select(statement.offset(MAX_SCANNED).limit(1).subquery().c.sort_key))
            scanned_all = next_row is None
            newest = statement.limit(MAX_SCANNED).subquery("newest")
            statement = select(newest).where(self.condition(newest)).order_by(newest.c.sort_key.desc())
        # One row more than the limit tells whether there are more.
        rows = connection.execute(statement.limit(MAX_FOUND + 1)).mappings().all()
        ids = {row[name] for row in rows[:MAX_FOUND] for name in ("claim_id", "other_claim_id") if name in row}
        return Candidates(frozenset(ids), scanned_all and len(rows) <= MAX_FOUND)


def _newest_first(
    sort_key: ColumnElement[Any],
    *columns: ColumnElement[Any],
    index_condition: str | None = None,
    condition: Condition | None = None,
) -> CandidateQuery:
    """A query for the newest rows of a table, whatever the filter.

    `index_condition` repeats the condition of a partial index word for word, so that the planner uses that index.
    """
    statement = select(sort_key.label("sort_key"), *columns).order_by(sort_key.desc())
    narrowed = statement if index_condition is None else statement.where(text(index_condition))
    return CandidateQuery(lambda _claim_filter: narrowed, condition)


def _undecided_since(*names: str) -> Condition:
    """The condition that the claim in one of these columns has no current decision newer than the row."""
    return lambda rows: or_(
        *(func.coalesce(current_decision_value(rows.c[name], "change_seq"), 0) < rows.c.sort_key for name in names)
    )


def _unassessed(claim_filter: CandidateFilter) -> Select[Any]:
    """Unassessed claims, those about the most recent time first.

    Each stage and kind is a contiguous range of an index, so there is one bounded branch of a UNION for each.
    """
    sort_key: Label[Any] = claim.c.time_earliest.label("sort_key")

    def newest(*conditions: ColumnElement[bool]) -> Select[Any]:
        descending = claim.c.time_earliest.desc(), claim.c.id.desc()
        return select(sort_key, claim.c.id.label("claim_id")).where(*conditions).order_by(*descending)

    if claim_filter.topic_id is not None:
        # With any status: skipping the decided claims of a topic would be an unbounded scan.
        return newest(claim.c.topic_id == claim_filter.topic_id)
    is_unassessed = claim.c.status == Status.UNASSESSED
    kinds = [[claim.c.kind == kind] for kind in claim_filter.kinds] or [[]]
    branches = [
        newest(claim.c.stage == stage, is_unassessed, *kind) for stage, kind in product(claim_filter.stages, kinds)
    ]
    union = union_all(*(select(branch.limit(MAX_FOUND + 1).subquery()) for branch in branches)).subquery()
    return select(union).order_by(union.c.sort_key.desc(), union.c.claim_id.desc())


_EVIDENCE = _newest_first(
    evidence.c.change_seq,
    evidence.c.claim_id,
    condition=lambda rows: current_decision_value(rows.c.claim_id, "change_seq") < rows.c.sort_key,
)
_PROPOSALS = _newest_first(proposal.c.change_seq, proposal.c.claim_id)

CANDIDATE_QUERIES: Mapping[QueueReason, Sequence[CandidateQuery]] = {
    QueueReason.CONTRADICTED: [
        _newest_first(
            relation.c.change_seq,
            relation.c.claim_id,
            relation.c.other_claim_id,
            index_condition=CONTRADICTING,
            condition=_undecided_since("claim_id", "other_claim_id"),
        ),
        _newest_first(
            attribution.c.change_seq,
            attribution.c.claim_id,
            index_condition=DENYING,
            condition=_undecided_since("claim_id"),
        ),
    ],
    QueueReason.STALE: [
        _newest_first(stale_period.c.since_seq, stale_period.c.claim_id, index_condition=IS_OPEN),
    ],
    QueueReason.OLDER_RULES: [
        _newest_first(
            review.c.change_seq,
            *(review.c[name] for name in ("claim_id", "id", "status", "sign_off_id")),
            index_condition=OLDER_RULES,
            condition=lambda rows: and_(
                rows.c.id == current_decision_value(rows.c.claim_id, "id"), ~rests_on_kept_evidence(rows)
            ),
        )
    ],
    QueueReason.PROPOSAL_OPEN: [
        _newest_first(
            proposal.c.change_seq,
            proposal.c.claim_id,
            proposal.c.id,
            condition=lambda rows: ~is_closed(rows, sign_off),
        )
    ],
    QueueReason.NEW_EVIDENCE: [_EVIDENCE],
    QueueReason.REQUESTED: [
        _newest_first(
            request.c.seen_seq,
            request.c.claim_id,
            condition=lambda rows: (
                func.coalesce(current_decision_value(rows.c.claim_id, "change_seq"), 0) <= rows.c.sort_key
            ),
        )
    ],
    QueueReason.UNASSESSED: [CandidateQuery(_unassessed)],
    # Claims with a wide reach keep getting new attributions, so they are among the newest of those.
    QueueReason.REACH: [_newest_first(attribution.c.change_seq, attribution.c.claim_id)],
}
"""The candidate queries for each reason."""


def find_waiting(connection: Connection, reasons: Iterable[QueueReason], claim_filter: CandidateFilter) -> Candidates:
    """Claims that may wait in the queue for one of these reasons."""
    # Two reasons may share a query, which then runs once.
    queries = dict.fromkeys(query for reason in reasons for query in CANDIDATE_QUERIES[reason])
    results = [query.run(connection, claim_filter) for query in queries]
    return Candidates(
        frozenset().union(*(result.claim_ids for result in results)), all(result.is_complete for result in results)
    )


def find_proposed(connection: Connection, claim_filter: CandidateFilter) -> Candidates:
    """The claims with the newest status proposals, in any state."""
    return _PROPOSALS.run(connection, claim_filter)


def find_taken(
    connection: Connection, claim_filter: CandidateFilter, now: datetime, person_id: str | None
) -> Candidates:
    """Claims that this person has taken, or that anyone has taken if `person_id` is None."""
    until = assignment.c.held_until
    statement = select(until.label("sort_key"), assignment.c.claim_id).where(until > now).order_by(until.desc())
    if person_id is not None:
        statement = statement.where(assignment.c.person_id == person_id)
    return CandidateQuery(lambda _claim_filter: statement).run(connection, claim_filter)
