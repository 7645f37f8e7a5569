"""Query parameters of reads, lists, citations and exports. An unknown parameter is an error, never ignored."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from app.schemas.base import edtf
from app.schemas.base.fields import Edtf, Language, Line, Ref, Schema, StrictInteger, Url
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.files.citation import CitedPart
from app.vocabulary import (
    Anonymity,
    ClaimKind,
    ClaimStatus,
    DocumentKind,
    EvidenceRole,
    Metric,
    MetricFamily,
    ProposalState,
    Relation,
    SourceKind,
    Stage,
    Stance,
)


def _rfc3339(value: object) -> object:
    # Pydantic would also accept a number as seconds since 1970; in a query that is a mistake.
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("must be a date and time such as 2025-01-12T18:00:00Z, or a day such as 2025-01-12")
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)? \d\d:?\d\d", value):
        raise ValueError(
            "must have its + written as %2B, because + in an address means a space: 2025-01-12T18:00%2B02:00"
        )
    return value


def _utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be within the years 1 to 9999, UTC") from None


AsOf = Annotated[datetime, BeforeValidator(_rfc3339), AfterValidator(_utc)]
"""A moment, RFC 3339; UTC if it has no offset. A day without a time means the beginning of that day."""

Facet = Literal["status", "kind", "stage", "topic", "metric", "source"]
"""A field by which claims can be counted."""

FACETS: tuple[Facet, ...] = ("status", "kind", "stage", "topic", "metric", "source")

ClaimSort = Literal["-date", "date", "-recorded", "recorded", "id", "-id", "relevance"]
"""Sort orders of a list of claims: by the time they refer to, by their last change, by id, by relevance for `q`."""


def _facets(value: str) -> str:
    facets = [facet.strip() for facet in value.split(",")]
    if set(facets) - set(FACETS):
        raise ValueError(f"must be one or more of {', '.join(FACETS)}, separated by commas")
    return ",".join(dict.fromkeys(facets))


def _cited_parts(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if set(parts) - set(CitedPart):
        raise ValueError(f"must be one or more of {', '.join(CitedPart)}, separated by commas")
    return ",".join(dict.fromkeys(parts))


# No optional parameter has an example: tools prefill examples, and a prefilled filter would find nothing.


class AsOfParameters(Schema):
    """Parameters of a read of a single object."""

    as_of: AsOf | None = None
    """Return the record as it was at this time, such as `2025-01-12T18:00:00Z`. A date without a time means 00:00 UTC
    on that day. It must not be in the future."""


class PageParameters(Schema):
    """Parameters of a paginated read."""

    limit: StrictInteger = Field(20, ge=1, le=200)
    """Number of objects per page."""
    cursor: str | None = Field(None, max_length=2000)
    """The `next` value of the previous page. All other parameters must stay the same."""


class ListParameters(PageParameters, AsOfParameters):
    """Parameters of a list of recorded objects."""


class ClaimFilter(Schema):
    """Filters of claims.

    Several values of one parameter (`status=unconfirmed&status=disputed`) are alternatives; several parameters must all
    match.
    """

    kind: list[ClaimKind] = Field(default_factory=list)
    """What the claims are about."""
    status: list[ClaimStatus] = Field(default_factory=list)
    """What we concluded about the claims; `stale` if the decision no longer applies."""
    stage: list[Stage] = Field(default_factory=list)
    """Editorial stage; `published` by default. Drafts require a fact-checker's key."""
    topic: Ref | None = None
    """Topic of the claims (id or key)."""
    source: Ref | None = None
    """Source with a recorded stance on the claims (id or key). An organisation includes its parts."""
    stance: list[Stance] = Field(default_factory=list)
    """Stance that a source takes on the claims; with `source`, the stance of that source."""
    metric: list[Metric] = Field(default_factory=list)
    """Metric of at least one figure of the claim."""
    value_min: Decimal | None = Field(None, ge=0, max_digits=15, decimal_places=4)
    """Only claims with at least one figure of this value or more. If `metric` is given, the figure must have that
    metric. The value of a figure is `best`, or else `low`, or else `high`."""
    value_max: Decimal | None = Field(None, ge=0, max_digits=15, decimal_places=4)
    """Only claims with at least one figure of this value or less. If `metric` is given, the figure must have that
    metric."""
    place: Line | None = Field(None, min_length=2, max_length=200)
    """Place or part of its name, such as `Kursk`. Case and accents are ignored."""
    date_from: Edtf | None = None
    """Only claims that may refer to this date (EDTF, such as `2024-10-01`) or later. Claims without a time are left
    out."""
    date_to: Edtf | None = None
    """Only claims that may refer to this date (EDTF, such as `2025-01`) or earlier."""
    q: str | None = Field(None, max_length=500)
    """Words in the statement, quotes and source names, in any script. All words must match. `"a phrase"`, `-exclude`
    and `prefix*` are supported."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.value_min is not None and self.value_max is not None and self.value_min > self.value_max:
            raise FieldFaultError("value_max", "must not be less than value_min")
        if edtf.bounds(self.date_from).earliest > edtf.bounds(self.date_to).latest:
            raise FieldFaultError("date_to", "must not be before date_from")
        return self


class ClaimQuery(ListParameters, ClaimFilter):
    """Parameters of a list of claims."""

    sort: ClaimSort | None = None
    """Sort order; `-` means descending. The default is `-date` (latest first), or `relevance` with `q`."""
    facets: Annotated[str, AfterValidator(_facets)] | None = Field(None, max_length=200)
    """Fields for which to count the claims of the whole list by value, separated by commas: status, kind, stage, topic,
    metric, source."""


class CitationQuery(ClaimFilter, AsOfParameters):
    """What to cite, and how: claims, documents and sources listed by id, or the claims that match the filters."""

    format: str = Field("csl_json", max_length=40, examples=["bibtex"])
    """Citation format, such as `bibtex` or `ris`. The documentation lists all formats."""
    include: Annotated[str, AfterValidator(_cited_parts)] = Field(
        "statement", max_length=40, examples=["statement,decision"]
    )
    """What to cite for a claim: `statement` (the documents in which it was said), `decision` (our conclusion), or both,
    separated by a comma."""
    style: Line | None = Field(None, max_length=100)
    """Citation style of a formatted list: its name in the CSL repository, such as `chicago-notes-bibliography`, or
    `short`. The default is `apa`."""
    locale: Language | None = None
    """Language of a formatted list (BCP 47, such as `uk-UA`). The default is that of the style, or else en-US."""
    claim: list[Line] = Field(default_factory=list, max_length=200)
    """Claims to cite, by id; `id@3` cites version 3."""
    document: list[Line] = Field(default_factory=list, max_length=200)
    """Documents to cite directly, by id."""
    cited_source: list[Line] = Field(default_factory=list, max_length=200)
    """Sources to cite by their entry in this database, by id."""

    @property
    def has_ids(self) -> bool:
        """True if objects are listed by id, false if the filters select claims."""
        return bool(self.claim or self.document or self.cited_source)

    @model_validator(mode="after")
    def _ids_or_filters(self) -> Self:
        filters = self.model_fields_set & ClaimFilter.model_fields.keys()
        if self.has_ids and filters:
            raise FieldFaultError(min(filters), "must not be combined with claim, document or cited_source")
        return self


class ExportQuery(ClaimFilter, AsOfParameters):
    """Which claims to export, and how: claims listed by id, or the claims that match the filters."""

    format: str = Field("attest_json", max_length=40, examples=["csv"])
    """Export format: csv, jsonl, parquet, json_ld, claim_review or atom. Files in attest_json and attest_csv can be
    imported again."""
    claim: list[Line] = Field(default_factory=list, max_length=200)
    """Claims to export, by id; `id@3` exports version 3."""
    after: str | None = Field(None, pattern=r"^clm_[0-9a-hjkmnp-tv-z]{26}$")
    """Id of the claim after which to continue an interrupted export: the last claim that arrived completely."""
    bom: bool = False
    """csv only: begin with a byte order mark, so that Excel recognises UTF-8."""

    @model_validator(mode="after")
    def _ids_or_filters(self) -> Self:
        filters = self.model_fields_set & (ClaimFilter.model_fields.keys() | {"after"})
        if self.claim and filters:
            raise FieldFaultError(min(filters), "must not be combined with claim")
        return self


class FigureFilter(Schema):
    """Filters of a topic's figures."""

    metric: list[Metric] = Field(default_factory=list)
    """What the figures count."""
    date_from: Edtf | None = None
    """Only figures that may refer to this date (EDTF) or later."""
    date_to: Edtf | None = None
    """Only figures that may refer to this date (EDTF) or earlier."""


class EstimatesQuery(ListParameters, FigureFilter):
    """Parameters of the list of a topic's figures."""


class SeriesQuery(AsOfParameters, FigureFilter):
    """Parameters of a topic's series of figures."""


class SourceQuery(ListParameters):
    """Parameters of a list of sources."""

    kind: list[SourceKind] = Field(default_factory=list)
    """What the sources are."""
    anonymity: list[Anonymity] = Field(default_factory=list)
    """How far the sources are identified."""
    parent: Ref | None = None
    """Organisation that the sources are a direct part of (id or key)."""
    name: Line | None = Field(None, min_length=2)
    """Part of any name of the sources. Case and accents are ignored."""


class TopicQuery(ListParameters):
    """Parameters of a list of topics."""

    metric_family: list[MetricFamily] = Field(default_factory=list)
    """Family of metrics that the topics compare."""


class TopicDuplicatesQuery(Schema):
    """Parameters of the list of topics that may ask the same question."""

    topic: Line | None = None
    """Only duplicates of this topic (id)."""


class DocumentQuery(ListParameters):
    """Parameters of a list of documents."""

    kind: list[DocumentKind] = Field(default_factory=list)
    """What the documents are."""
    publisher: Ref | None = None
    """Source that published the documents (id or key)."""
    url: Url | None = None
    """Exact address of the document."""
    date_from: Edtf | None = None
    """Only documents that may have been published on this date (EDTF) or later."""
    date_to: Edtf | None = None
    """Only documents that may have been published on this date (EDTF) or earlier."""


class AttributionQuery(ListParameters):
    """Parameters of a list of attributions."""

    claim: Ref | None = None
    """Claim that the attributions are about (id or key)."""
    source: Ref | None = None
    """Source that takes the stance (id or key)."""
    document: Ref | None = None
    """Document that contains the statement (id or key)."""
    stance: list[Stance] = Field(default_factory=list)
    """Stance of the source on the claim."""


class EvidenceQuery(ListParameters):
    """Parameters of a list of evidence."""

    claim: Ref | None = None
    """Claim that the evidence is about (id or key)."""
    document: Ref | None = None
    """Document of the evidence (id or key)."""
    role: list[EvidenceRole] = Field(default_factory=list)
    """Whether the evidence supports or refutes the claim, or gives context."""


class ProposalQuery(ListParameters):
    """Parameters of a list of proposals."""

    state: list[ProposalState] = Field(default_factory=list)
    """State of the proposals."""
    claim: Ref | None = None
    """Claim for which a status is proposed (id or key)."""
    source: Ref | None = None
    """Source for which a reliability rating is proposed (id or key)."""


class RelationQuery(ListParameters):
    """Parameters of a list of relations."""

    claim: Ref | None = None
    """Claim on either side of the relation (id or key)."""
    relation: list[Relation] = Field(default_factory=list)
    """How the first claim relates to the second."""
