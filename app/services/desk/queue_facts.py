"""What is known of claims that may wait in the queue: of many at a time, one look for each kind of thing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Join, Text, select, union_all

from app.db.fulltext import listed
from app.db.revisions import Row, revision_table
from app.db.schema import table_of
from app.models import Attribution, Claim, ClaimRelation, Evidence, Review, ReviewRequest
from app.services.claims import reviews
from app.services.claims.attributions import first_seq
from app.services.desk import proposals
from app.services.desk.queue_candidates import Wanted
from app.services.policy.queue_rules import Facts
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
    claims = _claims(connection, claim_ids, wanted)
    # What has come since the decision that holds has come after that change; every change, where there is none.
    since = {one: row["decided_seq"] or 0 for one, row in claims.items()}
    ids = list(claims)
    decided = [one for one, seq in since.items() if seq]
    reach, denials, said = _said(connection, ids)
    contradictions, asked = _contradictions(connection, ids), _requests(connection, ids)
    pieces, last = _evidence(connection, decided), proposals.last_of_claims(connection, ids)
    found = []
    for one, row in claims.items():
        proposal = last.get(one)
        facts = Facts(
            decided_on=row["decided_on"],
            stale_because=reviews.staleness(_decision(row), row["content_version"], pieces[one], said[one])
            if since[one]
            else [],
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


def _claims(connection: Connection, claim_ids: Collection[str], wanted: Wanted) -> dict[str, Row]:
    """These claims, each with the decision that holds."""
    shown = [claim.c[name] for name in ("id", "statement", "status", "stage", "content_version")]
    decision = [
        review.c.change_seq.label("decided_seq"),
        review.c.claim_version.label("decided_version"),
        review.c.decided_on,
    ]
    statement = (
        select(*shown, *decision)
        .select_from(
            _given(connection, claim_ids, claim.c.id).outerjoin(
                review, review.c.id == reviews.standing_in(claim.c.id, "id")
            )
        )
        .where(claim.c.stage.in_(wanted.stages))
    )
    if wanted.kinds:
        statement = statement.where(claim.c.kind.in_(wanted.kinds))
    if wanted.topic_id is not None:
        statement = statement.where(claim.c.topic_id == wanted.topic_id)
    return {row["id"]: row for row in connection.execute(statement).mappings()}


def _said(
    connection: Connection, ids: list[str]
) -> tuple[Counter[str], Mapping[str, list[int]], Mapping[str, list[Row]]]:
    """For each claim how many attributions put it forward; when each that stands against it was recorded; and all."""
    reach: Counter[str] = Counter()
    against: defaultdict[str, list[int]] = defaultdict(list)
    said: defaultdict[str, list[Row]] = defaultdict(list)
    told = [attribution.c[name] for name in ("claim_id", "stance", "withdrawn", "change_seq")]
    statement = select(*told, first_seq(attribution)).select_from(_given(connection, ids, attribution.c.claim_id))
    for row in connection.execute(statement).mappings():
        said[row["claim_id"]].append(row)
        if row["withdrawn"]:
            continue
        if row["stance"] in ASSERTING_STANCES:
            reach[row["claim_id"]] += 1
        elif row["stance"] in _AGAINST:
            against[row["claim_id"]].append(row["change_seq"])
    return reach, against, said


def _contradictions(connection: Connection, ids: list[str]) -> Mapping[str, list[tuple[str, int]]]:
    """For each claim the published ones that contradict it, whichever end says so, and when that was recorded."""
    found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    ends = (relation.c.claim_id, relation.c.other_claim_id)
    both = [
        select(here.label("here"), there.label("there"), relation.c.change_seq)
        .select_from(_given(connection, ids, here).join(claim, claim.c.id == there))
        .where(
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
    statement = select(
        evidence.c.claim_id, evidence.c.change_seq, evidence.c.withdrawn, first.c.change_seq.label("first_seq")
    ).select_from(
        _given(connection, ids, evidence.c.claim_id).join(first, (first.c.id == evidence.c.id) & (first.c.version == 1))
    )
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        found[row["claim_id"]].append(row)
    return found


def _requests(connection: Connection, ids: list[str]) -> Mapping[str, list[int]]:
    """For each claim what whoever asked for a decision had seen of the record: one number for each person."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    given = _given(connection, ids, request.c.claim_id)
    for one, seq in connection.execute(select(request.c.claim_id, request.c.seen_seq).select_from(given)):
        found[one].append(seq)
    return found


def _given(connection: Connection, ids: Collection[str], column: ColumnElement[str]) -> Join:
    """The rows of a table that have one of these ids in a column.

    They are joined to a table of the ids: how many there are in a parameter engines only guess, and guessing wrong
    they would go over the whole table. This way they look up each.
    """
    given = listed(connection, list(ids), Text())
    return given.join(column.table, column == given.c.value)
