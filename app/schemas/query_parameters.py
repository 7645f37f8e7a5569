"""What may be asked of a list. An unknown parameter is an error, never ignored."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from app.schemas.base import edtf
from app.schemas.base.fields import Edtf, Language, Line, Ref, Schema, Url, Whole
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.files.citation import Cited
from app.vocabulary import (
    Anonymity,
    ClaimKind,
    DocumentKind,
    EvidenceRole,
    Metric,
    MetricFamily,
    ProposalState,
    Relation,
    SourceKind,
    Stage,
    Stance,
    Status,
)


def _rfc3339(value: object) -> object:
    # Pydantic would also take a number for seconds since 1970; in a query that is a slip.
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("must be a moment such as 2025-01-12T18:00:00Z, or a day")
    return value


def _utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie within the years 1 to 9999, UTC") from None


AsOf = Annotated[datetime, BeforeValidator(_rfc3339), AfterValidator(_utc)]
"""A moment, RFC 3339; UTC unless it says otherwise; a bare day is its beginning."""

Facet = Literal["status", "kind", "stage", "topic", "metric", "source"]
"""What claims can be counted by."""

FACETS: tuple[Facet, ...] = ("status", "kind", "stage", "topic", "metric", "source")

ClaimSort = Literal["-date", "date", "-recorded", "recorded", "id", "-id", "relevance"]
"""Orders of a list of claims: by the time they speak of, by when they last changed, by id, by how well they match q."""


def _facets(value: str) -> str:
    asked = [facet.strip() for facet in value.split(",")]
    if set(asked) - set(FACETS):
        raise ValueError(f"must be some of {', '.join(FACETS)}, parted by commas")
    return ",".join(dict.fromkeys(asked))


def _cited(value: str) -> str:
    asked = [one.strip() for one in value.split(",")]
    if set(asked) - set(Cited):
        raise ValueError(f"must be some of {', '.join(Cited)}, parted by commas")
    return ",".join(dict.fromkeys(asked))


class Reading(Schema):
    """A read of a single object."""

    as_of: AsOf | None = Field(None, examples=["2025-01-12T18:00:00Z"])
    """Answer from what was recorded then; a bare day is its beginning, UTC. Not in the future."""


class Paged(Schema):
    """A read of a list that is given by pages."""

    limit: Whole = Field(20, ge=1, le=200)
    """Objects on a page."""
    cursor: str | None = Field(None, max_length=2000)
    """`next` of the page before; all other parameters stay as they were."""


class Listing(Paged, Reading):
    """A read of a list of the record."""


class ClaimFilter(Schema):
    """Which claims. Several values of one parameter (`status=unconfirmed&status=disputed`) widen; parameters narrow."""

    kind: list[ClaimKind] = Field(default_factory=list)
    """What they are about."""
    status: list[Status] = Field(default_factory=list)
    """What we concluded."""
    stage: list[Stage] = Field(default_factory=list)
    """Editorial stage; `published` unless given. Drafts take a key."""
    topic: Ref | None = None
    """The question that they answer (id or key)."""
    source: Ref | None = None
    """Who is on record with a stance on them (id or key); parts of an organisation count for it."""
    stance: list[Stance] = Field(default_factory=list)
    """Which stance somebody takes on them (that source, if one is given)."""
    metric: list[Metric] = Field(default_factory=list)
    """What one of their figures counts."""
    value_min: Decimal | None = Field(None, ge=0, max_digits=15, decimal_places=4)
    """One of their figures (of that metric, if one is given) is at least so much; best counts, or else low, or high."""
    value_max: Decimal | None = Field(None, ge=0, max_digits=15, decimal_places=4)
    """One of their figures (of that metric, if one is given) is at most so much."""
    place: Line | None = Field(None, min_length=2, max_length=200, examples=["Kursk"])
    """Place, or a part of its name; case and accents do not matter."""
    date_from: Edtf | None = Field(None, examples=["2024-10-01"])
    """They may speak of this day (EDTF) or a later one; claims without a time are left out."""
    date_to: Edtf | None = Field(None, examples=["2025-01"])
    """They may speak of this day (EDTF) or an earlier one."""
    q: str | None = Field(None, max_length=500, examples=['"North Korean" captur* -Pyongyang'])
    """Words in the statement, quotes and names of sources: all of them; "phrases"; -without; beginn*. Any script."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.value_min is not None and self.value_max is not None and self.value_min > self.value_max:
            raise FieldFaultError("value_max", "must not be below value_min")
        if edtf.bounds(self.date_from).earliest > edtf.bounds(self.date_to).latest:
            raise FieldFaultError("date_to", "must not be before date_from")
        return self


class ClaimQuery(Listing, ClaimFilter):
    """A list of claims."""

    sort: ClaimSort | None = None
    """Order; `-` is falling. Latest first (`-date`) unless given; by `relevance` with q."""
    facets: Annotated[str, AfterValidator(_facets)] | None = Field(None, max_length=200, examples=["status,kind"])
    """Also count the whole list by these: status, kind, stage, topic, metric, source."""


class CitationQuery(ClaimFilter, Reading):
    """What is to be cited, and how.

    Claims, documents and sources that are picked; or else the claims that the filter asks for.
    """

    format: str = Field("csl_json", max_length=40, examples=["bibtex"])
    """How it is written; a list of all formats is in the documentation."""
    include: Annotated[str, AfterValidator(_cited)] = Field("statement", max_length=40, examples=["statement,decision"])
    """What of a claim: `statement` (the documents in which it was said), `decision` (what we concluded), or both."""
    style: Line | None = Field(None, max_length=100, examples=["chicago-notes-bibliography"])
    """Citation style of a formatted list, by its name in the CSL repository; `apa` unless given. Also `short`."""
    locale: Language | None = Field(None, examples=["uk-UA"])
    """Language of a formatted list, BCP 47; unless given, that of the style, or else en-US."""
    claim: list[Line] = Field(default_factory=list, max_length=200, examples=[["clm_01jhf3m8w5k6v0x2s9r7q4t1ya@3"]])
    """These claims, by id; `id@3` cites version 3."""
    document: list[Line] = Field(default_factory=list, max_length=200)
    """These documents by themselves, by id."""
    cited_source: list[Line] = Field(default_factory=list, max_length=200)
    """Our entries on these sources, by id."""

    @property
    def picks(self) -> bool:
        """True if something is picked, rather than asked for by the filter."""
        return bool(self.claim or self.document or self.cited_source)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        filters = self.model_fields_set & ClaimFilter.model_fields.keys()
        if self.picks and filters:
            raise FieldFaultError(min(filters), "does not go with claims, documents or sources that are picked")
        return self


class ExportQuery(ClaimFilter, Reading):
    """Which claims are to be exported, and how: those that are picked, or else those that the filter asks for."""

    format: str = Field("attest_json", max_length=40, examples=["csv"])
    """How they are written: csv, jsonl, parquet, json_ld, claim_review, atom; attest_json or attest_csv to be imported
    again."""
    claim: list[Line] = Field(default_factory=list, max_length=200, examples=[["clm_01jhf3m8w5k6v0x2s9r7q4t1ya@3"]])
    """These claims, by id; `id@3` is version 3."""
    after: str | None = Field(None, pattern=r"^clm_[0-9a-hjkmnp-tv-z]{26}$")
    """Go on after this claim: the last one that arrived whole when an export broke off."""
    bom: bool = False
    """csv: begin with a byte order mark, by which Excel knows UTF-8."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        filters = self.model_fields_set & (ClaimFilter.model_fields.keys() | {"after"})
        if self.claim and filters:
            raise FieldFaultError(min(filters), "does not go with claims that are picked")
        return self


class EstimatesQuery(Listing):
    """The figures of a topic."""

    metric: list[Metric] = Field(default_factory=list)
    """What they count."""
    date_from: Edtf | None = None
    """They may speak of this day (EDTF) or a later one."""
    date_to: Edtf | None = None
    """They may speak of this day (EDTF) or an earlier one."""


class SourceQuery(Listing):
    """A list of sources."""

    kind: list[SourceKind] = Field(default_factory=list)
    """What they are."""
    anonymity: list[Anonymity] = Field(default_factory=list)
    """How far they are identified."""
    parent: Ref | None = None
    """The organisation that they are directly a part of (id or key)."""
    name: Line | None = Field(None, min_length=2)
    """A part of one of their names; case and accents do not matter."""


class TopicQuery(Listing):
    """A list of topics."""

    metric_family: list[MetricFamily] = Field(default_factory=list)
    """Which metrics they compare."""


class DocumentQuery(Listing):
    """A list of documents."""

    kind: list[DocumentKind] = Field(default_factory=list)
    """What they are."""
    publisher: Ref | None = None
    """Who published them (id or key)."""
    url: Url | None = None
    """Exactly this address."""
    date_from: Edtf | None = None
    """They may have been published on this day (EDTF) or later."""
    date_to: Edtf | None = None
    """They may have been published on this day (EDTF) or earlier."""


class AttributionQuery(Listing):
    """A list of attributions."""

    claim: Ref | None = None
    """On which claim (id or key)."""
    source: Ref | None = None
    """Who (id or key)."""
    document: Ref | None = None
    """In which document (id or key)."""
    stance: list[Stance] = Field(default_factory=list)
    """What the source does with the claim."""


class EvidenceQuery(Listing):
    """A list of evidence."""

    claim: Ref | None = None
    """For which claim (id or key)."""
    document: Ref | None = None
    """Which document (id or key)."""
    role: list[EvidenceRole] = Field(default_factory=list)
    """What it does to the claim."""


class ProposalQuery(Listing):
    """A list of proposals."""

    state: list[ProposalState] = Field(default_factory=list)
    """Where they stand."""
    claim: Ref | None = None
    """For which claim (id or key)."""
    source: Ref | None = None
    """For which source (id or key)."""


class RelationQuery(Listing):
    """A list of relations."""

    claim: Ref | None = None
    """A claim on either side (id or key)."""
    relation: list[Relation] = Field(default_factory=list)
    """What one is to the other."""
