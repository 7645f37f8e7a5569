"""What must be on record before a status may be set, as one table for code, tests and documentation.

The rules have a number. A decision records the rules that it was taken under and is judged by them for good, so that
stricter rules make no earlier decision stale.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

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
    has_kept_support: bool
    """Whether such independent support is kept: as a capture, or with a public reason why not."""
    has_kept_refutation: bool
    """Whether refuting evidence was examined and is kept."""
    has_kept_conclusive_refutation: bool
    """Whether conclusive refuting evidence was examined and is kept."""
    was_attempted: bool
    """Whether a fact-checker examined evidence or searched for a statement."""


CURRENT_RULES = 2
"""Number of the rules that new decisions are taken under."""

RULE_CHANGES: Mapping[int, str] = {
    1: "The first rules. `confirmed`, `unlikely` and `refuted` need examined evidence, which need not be kept.",
    2: "The examined evidence must be kept: as a capture, or with a public reason why not (`not_kept_because`).",
}
"""What each set of rules changed, by number."""


@dataclass(frozen=True)
class StatusRule:
    """When a status may be set."""

    requirement: str
    """What must be on record, as text for messages and documentation."""
    is_met: Callable[[StatusFacts], bool]
    """Whether these facts meet the requirement; see `is_supported` for decisions under earlier rules."""
    credibility: frozenset[int]
    """The credibility that a claim with this status may have: 1 (confirmed) to 6 (cannot be judged), Admiralty code."""
    requires_evidence: bool = False
    """Whether the requirement can be met only with evidence."""
    was_met_under: Mapping[int, Callable[[StatusFacts], bool]] = field(default_factory=dict)
    """How earlier rules that differed decided whether the requirement is met, by their number."""


_KEPT = "is kept: as a capture of the bytes that were examined (`capture`), or with a reason in `not_kept_because`"

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
        f"supporting evidence that is independent of the claim's origins, was examined and {_KEPT}",
        lambda facts: facts.has_kept_support,
        frozenset({1}),
        requires_evidence=True,
        was_met_under={1: lambda facts: facts.has_independent_support},
    ),
    Status.DISPUTED: StatusRule(
        "an identified source that denies the claim or disputes its figure, or another claim that contradicts it",
        lambda facts: facts.has_other_account,
        frozenset({3, 4}),
    ),
    Status.UNLIKELY: StatusRule(
        f"refuting evidence that was examined and {_KEPT}",
        lambda facts: facts.has_kept_refutation,
        frozenset({4, 5}),
        requires_evidence=True,
        was_met_under={1: lambda facts: facts.has_refuting_evidence},
    ),
    Status.REFUTED: StatusRule(
        f"refuting evidence that was examined, is conclusive and {_KEPT}",
        lambda facts: facts.has_kept_conclusive_refutation,
        frozenset({5}),
        requires_evidence=True,
        was_met_under={1: lambda facts: facts.has_conclusive_refutation},
    ),
    Status.UNVERIFIABLE: StatusRule(
        "a recorded attempt to verify the claim: examined evidence, or a search for a statement",
        lambda facts: facts.was_attempted,
        frozenset({6}),
    ),
}
"""The rule for each status, as of `CURRENT_RULES`."""


def is_supported(status: str, facts: StatusFacts, rules: int) -> bool:
    """True if the record supports this status under these rules (1 to `CURRENT_RULES`)."""
    rule = STATUS_RULES[Status(status)]
    return rule.was_met_under.get(rules, rule.is_met)(facts)


def is_kept(piece: StoredRow, missing_captures: Collection[str] = ()) -> bool:
    """True if a piece of evidence names the capture that was examined, or says in public why there is none.

    `missing_captures` are the ids of captures whose bytes are not in the store.
    """
    has_capture = piece["capture_id"] is not None and piece["capture_id"] not in missing_captures
    return has_capture or piece["not_kept_because"] is not None


def relevant_evidence(status: str, evidence: Sequence[StoredRow]) -> list[StoredRow]:
    """The pieces of evidence that would support this status if they were kept; empty if it requires none."""
    examined = [row for row in evidence if row["examined_on"] is not None and not row["withdrawn"]]
    match status:
        case Status.CONFIRMED:
            return [row for row in examined if row["role"] == EvidenceRole.SUPPORTS and row["independent"]]
        case Status.UNLIKELY:
            return [row for row in examined if row["role"] == EvidenceRole.REFUTES]
        case Status.REFUTED:
            return [row for row in examined if row["role"] == EvidenceRole.REFUTES and row["conclusive"]]
        case _:
            return []


def build_status_facts(
    claim: StoredRow,
    *,
    attributions: Sequence[StoredRow],
    evidence: Sequence[StoredRow],
    anonymity: Mapping[str, str],
    ancestors: Mapping[str, Sequence[str]],
    independent_origins: int,
    contradicted: bool,
    missing_captures: Collection[str] = (),
) -> StatusFacts:
    """Derive the facts about a claim from its rows.

    `anonymity` and `ancestors` are keyed by the ids of the sources of its attributions. `missing_captures` are the ids
    of captures that do not count, because their bytes are not in the store. A new decision needs the bytes. To judge a
    past one it is left out: bytes that are lost later are a fault of the store, and no change of the record.
    """
    live = [row for row in attributions if not row["withdrawn"]]
    by_id = {row["id"]: row for row in attributions}
    # Who only relays a denial or a concession that was taken back gives no account of their own.
    standing = [row for row in live if not origins.taken_back_links(row, by_id)]
    examined = [row for row in evidence if row["examined_on"] is not None and not row["withdrawn"]]
    supporting, refuting, conclusive = (
        relevant_evidence(status, evidence) for status in (Status.CONFIRMED, Status.UNLIKELY, Status.REFUTED)
    )

    def has_kept(pieces: Sequence[StoredRow]) -> bool:
        return any(is_kept(piece, missing_captures) for piece in pieces)

    return StatusFacts(
        attributions=len(origins.asserting_attributions(attributions)),
        independent_origins=independent_origins,
        adverse_party_confirms=any(_concedes(row, claim["adverse_to_id"], ancestors) for row in standing),
        has_other_account=contradicted or any(_gives_another_account(row, anonymity) for row in standing),
        has_independent_support=bool(supporting),
        has_refuting_evidence=bool(refuting),
        has_conclusive_refutation=bool(conclusive),
        has_kept_support=has_kept(supporting),
        has_kept_refutation=has_kept(refuting),
        has_kept_conclusive_refutation=has_kept(conclusive),
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
