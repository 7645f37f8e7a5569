"""Other formats of what has an address: by the suffix of the address, or by the Accept header.

`/claims/clm_….bib` and `/claims/clm_…` with `Accept: application/x-bibtex` are the same as
`/citations?claim=clm_…&format=bibtex`; `/claims.csv?kind=…` is the same as `/export?kind=…&format=csv`. There is one
route that gives citations and one that exports claims; this layer leads there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.formats.proofs.tlog_proof import SUFFIX

_PREFIX = "/api/v1"


class Door(NamedTuple):
    """A route that gives a format, and what it calls what is picked."""

    path: str
    picks: Mapping[str, str]
    """The parameter that picks one object, by the noun in the address."""


class _Way(NamedTuple):
    """Where a format is to be had."""

    door: Door
    format: str


CITE = Door("citations", {"claims": "claim", "documents": "document", "sources": "cited_source", "topics": "topic"})
EXPORT = Door("export", {"claims": "claim", "topics": "topic"})

# Of two formats with one suffix or media type the first wins; what is cited stands before what is exported.
_FORMATS: Sequence[tuple[str, str | None, _Way]] = [
    *((one.suffix, one.media_type if one.accepted else None, _Way(CITE, n)) for n, one in CITATION_FORMATS.items()),
    *((one.suffix, one.media_type, _Way(EXPORT, name)) for name, one in EXPORT_FORMATS.items()),
]
_SUFFIXES: Mapping[str, _Way] = {suffix: way for suffix, _type, way in reversed(_FORMATS)}
_MEDIA_TYPES: Mapping[str, _Way] = {
    kind.partition(";")[0]: way for _suffix, kind, way in reversed(_FORMATS) if kind is not None
}
_SUFFIX = "|".join(re.escape(suffix) for suffix in sorted(_SUFFIXES, key=len, reverse=True))
_PLACE = re.compile(
    rf"{_PREFIX}/(?P<noun>claims|topics|documents|sources)"
    rf"(?:/(?P<id>[a-z]+_[0-9a-z]+)(?:/versions/(?P<version>[0-9]+))?)?(?:\.(?P<suffix>{_SUFFIX}))?"
)


_PROOF = re.compile(rf"{_PREFIX}/claims/(?P<id>[a-z]+_[0-9a-z]+)(?:/versions/(?P<version>[0-9]+))?\.{SUFFIX}")
"""The proof that a version of a claim is in the log."""


class Negotiation:
    """Leads requests for another format to the route that has it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the path and the parameters of that route."""
        if scope["type"] == "http" and scope["method"] == "GET":
            scope = _led(scope)
        await self._app(scope, receive, send)


def _led(scope: Scope) -> Scope:
    path = scope["path"]
    # Hardly any request has either; those must not pay for it.
    asked = "" if "." in path else _accepted(scope)
    if not asked and "." not in path:
        return scope
    if proved := _PROOF.fullmatch(path):
        which = {"version": proved["version"]} if proved["version"] else {}
        return _to(scope, "log/inclusion", {"object": f"claim/{proved['id']}", **which, "format": "tlog_proof"})
    place = _PLACE.fullmatch(path)
    if place is None or not (place["suffix"] or asked) or not (place["id"] or place["noun"] == "claims"):
        return scope
    said, parameters = asked.partition(";")[::2]
    way = _SUFFIXES[place["suffix"]] if place["suffix"] else _MEDIA_TYPES[said]
    if place["noun"] not in way.door.picks:
        return scope
    query = {"format": way.format}
    if place["id"]:
        version = f"@{place['version']}" if place["version"] else ""
        query[way.door.picks[place["noun"]]] = place["id"] + version
    if way.door is CITE:
        query |= _parameters(parameters)
    return _to(scope, way.door.path, query)


def _to(scope: Scope, path: str, query: Mapping[str, str]) -> Scope:
    """The request as that route would have it, with the parameters that it came with."""
    given = scope["query_string"].decode("latin-1")
    string = "&".join(filter(None, (given, urlencode(query, quote_via=quote))))
    there = f"{_PREFIX}/{path}"
    return {**scope, "path": there, "raw_path": there.encode(), "query_string": string.encode("latin-1")}


_REFUSED = re.compile(r"(?:^|;)\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)", re.IGNORECASE)
"""Parameters of a type that is not wanted (RFC 9110, 12.4.2)."""


def _accepted(scope: Scope) -> str:
    """The first type of the Accept header that is one of ours, with its parameters; empty where JSON will do."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"accept" and value not in (b"*/*", b"application/json"):
            for item in value.decode("latin-1").split(","):
                media_type, _, parameters = item.partition(";")
                media_type = media_type.strip().lower()
                if _REFUSED.search(parameters):
                    continue
                if media_type in _MEDIA_TYPES:
                    return f"{media_type};{parameters}"
                if media_type in ("*/*", "application/json"):
                    break
    return ""


def _parameters(text: str) -> dict[str, str]:
    """Parameters of a media type, as Crossref has them: `text/x-bibliography; style=apa; locale=uk-UA`."""
    pairs = (part.partition("=") for part in text.split(";"))
    given = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    return {name: given[name] for name in ("style", "locale") if given.get(name)}
