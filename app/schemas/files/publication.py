"""What is given out to be cited and exported: claims, sources and documents as the formats take them.

They are read once, in plain values, and never validated again: everything in them was checked when it was recorded.
Days are text (`2025-01-12`), and so are moments (RFC 3339, UTC).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.vocabulary import DocumentKind, Lineage, SourceKind, Stage, Stance, Status


def day_of(moment: str) -> str:
    """The day of a moment, UTC."""
    return moment[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who gives it out, and where."""

    name: str
    """Who publishes this record, as a citation names them."""
    address: str
    """Address before `/claims/…`, without a slash at its end."""

    def claim(self, identifier: str, version: int | None = None) -> str:
        """The address of a claim, or of a version of it, which never changes."""
        whole = f"{self.address}/claims/{identifier}"
        return whole if version is None else f"{whole}/versions/{version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSource:
    """Who says something."""

    id: str
    version: int
    name: str
    """Name, or description of one who is not named."""
    kind: SourceKind
    anonymity: str
    parent: "PublishedSource | None"
    """The organisation right above it."""
    url: str | None
    description: str | None
    other_names: Sequence[str]
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDocument:
    """Where something is said."""

    id: str
    version: int
    kind: DocumentKind
    title: str | None
    """Its own title; one of ours stands in [brackets]."""
    author: str | None
    """Author as printed."""
    authors: Sequence[Mapping[str, str]]
    """The author taken apart, name by name, as `app.schemas.base.author_name.Name`; empty: cited as printed."""
    publisher: PublishedSource | None
    url: str | None
    language: str | None
    published: str | None
    """EDTF."""
    accessed_on: str | None
    archive_url: str | None
    archived_on: str | None
    note: str | None
    captures: Sequence[Mapping[str, Any]]
    """What is known of the bytes that were kept: `sha256`, `media_type`, `captured_at`."""
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAttribution:
    """Who takes which stance on a claim, and where."""

    id: str
    source: PublishedSource
    stance: Stance
    lineage: Lineage
    relayed_from: Sequence[PublishedSource]
    """Those that it was passed on from, nearest first; empty where nothing was relayed or nobody knows."""
    document: PublishedDocument | None
    said: str | None
    """EDTF."""
    quote: Mapping[str, Any] | None
    """`exact`, `page`, `language`, `translation`, as `app.schemas.quote.Quote`."""
    search: Mapping[str, Any] | None
    """For no_statement_found: `on`, `where`, `by`."""
    withdrawn: bool
    retraction: Mapping[str, Any] | None
    """`by`, `on`, `notice`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFactCheck:
    """What another fact-checker published about a claim, word for word."""

    id: str
    source: PublishedSource
    document: PublishedDocument | None
    verdict: str | None
    rating_value: str | None
    best_rating: str | None
    worst_rating: str | None
    explanation: str | None
    original: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvidence:
    """What speaks for or against a claim, or helps to understand it."""

    id: str
    document: PublishedDocument
    role: str
    description: str | None
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What became of a claim after the version that is given out."""

    version: int
    """Its newest version."""
    status: Status
    stage: Stage
    notice: str | None
    """What readers are told about its correction or withdrawal."""
    content_version: int
    """Version in which the proposition itself last changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Where the log has an entry, and under which signed state."""

    index: int
    """Number of the entry, from 0."""
    size: int
    """How many entries the signed state has."""
    root: str
    """Its root, base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedClaim:
    """One version of a claim, with all that hung on it."""

    id: str
    key: str | None
    version: int
    address: str
    """Where this version is, for ever."""
    recorded_at: str
    kind: str
    statement: str
    language: str
    topic: Mapping[str, Any] | None
    """`id`, `title`, `subject`."""
    place: str | None
    time: str | None
    """When it is said to be true, EDTF."""
    status: Status
    """What was concluded by then."""
    stage: Stage
    notice: str | None
    adverse_to: PublishedSource | None
    quantities: Sequence[Mapping[str, Any]]
    """Figures as `app.schemas.quantity.QuantityRead`."""
    attributions: Sequence[PublishedAttribution]
    """In the order in which they were recorded."""
    evidence: Sequence[PublishedEvidence]
    decision: Mapping[str, Any] | None
    """The decision that its status came from, as `app.schemas.desk.review.ReviewRead`."""
    fact_checks: Sequence[PublishedFactCheck]
    changed: Changed | None = None
    """What it has become since; None: nothing, or nobody looked."""
    logged: LogPlace | None = None
    """Where the log has this version; None: not under a signature yet, or nobody looked."""
