"""Figures of a topic, side by side, as they cross a door."""

from pydantic import Field

from app.schemas.base.fields import Read
from app.schemas.quantity import QuantityRead
from app.schemas.relation import ClaimBrief
from app.schemas.source import SourceBrief
from app.schemas.topic import TopicRead
from app.vocabulary import Metric


class Estimate(Read):
    """A figure, who says so, and what we make of it."""

    claim: ClaimBrief
    """The claim that it stands in."""
    time: str | None
    """When it is said to be true, EDTF."""
    place: str | None
    """Where."""
    quantity: QuantityRead
    """The figure."""
    origins: list[SourceBrief]
    """The identified origins."""
    said_by: list[SourceBrief]
    """Everyone who puts it forward, relays included."""


class Series(Read):
    """The figures of one origin for one metric."""

    origin: SourceBrief | None
    """The origin; null gathers figures whose origin is not known."""
    metric: Metric
    """What they count."""
    figures: int
    """How many."""
    first: str | None
    """Time of the first, EDTF."""
    last: str | None
    """Time of the last, EDTF."""


class Conflict(Read):
    """Two claims that cannot both hold: same metric, unit, population and time, and ranges that do not meet."""

    metric: Metric
    """What both count."""
    unit: str
    """In what."""
    population: str | None
    """Which part of the topic's subject; null: all of it."""
    claims: list[ClaimBrief]
    """The two claims."""
    quantities: list[QuantityRead]
    """Their figures, in the same order."""
    times: list[str | None]
    """Their times, in the same order, EDTF."""


class EstimatesPage(Read):
    """The figures of a topic over time, and which of them conflict."""

    topic: TopicRead
    """The question that they answer."""
    items: list[Estimate]
    """Figures in the order of their time."""
    next: str | None = Field(examples=[None])
    """Cursor of the next page of figures; null on the last."""
    series: list[Series]
    """Of the whole selection: which origin gives how many figures of which metric."""
    conflicts: list[Conflict]
    """Of the whole selection: pairs that cannot both hold (the first 500)."""
    conflict_count: int
    """How many pairs conflict in all."""
