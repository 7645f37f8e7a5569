"""The page of a claim: now, at a moment in the past, or one of its versions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from app.api.http.dependencies import Identifier, ReadConnection
from app.api.http.permissions import API
from app.errors import BusyError
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.schemas.base.fields import Line, Schema, StrictInteger
from app.schemas.files.citation import Rendering
from app.schemas.files.publication import Publisher
from app.schemas.query_parameters import CitationQuery
from app.services.claims import claim_history, claim_reads, reviews
from app.services.core.snapshot import Snapshot, snapshot_at
from app.services.publishing import citations
from app.vocabulary import ClaimStatus
from app.web import attribution_chains
from app.web.claim_timeline import TimelineEntry, timeline
from app.web.query_types import PageMoment
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router
from app.web.status_reasons import status_reason

CITE_FORMATS: Sequence[tuple[str, str]] = (
    ("bibliography", "Formatted reference"),
    ("bibtex", "BibTeX"),
    ("biblatex", "BibLaTeX"),
    ("ris", "RIS"),
    ("csl_json", "CSL-JSON"),
    ("wikipedia", "Wikipedia"),
    ("markdown", "Markdown"),
)
"""The formats of the cite box, with the names that readers know them by."""

DEFAULT_STYLE = "short"
"""The style that needs no citation processor, so that opening a page starts no process."""

STYLES: Sequence[tuple[str, str]] = (
    (DEFAULT_STYLE, "Attest"),
    ("apa", "APA"),
    ("chicago-author-date", "Chicago"),
    ("modern-language-association", "MLA"),
    ("ieee", "IEEE"),
)
"""The citation styles of the cite box."""

router = page_router()


class ClaimPageQuery(Schema):
    """Parameters of the page of a claim."""

    as_of: PageMoment | None = None
    """Show the claim as it was on record at this moment, or at the end of this day (UTC)."""
    format: Line = "bibliography"
    """Format of the reference in the cite box."""
    style: Line = DEFAULT_STYLE
    """Citation style of the reference."""
    include: Line = "decision"
    """What the reference cites: `decision` (this version of the claim) or `statement` (the documents)."""


@dataclass(frozen=True)
class CiteBox:
    """The cite box: what was chosen, and the reference."""

    format: str
    style: str
    include: str
    text: str
    address: str
    """Address of the file with the reference."""


@dataclass(frozen=True)
class ClaimContext:
    """What the template is given."""

    claim: Mapping[str, Any]
    reason: str
    """Why the claim has its status, in one sentence."""
    news_line: str
    reference: CiteBox
    cite_formats: Sequence[tuple[str, str]]
    styles: Sequence[tuple[str, str]]
    branches: Sequence[attribution_chains.Branch]
    other_parties: Sequence[attribution_chains.OtherParty]
    entries: Sequence[TimelineEntry]
    """Decisions and changes, the latest first."""
    past: datetime | None
    """The moment that the page shows; None if it shows the present or a version."""
    version: int | None
    """The version that the page shows; None if it shows the claim at a moment."""
    today: str
    """Today (UTC), the last day that can be chosen."""
    is_stale: bool


@page(router, "/claims/{identifier}")
def show_claim(
    request: Request, identifier: Identifier, query: Annotated[ClaimPageQuery, Query()], connection: ReadConnection
) -> Response:
    """Show a claim. One that was merged into another leads there."""

    def build() -> Response:
        snapshot = snapshot_at(connection, query.as_of)
        claim = claim_reads.read_one(connection, snapshot, identifier, None).body
        if claim["successor"] is not None and query.as_of is None:
            return RedirectResponse(f"{localization_for(request).prefix}/claims/{claim['successor']['id']}", 307)
        return _respond(request, connection, claim, query, snapshot, version=None)

    return _cached(request, connection, query, build)


@page(router, "/claims/{identifier}/versions/{version}")
def show_claim_version(
    request: Request,
    identifier: Identifier,
    version: Annotated[StrictInteger, Path(ge=1, le=2**31 - 1)],
    query: Annotated[ClaimPageQuery, Query()],
    connection: ReadConnection,
) -> Response:
    """Show one version of a claim, as it was."""

    def build() -> Response:
        claim = claim_reads.read_version(connection, identifier, version, None).body
        snapshot = claim_reads.snapshot_of_version(connection, identifier, version, None)
        return _respond(request, connection, claim, query, snapshot, version=version)

    return _cached(request, connection, query, build)


def _cached(request: Request, connection: Connection, query: ClaimPageQuery, build: Callable[[], Response]) -> Response:
    # A page in another style may lack it, if the citation processor was busy, and must not be kept.
    return cached_html_response(request, connection, build) if query.style == DEFAULT_STYLE else build()


def _respond(
    request: Request,
    connection: Connection,
    claim: Mapping[str, Any],
    query: ClaimPageQuery,
    snapshot: Snapshot,
    *,
    version: int | None,
) -> Response:
    l10n = localization_for(request)
    publisher: Publisher = request.app.state.publisher
    history = claim_history.read_history(connection, snapshot, claim["id"], None)
    decisions = reviews.read_all(connection, snapshot, claim["id"], claim["content_version"])
    context = ClaimContext(
        claim=claim,
        reason=status_reason(claim, l10n),
        news_line=_news_line(connection, claim, publisher),
        reference=_reference(connection, claim, query, publisher),
        cite_formats=CITE_FORMATS,
        styles=STYLES,
        branches=attribution_chains.branches(claim["attributions"]),
        other_parties=attribution_chains.other_parties(claim["attributions"]),
        entries=timeline(history, decisions, l10n),
        past=query.as_of,
        version=version,
        today=datetime.now(UTC).date().isoformat(),
        is_stale=claim["status"] == ClaimStatus.STALE,
    )
    frame = Frame(
        title=claim["statement"],
        section="search",
        description=context.news_line,
        canonical=f"{l10n.prefix}/claims/{claim['id']}",
        api_path=f"{API}/claims/{claim['id']}" + (f"/versions/{version}" if version else ""),
        is_indexed=query.as_of is None and version is None,
    )
    return html_response(request, "claim.html", frame, context)


def _news_line(connection: Connection, claim: Mapping[str, Any], publisher: Publisher) -> str:
    """The sentence to paste, without the address that follows it."""
    return _cite(connection, "news", CitationQuery(claim=[_versioned(claim)]), publisher).partition("\n")[0]


def _reference(
    connection: Connection, claim: Mapping[str, Any], query: ClaimPageQuery, publisher: Publisher
) -> CiteBox:
    chosen = query.format if query.format in dict(CITE_FORMATS) else "bibliography"
    style = query.style if query.style in dict(STYLES) else DEFAULT_STYLE
    include = query.include if query.include in ("decision", "statement") else "decision"
    try:
        text = _cite(connection, chosen, _citation_query(claim, include, style), publisher)
    except BusyError:
        # The processor of the other styles is busy. The page comes all the same, and says which style it has.
        style = DEFAULT_STYLE
        text = _cite(connection, chosen, _citation_query(claim, include, style), publisher)
    suffix = CITATION_FORMATS[chosen].suffix
    styled = f"&style={style}" if chosen == "bibliography" else ""
    return CiteBox(
        chosen,
        style,
        include,
        text,
        f"{API}/claims/{claim['id']}/versions/{claim['version']}.{suffix}?include={include}{styled}",
    )


def _citation_query(claim: Mapping[str, Any], include: str, style: str) -> CitationQuery:
    return CitationQuery(claim=[_versioned(claim)], include=include, style=style)


def _cite(connection: Connection, name: str, query: CitationQuery, publisher: Publisher) -> str:
    cited = citations.query_citations(connection, query, None, publisher)
    return "".join(CITATION_FORMATS[name].render(cited, Rendering(query.style, None, publisher.name))).strip()


def _versioned(claim: Mapping[str, Any]) -> str:
    return f"{claim['id']}@{claim['version']}"
