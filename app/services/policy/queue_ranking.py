"""The reasons why claims wait in the queue, and the points of each, as one table for code, tests and documentation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.schemas.desk.queue import OpenProposal, ReasonRead
from app.vocabulary import ProposalState, QueueReason, Staleness


@dataclass(frozen=True)
class QueueFacts:
    """Facts about a claim that determine whether it waits in the queue."""

    decided_on: date | None
    """The day of the current decision; None if there is none."""
    stale_because: Sequence[Staleness]
    """Why the current decision is stale; empty if it is not."""
    older_rules: int | None
    """Number of the earlier rules under which the current decision was taken, if the present ones do not allow it; None
    otherwise."""
    contradicting: int
    """Number of published claims recorded as contradicting it since the current decision (ever, without one)."""
    denying: int
    """Number of live attributions since then that deny it or dispute its figure."""
    new_evidence: int
    """Number of pieces of evidence added since then and not withdrawn."""
    requested: int
    """Number of people who have requested a decision since then."""
    proposal: OpenProposal | None
    """The latest proposed status, unless that proposal was approved, rejected or withdrawn."""
    reach: int
    """Number of live attributions that assert it, relays included."""


@dataclass(frozen=True)
class QueueRule:
    """When a reason applies to a claim, and how many points it scores."""

    scoring: str
    """The points as text, for the documentation."""
    count: Callable[[QueueFacts], int]
    """How many times the reason applies; 0 if it does not."""
    points: Callable[[int], int]
    """The points for this count."""
    detail: Callable[[QueueFacts], str]
    """A sentence that explains the reason for one claim."""
    is_sufficient: bool = True
    """Whether this reason alone puts a claim in the queue."""


def _once(points: int) -> Callable[[int], int]:
    return lambda _count: points


def _each(points: int, limit: int) -> Callable[[int], int]:
    return lambda count: min(points * count, limit)


def _doubling(points: int, limit: int) -> Callable[[int], int]:
    """`points` for a count of 1, twice that for 3, three times that for 7, and so on: repetition is damped."""
    return lambda count: min(points * ((count + 1).bit_length() - 1), limit)


def _has_open_proposal(facts: QueueFacts) -> bool:
    return facts.proposal is not None and facts.proposal.state in (ProposalState.OPEN, ProposalState.MORE_REQUESTED)


QUEUE_RULES: Mapping[QueueReason, QueueRule] = {
    # Somebody says that what we publish is wrong: that comes first.
    QueueReason.CONTRADICTED: QueueRule(
        "40",
        lambda facts: facts.contradicting + facts.denying,
        _once(40),
        lambda facts: _sentence(
            _number(facts.contradicting, "published claim contradicts it", "published claims contradict it"),
            _number(facts.denying, "attribution denies it or its figure", "attributions deny it or its figure"),
        ),
    ),
    # The published decision no longer describes the claim as it is now.
    QueueReason.STALE: QueueRule(
        "30",
        lambda facts: len(facts.stale_because),
        _once(30),
        lambda facts: f"Changed since the decision of {facts.decided_on}: {', '.join(facts.stale_because)}.",
    ),
    # It still holds, but we would ask more of it today.
    QueueReason.OLDER_RULES: QueueRule(
        "15",
        lambda facts: int(facts.older_rules is not None),
        _once(15),
        lambda facts: (
            f"The decision of {facts.decided_on} was taken under rules {facts.older_rules}. Under the present rules it "
            "needs evidence that is kept."
        ),
    ),
    # Half of the work is done, and a colleague waits.
    QueueReason.PROPOSAL_OPEN: QueueRule(
        "25",
        lambda facts: int(_has_open_proposal(facts)),
        _once(25),
        lambda facts: "" if facts.proposal is None else _proposal(facts.proposal),
    ),
    # In addition to the points for being stale: new evidence may change the status, not only the wording.
    QueueReason.NEW_EVIDENCE: QueueRule(
        "20",
        lambda facts: facts.new_evidence,
        _once(20),
        lambda facts: _sentence(
            _number(facts.new_evidence, "piece of evidence is", "pieces of evidence are")
            + f" new since the decision of {facts.decided_on}"
        ),
    ),
    # Capped, so that a crowd cannot decide what the desk works on.
    QueueReason.REQUESTED: QueueRule(
        "5 for each person, at most 25",
        lambda facts: facts.requested,
        _each(5, 25),
        lambda facts: _sentence(_number(facts.requested, "person requests a decision", "people request a decision")),
    ),
    # Most claims are unassessed, so this ranks below every problem with a published decision.
    QueueReason.UNASSESSED: QueueRule(
        "10",
        lambda facts: int(facts.decided_on is None),
        _once(10),
        lambda _: "No decision has been taken.",
    ),
    # Damped: repetition does not make a claim important, but a claim that many repeat has many readers.
    QueueReason.REACH: QueueRule(
        "5, and 5 more with each doubling (1, 3, 7, 15 … attributions), at most 40",
        lambda facts: facts.reach,
        _doubling(5, 40),
        lambda facts: _sentence(_number(facts.reach, "attribution asserts it", "attributions assert it")),
        is_sufficient=False,
    ),
}
"""For each reason, when it applies and how many points it scores."""


def reason_points(facts: QueueFacts) -> dict[QueueReason, int]:
    """The reasons why a claim waits, with their points; empty if it does not need a decision."""
    points = {reason: rule.points(count) for reason, rule in QUEUE_RULES.items() if (count := rule.count(facts))}
    return points if any(QUEUE_RULES[reason].is_sufficient for reason in points) else {}


def explain_reasons(facts: QueueFacts, points: Mapping[QueueReason, int]) -> list[ReasonRead]:
    """These reasons with a sentence each, most points first."""
    ranked = sorted(points.items(), key=lambda entry: -entry[1])
    return [
        ReasonRead(reason=reason, points=number, detail=QUEUE_RULES[reason].detail(facts)) for reason, number in ranked
    ]


def _number(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}" if number else ""


def _sentence(*parts: str) -> str:
    return ", ".join(part for part in parts if part) + "."


def _proposal(proposal: OpenProposal) -> str:
    more_requested = proposal.state is ProposalState.MORE_REQUESTED
    answer_needed = f"{proposal.proposed_by} must answer a request for more information"
    next_step = answer_needed if more_requested else "it awaits a sign-off"
    return f"{proposal.proposed_by} proposes '{proposal.status}'; {next_step}."
