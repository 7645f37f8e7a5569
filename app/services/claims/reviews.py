"""Decisions on the status of claims. A claim's status follows from its decisions and from nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, FromClause, Select, and_, func, select

from app.db.compiled_reads import PlainRow
from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import FieldProblem
from app.models import Change, Claim, Person, Proposal, Review, SignOff
from app.schemas.desk.decision_origin import OriginCreate
from app.schemas.desk.review import ReviewCreate, ReviewRead
from app.schemas.files.dump import DecisionVersion
from app.services.changes import stale_periods
from app.services.changes.decision_staleness import current_decision, staleness
from app.services.changes.status_facts import fetch_status_facts, only_named
from app.services.claims import attributions, evidence, kept_evidence
from app.services.core import decision_origins
from app.services.core.nouns import fetch_rows_by_id, serialize_row
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW, Snapshot
from app.services.policy.status_rules import CURRENT_RULES, STATUS_RULES, StatusFacts, is_supported
from app.vocabulary import Status

claim_table, review_table = table_of(Claim), table_of(Review)

DECISION_FIELDS = (
    "status",
    "rationale",
    "decided_on",
    "decided_by",
    "credibility",
    "standard",
    "probability",
    "notice",
)
"""The fields of a decision in a file."""


def find_missing_support(
    connection: Connection, claim_id: str, status: Status, evidence_ids: Iterable[str] | None
) -> str | None:
    """What the record lacks for a new decision on a claim, as a sentence without a full stop; None if nothing.

    `evidence_ids` are the ids of the evidence that counts; None counts all of it.
    """
    counted = None if evidence_ids is None else list(evidence_ids)
    pieces = only_named(evidence.fetch_by_claim(connection, NOW, [claim_id])[claim_id], counted)
    missing = kept_evidence.fetch_missing_captures(connection, (piece["capture_id"] for piece in pieces))
    facts = fetch_status_facts(connection, NOW, {claim_id: counted}, missing_captures=missing)[claim_id]
    if is_supported(status, facts, CURRENT_RULES):
        return None
    rule = STATUS_RULES[status]
    hint = kept_evidence.explain_not_kept(status, pieces, missing)
    if not hint and rule.requires_evidence and counted is not None:
        hint = "; only the pieces listed in the field evidence count"
    return f"'{status}' needs {rule.requirement}{hint}"


class ImportedDecisions(NamedTuple):
    """The outcome of recording decisions from a file."""

    decided: set[str]
    """The claims on which a decision was recorded."""
    refused: dict[str, list[FieldProblem]]
    """What is missing, by the claims whose record does not support a decision."""


def record_decisions(
    change: ChangeWriter,
    decisions: Mapping[str, Sequence[ReviewCreate]],
    imported: OriginCreate,
    *,
    dumped: Mapping[str, Sequence[DecisionVersion]] | None,
) -> ImportedDecisions:
    """Record decisions on claims from a file. Decisions that are on record already are left out.

    A claim's status becomes that of its current decision. The record must support each decision under the current
    rules, except when a dump is restored: the other installation checked that against what it had on record at the
    time, under the rules that the dump names. `imported` is where the import comes from. `dumped` has the ids of a
    dump's decisions and the versions that they were taken on, by claim id; None if no dump is restored. A file cannot
    supersede a decision that two people of this desk have signed: it may only add earlier ones.
    """
    refused: dict[str, list[FieldProblem]] = {}
    on_record = fetch_by_claim(change.connection, NOW, decisions)
    added = {
        claim_id: [
            (position, decision)
            for position, decision in enumerate(offered)
            if not _is_on_record(decision, on_record[claim_id])
        ]
        for claim_id, offered in decisions.items()
    }
    added = {claim_id: numbered for claim_id, numbered in added.items() if numbered}
    if not added:
        return ImportedDecisions(set(), refused)
    facts = {} if dumped is not None else _facts_for_new_decisions(change.connection, added)
    claims = fetch_rows_by_id(change.connection, claim_table, added)
    rows, statuses = [], []
    for claim_id, numbered in added.items():
        signed_here = current_decision([row for row in on_record[claim_id] if row["approved_by"] is not None])
        latest_day = min(change.at.date(), signed_here["decided_on"] if signed_here else date.max)
        problems = [
            FieldProblem(f"reviews.{position}.{field}", message)
            for position, decision in numbered
            for field, message in _problems(
                decision, facts.get(claim_id), latest_day, is_signed_here=signed_here is not None
            )
        ]
        if problems:
            refused[claim_id] = problems
            continue
        new_rows = [_row(claims[claim_id], decision, imported, dumped is not None) for _position, decision in numbered]
        if dumped is not None and claim_id in dumped:
            positions = [position for position, _decision in numbered]
            new_rows = [
                row | dumped[claim_id][position].model_dump() for row, position in zip(new_rows, positions, strict=True)
            ]
        rows += new_rows
        statuses.append({"id": claim_id, "status": _current([*on_record[claim_id], *new_rows])["status"]})
    change.append(review_table, rows)
    change.amend(claim_table, statuses)
    return ImportedDecisions({row["id"] for row in statuses}, refused)


def _facts_for_new_decisions(connection: Connection, claim_ids: Iterable[str]) -> dict[str, StatusFacts]:
    """What the record holds about these claims; captures whose bytes are not in the store do not count."""
    ids = list(claim_ids)
    pieces = (piece for rows in evidence.fetch_by_claim(connection, NOW, ids).values() for piece in rows)
    missing = kept_evidence.fetch_missing_captures(connection, (piece["capture_id"] for piece in pieces))
    return fetch_status_facts(connection, NOW, dict.fromkeys(ids), missing_captures=missing)


def record_signed(change: ChangeWriter, proposal: StoredRow, sign_off_id: str) -> None:
    """Record the decision of a proposal that a sign-off has approved.

    It is pinned to the version that the proposer saw. A proposal about an older wording or older evidence is void, so
    it never gets here.
    """
    claim_id = proposal["claim_id"]
    on_record = fetch_by_claim(change.connection, NOW, [claim_id])[claim_id]
    copied = ("claim_id", "claim_version", "status", "rationale", "credibility", "standard", "probability", "notice")
    row = {
        "id": new_id(Review.prefix),
        **{name: proposal[name] for name in copied},
        "decided_on": change.at.date(),
        "sign_off_id": sign_off_id,
        "rules": CURRENT_RULES,
    }
    change.append(review_table, [row])
    change.amend(claim_table, [{"id": claim_id, "status": _current([*on_record, row])["status"]}])


def _problems(
    decision: ReviewCreate, facts: StatusFacts | None, latest_day: date, *, is_signed_here: bool
) -> Iterator[tuple[str, str]]:
    """What is wrong with a decision from a file, as field and message.

    `facts` is None where another installation has checked what the status needs. `latest_day` is the last day on which
    the decision may have been taken.
    """
    rule = STATUS_RULES[decision.status]
    if facts is not None and not is_supported(decision.status, facts, CURRENT_RULES):
        yield "status", f"'{decision.status}' needs {rule.requirement}"
    if facts is None and decision.rules > CURRENT_RULES:
        yield (
            "rules",
            f"must be at most {CURRENT_RULES}, the newest rules that this version of Attest knows; upgrade Attest",
        )
    if is_signed_here and decision.decided_on >= latest_day:
        yield (
            "decided_on",
            (
                f"must be before {latest_day}, the day of this desk's own decision, because an imported decision "
                "cannot supersede it"
            ),
        )
    elif decision.decided_on > latest_day:
        yield "decided_on", "must not be in the future"


def _row(claim: StoredRow, decision: ReviewCreate, imported: OriginCreate, restoring: bool) -> dict[str, Any]:
    return {
        "id": new_id(Review.prefix),
        "claim_id": claim["id"],
        # Version 0: a decision on a wording that this record never had is stale from the start.
        "claim_version": 0 if decision.stale else claim["version"],
        "rules": decision.rules if restoring else CURRENT_RULES,
        **decision.model_dump(include=set(DECISION_FIELDS)),
        **decision_origins.origin_columns(imported, decision.origin, restoring=restoring),
    }


def _is_on_record(decision: ReviewCreate, rows: Sequence[StoredRow]) -> bool:
    return any(all(row[name] == getattr(decision, name) for name in DECISION_FIELDS) for row in rows)


def _current(rows: Sequence[StoredRow]) -> StoredRow:
    decision = current_decision(rows)
    assert decision is not None  # noqa: S101 - for the type checker: callers have at least one row
    return decision


def fetch_by_claim(connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]) -> dict[str, list[StoredRow]]:
    """The decisions on each claim, in the order in which they were recorded."""
    rows: dict[str, list[StoredRow]] = {claim_id: [] for claim_id in claim_ids}
    review = snapshot.review
    for chunk in chunks(list(rows)):
        in_order = select_signed(review).where(review.c.claim_id.in_(chunk)).order_by(review.c.change_seq, review.c.id)
        for row in connection.execute(in_order).mappings():
            rows[row["claim_id"]].append(row)
    return rows


def select_signed(review: FromClause) -> Select[Any]:
    """Decisions with the bylines of the people who signed or imported them, and the evidence that they rest on."""
    sign_off, proposal, change = table_of(SignOff), table_of(Proposal), table_of(Change)
    proposer, approver, importer = (table_of(Person).alias(name) for name in ("proposer", "approver", "importer"))
    columns = [column for column in review.c if column.name not in ("decided_by", "sign_off_id")]
    return select(
        *columns,
        func.coalesce(review.c.decided_by, proposer.c.byline + " and " + approver.c.byline).label("decided_by"),
        proposer.c.byline.label("proposed_by"),
        approver.c.byline.label("approved_by"),
        importer.c.byline.label("imported_by"),
        proposal.c.evidence,
    ).select_from(
        review.outerjoin(sign_off, sign_off.c.id == review.c.sign_off_id)
        .outerjoin(proposal, proposal.c.id == sign_off.c.proposal_id)
        .outerjoin(proposer, proposer.c.id == sign_off.c.proposer_id)
        .outerjoin(approver, approver.c.id == sign_off.c.person_id)
        .outerjoin(change, and_(change.c.seq == review.c.change_seq, review.c.sign_off_id.is_(None)))
        .outerjoin(importer, importer.c.id == change.c.actor_id)
    )


def serialize(decision: StoredRow, stale_because: Sequence[str]) -> PlainRow:
    """A decision as `ReviewRead` has it, given the reasons why it is stale."""
    return serialize_row(
        ReviewRead,
        decision,
        stale=bool(stale_because),
        stale_because=stale_because,
        evidence=decision["evidence"] or [],
        origin=decision_origins.serialize(decision),
    )


def read_all(connection: Connection, snapshot: Snapshot, claim_id: str, content_version: int) -> list[ReviewRead]:
    """All decisions on a claim: the current one first, then the others, newest first."""
    rows = fetch_by_claim(connection, snapshot, [claim_id])[claim_id]
    if not rows:
        return []
    pieces = evidence.fetch_by_claim(connection, snapshot, [claim_id])[claim_id]
    attribution_rows = attributions.fetch_by_claim(connection, snapshot, [claim_id])[claim_id]
    current = _current(rows)
    current_reasons = stale_periods.fetch_reasons(connection, snapshot, [claim_id]).get(claim_id, [])
    others = [
        serialize(row, staleness(row, content_version, pieces, attribution_rows))
        for row in reversed(rows)
        if row is not current
    ]
    return [ReviewRead(**review) for review in (serialize(current, current_reasons), *others)]
