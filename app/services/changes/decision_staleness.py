"""The current decision on a claim, and why it may no longer apply to the claim.

`stale_periods` keeps the result of these rules for every claim that has a decision.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, ScalarSelect, case, func, select

from app.db.revisions import StoredRow, revision_table
from app.db.schema import Base, table_of
from app.models import Attribution, Change, Review
from app.vocabulary import Action, Staleness


def current_decision(decisions: Sequence[StoredRow]) -> StoredRow | None:
    """The current one of a claim's decisions, given in the order in which they were recorded; None without any.

    The date of the decision comes first, so that an old file that is imported late does not undo a newer decision.
    """
    if not decisions:
        return None
    return max(enumerate(decisions), key=lambda numbered: (numbered[1]["decided_on"], numbered[0]))[1]


def current_decision_value(claim_id: ColumnElement[str], column: str) -> ScalarSelect[Any]:
    """The SQL form of `current_decision`: a column of the current decision on a claim of the outer statement, now.

    `tests/services/policy/test_two_forms.py` compares the two forms on random histories.
    """
    decision = table_of(Review).alias("decision")
    newest_first = decision.c.decided_on.desc(), decision.c.change_seq.desc(), decision.c.id.desc()
    return (
        select(decision.c[column])
        .where(decision.c.claim_id == claim_id)
        .order_by(*newest_first)
        .limit(1)
        .scalar_subquery()
    )


def first_change_seq(part: FromClause, model: type[Base] = Attribution) -> Label[int]:
    """SQL: the number of the change that created an attribution of the outer statement, labelled `first_seq`.

    `model` names another kind of parts of a claim.
    """
    first = revision_table(table_of(model)).alias("first")
    # Most parts are never corrected; for those the subquery is not run.
    # The first version is not 1 if another installation holds the earlier ones.
    created_seq = (
        select(first.c.change_seq).where(first.c.id == part.c.id).order_by(first.c.version).limit(1).scalar_subquery()
    )
    return case((part.c.version > 1, created_seq), else_=part.c.change_seq).label("first_seq")


def corrected_change_seq(part: FromClause, model: type[Base]) -> ColumnElement[int]:
    """SQL: the number of the last change of a part of a claim that was not a merge, labelled `corrected_seq`.

    A merge moves the references of a part to the object that is kept, which corrects nothing that it says.
    """
    version, change = revision_table(table_of(model)).alias("corrected"), table_of(Change)
    is_correction = change.c.action != Action.MERGE, version.c.change_seq <= part.c.change_seq
    corrected_seq = (
        select(func.max(version.c.change_seq))
        .select_from(version.join(change, change.c.seq == version.c.change_seq))
        .where(version.c.id == part.c.id, *is_correction)
        .scalar_subquery()
    )
    created_seq = first_change_seq(part, model).element
    return case((part.c.version > 1, func.coalesce(corrected_seq, created_seq)), else_=part.c.change_seq).label(
        "corrected_seq"
    )


def staleness(
    decision: StoredRow,
    content_version: int,
    evidence: Iterable[StoredRow],
    attribution_rows: Iterable[StoredRow],
) -> list[Staleness]:
    """What has changed in a claim since a decision; empty if nothing that the decision depends on.

    `content_version`, `evidence` and `attribution_rows` are the claim's present ones, withdrawn rows included. Rows may
    have a `corrected_seq` (see `corrected_change_seq`); without it, a merge counts as a correction.
    """
    reasons = [Staleness.WORDING] if content_version > decision["claim_version"] else []
    if any(_corrected_seq(piece) > decision["change_seq"] for piece in evidence):
        reasons.append(Staleness.EVIDENCE)
    # A new attribution does not make the decision stale, but a correction of one that it was based on does.
    if any(row["first_seq"] <= decision["change_seq"] < _corrected_seq(row) for row in attribution_rows):
        reasons.append(Staleness.ATTRIBUTIONS)
    return reasons


def _corrected_seq(part: StoredRow) -> int:
    return int(part.get("corrected_seq", part["change_seq"]))
