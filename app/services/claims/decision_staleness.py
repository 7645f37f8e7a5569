"""The current decision on a claim, and whether it is stale: each rule as a Python function and as an SQL condition.

`tests/services/policy/test_two_forms.py` compares the two forms on random histories.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, or_, select

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.models import Review
from app.services.claims import attributions
from app.services.core.snapshot import Snapshot
from app.vocabulary import Staleness


def current_decision(decisions: Sequence[StoredRow]) -> StoredRow | None:
    """The current one of a claim's decisions, given in the order in which they were recorded; None without any.

    The date of the decision comes first, so that an old file that is imported late does not undo a newer decision.
    """
    if not decisions:
        return None
    return max(enumerate(decisions), key=lambda numbered: (numbered[1]["decided_on"], numbered[0]))[1]


def current_decision_value(claim_id: ColumnElement[str], column: str) -> ScalarSelect[Any]:
    """SQL: a column of the current decision on a claim of the outer statement, in the present record."""
    return _select_current(table_of(Review), claim_id, column).scalar_subquery()


def _select_current(review: FromClause, claim_id: ColumnElement[str], *columns: str) -> Select[Any]:
    """The SQL form of `current_decision`."""
    decision = review.alias("decision")
    newest_first = decision.c.decided_on.desc(), decision.c.change_seq.desc(), decision.c.id.desc()
    return (
        select(*(decision.c[name] for name in columns))
        .where(decision.c.claim_id == claim_id)
        .order_by(*newest_first)
        .limit(1)
    )


def staleness(
    decision: StoredRow,
    content_version: int,
    evidence: Iterable[StoredRow],
    attribution_rows: Iterable[StoredRow],
) -> list[Staleness]:
    """Why a decision no longer applies to its claim; empty if it does.

    `content_version`, `evidence` and `attribution_rows` are the claim's present ones, withdrawn rows included.
    """
    reasons = [Staleness.WORDING] if content_version > decision["claim_version"] else []
    if any(piece["change_seq"] > decision["change_seq"] for piece in evidence):
        reasons.append(Staleness.EVIDENCE)
    # A new attribution does not make the decision stale, but a correction of one that it was based on does.
    if any(row["first_seq"] <= decision["change_seq"] < row["change_seq"] for row in attribution_rows):
        reasons.append(Staleness.ATTRIBUTIONS)
    return reasons


def is_stale(snapshot: Snapshot, claim: FromClause) -> ColumnElement[bool]:
    """The SQL form of `staleness`: whether the current decision on a claim of the outer statement is stale.

    False for a claim without a decision.
    """
    decision = (
        _select_current(snapshot.review, claim.c.id, "claim_version", "change_seq")
        .correlate(claim)
        .subquery("current_decision")
    )
    evidence = snapshot.evidence
    newer_evidence = select(evidence.c.id).where(
        evidence.c.claim_id == claim.c.id, evidence.c.change_seq > decision.c.change_seq
    )
    has_changed = or_(
        claim.c.content_version > decision.c.claim_version,
        newer_evidence.correlate(claim, decision).exists(),
        has_corrected_attribution(snapshot, claim.c.id, decision.c.change_seq),
    )
    return select(decision.c.claim_version).where(has_changed).correlate(claim).exists()


def has_corrected_attribution(
    snapshot: Snapshot, claim_id: ColumnElement[str], seq: ColumnElement[int]
) -> ColumnElement[bool]:
    """SQL: whether an attribution that a claim had at change number `seq` was corrected or withdrawn later."""
    attribution = snapshot.attribution
    is_corrected = (
        attribution.c.claim_id == claim_id,
        attribution.c.change_seq > seq,
        attributions.first_change_seq(attribution) <= seq,
    )
    return select(attribution.c.id).where(*is_corrected).correlate_except(attribution).exists()
