"""The state machine of proposals, as one table: who may do what in which state, and which state follows.

The code, the tests and the documentation read this table. The state of a proposal exists in two forms, as a Python
function and as SQL conditions; `tests/services/policy/test_two_forms.py` compares them on random histories.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, false, func, select

from app.db.revisions import StoredRow
from app.vocabulary import ProposalState, Signer, Verdict


@dataclass(frozen=True)
class Transition:
    """What a verdict does to a proposal."""

    signers: frozenset[Signer]
    """Who may give it."""
    next_state: Mapping[ProposalState, ProposalState]
    """The following state, by the current one. In any other state the verdict is refused."""


_OPEN, _MORE_REQUESTED, _VOID = ProposalState.OPEN, ProposalState.MORE_REQUESTED, ProposalState.VOID

TRANSITIONS: Mapping[Verdict, Transition] = {
    # Two pairs of eyes: neither the proposer nor the editor of the wording that is judged.
    Verdict.APPROVE: Transition(frozenset({Signer.ANOTHER}), {_OPEN: ProposalState.APPROVED}),
    # The editor of the wording may reject: that publishes nothing.
    Verdict.REJECT: Transition(
        frozenset({Signer.EDITOR, Signer.ANOTHER}),
        {_OPEN: ProposalState.REJECTED, _MORE_REQUESTED: ProposalState.REJECTED},
    ),
    Verdict.REQUEST_MORE: Transition(frozenset({Signer.EDITOR, Signer.ANOTHER}), {_OPEN: _MORE_REQUESTED}),
    # An answer in words. New evidence makes the proposal void instead, because it changes what is proposed.
    Verdict.ANSWER: Transition(frozenset({Signer.PROPOSER}), {_MORE_REQUESTED: _OPEN}),
    Verdict.WITHDRAW: Transition(
        frozenset({Signer.PROPOSER}),
        {
            _OPEN: ProposalState.WITHDRAWN,
            _MORE_REQUESTED: ProposalState.WITHDRAWN,
            _VOID: ProposalState.WITHDRAWN,
        },
    ),
}
"""Every verdict. No verdict leads out of the other states: what is closed stays closed."""

CLOSING_VERDICTS: Mapping[Verdict, ProposalState] = {
    Verdict.APPROVE: ProposalState.APPROVED,
    Verdict.REJECT: ProposalState.REJECTED,
    Verdict.WITHDRAW: ProposalState.WITHDRAWN,
}
"""The verdicts that close a proposal, and the state that each leads to."""


def signer(person_id: str, proposal: StoredRow) -> Signer:
    """What a person is to a proposal."""
    if person_id == proposal["proposer_id"]:
        return Signer.PROPOSER
    return Signer.EDITOR if person_id == proposal["editor_id"] else Signer.ANOTHER


def state_of(sign_offs: Sequence[StoredRow], *, is_outdated: bool) -> ProposalState:
    """The state of a proposal after these sign-offs, oldest first.

    `is_outdated` tells whether the claim's wording or evidence has changed since the proposal (see `is_outdated`).
    """
    verdicts = [Verdict(row["verdict"]) for row in sign_offs]
    closing = [verdict for verdict in verdicts if verdict in CLOSING_VERDICTS]
    if closing:
        return CLOSING_VERDICTS[closing[-1]]
    if is_outdated:
        return _VOID
    return _MORE_REQUESTED if verdicts and verdicts[-1] is Verdict.REQUEST_MORE else _OPEN


def in_state(
    state: ProposalState, proposal: FromClause, sign_off: FromClause, is_outdated: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The SQL form of `state_of`: whether a proposal of the outer statement is in this state."""
    verdicts = [verdict for verdict, closed_state in CLOSING_VERDICTS.items() if closed_state is state]
    if verdicts:
        return _has_verdict(proposal, sign_off, verdicts)
    last_verdict = (
        select(sign_off.c.verdict)
        .where(sign_off.c.proposal_id == proposal.c.id)
        .order_by(sign_off.c.change_seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_more_requested = func.coalesce(last_verdict, "") == Verdict.REQUEST_MORE
    conditions = {
        _VOID: is_outdated,
        _MORE_REQUESTED: ~is_outdated & is_more_requested,
        _OPEN: ~is_outdated & ~is_more_requested,
    }
    return ~is_closed(proposal, sign_off) & conditions.get(state, false())


def is_closed(proposal: FromClause, sign_off: FromClause) -> ColumnElement[bool]:
    """SQL: whether a proposal of the outer statement was approved, rejected or withdrawn."""
    return _has_verdict(proposal, sign_off, list(CLOSING_VERDICTS))


def is_outdated(proposal: FromClause, claim: FromClause, evidence: FromClause) -> ColumnElement[bool]:
    """SQL: whether the wording or the evidence of the claim has changed since a proposal of the outer statement."""
    is_reworded = select(1).where(claim.c.id == proposal.c.claim_id, claim.c.content_version > proposal.c.claim_version)
    has_newer_evidence = select(1).where(
        evidence.c.claim_id == proposal.c.claim_id, evidence.c.change_seq > proposal.c.change_seq
    )
    return is_reworded.exists() | has_newer_evidence.exists()


def _has_verdict(proposal: FromClause, sign_off: FromClause, verdicts: Sequence[Verdict]) -> ColumnElement[bool]:
    return (
        select(sign_off.c.id).where(sign_off.c.proposal_id == proposal.c.id, sign_off.c.verdict.in_(verdicts)).exists()
    )
