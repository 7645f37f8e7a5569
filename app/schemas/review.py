"""Decisions on the status of claims as they cross a door."""

from pydantic import Field, StrictBool

from app.schemas.common import Day, Line, Moment, Prose, Read, Schema
from app.vocabulary import Status


class ReviewCreate(Schema):
    """A decision that was taken on a claim, as a file records it."""

    status: Status
    """What was decided; `unassessed` is where a claim begins and is never decided."""
    rationale: Prose = Field(examples=["Two services say so; neither showed evidence."])
    """Why."""
    decided_on: Day
    """When."""
    decided_by: Line
    """By whom, a byline."""
    stale: StrictBool = False
    """It was taken on an earlier wording of the claim than the one that the file gives."""


class ReviewRead(Read):
    """A decision on the status of a claim."""

    id: str
    """Identifier."""
    status: Status
    """What was decided."""
    rationale: str
    """Why."""
    decided_on: Day
    """When."""
    decided_by: str
    """By whom, a byline."""
    claim_version: int
    """On which version of the claim; 0 for one from before this record."""
    stale: bool
    """The proposition has changed since: the decision speaks of an earlier one."""
    recorded_at: Moment
    """When it was recorded, UTC."""


class Reviews(Read):
    """The decisions on a claim."""

    items: list[ReviewRead]
    """The one that holds first."""
