"""The way of a proposal, as one table: who may do what when, and what comes of it. Code, tests and docs read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.db.revisions import Row
from app.vocabulary import ProposalState, Signer, Verdict


@dataclass(frozen=True)
class Step:
    """What one may do about a proposal."""

    by: frozenset[Signer]
    """Who may."""
    leads: Mapping[ProposalState, ProposalState]
    """From which state to which; from any other it is refused."""


_OPEN, _ASKED, _VOID = ProposalState.OPEN, ProposalState.MORE_REQUESTED, ProposalState.VOID

STEPS: Mapping[Verdict, Step] = {
    # Four eyes: neither the one who proposes nor the one whose words are judged.
    Verdict.APPROVE: Step(frozenset({Signer.ANOTHER}), {_OPEN: ProposalState.APPROVED}),
    # The editor may say no: that publishes nothing.
    Verdict.REJECT: Step(
        frozenset({Signer.EDITOR, Signer.ANOTHER}),
        {_OPEN: ProposalState.REJECTED, _ASKED: ProposalState.REJECTED},
    ),
    Verdict.REQUEST_MORE: Step(frozenset({Signer.EDITOR, Signer.ANOTHER}), {_OPEN: _ASKED}),
    # An answer in words. New evidence makes the proposal void: it is another case then, and is proposed anew.
    Verdict.ANSWER: Step(frozenset({Signer.PROPOSER}), {_ASKED: _OPEN}),
    Verdict.WITHDRAW: Step(
        frozenset({Signer.PROPOSER}),
        {_OPEN: ProposalState.WITHDRAWN, _ASKED: ProposalState.WITHDRAWN, _VOID: ProposalState.WITHDRAWN},
    ),
}
"""Every verdict. Of the states that are not named nothing leads away: what was closed stays closed."""

CLOSED: Mapping[Verdict, ProposalState] = {
    Verdict.APPROVE: ProposalState.APPROVED,
    Verdict.REJECT: ProposalState.REJECTED,
    Verdict.WITHDRAW: ProposalState.WITHDRAWN,
}
"""Verdicts that close a proposal, and how."""


def state_of(sign_offs: Sequence[Row], *, changed: bool) -> ProposalState:
    """Where a proposal stands after these sign-offs, oldest first; `changed`: it speaks of what is no longer so."""
    verdicts = [Verdict(row["verdict"]) for row in sign_offs]
    closing = [verdict for verdict in verdicts if verdict in CLOSED]
    if closing:
        return CLOSED[closing[-1]]
    if changed:
        return _VOID
    return _ASKED if verdicts and verdicts[-1] is Verdict.REQUEST_MORE else _OPEN


def signer(person_id: str, proposal: Row) -> Signer:
    """Who a person is to a proposal."""
    if person_id == proposal["proposer_id"]:
        return Signer.PROPOSER
    return Signer.EDITOR if person_id == proposal["editor_id"] else Signer.ANOTHER
