"""How far the desk has come, for everybody."""

from pydantic import Field

from app.schemas.base.fields import Read


class KindProgress(Read):
    """The published claims of one kind."""

    claims: int
    """How many there are."""
    decided: int
    """How many of them are decided on."""


class Decisions(Read):
    """How many decisions were taken, by the day that each names."""

    last_7_days: int
    """Today and the six days before, UTC."""
    last_30_days: int
    """Today and the 29 days before, UTC."""


class Progress(Read):
    """How far the desk has come with what is published. Of drafts, and of who does the work, it tells nothing."""

    claims: int
    """Published claims."""
    decided: int
    """How many of them are decided on."""
    unassessed: int
    """How many are not."""
    by_status: dict[str, int] = Field(examples=[{"unassessed": 120, "unconfirmed": 12, "disputed": 3}])
    """How many have each status."""
    by_kind: dict[str, KindProgress]
    """The same for each kind of claim that there is."""
    decisions: Decisions
    """Decisions on published claims, first ones and later ones."""
    open_proposals: int
    """Statuses that are proposed for published claims and wait for somebody else, or for an answer."""
