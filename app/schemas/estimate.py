"""Schemas for comparing the figures of a topic."""

from pydantic import Field

from app.schemas.base.fields import Day, Read
from app.schemas.document import DocumentBrief
from app.schemas.quantity import Amount, QuantityRead
from app.schemas.relation import ClaimBrief
from app.schemas.source import SourceBrief
from app.schemas.topic import TopicRead
from app.vocabulary import ClaimStatus, ConflictKind, Metric, Qualifier, UpstreamState


class EstimateSpeaker(SourceBrief):
    """A source that puts a figure forward."""

    upstream_state: UpstreamState
    """Whether what the source relayed the claim from still stands, or was retracted or withdrawn."""


class Estimate(Read):
    """A figure with its claim, its origins and everyone who puts it forward."""

    claim: ClaimBrief
    """Claim that contains the figure."""
    time: str | None
    """Time to which the claim refers, EDTF."""
    place: str | None
    """Place to which the claim refers."""
    quantity: QuantityRead
    """The figure."""
    origins: list[SourceBrief]
    """Identified origins of the claim."""
    said_by: list[EstimateSpeaker]
    """All sources that put the claim forward, including those that relay it."""


class Series(Read):
    """The figures of one origin for one metric."""

    origin: SourceBrief | None
    """The origin; null for all figures whose origin is unknown."""
    metric: Metric
    """What the figures count."""
    figures: int
    """Number of figures."""
    first: str | None
    """Time of the first figure, EDTF."""
    last: str | None
    """Time of the last figure, EDTF."""


class FigureSpeaker(Read):
    """Who gave a figure, through whom, and where."""

    source: SourceBrief
    """Identified source that is furthest upstream; if no source is identified, the one on record."""
    relayed_by: list[SourceBrief]
    """Sources through which the figure is known, nearest to `source` first; empty if the source's own words are on
    record."""
    document: DocumentBrief | None
    """Document that contains the figure; null if it is not on record."""
    said: str | None
    """When `source` gave the figure, EDTF."""


class Conflict(Read):
    """Two claims that cannot both be true: they answer the same question for the same time, by different sources or
    relays, with ranges that do not overlap.

    `claims`, `quantities`, `times` and `speakers` each have two items, in the same order.
    """

    kind: ConflictKind
    """Whether two sources contradict each other, or two relays report different figures by one source."""
    metric: Metric
    """What both figures count."""
    unit: str
    """Unit of both figures."""
    population: str | None
    """Part of the topic's subject that both figures count; null if they count all of it."""
    claims: list[ClaimBrief]
    """The two claims."""
    quantities: list[QuantityRead]
    """Figures of the two claims, in the same order."""
    times: list[str | None]
    """Times of the two claims, in the same order, EDTF."""
    speakers: list[list[FigureSpeaker]]
    """For each of the two claims, who gave its figure and through whom; empty if nobody is on record."""


class EstimatesPage(Read):
    """The figures of a topic over time, and which of them conflict."""

    topic: TopicRead
    """The topic."""
    items: list[Estimate]
    """Figures in chronological order."""
    next: str | None = Field(examples=[None])
    """Cursor of the next page of figures; null on the last page."""
    series: list[Series]
    """For the whole selection, not only this page: the number of figures for each origin and metric."""
    conflicts: list[Conflict]
    """For the whole selection, not only this page: the first 500 pairs of claims that cannot both be true."""
    conflict_count: int
    """Total number of conflicting pairs."""


class SeriesFigure(Read):
    """A figure of a topic, without what only its claim needs."""

    claim_id: str
    """Id of the claim that contains the figure."""
    time: str | None
    """Time to which the claim refers, EDTF."""
    day: Day | None
    """Day that stands for this time on an axis: the first one to which it may refer, or the last one if the beginning
    is open; null if no time is on record."""
    metric: Metric
    """What the figure counts."""
    unit: str
    """Unit of the figure."""
    population: str | None
    """Part of the topic's subject that the figure counts; null if it counts all of it."""
    qualifier: Qualifier
    """How the source qualifies the figure, and which of `low`, `best` and `high` are given."""
    low: Amount | None
    """Lower bound."""
    best: Amount | None
    """The figure, or the best value in a range."""
    high: Amount | None
    """Upper bound."""
    cumulative: bool
    """True if the figure is a running total."""
    verbatim: str | None
    """The figure as the source words it."""
    status: ClaimStatus
    """What we concluded about the claim; `stale` if the decision no longer applies."""
    origins: list[str]
    """Names of the claim's identified origins."""
    said_by: list[str]
    """Names of all sources that put the claim forward."""


class TopicSeries(Read):
    """The figures of a topic, compactly: enough to draw them."""

    topic: TopicRead
    """The topic."""
    figure_count: int
    """Number of figures."""
    figures: list[SeriesFigure]
    """The latest 100,000 figures, in chronological order."""
