"""Why claims wait in the queue, and how much each reason counts: one table. Code, tests and docs read it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.schemas.desk.queue import OpenProposal, ReasonRead
from app.vocabulary import ProposalState, QueueReason, Staleness


@dataclass(frozen=True)
class Facts:
    """What is known of a claim, as far as it may have to wait in the queue."""

    decided_on: date | None
    """The day of the decision that holds; None: there is none."""
    stale_because: Sequence[Staleness]
    """Why that no longer speaks of the claim as it is."""
    contradicting: int
    """Published claims that are said to contradict it, since that decision (or ever, where there is none)."""
    denying: int
    """Live attributions that deny it or dispute its figure, since then."""
    new_evidence: int
    """Pieces of evidence that were added since then, and not taken back."""
    requested: int
    """People who have asked for a decision since then."""
    proposal: OpenProposal | None
    """The last status that was proposed, unless it was approved, turned down or taken back."""
    reach: int
    """Live attributions that put it forward, relays included."""


@dataclass(frozen=True)
class Rule:
    """When a claim waits for a reason, and how much that counts."""

    counts: str
    """How it counts, in words."""
    times: Callable[[Facts], int]
    """How many times the reason is there; 0: it is not."""
    points: Callable[[int], int]
    """How much so many times count."""
    detail: Callable[[Facts], str]
    """The reason in words, of one claim."""
    alone: bool = True
    """It is enough for a claim to wait."""


def _once(points: int) -> Callable[[int], int]:
    return lambda _times: points


def _each(points: int, most: int) -> Callable[[int], int]:
    return lambda times: min(points * times, most)


def _doubling(points: int, most: int) -> Callable[[int], int]:
    """So many for 1, twice as many for 3, three times for 7, and so on: repetition is damped."""
    return lambda times: min(points * ((times + 1).bit_length() - 1), most)


def _waits(facts: Facts) -> bool:
    return facts.proposal is not None and facts.proposal.state in (ProposalState.OPEN, ProposalState.MORE_REQUESTED)


RULES: Mapping[QueueReason, Rule] = {
    # What we publish may be wrong, and somebody says so: that comes first.
    QueueReason.CONTRADICTED: Rule(
        "40",
        lambda f: f.contradicting + f.denying,
        _once(40),
        lambda f: _sentence(
            _number(f.contradicting, "published claim contradicts it", "published claims contradict it"),
            _number(f.denying, "attribution denies it or its figure", "attributions deny it or its figure"),
        ),
    ),
    # What we publish no longer speaks of the claim as it is.
    QueueReason.STALE: Rule(
        "30",
        lambda f: len(f.stale_because),
        _once(30),
        lambda f: f"Changed since the decision of {f.decided_on}: {', '.join(f.stale_because)}.",
    ),
    # Half of the work is done already, and somebody waits.
    QueueReason.PROPOSAL_OPEN: Rule(
        "25",
        lambda f: int(_waits(f)),
        _once(25),
        lambda f: "" if f.proposal is None else _proposal(f.proposal),
    ),
    # On top of being stale: there is something to be examined, which may change more than words.
    QueueReason.NEW_EVIDENCE: Rule(
        "20",
        lambda f: f.new_evidence,
        _once(20),
        lambda f: _sentence(
            _number(f.new_evidence, "piece of evidence is", "pieces of evidence are")
            + f" new since the decision of {f.decided_on}"
        ),
    ),
    # Bounded, so that a crowd does not run the desk.
    QueueReason.REQUESTED: Rule(
        "5 for each person, at most 25",
        lambda f: f.requested,
        _each(5, 25),
        lambda f: _sentence(_number(f.requested, "person asks for a decision", "people ask for a decision")),
    ),
    # Most claims are: it lets them wait, and ranks them behind all that went wrong.
    QueueReason.UNASSESSED: Rule(
        "10",
        lambda f: int(f.decided_on is None),
        _once(10),
        lambda _: "No decision has been taken.",
    ),
    # Damped: repetition is not importance, but what many repeat many have read.
    QueueReason.REACH: Rule(
        "5, and 5 more with each doubling (1, 3, 7, 15 … attributions), at most 40",
        lambda f: f.reach,
        _doubling(5, 40),
        lambda f: _sentence(_number(f.reach, "attribution puts it forward", "attributions put it forward")),
        alone=False,
    ),
}
"""For each reason, when it is there and how much it counts."""


def points_of(facts: Facts) -> dict[QueueReason, int]:
    """The reasons for which a claim waits, with their points; none if there is nothing to decide on it."""
    found = {reason: rule.points(times) for reason, rule in RULES.items() if (times := rule.times(facts))}
    return found if any(RULES[reason].alone for reason in found) else {}


def told(facts: Facts, points: Mapping[QueueReason, int]) -> list[ReasonRead]:
    """These reasons in words, what counts most first."""
    ranked = sorted(points.items(), key=lambda one: -one[1])
    return [ReasonRead(reason=one, points=number, detail=RULES[one].detail(facts)) for one, number in ranked]


def _number(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""


def _sentence(*parts: str) -> str:
    return ", ".join(part for part in parts if part) + "."


def _proposal(proposal: OpenProposal) -> str:
    asked = proposal.state is ProposalState.MORE_REQUESTED
    waits = "is to answer what was asked" if asked else "waits for somebody else to decide on it"
    return f"{proposal.proposed_by} proposes '{proposal.status}' and {waits}."
