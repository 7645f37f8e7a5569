"""The page of a source: who it is, what it said, and what became of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from app.api.http.dependencies import CursorSigner, Identifier, ReadConnection
from app.api.http.permissions import API
from app.schemas.desk.rating import RatingRead
from app.schemas.query_parameters import ClaimQuery, SourceQuery
from app.schemas.source import SourceRead
from app.services.catalogue import source_ratings, sources
from app.services.core.cursors import Cursors
from app.services.core.snapshot import snapshot_at
from app.services.queries import claim_lists, noun_lists
from app.web.query_types import PastQuery
from app.web.rendering import Frame, cached_html_response, html_response, localization_for
from app.web.routes import page, page_router

SHOWN_CLAIMS = 20
"""How many of the latest claims the page lists; the search has the others."""

SHOWN_PARTS = 100
"""How many of an organisation's parts the page lists."""

router = page_router()


@dataclass(frozen=True)
class SourceContext:
    """What the template is given."""

    source: SourceRead
    ratings: Sequence[RatingRead]
    parts: Sequence[SourceRead]
    """Sources that belong directly to it."""
    statuses: Mapping[str, int]
    """Number of claims with an attribution of the source, by status."""
    claim_count: int
    claims: Sequence[Mapping[str, Any]]
    """The latest of them."""
    past: datetime | None
    today: str


@page(router, "/sources/{identifier}")
def show_source(
    request: Request,
    identifier: Identifier,
    query: Annotated[PastQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
) -> Response:
    """Show a source. One that was merged into another leads there."""
    return cached_html_response(request, connection, lambda: _respond(request, identifier, query, connection, cursors))


def _respond(request: Request, identifier: str, query: PastQuery, connection: Connection, cursors: Cursors) -> Response:
    l10n = localization_for(request)
    snapshot = snapshot_at(connection, query.as_of)
    source = sources.read_one(connection, snapshot, identifier)
    if source.merged_into_id is not None and query.as_of is None:
        return RedirectResponse(f"{l10n.prefix}/sources/{source.merged_into_id}", 307)
    claim_query = ClaimQuery(source=source.id, facets="status", limit=SHOWN_CLAIMS, as_of=query.as_of)
    claim_page = claim_lists.read_page(connection, claim_query, None, cursors).body
    statuses = claim_page["facets"]["status"]
    parts = noun_lists.list_sources(
        connection, SourceQuery(parent=source.id, limit=SHOWN_PARTS, as_of=query.as_of), cursors
    )
    context = SourceContext(
        source=source,
        ratings=source_ratings.read_all(connection, snapshot, source.id),
        parts=parts.items,
        statuses=statuses,
        claim_count=sum(statuses.values()),
        claims=claim_page["items"],
        past=query.as_of,
        today=datetime.now(UTC).date().isoformat(),
    )
    frame = Frame(
        title=source.name,
        section="sources",
        description=source.description or "",
        canonical=f"{l10n.prefix}/sources/{source.id}",
        api_path=f"{API}/sources/{source.id}",
        is_indexed=query.as_of is None,
    )
    return html_response(request, "source.html", frame, context)
