"""Redirects between pages and data: from a page with a suffix or another `Accept` to the API, and back in a browser.

`/claims/clm_….json` and `/claims/clm_…` with `Accept: application/json` lead (303) to `/api/v1/claims/clm_…`, and
`/search.csv?q=…` to `/api/v1/claims.csv?q=…`. An address of the API leads to its page only if the reader prefers HTML
to JSON and to everything else, as browsers do.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http.accept_header import accepted_ranges, quality_of
from app.api.http.negotiation import MEDIA_TYPES
from app.api.http.permissions import API
from app.web.localization import LANGUAGES
from app.web.query_types import end_of_day

_PREFIX = "|".join(f"/{language}" for language in LANGUAGES[1:])
_OBJECT = r"(?:claims|topics|sources|documents)/[a-z]+_[0-9a-z]+(?:/versions/[0-9]+)?"
_LISTS: Mapping[str, str] = {
    "search": "claims",
    "topics": "topics",
    "sources": "sources",
    "documents": "documents",
    "corrections": "activity",
    "words": "vocabulary",
    "record": "log",
}
"""The list of the API behind each page that shows no single object."""

_PAGE = re.compile(rf"(?:{_PREFIX})?/(?:(?P<object>{_OBJECT})|(?P<list>{'|'.join(_LISTS)}))(?:\.(?P<suffix>[a-z.-]+))?")
_API_OBJECT = re.compile(rf"{API}/(?:(?P<object>{_OBJECT})|(?P<claims>claims))")


class PageFormats:
    """The middleware that redirects between pages and the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect the request, or pass it on."""
        address = _redirect_of(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if address is None:
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        if not scope["path"].startswith(f"{API}/"):
            query = _query_for_the_api(query)
        response = RedirectResponse(
            f"{address}?{query}" if query else address, 303, headers={"Vary": "Accept", "Cache-Control": "no-cache"}
        )
        await response(scope, receive, send)


def _redirect_of(scope: Scope) -> str | None:
    path = scope["path"]
    if path.startswith(f"{API}/"):
        if _prefers_pages(scope["headers"]) and (match := _API_OBJECT.fullmatch(path)):
            return f"/{match['object'] or 'search'}"
        return None
    match = _PAGE.fullmatch(path)
    if match is None:
        return None
    if match["suffix"] is None and not _prefers_data(scope["headers"]):
        return None
    suffix = "" if match["suffix"] in (None, "json") else f".{match['suffix']}"
    return f"{API}/{match['object'] or _LISTS[match['list']]}{suffix}"


def _query_for_the_api(query: str) -> str:
    """The query of a page as the API reads it: without empty fields, and with the moment that a day means on pages."""
    given = [(name, end_of_day(value) if name == "as_of" else value) for name, value in parse_qsl(query)]
    return urlencode([(name, value) for name, value in given if value is not None])


def _prefers_pages(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """True if the reader wants HTML more than JSON, any other format of ours, and anything at all."""
    ranges = accepted_ranges(headers)
    html = max((accepted.quality for accepted in ranges if accepted.media_range == "text/html"), default=0.0)
    rivals = ("application/json", "*/*", "application/*", *MEDIA_TYPES)
    return html > max((accepted.quality for accepted in ranges if accepted.media_range in rivals), default=0.0)


def _prefers_data(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """True if the reader wants JSON more than HTML."""
    ranges = accepted_ranges(headers)
    return quality_of("application/json", ranges) > quality_of("text/html", ranges)
