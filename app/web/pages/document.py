"""The page of a document: what it is, what is cited from it, and which copies of it are kept.

Readers see the passages that are cited, and not the captured text: others may have rights in that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, Identifier, ReadConnection
from app.api.http.permissions import API
from app.schemas.attribution import AttributionRead
from app.schemas.capture import CaptureWhole
from app.schemas.document import DocumentRead
from app.schemas.evidence import EvidenceRead
from app.schemas.query_parameters import AttributionQuery, EvidenceQuery
from app.services.captures import captures
from app.services.catalogue import documents
from app.services.core.cursors import Cursors
from app.services.core.snapshot import snapshot_at
from app.services.queries import noun_lists
from app.services.queries.claim_briefs import fetch_briefs
from app.web.query_types import PastQuery
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router

SHOWN_PARTS = 50
"""How many attributions and pieces of evidence the page lists; the API has the others."""

SHOWN_CAPTURES = 20
"""How many captures the page lists with their custody."""

router = page_router()


@dataclass(frozen=True)
class DocumentContext:
    """What the template is given."""

    document: DocumentRead
    captures: Sequence[CaptureWhole]
    """The kept copies with their chain of custody, the latest first."""
    quoted: Sequence[AttributionRead]
    """Attributions that quote the document."""
    unquoted: Mapping[str, Sequence[AttributionRead]]
    """Attributions that cite it without a passage, by the id of their claim."""
    evidence: Sequence[EvidenceRead]
    claims: Mapping[str, Mapping[str, Any]]
    """The claims of these, by id."""
    has_more: bool
    """True if more attributions or evidence cite it than are listed."""
    past: datetime | None


@page(router, "/documents/{identifier}")
def show_document(
    request: Request,
    identifier: Identifier,
    query: Annotated[PastQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
) -> Response:
    """Show a document. One that was merged into another leads there."""
    return cached_html_response(request, connection, lambda: _respond(request, identifier, query, connection, cursors))


def _respond(request: Request, identifier: str, query: PastQuery, connection: Connection, cursors: Cursors) -> Response:
    l10n = localization_for(request)
    snapshot = snapshot_at(connection, query.as_of)
    document = documents.read_one(connection, snapshot, identifier)
    if document.merged_into_id is not None and query.as_of is None:
        return RedirectResponse(f"{l10n.prefix}/documents/{document.merged_into_id}", 307)
    attribution_query = AttributionQuery(document=document.id, limit=SHOWN_PARTS, as_of=query.as_of)
    attributions = noun_lists.list_attributions(connection, attribution_query, None, cursors)
    evidence_query = EvidenceQuery(document=document.id, limit=SHOWN_PARTS, as_of=query.as_of)
    evidence = noun_lists.list_evidence(connection, evidence_query, None, cursors)
    claim_ids = [*(row.claim_id for row in attributions.items), *(row.claim_id for row in evidence.items)]
    newest = sorted(document.captures, key=lambda capture: capture.captured_at, reverse=True)[:SHOWN_CAPTURES]
    context = DocumentContext(
        document=document,
        captures=[captures.read_one(connection, snapshot, capture.id) for capture in newest],
        quoted=[row for row in attributions.items if row.quote is not None],
        unquoted=_by_claim(row for row in attributions.items if row.quote is None),
        evidence=evidence.items,
        claims=fetch_briefs(connection, snapshot, claim_ids, None),
        has_more=attributions.next is not None or evidence.next is not None,
        past=query.as_of,
    )
    frame = Frame(
        title=document.title or l10n.gettext("Document without a title"),
        section="documents",
        description=document.note or "",
        canonical=f"{l10n.prefix}/documents/{document.id}",
        api_path=f"{API}/documents/{document.id}",
        is_indexed=query.as_of is None,
    )
    return html_response(request, "document.html", frame, context)


def _by_claim(attributions: Iterable[AttributionRead]) -> dict[str, list[AttributionRead]]:
    grouped: dict[str, list[AttributionRead]] = {}
    for attribution in attributions:
        grouped.setdefault(attribution.claim_id, []).append(attribution)
    return grouped
