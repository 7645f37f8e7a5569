"""Schemas of the desk's public progress figures."""

from pydantic import Field

from app.schemas.base.fields import Read


class KindProgress(Read):
    """Progress on the published claims of one kind."""

    claims: int
    """Number of published claims."""
    decided: int
    """Number of these claims that have a decision."""


class Decisions(Read):
    """Number of decisions in recent periods, by the day of the decision."""

    last_7_days: int
    """Decisions today and in the six days before, UTC."""
    last_30_days: int
    """Decisions today and in the 29 days before, UTC."""


class Progress(Read):
    """The desk's progress on published claims. It does not cover drafts, and it does not show who did the work."""

    claims: int
    """Number of published claims."""
    decided: int
    """Number of published claims that have a decision, also one that no longer applies."""
    unassessed: int
    """Number of published claims that have no decision yet."""
    by_status: dict[str, int] = Field(examples=[{"unassessed": 120, "unconfirmed": 12, "disputed": 3}])
    """Number of published claims with each status. They add up to `claims`."""
    by_kind: dict[str, KindProgress]
    """Progress for each kind of claim that exists."""
    decisions: Decisions
    """Decisions on published claims, both first and later decisions."""
    open_proposals: int
    """Number of open status proposals for published claims. Each awaits another person's verdict or the proposer's
    answer."""
