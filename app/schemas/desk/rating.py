"""The reliability of sources as it crosses a door."""

from app.schemas.base.fields import Day, Edtf, Line, Moment, Prose, Read, Ref, Schema
from app.vocabulary import Reliability


class RatingCreate(Schema):
    """A decision on the reliability of a source, as a file records it."""

    reliability: Reliability
    """How far it can be relied upon, Admiralty code."""
    topic: Ref | None = None
    """On which topic (id or key); null: on any."""
    period: Edtf | None = None
    """For what it says when, EDTF; null: at any time."""
    rationale: Prose
    """Why."""
    decided_on: Day
    """When."""
    decided_by: Line
    """By whom: bylines."""


class RatingBrief(Read):
    """The reliability of a source where something that it says is shown. It is never blended with anything else."""

    id: str
    """Identifier of the rating."""
    reliability: Reliability
    """How far it can be relied upon, Admiralty code."""
    rationale: str
    """Why."""


class RatingRead(RatingBrief):
    """The reliability of a source for a period and a topic."""

    topic_id: str | None
    """On which topic; null: on any."""
    period: str | None
    """For what it says when, EDTF; null: at any time."""
    decided_on: Day
    """When."""
    decided_by: str
    """By whom: bylines."""
    proposed_by: str | None
    """Who proposed it at the desk, a byline; null for one that came with a file."""
    approved_by: str | None
    """Who approved it, a byline."""
    recorded_at: Moment
    """When it was recorded, UTC."""


class Ratings(Read):
    """What was decided on the reliability of a source."""

    items: list[RatingRead]
    """Newest first. Of those that fit a statement, the most particular one holds: topic before period before none."""
