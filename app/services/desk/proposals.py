"""Proposals to the desk: make them, sign them, read them. What was approved becomes a decision."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from app.db.ids import new_id
from app.db.revisions import Change, Row, revision_table
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, NotFoundError, PermissionDeniedError
from app.models import Change as ChangeRow
from app.models import Claim, Evidence, Person, Proposal, SignOff, Source, Topic
from app.schemas.base.fields import Page
from app.schemas.desk.proposal import (
    ProposalRead,
    RatingProposalCreate,
    SignOffCreate,
    SignOffRead,
    StatusProposalCreate,
)
from app.schemas.desk.queue import OpenProposal
from app.schemas.query_parameters import ProposalQuery
from app.services.catalogue import source_ratings
from app.services.claims import reviews
from app.services.core.actors import Actor
from app.services.core.cursors import Cursors
from app.services.core.nouns import given, rows_by_id, shaped, stored
from app.services.core.pagination import Order, Place, page
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Record, at
from app.services.policy.proposal_states import CLOSED, STEPS, signer, state_of
from app.services.policy.status_rules import RULES
from app.vocabulary import Action, ProposalState, Role, Scope, Signer, Stage, Verdict

claim, evidence, person = table_of(Claim), table_of(Evidence), table_of(Person)
proposal, sign_off = table_of(Proposal), table_of(SignOff)

_STILL_OPEN = frozenset({ProposalState.OPEN, ProposalState.MORE_REQUESTED})


# --- propose ---


def propose_status(connection: Connection, actor: Actor, claim_id: str, offered: StatusProposalCreate) -> str:
    """Propose a status for a claim; the id of the proposal.

    Raises NotFoundError; ConflictError if the claim is not at the version that was looked at, is withdrawn, or has an
    open proposal; PermissionDeniedError for whoever wrote its present wording; InvalidError naming what is missing.
    """
    change = _begin(connection, actor, "propose a status")
    if claim_id not in rows_by_id(connection, claim, [claim_id]):
        raise NotFoundError("claim", claim_id)
    about = stored(connection, claim, claim_id)
    if about["version"] != offered.claim_version:
        raise ConflictError(f"The claim is at version {about['version']} by now: read it again before you propose.")
    if about["stage"] == Stage.WITHDRAWN:
        raise ConflictError("A withdrawn claim takes no decision.")
    _refuse_second(connection, proposal.c.claim_id == claim_id)
    editor_id = _editor_of(connection, about)
    if editor_id == actor.person_id:
        raise PermissionDeniedError("Whoever wrote the present wording of a claim cannot propose a status for it.")
    pieces = _pieces(connection, claim_id, offered.evidence)
    _check_judgement(connection, about, offered, pieces)
    return _store(change, {**given(offered), "claim_id": claim_id, "evidence": pieces, "editor_id": editor_id})


def propose_rating(connection: Connection, actor: Actor, source_id: str, offered: RatingProposalCreate) -> str:
    """Propose a reliability for a source; the id of the proposal.

    Raises NotFoundError; ConflictError if one for the same topic and period is open; InvalidError.
    """
    change = _begin(connection, actor, "propose a reliability")
    if source_id not in rows_by_id(connection, table_of(Source), [source_id]):
        raise NotFoundError("source", source_id)
    topic_id = Refs(connection).field(table_of(Topic), offered.topic, "topic")
    same = (
        proposal.c.source_id == source_id,
        proposal.c.topic_id.is_not_distinct_from(topic_id),
        proposal.c.period.is_not_distinct_from(offered.period),
    )
    _refuse_second(connection, *same)
    fields = {name: value for name, value in given(offered).items() if name != "topic"}
    mine = {"topic_id": topic_id, "editor_id": actor.person_id}
    return _store(change, {**fields, **mine, "source_id": source_id, "evidence": []})


def _begin(connection: Connection, actor: Actor, what: str, reason: str = "Proposed.") -> Change:
    actor.require(Role.FACT_CHECKER, what, Scope.DECIDE)
    return actor.open(connection, Action.DECIDE, reason)


def _store(change: Change, fields: Mapping[str, Any]) -> str:
    identifier = new_id(Proposal.prefix)
    change.append(proposal, [{"id": identifier, "proposer_id": change.actor_id, **fields}])
    return identifier


def _refuse_second(connection: Connection, *about: Any) -> None:
    """Two open proposals on one matter could both be approved, the second without anybody having weighed the first."""
    rows = connection.execute(select(proposal).where(*about).order_by(proposal.c.change_seq)).mappings().all()
    for one, state in _states(connection, NOW, rows).items():
        if state in _STILL_OPEN:
            raise ConflictError(f"There is an open proposal already: {one}. Decide on that one first.")


def _editor_of(connection: Connection, about: Row) -> str:
    """Who wrote the present wording of a claim."""
    versions, change = revision_table(claim), table_of(ChangeRow)
    statement = (
        select(change.c.actor_id)
        .join(versions, versions.c.change_seq == change.c.seq)
        .where(versions.c.id == about["id"], versions.c.version == about["content_version"])
    )
    return str(connection.execute(statement).scalar_one())


def _pieces(connection: Connection, claim_id: str, refs: Sequence[str]) -> list[str]:
    """The ids of pieces of evidence. Raises InvalidError naming what is none for this claim, or was taken back."""
    rows = connection.execute(select(evidence.c.id, evidence.c.key, evidence.c.withdrawn).filter_by(claim_id=claim_id))
    known = {ref: row for row in rows for ref in (row.id, row.key) if ref is not None}
    found: list[str] = []
    for place, ref in enumerate(refs):
        if ref not in known:
            raise InvalidError.of(f"evidence.{place}", "the claim has no evidence with this id or key")
        if known[ref].withdrawn:
            raise InvalidError.of(f"evidence.{place}", "this piece of evidence was taken back")
        found.append(known[ref].id)
    return list(dict.fromkeys(found))


def _check_judgement(connection: Connection, about: Row, offered: StatusProposalCreate, pieces: Sequence[str]) -> None:
    rule = RULES[offered.status]
    if not rule.met(reviews.facts(connection, NOW, {about["id"]: pieces})[about["id"]]):
        more = "; evidence counts if it is named in evidence" if rule.rests_on_evidence else ""
        raise InvalidError.of("status", f"'{offered.status}' needs {rule.needs}{more}")
    if offered.credibility not in rule.credibility:
        right = " or ".join(map(str, sorted(rule.credibility)))
        raise InvalidError.of("credibility", f"must be {right} with '{offered.status}'")
    if offered.notice is not None and not reviews.rows_of_claims(connection, NOW, [about["id"]])[about["id"]]:
        raise InvalidError.of("notice", "goes with a correction of a decision, and there is none yet")


# --- sign ---


def sign(connection: Connection, actor: Actor, identifier: str, signed: SignOffCreate) -> None:
    """Do something about a proposal; to approve it takes the decision.

    Raises NotFoundError; PermissionDeniedError for whoever may not do this to this proposal; ConflictError if it is
    not in a state for it, or if the record no longer carries what it proposes.
    """
    change = _begin(connection, actor, f"{signed.verdict} a proposal", signed.reason or "Approved.")
    rows = connection.execute(select(proposal).where(proposal.c.id == identifier)).mappings().all()
    if not rows:
        raise NotFoundError("proposal", identifier)
    (about,) = rows
    step, state = STEPS[signed.verdict], _states(connection, NOW, rows)[identifier]
    if state not in step.leads:
        raise ConflictError(f"The proposal is {state}: {state.meaning}")
    if (who := signer(actor.person_id, about)) not in step.by:
        may = " or ".join(one for one in Signer if one in step.by)
        raise PermissionDeniedError(f"'{signed.verdict}' is for: {may}. To this proposal you are: {who}.")
    row = {
        "id": new_id(SignOff.prefix),
        "proposal_id": identifier,
        "person_id": actor.person_id,
        "proposer_id": about["proposer_id"],
        "editor_id": about["editor_id"],
        **given(signed),
    }
    change.append(sign_off, [row])
    if signed.verdict is Verdict.APPROVE:
        _decide(change, about, str(row["id"]))


def _decide(change: Change, about: Row, sign_off_id: str) -> None:
    """What was approved holds from now on."""
    if about["claim_id"] is None:
        source_ratings.record(change, about, sign_off_id)
        return
    rule = RULES[about["status"]]
    held = reviews.facts(change.connection, NOW, {about["claim_id"]: about["evidence"]})[about["claim_id"]]
    if not rule.met(held):
        raise ConflictError(f"The record no longer carries '{about['status']}': it needs {rule.needs}.")
    reviews.record_signed(change, about, sign_off_id)


# --- read ---


def read_one(connection: Connection, record: Record, identifier: str) -> ProposalRead:
    """A proposal. Raises NotFoundError."""
    table = record.proposal
    rows = connection.execute(select(table).where(table.c.id == identifier)).mappings().all()
    if not rows:
        raise NotFoundError("proposal", identifier)
    return _show(connection, record, rows)[0]


def page_of(connection: Connection, query: ProposalQuery, cursors: Cursors) -> Page[ProposalRead]:
    """Proposals, newest first. A list by state looks at those that are not closed, or at those that are."""
    record = at(connection, query.as_of)
    table, refs = record.proposal, Refs(connection)
    conditions = []
    if query.claim is not None:
        conditions.append(table.c.claim_id == refs.field(claim, query.claim, "claim"))
    if query.source is not None:
        conditions.append(table.c.source_id == refs.field(table_of(Source), query.source, "source"))
    statement: Select[Any] = select(table.c.change_seq, table.c.id).where(*conditions)
    if query.state:
        statement = statement.where(or_(*(_in_state(record, state) for state in query.state)))
    order = Order((table.c.change_seq, table.c.id), falling=True)
    places, following = page(connection, statement, order, Place.of(query, cursors))
    rows = rows_by_id(connection, table, [place.id for place in places])
    return Page(items=_show(connection, record, [rows[place.id] for place in places]), next=following)


def last_of_claims(connection: Connection, claim_ids: Sequence[str]) -> dict[str, OpenProposal]:
    """For each of these claims for which a status was ever proposed: the last one, and where it stands now."""
    plain = [proposal.c[name] for name in ("id", "claim_id", "status")]
    statement = (
        select(*plain, person.c.byline.label("proposed_by"))
        .join(person, person.c.id == proposal.c.proposer_id)
        .where(proposal.c.claim_id.in_(list(claim_ids)))
        .order_by(proposal.c.change_seq)
    )
    last = {row["claim_id"]: row for row in connection.execute(statement).mappings()}
    states = _states(connection, NOW, last.values())
    return {one: OpenProposal(**shaped(OpenProposal, row, state=states[row["id"]])) for one, row in last.items()}


def open_for_published(connection: Connection, record: Record) -> int:
    """How many proposals for published claims wait: for somebody else, or for an answer."""
    # An alias: the conditions have the claim's own name within them.
    about, table = record.claim.alias("about"), record.proposal
    waiting = or_(_in_state(record, ProposalState.OPEN), _in_state(record, ProposalState.MORE_REQUESTED))
    statement = select(func.count()).select_from(table.join(about, about.c.id == table.c.claim_id))
    return int(connection.scalar(statement.where(about.c.stage == Stage.PUBLISHED, waiting)) or 0)


def _in_state(record: Record, state: ProposalState) -> Any:
    """The condition that a proposal is in a state: `state_of` in the words of the engine."""
    table, said = record.proposal, record.sign_off
    closing = select(said.c.verdict).where(said.c.proposal_id == table.c.id, said.c.verdict.in_(CLOSED))
    verdicts = [verdict for verdict, led in CLOSED.items() if led is state]
    if verdicts:
        return select(1).where(said.c.proposal_id == table.c.id, said.c.verdict.in_(verdicts)).exists()
    last = (
        select(said.c.verdict)
        .where(said.c.proposal_id == table.c.id)
        .order_by(said.c.change_seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    changed, asked = _changed(record), func.coalesce(last, "") == Verdict.REQUEST_MORE
    return (
        ~closing.exists()
        & {
            ProposalState.VOID: changed,
            ProposalState.MORE_REQUESTED: ~changed & asked,
            ProposalState.OPEN: ~changed & ~asked,
        }[state]
    )


def _changed(record: Record) -> Any:
    """The condition that a proposal speaks of a wording, or of evidence, that is no longer so."""
    table, about, piece = record.proposal, record.claim, record.evidence
    reworded = select(1).where(about.c.id == table.c.claim_id, about.c.content_version > table.c.claim_version)
    shown = select(1).where(piece.c.claim_id == table.c.claim_id, piece.c.change_seq > table.c.change_seq)
    return reworded.exists() | shown.exists()


def _states(connection: Connection, record: Record, rows: Iterable[Row]) -> dict[str, ProposalState]:
    """Where each of these proposals stands."""
    ids = [row["id"] for row in rows]
    said, table = _sign_offs(connection, record, ids), record.proposal
    changed: set[str] = set()
    for chunk in chunks(ids):
        changed |= set(connection.scalars(select(table.c.id).where(table.c.id.in_(chunk), _changed(record))))
    return {one: state_of(said[one], changed=one in changed) for one in ids}


def _sign_offs(connection: Connection, record: Record, ids: Iterable[str]) -> dict[str, list[Row]]:
    """The sign-offs of each of these proposals, oldest first."""
    found: dict[str, list[Row]] = {one: [] for one in ids}
    table = record.sign_off
    for chunk in chunks(found):
        statement = (
            select(table, person.c.byline.label("by"))
            .join(person, person.c.id == table.c.person_id)
            .where(table.c.proposal_id.in_(chunk))
            .order_by(table.c.change_seq)
        )
        for row in connection.execute(statement).mappings():
            found[row["proposal_id"]].append(row)
    return found


def _show(connection: Connection, record: Record, rows: Sequence[Row]) -> list[ProposalRead]:
    states = _states(connection, record, rows)
    said = _sign_offs(connection, record, states)
    proposers = select(person.c.id, person.c.byline).where(person.c.id.in_({row["proposer_id"] for row in rows}))
    bylines = {row.id: row.byline for row in connection.execute(proposers)}
    return [
        ProposalRead(
            **shaped(
                ProposalRead,
                row,
                state=states[row["id"]],
                proposed_by=bylines[row["proposer_id"]],
                sign_offs=[SignOffRead(**one) for one in said[row["id"]]],
            )
        )
        for row in rows
    ]
