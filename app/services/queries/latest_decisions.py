"""The newest decisions on claims that everybody may see."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.db.compiled_reads import PlainRow
from app.schemas.desk.review import ReviewRead
from app.services.changes import stale_periods
from app.services.changes.actors import visible_stages
from app.services.changes.decision_staleness import current_decision_value
from app.services.claims import reviews
from app.services.core.snapshot import NOW


@dataclass(frozen=True)
class LatestDecision:
    """A decision, and the claim as it is now."""

    review: ReviewRead
    """The decision; `stale` and `stale_because` are given for the current one only."""
    claim: PlainRow
    """The claim: `id`, `statement`, `language` and `stage`."""
    applies: bool
    """True if the claim has the decided status: no later decision superseded it, and it is not stale."""


def read_latest(connection: Connection, limit: int) -> list[LatestDecision]:
    """The newest public decisions, the latest day first."""
    claim, review = NOW.claim, NOW.review
    is_current = (current_decision_value(claim.c.id, "id") == review.c.id).label("is_current")
    # Ids are made in the order of time, so the primary key gives the newest decisions without a sort.
    newest = (
        select(
            review.c.id, is_current, claim.c.id.label("claim_id"), claim.c.statement, claim.c.language, claim.c.stage
        )
        .join(claim, claim.c.id == review.c.claim_id)
        # `IS TRUE` hides the column from the planner, which would otherwise read all published claims and sort.
        .where(claim.c.stage.in_([stage.value for stage in visible_stages(None)]).is_(True))
        .order_by(review.c.id.desc())
        .limit(limit)
    )
    rows = {row["id"]: row for row in connection.execute(newest).mappings()}
    if not rows:
        return []
    signed = connection.execute(reviews.select_signed(review).where(review.c.id.in_(list(rows)))).mappings().all()
    reasons = stale_periods.fetch_reasons(connection, NOW, {row["claim_id"] for row in rows.values()})
    latest = []
    for decision in signed:
        row = rows[decision["id"]]
        stale_because = reasons.get(row["claim_id"], []) if row["is_current"] else []
        latest.append(
            LatestDecision(
                ReviewRead(**reviews.serialize(decision, stale_because)),
                {
                    "id": row["claim_id"],
                    "statement": row["statement"],
                    "language": row["language"],
                    "stage": row["stage"],
                },
                bool(row["is_current"]) and not stale_because,
            )
        )
    return sorted(latest, key=lambda decision: (decision.review.decided_on, decision.review.id), reverse=True)
