"""What must be on record before a status may be set, as one table for code, tests and documentation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.db.revisions import StoredRow
from app.services.policy import origins
from app.vocabulary import Anonymity, EvidenceRole, Stance, Status


@dataclass(frozen=True)
class StatusFacts:
    """Facts on record about a claim that determine which status it may have."""

    attributions: int
    """Number of attributions that assert it."""
    independent_origins: int
    """Number of origins whose pairwise independence is established."""
    adverse_party_confirms: bool
    """Whether the party that it speaks against confirms it, or a part of it with a figure of its own."""
    has_other_account: bool
    """Whether an identified source denies it or disputes its figure, or another claim contradicts it."""
    has_independent_support: bool
    """Whether supporting evidence that is independent of the origins was examined."""
    has_refuting_evidence: bool
    """Whether refuting evidence was examined."""
    has_conclusive_refutation: bool
    """Whether refuting evidence was examined and is conclusive."""
    was_attempted: bool
    """Whether a fact-checker examined evidence or searched for a statement."""


@dataclass(frozen=True)
class StatusRule:
    """When a status may be set."""

    requirement: str
    """What must be on record, as text for messages and documentation."""
    is_met: Callable[[StatusFacts], bool]
    """Whether these facts meet the requirement."""
    credibility: frozenset[int]
    """The credibility that a claim with this status may have: 1 (confirmed) to 6 (cannot be judged), Admiralty code."""
    requires_evidence: bool = False
    """Whether the requirement can be met only with evidence."""


STATUS_RULES: Mapping[Status, StatusRule] = {
    Status.UNASSESSED: StatusRule(
        "nothing; it is the status of a new claim, and no decision can set it", lambda _: False, frozenset({6})
    ),
    Status.UNCONFIRMED: StatusRule(
        "at least one attribution that asserts the claim", lambda facts: facts.attributions >= 1, frozenset({3})
    ),
    Status.CORROBORATED: StatusRule(
        "two or more origins whose independence is established by rulings",
        lambda facts: facts.independent_origins > 1,
        frozenset({2}),
    ),
    Status.CONCEDED: StatusRule(
        "a confirmation by the party named in `adverse_to`: in full, or in part with its own figure given as "
        "`own_claim`",
        lambda facts: facts.adverse_party_confirms,
        frozenset({1, 2}),
    ),
    Status.CONFIRMED: StatusRule(
        "supporting evidence that is independent of the claim's origins and was examined",
        lambda facts: facts.has_independent_support,
        frozenset({1}),
        requires_evidence=True,
    ),
    Status.DISPUTED: StatusRule(
        "an identified source that denies the claim or disputes its figure, or another claim that contradicts it",
        lambda facts: facts.has_other_account,
        frozenset({3, 4}),
    ),
    Status.UNLIKELY: StatusRule(
        "refuting evidence that was examined",
        lambda facts: facts.has_refuting_evidence,
        frozenset({4, 5}),
        requires_evidence=True,
    ),
    Status.REFUTED: StatusRule(
        "refuting evidence that was examined and is conclusive",
        lambda facts: facts.has_conclusive_refutation,
        frozenset({5}),
        requires_evidence=True,
    ),
    Status.UNVERIFIABLE: StatusRule(
        "a recorded attempt to verify the claim: examined evidence, or a search for a statement",
        lambda facts: facts.was_attempted,
        frozenset({6}),
    ),
}
"""The rule for each status."""


def build_status_facts(
    claim: StoredRow,
    *,
    attributions: Sequence[StoredRow],
    evidence: Sequence[StoredRow],
    anonymity: Mapping[str, str],
    ancestors: Mapping[str, Sequence[str]],
    independent_origins: int,
    contradicted: bool,
) -> StatusFacts:
    """Derive the facts about a claim from its rows.

    `anonymity` and `ancestors` are keyed by the ids of the sources of its attributions.
    """
    live = [row for row in attributions if not row["withdrawn"]]
    by_id = {row["id"]: row for row in attributions}
    # Who only relays a denial or a concession that was taken back gives no account of their own.
    standing = [row for row in live if not origins.taken_back_links(row, by_id)]
    examined = [row for row in evidence if row["examined_on"] is not None and not row["withdrawn"]]
    refuting = [row for row in examined if row["role"] == EvidenceRole.REFUTES]
    return StatusFacts(
        attributions=len(origins.asserting_attributions(attributions)),
        independent_origins=independent_origins,
        adverse_party_confirms=any(_concedes(row, claim["adverse_to_id"], ancestors) for row in standing),
        has_other_account=contradicted or any(_gives_another_account(row, anonymity) for row in standing),
        has_independent_support=any(row["role"] == EvidenceRole.SUPPORTS and row["independent"] for row in examined),
        has_refuting_evidence=bool(refuting),
        has_conclusive_refutation=any(row["conclusive"] for row in refuting),
        was_attempted=bool(examined) or any(row["stance"] == Stance.NO_STATEMENT_FOUND for row in live),
    )


def _concedes(row: StoredRow, adverse_to_id: str | None, ancestors: Mapping[str, Sequence[str]]) -> bool:
    # The confirming source may be the adverse party itself or an organisation that belongs to it.
    if adverse_to_id is None or adverse_to_id not in (row["source_id"], *ancestors[row["source_id"]]):
        return False
    confirms_part = row["stance"] == Stance.PARTLY_CONFIRMS and row["own_claim_id"] is not None
    return row["stance"] == Stance.CONFIRMS or confirms_part


def _gives_another_account(row: StoredRow, anonymity: Mapping[str, str]) -> bool:
    is_identified = anonymity[row["source_id"]] in (Anonymity.NAMED, Anonymity.DESCRIBED)
    return is_identified and row["stance"] in (Stance.DENIES, Stance.DISPUTES_FIGURE)
