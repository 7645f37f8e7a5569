"""Claims, sources and documents in the form in which citation and export formats read them.

They hold plain values and are not validated: everything was validated when it was recorded. Dates are text
(`2025-01-12`), and so are timestamps (RFC 3339, UTC).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.vocabulary import ClaimStatus, DocumentKind, Lineage, Retractor, SourceKind, Stage, Stance, UpstreamState


def day_of(moment: str) -> str:
    """Return the date of a timestamp, UTC."""
    return moment[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The publisher of this record and the address of its API."""

    name: str
    """Name of the publisher, as used in citations."""
    address: str
    """Address of the API without a trailing slash; `/claims/…` follows it."""

    def claim(self, identifier: str, version: int | None = None) -> str:
        """Return the address of a claim, or of one version, whose content never changes."""
        address = f"{self.address}/claims/{identifier}"
        return address if version is None else f"{address}/versions/{version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSource:
    """A source that makes a statement."""

    id: str
    version: int
    name: str
    """Name, or description of a source that is not named."""
    kind: SourceKind
    anonymity: str
    parent: "PublishedSource | None"
    """Organisation that the source is a direct part of."""
    url: str | None
    description: str | None
    other_names: Sequence[str]
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDocument:
    """A document that contains a statement."""

    id: str
    version: int
    kind: DocumentKind
    title: str | None
    """Title of the document; a title that we supplied is in [brackets]."""
    author: str | None
    """Author as printed."""
    authors: Sequence[Mapping[str, str]]
    """Authors with the fields of `app.schemas.base.author_name.AuthorName`; empty if cited as printed."""
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
    """Captures of the document: `sha256`, `media_type`, `captured_at`."""
    recorded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBackLink:
    """An attribution in a relay chain that was retracted, or that we withdrew."""

    source: PublishedSource
    retraction: Mapping[str, Any] | None
    """Retraction: `by`, `on`, `notice`; None if we had recorded the attribution wrongly."""
    step: int | None = None
    """Its place in a relay chain, from 1 for the nearest; None outside a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAttribution:
    """An attribution: a source's stance on a claim, and the document that contains it."""

    id: str
    source: PublishedSource
    stance: Stance
    lineage: Lineage
    relayed_from: Sequence[PublishedSource]
    """Sources from which it was relayed, nearest first; empty if nothing was relayed or the lineage is unknown. They
    end before an attribution that we withdrew, because it had been recorded wrongly."""
    document: PublishedDocument | None
    said: str | None
    """EDTF."""
    quote: Mapping[str, Any] | None
    """Quoted passage: `exact`, `page`, `language`, `translation` of `app.schemas.quote.Quote`."""
    search: Mapping[str, Any] | None
    """Search that found no statement: `on`, `where`, `by`; only for the stance `no_statement_found`."""
    withdrawn: bool
    retraction: Mapping[str, Any] | None
    """Who took it back: `by`, `on`, `notice`."""
    upstream_state: UpstreamState = UpstreamState.STANDS
    """Whether what it was relayed from still stands."""
    taken_back: Sequence[TakenBackLink] = ()
    """The links of its chain that were retracted or withdrawn, nearest first. One that we withdrew is the last."""

    @property
    def is_retracted(self) -> bool:
        """True if its source or the publisher of its document took it back."""
        return self.withdrawn and is_retraction(self.retraction)

    @property
    def is_our_error(self) -> bool:
        """True if we withdrew it because it had been recorded wrongly: the source never said it."""
        return self.withdrawn and not is_retraction(self.retraction)

    @property
    def has_lost_source(self) -> bool:
        """True if we withdrew a link of its chain, so that where its source has the claim from is not known."""
        return bool(self.taken_back) and not is_retraction(self.taken_back[-1].retraction)


def is_retraction(retraction: Mapping[str, Any] | None) -> bool:
    """True if the source or the publisher took a statement back; false if we had recorded it wrongly."""
    return retraction is not None and retraction["by"] != Retractor.US


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFactCheck:
    """What another fact-checker published about a claim, as written."""

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
    """A piece of evidence that supports or refutes a claim, or gives context."""

    id: str
    document: PublishedDocument
    role: str
    description: str | None
    not_kept_because: str | None
    """Why the examined bytes are not kept as a capture; None if they are, or if nobody said why."""
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterChange:
    """What has changed in a claim after the published version.

    Its status may change without a new version, because it also rests on other claims and on the source tree.
    """

    version: int
    """Newest version of the claim; the published one if only the status has changed."""
    status: ClaimStatus
    stage: Stage
    notice: str | None
    """Notice that readers see about a correction or withdrawal."""
    decision: Mapping[str, Any] | None
    """Current decision, as in `PublishedClaim`."""
    content_version: int
    """Version in which the proposition itself last changed."""
    taken_back: Sequence[TakenBackLink] = ()
    """Attributions that were retracted or withdrawn since, in the order recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """Position of an entry in the log, and a signed state of the log that includes it."""

    index: int
    """Number of the entry, from 0."""
    size: int
    """Number of entries in the signed state."""
    root: str
    """Merkle root of the signed state, base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedClaim:
    """One version of a claim, with everything that belonged to it."""

    id: str
    key: str | None
    version: int
    address: str
    """Permanent address of this version."""
    recorded_at: str
    kind: str
    statement: str
    language: str
    topic: Mapping[str, Any] | None
    """`id`, `title`, `subject`."""
    place: str | None
    time: str | None
    """Time to which the claim refers, EDTF."""
    status: ClaimStatus
    """Status of the claim in this version; `stale` if the decision did not apply to it."""
    stage: Stage
    notice: str | None
    adverse_to: PublishedSource | None
    quantities: Sequence[Mapping[str, Any]]
    """Figures with the fields of `app.schemas.quantity.QuantityRead`."""
    attributions: Sequence[PublishedAttribution]
    """Attributions in the order in which they were recorded."""
    evidence: Sequence[PublishedEvidence]
    decision: Mapping[str, Any] | None
    """Decision that the status comes from, with the fields of `app.schemas.desk.review.ReviewRead`."""
    fact_checks: Sequence[PublishedFactCheck]
    changed: LaterChange | None = None
    """What has changed since this version; None if nothing has, or if it was not looked up."""
    logged: LogPosition | None = None
    """Position of this version in the log; None if it is not signed yet, or if it was not looked up."""
