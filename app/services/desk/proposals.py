"""Proposals of a status or a source rating: create them, sign them off, read them. Approval makes them decisions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow, revision_table
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
from app.services.changes.actors import Actor
from app.services.claims import reviews
from app.services.core.cursors import Cursors
from app.services.core.merged_objects import current_id, with_duplicates
from app.services.core.nouns import fetch_row, fetch_rows_by_id, field_values, serialize_row
from app.services.core.pagination import Order, PageRequest, fetch_page
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot, snapshot_at
from app.services.policy.proposal_states import TRANSITIONS, in_state, is_outdated, signer, state_of
from app.services.policy.status_rules import CURRENT_RULES, STATUS_RULES
from app.vocabulary import Action, ProposalState, Role, Scope, Signer, Stage, Status, Verdict

claim_table, evidence_table, person_table = table_of(Claim), table_of(Evidence), table_of(Person)
source_table, topic_table = table_of(Source), table_of(Topic)
proposal_table, sign_off_table = table_of(Proposal), table_of(SignOff)

_OPEN_STATES = frozenset({ProposalState.OPEN, ProposalState.MORE_REQUESTED})


# --- propose ---


def propose_status(connection: Connection, actor: Actor, claim_id: str, body: StatusProposalCreate) -> str:
    """Propose a status for a claim and return the id of the proposal.

    Raises NotFoundError; ConflictError if the claim has a newer version than `body.claim_version`, was withdrawn or has
    an open proposal; PermissionDeniedError if the actor wrote its current wording; InvalidError if the record does not
    meet the requirement of the status.
    """
    change = _open_change(connection, actor, "propose a status")
    if claim_id not in fetch_rows_by_id(connection, claim_table, [claim_id]):
        raise NotFoundError("claim", claim_id)
    claim = fetch_row(connection, claim_table, claim_id)
    _check_version(claim["version"], body.claim_version)
    if claim["stage"] == Stage.WITHDRAWN:
        raise ConflictError(
            "This claim was withdrawn, so no decision can be made on it. If another claim replaces it (`successor`), "
            "use that one."
        )
    _raise_if_open(connection, proposal_table.c.claim_id == claim_id)
    editor_id = _wording_editor_id(connection, claim)
    if editor_id == actor.person_id:
        raise PermissionDeniedError(
            "Proposing a status for this claim needs another fact-checker: you wrote its current wording."
        )
    evidence_ids = _resolve_evidence(connection, claim_id, body.evidence)
    credibility = _check_proposed_status(connection, claim, body, evidence_ids)
    fields = {**field_values(body), "credibility": credibility, "evidence": evidence_ids}
    return _store(change, {**fields, "claim_id": claim_id, "editor_id": editor_id})


def _check_version(current_version: int, read_version: int) -> None:
    if read_version > current_version:
        raise ConflictError(
            f"There is no version {read_version} of this claim: its latest version is {current_version}. Read the "
            "claim and send its `version` as `claim_version`."
        )
    if read_version < current_version:
        raise ConflictError(
            f"The claim is now at version {current_version}, but you read version {read_version}. Read it again before "
            "you propose a status."
        )


def propose_rating(connection: Connection, actor: Actor, source_id: str, body: RatingProposalCreate) -> str:
    """Propose a reliability for a source and return the id of the proposal.

    Raises NotFoundError; ConflictError if a proposal for the same source, topic and period is open; InvalidError if the
    topic does not exist.
    """
    change = _open_change(connection, actor, "propose a reliability")
    if source_id not in fetch_rows_by_id(connection, source_table, [source_id]):
        raise NotFoundError("source", source_id)
    refs = Refs(connection)
    # A proposal for a duplicate is one for the source that it was merged into.
    source_id = refs.resolve_target(source_table, source_id)
    topic_id = refs.resolve_field(topic_table, body.topic, "topic")
    same_subject = (
        _is_for_source(NOW, source_id),
        current_id(topic_table, proposal_table.c.topic_id).is_not_distinct_from(topic_id),
        proposal_table.c.period.is_not_distinct_from(body.period),
    )
    _raise_if_open(connection, *same_subject)
    fields = {name: value for name, value in field_values(body).items() if name != "topic"}
    # A rating has no wording, so the proposer takes the editor's place: any other fact-checker may approve it.
    own_fields: dict[str, Any] = {
        "topic_id": topic_id,
        "editor_id": actor.person_id,
        "source_id": source_id,
        "evidence": [],
    }
    return _store(change, {**fields, **own_fields})


def _is_for_source(snapshot: Snapshot, source_id: str) -> ColumnElement[bool]:
    source = snapshot.source
    source_ids = with_duplicates(source, select(source.c.id).where(source.c.id == source_id))
    return snapshot.proposal.c.source_id.in_(source_ids)


def _open_change(connection: Connection, actor: Actor, action: str, reason: str = "Proposed.") -> ChangeWriter:
    actor.require(Role.FACT_CHECKER, action, Scope.DECIDE)
    return actor.open(connection, Action.DECIDE, reason)


def _store(change: ChangeWriter, fields: Mapping[str, Any]) -> str:
    identifier = new_id(Proposal.prefix)
    row = {"id": identifier, "proposer_id": change.actor_id, "rules": CURRENT_RULES, **fields}
    change.append(proposal_table, [row])
    return identifier


def _raise_if_open(connection: Connection, *same_subject: ColumnElement[bool]) -> None:
    """Raise ConflictError if there is an open proposal on the same subject.

    Otherwise both could be approved, the second without regard to the first.
    """
    statement = select(proposal_table).where(*same_subject).order_by(proposal_table.c.change_seq)
    rows = connection.execute(statement).mappings().all()
    for proposal_id, state in _fetch_states(connection, NOW, rows).items():
        if state in _OPEN_STATES:
            raise ConflictError(
                f"Proposal {proposal_id} on the same subject is still open. It must be approved, rejected or withdrawn "
                "before you can make another one."
            )


def _wording_editor_id(connection: Connection, claim: StoredRow) -> str:
    """The id of the person who wrote the current wording of a claim."""
    versions, change = revision_table(claim_table), table_of(ChangeRow)
    # If another installation holds the version with the current wording, the first version here stands for it.
    statement = (
        select(change.c.actor_id)
        .join(versions, versions.c.change_seq == change.c.seq)
        .where(versions.c.id == claim["id"], versions.c.version >= claim["content_version"])
        .order_by(versions.c.version)
        .limit(1)
    )
    return str(connection.execute(statement).scalar_one())


def _resolve_evidence(connection: Connection, claim_id: str, refs: Sequence[str]) -> list[str]:
    """The distinct ids of these pieces of evidence, given by id or key.

    Raises InvalidError for one that does not belong to the claim or was withdrawn.
    """
    rows = connection.execute(
        select(evidence_table.c.id, evidence_table.c.key, evidence_table.c.withdrawn).filter_by(claim_id=claim_id)
    )
    row_by_ref = {ref: row for row in rows for ref in (row.id, row.key) if ref is not None}
    ids: list[str] = []
    for index, ref in enumerate(refs):
        if ref not in row_by_ref:
            raise InvalidError.of(f"evidence.{index}", "must be the id or key of a piece of evidence of this claim")
        if row_by_ref[ref].withdrawn:
            raise InvalidError.of(
                f"evidence.{index}", "must not be a piece of evidence that was withdrawn; leave it out"
            )
        ids.append(row_by_ref[ref].id)
    return list(dict.fromkeys(ids))


def _check_proposed_status(
    connection: Connection, claim: StoredRow, body: StatusProposalCreate, evidence_ids: Sequence[str]
) -> int:
    """Raise InvalidError unless the record supports the status. Return the credibility of the decision."""
    rule = STATUS_RULES[body.status]
    if missing := reviews.find_missing_support(connection, claim["id"], body.status, evidence_ids):
        raise InvalidError.of("status", missing)
    # It may be left out where the status allows only one value.
    credibility = min(rule.credibility) if body.credibility is None and len(rule.credibility) == 1 else body.credibility
    if credibility not in rule.credibility:
        allowed = " or ".join(map(str, sorted(rule.credibility)))
        raise InvalidError.of("credibility", f"must be {allowed} if the status is '{body.status}'")
    if body.notice is not None and not reviews.fetch_by_claim(connection, NOW, [claim["id"]])[claim["id"]]:
        raise InvalidError.of("notice", "must be null, because this claim has no earlier decision to correct")
    return credibility


# --- sign ---


def sign(connection: Connection, actor: Actor, identifier: str, body: SignOffCreate) -> None:
    """Sign off a proposal; approval records the decision.

    Raises NotFoundError; PermissionDeniedError if this person may not give this verdict; ConflictError if the state of
    the proposal does not allow it, or if the record no longer supports what is proposed.
    """
    change = _open_change(connection, actor, _ACTIONS[body.verdict], body.reason or "Approved.")
    proposal = fetch_proposal(connection, identifier)
    transition, state = TRANSITIONS[body.verdict], _fetch_states(connection, NOW, [proposal])[identifier]
    if state not in transition.next_state:
        raise ConflictError(_wrong_state_message(body.verdict, state))
    if (role := signer(actor.person_id, proposal)) not in transition.signers:
        raise PermissionDeniedError(_wrong_signer_message(body.verdict, role))
    row = {
        "id": new_id(SignOff.prefix),
        "proposal_id": identifier,
        "person_id": actor.person_id,
        "proposer_id": proposal["proposer_id"],
        "editor_id": proposal["editor_id"],
        **field_values(body),
    }
    change.append(sign_off_table, [row])
    if body.verdict is Verdict.APPROVE:
        _apply_approval(change, proposal, str(row["id"]))


_ACTIONS: Mapping[Verdict, str] = {
    Verdict.APPROVE: "approve a proposal",
    Verdict.REJECT: "reject a proposal",
    Verdict.REQUEST_MORE: "request more information from the proposer",
    Verdict.ANSWER: "answer a request for more information",
    Verdict.WITHDRAW: "withdraw a proposal",
}
"""Each verdict as a verb phrase, for messages."""


def _wrong_state_message(verdict: Verdict, state: ProposalState) -> str:
    possible = [other for other, transition in TRANSITIONS.items() if state in transition.next_state]
    next_step = (
        f"Verdicts that are possible now: {', '.join(possible)}." if possible else "Make a new proposal instead."
    )
    return f"The verdict '{verdict}' is not possible, because the proposal is '{state}'. {state.meaning} {next_step}"


def _wrong_signer_message(verdict: Verdict, role: Signer) -> str:
    match verdict, role:
        case Verdict.APPROVE, Signer.PROPOSER:
            return "Approving this proposal needs another fact-checker: you proposed it. You can withdraw it."
        case Verdict.APPROVE, _:
            return (
                "Approving this proposal needs another fact-checker: you wrote the current wording of the claim."
                " You can reject it or request more information."
            )
        case Verdict.REJECT, _:
            return "Rejecting this proposal needs another person on the desk: you proposed it. You can withdraw it."
        case Verdict.REQUEST_MORE, _:
            return (
                "Requesting more information needs another person on the desk: you made this proposal."
                " You can withdraw it."
            )
        case Verdict.ANSWER, _:
            return "Only the proposer can answer a request for more information. You can reject the proposal."
        case _:
            return (
                "Only the proposer can withdraw this proposal. While it is open, you can reject it or request more"
                " information."
            )


def _apply_approval(change: ChangeWriter, proposal: StoredRow, sign_off_id: str) -> None:
    """Record the decision or the rating that was approved."""
    if proposal["claim_id"] is None:
        source_ratings.record_rating(change, proposal, sign_off_id)
        return
    status = Status(proposal["status"])
    missing = reviews.find_missing_support(change.connection, proposal["claim_id"], status, proposal["evidence"])
    if missing is not None:
        is_older = proposal["rules"] < CURRENT_RULES
        since = f" since rules {CURRENT_RULES}; it was made under rules {proposal['rules']}" if is_older else ""
        raise ConflictError(
            f"The record no longer supports the proposal{since}: {missing}. Reject it or request more information."
        )
    reviews.record_signed(change, proposal, sign_off_id)


# --- read ---


def read_one(connection: Connection, snapshot: Snapshot, identifier: str) -> ProposalRead:
    """Read a proposal. Raises NotFoundError."""
    table = snapshot.proposal
    rows = connection.execute(select(table).where(table.c.id == identifier)).mappings().all()
    if not rows:
        raise NotFoundError("proposal", identifier)
    return _to_read_models(connection, snapshot, rows)[0]


def fetch_proposal(connection: Connection, identifier: str) -> StoredRow:
    """The row of a proposal. Raises NotFoundError."""
    rows = fetch_rows_by_id(connection, proposal_table, [identifier])
    if identifier not in rows:
        raise NotFoundError("proposal", identifier)
    return rows[identifier]


def read_page(connection: Connection, query: ProposalQuery, cursors: Cursors) -> Page[ProposalRead]:
    """A page of the proposals, newest first, filtered by claim, source or state.

    Raises InvalidError if the claim or source does not exist or the cursor belongs to another list.
    """
    snapshot = snapshot_at(connection, query.as_of)
    table, refs = snapshot.proposal, Refs(connection, snapshot)
    conditions: list[ColumnElement[bool]] = []
    if query.claim is not None:
        conditions.append(table.c.claim_id == refs.resolve_field(claim_table, query.claim, "claim"))
    if query.source is not None:
        conditions.append(_is_for_source(snapshot, refs.resolve_required_field(source_table, query.source, "source")))
    statement: Select[Any] = select(table.c.change_seq, table.c.id).where(*conditions)
    if query.state:
        statement = statement.where(or_(*(_in_state(snapshot, state) for state in query.state)))
    order = Order((table.c.change_seq, table.c.id), descending=True)
    page_rows, next_cursor = fetch_page(connection, statement, order, PageRequest.of(query, cursors))
    rows = fetch_rows_by_id(connection, table, [row.id for row in page_rows])
    return Page(items=_to_read_models(connection, snapshot, [rows[row.id] for row in page_rows]), next=next_cursor)


def fetch_latest_by_claim(connection: Connection, claim_ids: Sequence[str]) -> dict[str, OpenProposal]:
    """The latest status proposal for each of these claims, with its current state, by claim id."""
    columns = [proposal_table.c[name] for name in ("id", "claim_id", "status")]
    statement = (
        select(*columns, person_table.c.byline.label("proposed_by"))
        .join(person_table, person_table.c.id == proposal_table.c.proposer_id)
        .where(proposal_table.c.claim_id.in_(list(claim_ids)))
        .order_by(proposal_table.c.change_seq)
    )
    latest = {row["claim_id"]: row for row in connection.execute(statement).mappings()}
    states = _fetch_states(connection, NOW, latest.values())
    return {
        claim_id: OpenProposal(**serialize_row(OpenProposal, row, state=states[row["id"]]))
        for claim_id, row in latest.items()
    }


def count_open_for_published(connection: Connection, snapshot: Snapshot) -> int:
    """The number of proposals for published claims that await a sign-off or an answer."""
    # Aliased, because the subqueries of the conditions select from the claim table too.
    claim, table = snapshot.claim.alias("about"), snapshot.proposal
    is_waiting = or_(_in_state(snapshot, ProposalState.OPEN), _in_state(snapshot, ProposalState.MORE_REQUESTED))
    statement = select(func.count()).select_from(table.join(claim, claim.c.id == table.c.claim_id))
    return int(connection.scalar(statement.where(claim.c.stage == Stage.PUBLISHED, is_waiting)) or 0)


def _in_state(snapshot: Snapshot, state: ProposalState) -> ColumnElement[bool]:
    return in_state(state, snapshot.proposal, snapshot.sign_off, _is_outdated(snapshot))


def _is_outdated(snapshot: Snapshot) -> ColumnElement[bool]:
    return is_outdated(snapshot.proposal, snapshot.claim, snapshot.evidence)


def _fetch_states(connection: Connection, snapshot: Snapshot, rows: Iterable[StoredRow]) -> dict[str, ProposalState]:
    """The state of each of these proposals, by id."""
    ids = [row["id"] for row in rows]
    sign_offs, table = _fetch_sign_offs(connection, snapshot, ids), snapshot.proposal
    outdated: set[str] = set()
    for chunk in chunks(ids):
        outdated |= set(connection.scalars(select(table.c.id).where(table.c.id.in_(chunk), _is_outdated(snapshot))))
    return {proposal_id: state_of(sign_offs[proposal_id], is_outdated=proposal_id in outdated) for proposal_id in ids}


def _fetch_sign_offs(connection: Connection, snapshot: Snapshot, ids: Iterable[str]) -> dict[str, list[StoredRow]]:
    """The sign-offs of each of these proposals, oldest first, by proposal id."""
    rows: dict[str, list[StoredRow]] = {proposal_id: [] for proposal_id in ids}
    table = snapshot.sign_off
    for chunk in chunks(rows):
        statement = (
            select(table, person_table.c.byline.label("by"))
            .join(person_table, person_table.c.id == table.c.person_id)
            .where(table.c.proposal_id.in_(chunk))
            .order_by(table.c.change_seq)
        )
        for row in connection.execute(statement).mappings():
            rows[row["proposal_id"]].append(row)
    return rows


def _to_read_models(connection: Connection, snapshot: Snapshot, rows: Sequence[StoredRow]) -> list[ProposalRead]:
    states = _fetch_states(connection, snapshot, rows)
    sign_offs = _fetch_sign_offs(connection, snapshot, states)
    proposers = select(person_table.c.id, person_table.c.byline).where(
        person_table.c.id.in_({row["proposer_id"] for row in rows})
    )
    bylines = {row.id: row.byline for row in connection.execute(proposers)}
    refs = Refs(connection, snapshot)
    return [
        ProposalRead(
            **serialize_row(
                ProposalRead,
                row,
                state=states[row["id"]],
                source_id=refs.get(source_table, row["source_id"]),
                topic_id=refs.get(topic_table, row["topic_id"]),
                proposed_by=bylines[row["proposer_id"]],
                sign_offs=[SignOffRead(**sign_off) for sign_off in sign_offs[row["id"]]],
                figures_check=f"/api/v1/proposals/{row['id']}/figures/check" if row["evidence"] else None,
            )
        )
        for row in rows
    ]
