"""Reads the facts about queue candidates: one statement per kind of fact, for all candidates at once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Join, Text, select, union_all

from app.db.fulltext import value_table
from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.models import Attribution, Claim, ClaimRelation, Evidence, Review, ReviewRequest
from app.services.changes import decision_staleness, stale_periods
from app.services.changes.stale_periods import shown_status
from app.services.changes.status_facts import fetch_status_facts
from app.services.claims import reviews
from app.services.core.snapshot import NOW
from app.services.desk import proposals
from app.services.desk.queue_candidates import CandidateFilter
from app.services.policy.queue_ranking import QueueFacts
from app.services.policy.status_rules import CURRENT_RULES, STATUS_RULES, is_supported
from app.vocabulary import ASSERTING_STANCES, ProposalState, Relation, Stage, Stance, Status

claim, attribution, evidence = table_of(Claim), table_of(Attribution), table_of(Evidence)
relation, review, request = table_of(ClaimRelation), table_of(Review), table_of(ReviewRequest)

_DENYING_STANCES = (Stance.DENIES, Stance.DISPUTES_FIGURE)
_CLOSED_STATES = frozenset({ProposalState.APPROVED, ProposalState.REJECTED, ProposalState.WITHDRAWN})


@dataclass(frozen=True)
class ClaimWithFacts:
    """A claim and its queue facts."""

    claim: StoredRow
    facts: QueueFacts
    last_proposal: ProposalState | None
    """The state of the latest status proposal; None if there never was one."""


def fetch_claims_with_facts(
    connection: Connection, claim_ids: Collection[str], claim_filter: CandidateFilter
) -> list[ClaimWithFacts]:
    """The claims with these ids that match the filter, each with its facts, in no particular order."""
    claims = _fetch_claims(connection, claim_ids, claim_filter)
    # Facts count from the change that recorded the current decision on; without a decision, all of them count.
    decision_seqs = {claim_id: row["decided_seq"] or 0 for claim_id, row in claims.items()}
    ids = list(claims)
    decided_ids = [claim_id for claim_id, seq in decision_seqs.items() if seq]
    stale_because = stale_periods.fetch_reasons(connection, NOW, decided_ids)
    reach, denials = _fetch_attributions(connection, ids)
    contradictions, requests = _fetch_contradictions(connection, ids), _fetch_requests(connection, ids)
    evidence_rows = _fetch_evidence(connection, decided_ids)
    outgrown_ids = _find_outgrown(connection, claims.values())
    latest_proposals = proposals.fetch_latest_by_claim(connection, ids)
    result = []
    for claim_id, row in claims.items():
        proposal, since = latest_proposals.get(claim_id), decision_seqs[claim_id]
        pieces = evidence_rows[claim_id]
        facts = QueueFacts(
            decided_on=row["decided_on"],
            stale_because=stale_because.get(claim_id, []),
            older_rules=row["decided_rules"] if claim_id in outgrown_ids else None,
            contradicting=len({other for other, seq in contradictions[claim_id] if seq > since}),
            denying=sum(seq > since for seq in denials[claim_id]),
            new_evidence=sum(piece["first_seq"] > since and not piece["withdrawn"] for piece in pieces),
            # A request stores the last change that the person could have seen, so an equal number counts as later.
            requested=sum(seq >= since for seq in requests[claim_id]),
            proposal=None if proposal is None or proposal.state in _CLOSED_STATES else proposal,
            reach=reach[claim_id],
        )
        result.append(ClaimWithFacts(row, facts, None if proposal is None else proposal.state))
    return result


def _fetch_claims(
    connection: Connection, claim_ids: Collection[str], claim_filter: CandidateFilter
) -> dict[str, StoredRow]:
    """The claims with these ids that match the filter, each with its current decision."""
    columns = [
        *(claim.c[name] for name in ("id", "statement", "stage")),
        shown_status(NOW, claim),
        claim.c.status.label("decided_status"),
    ]
    decision = [
        review.c.change_seq.label("decided_seq"),
        review.c.rules.label("decided_rules"),
        review.c.decided_on,
    ]
    statement = (
        select(*columns, *decision)
        .select_from(
            _join_ids(connection, claim_ids, claim.c.id).outerjoin(
                review, review.c.id == decision_staleness.current_decision_value(claim.c.id, "id")
            )
        )
        .where(claim.c.stage.in_(claim_filter.stages))
    )
    if claim_filter.kinds:
        statement = statement.where(claim.c.kind.in_(claim_filter.kinds))
    if claim_filter.topic_id is not None:
        statement = statement.where(claim.c.topic_id == claim_filter.topic_id)
    return {row["id"]: row for row in connection.execute(statement).mappings()}


def _fetch_attributions(connection: Connection, ids: list[str]) -> tuple[Counter[str], Mapping[str, list[int]]]:
    """By claim: the number of live asserting attributions, and the change numbers of live denying ones."""
    reach: Counter[str] = Counter()
    denials: defaultdict[str, list[int]] = defaultdict(list)
    columns = [attribution.c[name] for name in ("claim_id", "stance", "change_seq")]
    statement = select(*columns).select_from(_join_ids(connection, ids, attribution.c.claim_id))
    for row in connection.execute(statement.where(~attribution.c.withdrawn)).mappings():
        if row["stance"] in ASSERTING_STANCES:
            reach[row["claim_id"]] += 1
        elif row["stance"] in _DENYING_STANCES:
            denials[row["claim_id"]].append(row["change_seq"])
    return reach, denials


def _fetch_contradictions(connection: Connection, ids: list[str]) -> Mapping[str, list[tuple[str, int]]]:
    """By claim: the published claims that contradict it, in either direction, with the relation's change number."""
    contradictions: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    ends = (relation.c.claim_id, relation.c.other_claim_id)
    directions = [
        select(own_end.label("own_id"), other_end.label("other_id"), relation.c.change_seq)
        .select_from(_join_ids(connection, ids, own_end).join(claim, claim.c.id == other_end))
        .where(
            relation.c.relation == Relation.CONTRADICTS,
            ~relation.c.withdrawn,
            claim.c.stage == Stage.PUBLISHED,
        )
        for own_end, other_end in (ends, ends[::-1])
    ]
    for own_id, other_id, seq in connection.execute(union_all(*directions)):
        contradictions[own_id].append((other_id, seq))
    return contradictions


def _fetch_evidence(connection: Connection, ids: list[str]) -> Mapping[str, list[StoredRow]]:
    """By claim: its evidence, with the change numbers of the first and the latest version."""
    statement = select(
        evidence.c.claim_id,
        evidence.c.change_seq,
        evidence.c.withdrawn,
        decision_staleness.first_change_seq(evidence, Evidence),
    ).select_from(_join_ids(connection, ids, evidence.c.claim_id))
    rows: defaultdict[str, list[StoredRow]] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        rows[row["claim_id"]].append(row)
    return rows


def _find_outgrown(connection: Connection, claims: Iterable[StoredRow]) -> set[str]:
    """The ids of the claims whose current decision was taken under earlier rules, and is not possible today."""
    older = [row for row in claims if row["decided_seq"] and row["decided_rules"] < CURRENT_RULES]
    changed = {row["id"]: Status(row["decided_status"]) for row in older}
    changed = {claim_id: status for claim_id, status in changed.items() if STATUS_RULES[status].was_met_under}
    if not changed:
        return set()
    decisions = reviews.fetch_by_claim(connection, NOW, changed)
    named = {
        claim_id: decision["evidence"]
        for claim_id, rows in decisions.items()
        if (decision := decision_staleness.current_decision(rows)) is not None
    }
    facts = fetch_status_facts(connection, NOW, named)
    return {claim_id for claim_id in named if not is_supported(changed[claim_id], facts[claim_id], CURRENT_RULES)}


def _fetch_requests(connection: Connection, ids: list[str]) -> Mapping[str, list[int]]:
    """By claim: for each person who requested a decision, the last change recorded before the request."""
    seen_seqs: defaultdict[str, list[int]] = defaultdict(list)
    requests = _join_ids(connection, ids, request.c.claim_id)
    for claim_id, seq in connection.execute(select(request.c.claim_id, request.c.seen_seq).select_from(requests)):
        seen_seqs[claim_id].append(seq)
    return seen_seqs


def _join_ids(connection: Connection, ids: Collection[str], column: ColumnElement[str]) -> Join:
    """A join that selects the rows of a table whose column has one of these ids.

    The ids are joined as a table instead of listed in a parameter: engines only estimate the length of a parameter, and
    with a wrong estimate they scan the whole table. With the join they look up each id in the index.
    """
    id_table = value_table(connection, list(ids), Text())
    return id_table.join(column.table, column == id_table.c.value)
