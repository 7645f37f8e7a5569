"""What search engines ask for: robots.txt and the sitemap."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from fastapi import Request, Response
from sqlalchemy import Connection, select

from app.api.http.dependencies import ReadConnection
from app.db.schema import table_of
from app.models import Claim
from app.vocabulary import Stage
from app.web.localization import LANGUAGES, localization_of
from app.web.rendering import site_of
from app.web.routes import page_router

MAX_ADDRESSES = 20_000
"""How many claims the sitemap names: the latest ones. The protocol allows 50,000 addresses in a file."""

PAGES = ("/", "/topics", "/sources", "/documents", "/how-we-decide", "/words", "/record", "/corrections")

router = page_router()


@router.get("/robots.txt", response_class=Response)
def read_robots(request: Request) -> Response:
    """Which addresses crawlers should leave alone: data, and searches, of which there is no end."""
    lines = ["User-agent: *", "Disallow: /api/", "Disallow: /search", "Disallow: /uk/search", ""]
    sitemap = f"Sitemap: {site_of(request.scope).address}/sitemap.xml"
    return Response("\n".join([*lines, sitemap, ""]), media_type="text/plain")


@router.get("/sitemap.xml", response_class=Response)
def read_sitemap(request: Request, connection: ReadConnection) -> Response:
    """The addresses of the pages, and of the latest claims with the day of their last change."""
    address = site_of(request.scope).address
    prefixes = [localization_of(language).prefix for language in LANGUAGES]
    pages = [(f"{prefix}{path}".removesuffix("/") or "/", None) for prefix in prefixes for path in PAGES]
    entries = [*pages, *_claims(connection)]
    body = "".join(
        f"<url><loc>{escape(address + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
        for path, day in entries
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{NAMESPACE}">\n{body}</urlset>\n'
    headers = {"Cache-Control": request.app.state.cache_control}
    return Response(text, media_type="application/xml", headers=headers)


NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _claims(connection: Connection) -> Iterator[tuple[str, str | None]]:
    claim = table_of(Claim)
    statement = (
        select(claim.c.id, claim.c.recorded_at)
        .where(claim.c.stage == Stage.PUBLISHED)
        .order_by(claim.c.id.desc())
        .limit(MAX_ADDRESSES)
    )
    for row in connection.execute(statement):
        yield f"/claims/{row.id}", row.recorded_at.date().isoformat()
