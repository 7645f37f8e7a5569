"""Schemas of reliability ratings of sources."""

from app.schemas.base.fields import Day, Edtf, Line, Prose, Read, Ref, Schema, Timestamp
from app.schemas.desk.decision_origin import OriginCreate, OriginRead
from app.vocabulary import Reliability


class RatingCreate(Schema):
    """A decision on the reliability of a source, in an import file."""

    reliability: Reliability
    """Reliability of the source on the Admiralty scale."""
    topic: Ref | None = None
    """Topic to which the rating applies (id or key); null if it applies to all topics."""
    period: Edtf | None = None
    """Period of the statements to which the rating applies, EDTF; null if it applies to statements of any time."""
    rationale: Prose
    """Reasoning for the rating."""
    decided_on: Day
    """Day of the decision."""
    decided_by: Line
    """Who decided, in the words of the file. It is never shown as a decision of accounts with the same byline."""
    origin: OriginCreate | None = None
    """Where the decision comes from. It is kept when a dump is restored, and ignored in any other file."""


class RatingBrief(Read):
    """Reliability of a source, shown next to its statements. It never affects a claim's status or counts."""

    id: str
    """Identifier of the rating."""
    reliability: Reliability
    """Reliability of the source on the Admiralty scale."""
    rationale: str
    """Reasoning for the rating."""


class RatingRead(RatingBrief):
    """Reliability of a source for a topic and a period."""

    topic_id: str | None
    """Id of the topic to which the rating applies; null if it applies to all topics."""
    period: str | None
    """Period of the statements to which the rating applies, EDTF; null if it applies to statements of any time."""
    decided_on: Day
    """Day of the decision."""
    decided_by: str
    """Who decided: the bylines of the two people here who did, or, if `origin` is given, what the file says."""
    origin: OriginRead | None
    """Where the rating comes from; null if this desk decided on it."""
    proposed_by: str | None
    """Byline of the person who proposed the rating; null for a rating from an import file."""
    approved_by: str | None
    """Byline of the person who approved the rating; null for a rating from an import file."""
    recorded_at: Timestamp
    """When the rating was recorded, UTC."""


class Ratings(Read):
    """Reliability ratings of a source."""

    items: list[RatingRead]
    """Ratings, newest first. The most specific rating that fits a statement applies. A rating for a topic takes
    precedence over one for a period, and both over a general rating."""
