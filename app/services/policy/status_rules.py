"""What the record must hold before a status may be set: one table, read by the code, the tests and the docs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.db.revisions import Row
from app.services.policy import origins
from app.vocabulary import Anonymity, EvidenceRole, Stance, Status


@dataclass(frozen=True)
class Facts:
    """What the record holds about a claim, as far as a status depends on it."""

    attributions: int
    """Attributions that put it forward."""
    independent_origins: int
    """Origins of which each pair is established as independent."""
    adverse_party_confirms: bool
    """The party that it speaks against confirms it, or a part of it with a figure of its own."""
    other_account: bool
    """An identified source denies it or disputes its figure, or another claim contradicts it."""
    independent_support: bool
    """Supporting evidence, independent of the origins, was examined."""
    refuting: bool
    """Refuting evidence was examined."""
    refuting_conclusively: bool
    """Refuting evidence was examined and settles the matter."""
    attempted: bool
    """Somebody of ours examined evidence or searched for a statement."""


@dataclass(frozen=True)
class Rule:
    """When a status may be set."""

    needs: str
    """What must be on record, in words."""
    met: Callable[[Facts], bool]
    """Whether it is."""
    credibility: frozenset[int]
    """What the claim's credibility may be with it: 1 (confirmed) to 6 (cannot be judged), Admiralty code."""
    rests_on_evidence: bool = False
    """It cannot be met without evidence."""


RULES: Mapping[Status, Rule] = {
    Status.UNASSESSED: Rule(
        "nothing: it is where a claim begins and is never decided", lambda _: False, frozenset({6})
    ),
    Status.UNCONFIRMED: Rule(
        "at least one attribution that puts the claim forward", lambda f: f.attributions >= 1, frozenset({3})
    ),
    Status.CORROBORATED: Rule(
        "two or more origins whose independence is established by rulings",
        lambda f: f.independent_origins > 1,
        frozenset({2}),
    ),
    Status.CONCEDED: Rule(
        "the party named in adverse_to confirms it, or confirms a part with its own figure as own_claim",
        lambda f: f.adverse_party_confirms,
        frozenset({1, 2}),
    ),
    Status.CONFIRMED: Rule(
        "supporting evidence that is independent of the claim's origins and was examined",
        lambda f: f.independent_support,
        frozenset({1}),
        rests_on_evidence=True,
    ),
    Status.DISPUTED: Rule(
        "an identified source that denies it or disputes its figure, or a claim that contradicts it",
        lambda f: f.other_account,
        frozenset({3, 4}),
    ),
    Status.UNLIKELY: Rule(
        "refuting evidence that was examined", lambda f: f.refuting, frozenset({4, 5}), rests_on_evidence=True
    ),
    Status.REFUTED: Rule(
        "refuting evidence that was examined and is conclusive",
        lambda f: f.refuting_conclusively,
        frozenset({5}),
        rests_on_evidence=True,
    ),
    Status.UNVERIFIABLE: Rule(
        "a recorded attempt: examined evidence, or a search for a statement", lambda f: f.attempted, frozenset({6})
    ),
}
"""For each status, what it needs."""


def facts_of(
    claim: Row,
    *,
    attributions: Sequence[Row],
    evidence: Sequence[Row],
    anonymity: Mapping[str, str],
    ancestors: Mapping[str, Sequence[str]],
    independent_origins: int,
    contradicted: bool,
) -> Facts:
    """The facts of a claim, from its rows. `ancestors` and `anonymity` are of the sources of its attributions."""
    live = [row for row in attributions if not row["withdrawn"]]
    examined = [row for row in evidence if row["examined_on"] is not None and not row["withdrawn"]]
    refuting = [row for row in examined if row["role"] == EvidenceRole.REFUTES]
    return Facts(
        attributions=len(origins.asserting(attributions)),
        independent_origins=independent_origins,
        adverse_party_confirms=any(_concedes(row, claim["adverse_to_id"], ancestors) for row in live),
        other_account=contradicted or any(_gives_another_account(row, anonymity) for row in live),
        independent_support=any(row["role"] == EvidenceRole.SUPPORTS and row["independent"] for row in examined),
        refuting=bool(refuting),
        refuting_conclusively=any(row["conclusive"] for row in refuting),
        attempted=bool(examined) or any(row["stance"] == Stance.NO_STATEMENT_FOUND for row in live),
    )


def _concedes(row: Row, adverse_to_id: str | None, ancestors: Mapping[str, Sequence[str]]) -> bool:
    if adverse_to_id is None or adverse_to_id not in (row["source_id"], *ancestors[row["source_id"]]):
        return False
    partly = row["stance"] == Stance.PARTLY_CONFIRMS and row["own_claim_id"] is not None
    return row["stance"] == Stance.CONFIRMS or partly


def _gives_another_account(row: Row, anonymity: Mapping[str, str]) -> bool:
    identified = anonymity[row["source_id"]] in (Anonymity.NAMED, Anonymity.DESCRIBED)
    return identified and row["stance"] in (Stance.DENIES, Stance.DISPUTES_FIGURE)
