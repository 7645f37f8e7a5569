"""Decisions on the status of claims. A claim's status follows from them and from nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, ScalarSelect, Select, func, or_, select

from app.db.compiled_reads import PlainRow
from app.db.ids import new_id
from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import FieldProblem
from app.models import Claim, Person, Proposal, Review, SignOff
from app.schemas.desk.review import ReviewCreate, ReviewRead
from app.services.catalogue import sources
from app.services.claims import attributions, evidence, independence, relations
from app.services.core.nouns import rows_by_id, shaped
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW, Record
from app.services.policy import origins
from app.services.policy.status_rules import RULES, Facts, facts_of
from app.vocabulary import Relation, Staleness, Status

claim, review = table_of(Claim), table_of(Review)

SAID = ("status", "rationale", "decided_on", "decided_by", "credibility", "standard", "probability", "notice")
"""What a decision says, as a file holds it."""


def facts(connection: Connection, record: Record, named: Mapping[str, Iterable[str] | None]) -> dict[str, Facts]:
    """What the record holds about each of these claims, as far as a status depends on it.

    Of a claim's evidence only the pieces that are `named` count; None: all.
    """
    wanted = list(named)
    claims = rows_by_id(connection, record.claim, wanted)
    said = attributions.rows_of_claims(connection, record, wanted)
    pieces = evidence.rows_of_claims(connection, record, wanted)
    speakers = {row["source_id"] for rows in said.values() for row in rows}
    briefs = sources.briefs_of(connection, record, speakers)
    anonymity = {one: str(brief.anonymity) for one, brief in briefs.items()}
    above = sources.ancestors(connection, record, speakers)
    lines = speakers | {ancestor for line in above.values() for ancestor in line}
    names = {one: brief.name for one, brief in sources.briefs_of(connection, record, lines).items()}
    rulings = independence.latest(connection, record, wanted)
    contradicted = relations.linked(connection, record, wanted, [Relation.CONTRADICTS])
    against = {one for pair in contradicted for one in pair}
    found = {}
    for one in wanted:
        known = origins.origins_of(said[one], origins.traced(said[one], anonymity))
        independent = origins.independent(known, origins.pairs(said[one], known, above, names, rulings.get(one, {})))
        found[one] = facts_of(
            claims[one],
            attributions=said[one],
            evidence=among(pieces[one], named[one]),
            anonymity=anonymity,
            ancestors=above,
            independent_origins=independent,
            contradicted=one in against,
        )
    return found


class Outcome(NamedTuple):
    """What became of decisions."""

    decided: set[str]
    """Claims on which a decision was recorded."""
    refused: dict[str, list[FieldProblem]]
    """For claims whose record cannot carry a decision: what is missing."""


def record_decisions(change: Change, decisions: Mapping[str, Sequence[ReviewCreate]], *, checked: bool) -> Outcome:
    """Record decisions on claims, as a file holds them; those that are on record already are passed over.

    The claim's status becomes that of its last decision. Unless they are to be `checked`, another record did that when
    they were taken, and they are taken over though this one, which has its present state alone, could not carry them.
    What two people of the desk have signed no file outdoes, which takes one: it may only tell what was decided before.
    """
    refused: dict[str, list[FieldProblem]] = {}
    on_record = rows_of_claims(change.connection, NOW, decisions)
    news = {
        one: [(place, made) for place, made in enumerate(offered) if not _is_among(made, on_record[one])]
        for one, offered in decisions.items()
    }
    news = {one: made for one, made in news.items() if made}
    if not news:
        return Outcome(set(), refused)
    held = facts(change.connection, NOW, dict.fromkeys(news)) if checked else {}
    rows_of = rows_by_id(change.connection, claim, news)
    rows, statuses = [], []
    for one, made in news.items():
        signed_here = [row for row in on_record[one] if row["approved_by"] is not None]
        until = min(change.at.date(), _last(signed_here)["decided_on"] if signed_here else date.max)
        problems = [
            FieldProblem(f"reviews.{place}.{name}", message)
            for place, decision in made
            for name, message in _faults(decision, held.get(one), until, signed=bool(signed_here))
        ]
        if problems:
            refused[one] = problems
            continue
        new_rows = [_row(rows_of[one], decision) for _place, decision in made]
        rows += new_rows
        statuses.append({"id": one, "status": _last([*on_record[one], *new_rows])["status"]})
    change.append(review, rows)
    change.amend(claim, statuses)
    return Outcome({row["id"] for row in statuses}, refused)


def record_signed(change: Change, proposed: Row, sign_off_id: str) -> None:
    """Record the decision that a proposal spoke of and that a sign-off approved.

    It was taken on the version that the proposer looked at: void is what speaks of another wording or other evidence.
    """
    on_record = rows_of_claims(change.connection, NOW, [proposed["claim_id"]])[proposed["claim_id"]]
    said = ("claim_id", "claim_version", "status", "rationale", "credibility", "standard", "probability", "notice")
    row = {
        "id": new_id(Review.prefix),
        **{name: proposed[name] for name in said},
        "decided_on": change.at.date(),
        "sign_off_id": sign_off_id,
    }
    change.append(review, [row])
    change.amend(claim, [{"id": proposed["claim_id"], "status": _last([*on_record, row])["status"]}])


def _faults(decision: ReviewCreate, held: Facts | None, until: date, *, signed: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with a decision from a file, by field; `until`: the last day on which it may have been taken.

    `held` is None where another record has looked at what it needs.
    """
    if held is not None and not RULES[decision.status].met(held):
        yield "status", f"'{decision.status}' needs {RULES[decision.status].needs}"
    if signed and decision.decided_on >= until:
        yield "decided_on", f"must be before {until}: the desk has decided since then, and a file does not undo that"
    elif decision.decided_on > until:
        yield "decided_on", "must not be in the future"


def _row(about: Row, decision: ReviewCreate) -> dict[str, Any]:
    # What was decided on a wording that this record never had is stale from the beginning.
    version = 0 if decision.stale else about["version"]
    said = decision.model_dump(include=set(SAID))
    return {"id": new_id(Review.prefix), "claim_id": about["id"], "claim_version": version, **said}


def _is_among(decision: ReviewCreate, rows: Sequence[Row]) -> bool:
    return any(all(row[name] == getattr(decision, name) for name in SAID) for row in rows)


def _last(rows: Sequence[Row]) -> Row:
    # By the day of the decision: an old file that is imported late must not undo what was decided since.
    return max(enumerate(rows), key=lambda numbered: (numbered[1]["decided_on"], numbered[0]))[1]


def rows_of_claims(connection: Connection, record: Record, claim_ids: Iterable[str]) -> dict[str, list[Row]]:
    """The decisions on each claim, in the order in which they were recorded."""
    wanted = list(claim_ids)
    found: dict[str, list[Row]] = {claim_id: [] for claim_id in wanted}
    table = record.review
    for chunk in chunks(wanted):
        statement = signed(table).where(table.c.claim_id.in_(chunk)).order_by(table.c.change_seq, table.c.id)
        for row in connection.execute(statement).mappings():
            found[row["claim_id"]].append(row)
    return found


def signed(decided: FromClause) -> Select[Any]:
    """Decisions with the bylines of whoever took them, and the evidence that they rest on."""
    sign_off, proposal = table_of(SignOff), table_of(Proposal)
    proposer, approver = table_of(Person).alias("proposer"), table_of(Person).alias("approver")
    plain = [column for column in decided.c if column.name not in ("decided_by", "sign_off_id")]
    return select(
        *plain,
        func.coalesce(decided.c.decided_by, proposer.c.byline + " and " + approver.c.byline).label("decided_by"),
        proposer.c.byline.label("proposed_by"),
        approver.c.byline.label("approved_by"),
        proposal.c.evidence,
    ).select_from(
        decided.outerjoin(sign_off, sign_off.c.id == decided.c.sign_off_id)
        .outerjoin(proposal, proposal.c.id == sign_off.c.proposal_id)
        .outerjoin(proposer, proposer.c.id == sign_off.c.proposer_id)
        .outerjoin(approver, approver.c.id == sign_off.c.person_id)
    )


def staleness(row: Row, content_version: int, pieces: Iterable[Row], said: Iterable[Row]) -> list[Staleness]:
    """Why a decision no longer speaks of the claim as it is; `pieces` and `said` are its evidence and attributions."""
    found = [Staleness.WORDING] if content_version > row["claim_version"] else []
    if any(piece["change_seq"] > row["change_seq"] for piece in pieces):
        found.append(Staleness.EVIDENCE)
    # Who else says it too is news, and who is no longer said to have said it changes what was decided on.
    if any(one["first_seq"] <= row["change_seq"] < one["change_seq"] for one in said):
        found.append(Staleness.ATTRIBUTIONS)
    return found


def among(pieces: Sequence[Row], named: Iterable[str] | None) -> Sequence[Row]:
    """Those of these pieces of evidence that are named; all, if nothing names any."""
    if named is None:
        return pieces
    ids = frozenset(named)
    return [row for row in pieces if row["id"] in ids]


def shown(
    row: Row, content_version: int, pieces: Iterable[Row], said: Iterable[Row], held: Facts | None = None
) -> PlainRow:
    """A decision as `ReviewRead` has it; `pieces` are the evidence for the claim and `said` its attributions as it is.

    `held` is what the record holds now, for the decision that holds: whether it would still be taken.
    """
    because = staleness(row, content_version, pieces, said)
    if held is not None and not RULES[Status(row["status"])].met(held):
        because.append(Staleness.GROUNDS)
    return shaped(ReviewRead, row, stale=bool(because), stale_because=because, evidence=row["evidence"] or [])


def read_all(connection: Connection, record: Record, claim_id: str, content_version: int) -> list[ReviewRead]:
    """All decisions on a claim, the one that holds first."""
    rows = rows_of_claims(connection, record, [claim_id])[claim_id]
    if not rows:
        return []
    pieces = evidence.rows_of_claims(connection, record, [claim_id])[claim_id]
    last = _last(rows)
    said = attributions.rows_of_claims(connection, record, [claim_id])[claim_id]
    held = facts(connection, record, {claim_id: last["evidence"]})[claim_id]
    earlier = [shown(row, content_version, pieces, said) for row in reversed(rows) if row is not last]
    return [ReviewRead(**one) for one in (shown(last, content_version, pieces, said, held), *earlier)]


def standing(rows: Sequence[Row]) -> Row | None:
    """The decision that holds, among those on a claim."""
    return _last(rows) if rows else None


def standing_in(claim_id: ColumnElement[str], name: str) -> ScalarSelect[Any]:
    """A column of the decision that holds now on a claim of an outer statement: `standing`, in the engine's words."""
    return _standing(review, claim_id, name).scalar_subquery()


def _standing(table: FromClause, claim_id: ColumnElement[str], *names: str) -> Select[Any]:
    holds = table.alias("holds")
    latest = holds.c.decided_on.desc(), holds.c.change_seq.desc(), holds.c.id.desc()
    return select(*(holds.c[name] for name in names)).where(holds.c.claim_id == claim_id).order_by(*latest).limit(1)


def is_stale(record: Record, claim: FromClause) -> ColumnElement[bool]:
    """Whether the decision on a claim of an outer statement has `staleness`, in the engine's words. None: no."""
    holds = _standing(record.review, claim.c.id, "claim_version", "change_seq").correlate(claim).subquery("standing")
    piece = record.evidence
    newer = select(piece.c.id).where(piece.c.claim_id == claim.c.id, piece.c.change_seq > holds.c.change_seq)
    changed = or_(
        claim.c.content_version > holds.c.claim_version,
        newer.correlate(claim, holds).exists(),
        corrected_since(record, claim.c.id, holds.c.change_seq),
    )
    return select(holds.c.claim_version).where(changed).correlate(claim).exists()


def corrected_since(record: Record, claim_id: ColumnElement[str], seq: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an attribution of a claim of an outer statement was there by change number `seq` and corrected later."""
    said = record.attribution
    corrected = said.c.claim_id == claim_id, said.c.change_seq > seq, attributions.first_seq(said) <= seq
    return select(said.c.id).where(*corrected).correlate_except(said).exists()
