"""What is known of claims that may wait in the queue: of many at a time, one look for each kind of thing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, union_all

from app.db.revisions import Row, revision_table
from app.db.schema import table_of
from app.models import Attribution, Claim, ClaimRelation, Evidence, Review, ReviewRequest
from app.services import proposals, reviews
from app.services.queue_looks import Wanted
from app.services.queue_rules import Facts
from app.services.refs import chunks
from app.vocabulary import ASSERTING_STANCES, ProposalState, Relation, Stage, Stance

claim, attribution, evidence = table_of(Claim), table_of(Attribution), table_of(Evidence)
relation, review, request = table_of(ClaimRelation), table_of(Review), table_of(ReviewRequest)

_AGAINST = (Stance.DENIES, Stance.DISPUTES_FIGURE)
_SETTLED = frozenset({ProposalState.APPROVED, ProposalState.REJECTED, ProposalState.WITHDRAWN})


@dataclass(frozen=True)
class Known:
    """A claim, and what is known of it."""

    claim: Row
    facts: Facts
    last_proposal: ProposalState | None
    """Where the last status that was proposed for it stands."""


def of_claims(connection: Connection, claim_ids: Collection[str], wanted: Wanted) -> list[Known]:
    """What is known of those of these claims that are wanted, in no order."""
    # By lists of values: for one list in a parameter SQLite would rather read whole tables.
    return [known for chunk in chunks(claim_ids) for known in _of_some(connection, chunk, wanted)]


def _of_some(connection: Connection, claim_ids: list[str], wanted: Wanted) -> list[Known]:
    claims = _claims(connection, claim_ids, wanted)
    # What has come since the decision that holds has come after that change; every change, where there is none.
    since = {one: row["decided_seq"] or 0 for one, row in claims.items()}
    ids = list(claims)
    decided = [one for one, seq in since.items() if seq]
    reach, denials = _said(connection, ids)
    contradictions, asked = _contradictions(connection, ids), _requests(connection, ids)
    pieces, last = _evidence(connection, decided), proposals.last_of_claims(connection, ids)
    found = []
    for one, row in claims.items():
        proposal = last.get(one)
        facts = Facts(
            decided_on=row["decided_on"],
            stale_because=reviews.staleness(_decision(row), row["content_version"], pieces[one]) if since[one] else [],
            contradicting=len({other for other, seq in contradictions[one] if seq > since[one]}),
            denying=sum(seq > since[one] for seq in denials[one]),
            new_evidence=sum(piece["first_seq"] > since[one] and not piece["withdrawn"] for piece in pieces[one]),
            requested=sum(seq >= since[one] for seq in asked[one]),
            proposal=None if proposal is None or proposal.state in _SETTLED else proposal,
            reach=reach[one],
        )
        found.append(Known(row, facts, None if proposal is None else proposal.state))
    return found


def _decision(row: Row) -> Row:
    return {"claim_version": row["decided_version"], "change_seq": row["decided_seq"]}


def _claims(connection: Connection, claim_ids: list[str], wanted: Wanted) -> dict[str, Row]:
    """These claims, each with the decision that holds."""
    shown = [claim.c[name] for name in ("id", "statement", "status", "stage", "content_version")]
    decision = [
        review.c.change_seq.label("decided_seq"),
        review.c.claim_version.label("decided_version"),
        review.c.decided_on,
    ]
    statement = (
        select(*shown, *decision)
        .select_from(claim.outerjoin(review, review.c.id == reviews.standing_in(claim.c.id, "id")))
        .where(claim.c.id.in_(claim_ids), claim.c.stage.in_(wanted.stages))
    )
    if wanted.kinds:
        statement = statement.where(claim.c.kind.in_(wanted.kinds))
    if wanted.topic_id is not None:
        statement = statement.where(claim.c.topic_id == wanted.topic_id)
    return {row["id"]: row for row in connection.execute(statement).mappings()}


def _said(connection: Connection, ids: list[str]) -> tuple[Counter[str], Mapping[str, list[int]]]:
    """For each claim how many attributions put it forward, and when each that stands against it was recorded."""
    live = attribution.c.claim_id.in_(ids), ~attribution.c.withdrawn
    putting = select(attribution.c.claim_id, func.count()).where(*live, attribution.c.stance.in_(ASSERTING_STANCES))
    against = select(attribution.c.claim_id, attribution.c.change_seq).where(*live, attribution.c.stance.in_(_AGAINST))
    reach: Counter[str] = Counter(dict(connection.execute(putting.group_by(attribution.c.claim_id)).all()))
    return reach, _grouped(connection, against)


def _contradictions(connection: Connection, ids: list[str]) -> Mapping[str, list[tuple[str, int]]]:
    """For each claim the published ones that contradict it, whichever end says so, and when that was recorded."""
    found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    ends = (relation.c.claim_id, relation.c.other_claim_id)
    both = [
        select(here.label("here"), there.label("there"), relation.c.change_seq)
        .join_from(relation, claim, claim.c.id == there)
        .where(
            here.in_(ids),
            relation.c.relation == Relation.CONTRADICTS,
            ~relation.c.withdrawn,
            claim.c.stage == Stage.PUBLISHED,
        )
        for here, there in (ends, ends[::-1])
    ]
    for here, there, seq in connection.execute(union_all(*both)):
        found[here].append((there, seq))
    return found


def _evidence(connection: Connection, ids: list[str]) -> Mapping[str, list[Row]]:
    """For each claim its evidence: when it was first recorded, when it changed last, whether it was taken back."""
    first = revision_table(evidence)
    statement = (
        select(evidence.c.claim_id, evidence.c.change_seq, evidence.c.withdrawn, first.c.change_seq.label("first_seq"))
        .join(first, (first.c.id == evidence.c.id) & (first.c.version == 1))
        .where(evidence.c.claim_id.in_(ids))
    )
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        found[row["claim_id"]].append(row)
    return found


def _requests(connection: Connection, ids: list[str]) -> Mapping[str, list[int]]:
    """For each claim what whoever asked for a decision had seen of the record: one number for each person."""
    return _grouped(connection, select(request.c.claim_id, request.c.seen_seq).where(request.c.claim_id.in_(ids)))


def _grouped(connection: Connection, statement: Any) -> Mapping[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for one, number in connection.execute(statement):
        found[one].append(number)
    return found
