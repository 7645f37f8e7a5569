"""Content negotiation: another format of an address, by its suffix or by the Accept header.

`/claims/clm_….bib`, and `/claims/clm_…` with `Accept: application/x-bibtex`, are rewritten to
`/citations?claim=clm_…&format=bibtex`; `/claims.csv?kind=…` is rewritten to `/export?kind=…&format=csv`. So there is
one route for citations and one for exports.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.http.accept_header import accepted_ranges
from app.api.http.permissions import API
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.formats.proofs.tlog_proof import PROOF_SUFFIX


class FormatRoute(NamedTuple):
    """A route to which requests for other formats are rewritten."""

    path: str
    parameter_of: Mapping[str, str]
    """The parameter that selects one object, by the noun in the address."""


class _Target(NamedTuple):
    """Where a format is found."""

    route: FormatRoute
    format: str


CITATIONS = FormatRoute(
    "citations", {"claims": "claim", "documents": "document", "sources": "cited_source", "topics": "topic"}
)
EXPORT = FormatRoute("export", {"claims": "claim", "topics": "topic"})

# Of two formats with the same suffix or media type the first one wins, so citations come before exports.
_TARGETS: Sequence[tuple[str, str | None, _Target]] = [
    *(
        (citation.suffix, citation.media_type if citation.accepted else None, _Target(CITATIONS, name))
        for name, citation in CITATION_FORMATS.items()
    ),
    *((export.suffix, export.media_type, _Target(EXPORT, name)) for name, export in EXPORT_FORMATS.items()),
]
_TARGET_OF_SUFFIX: Mapping[str, _Target] = {suffix: target for suffix, _type, target in reversed(_TARGETS)}
_TARGET_OF_MEDIA_TYPE: Mapping[str, _Target] = {
    media_type.partition(";")[0]: target for _suffix, media_type, target in reversed(_TARGETS) if media_type is not None
}
MEDIA_TYPES = frozenset(_TARGET_OF_MEDIA_TYPE)
"""The media types that an Accept header can ask for, besides JSON."""

_SUFFIXES = "|".join(re.escape(suffix) for suffix in sorted(_TARGET_OF_SUFFIX, key=len, reverse=True))
_ADDRESS = re.compile(
    rf"{API}/(?P<noun>claims|topics|documents|sources)"
    rf"(?:/(?P<id>[a-z]+_[0-9a-z]+)(?:/versions/(?P<version>[0-9]+))?)?(?:\.(?P<suffix>{_SUFFIXES}))?"
)
_PROOF_ADDRESS = re.compile(rf"{API}/claims/(?P<id>[a-z]+_[0-9a-z]+)(?:/versions/(?P<version>[0-9]+))?\.{PROOF_SUFFIX}")
"""The address of the proof that a version of a claim is in the log."""


class Negotiation:
    """The middleware that rewrites requests for another format to the route that returns it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the path and the parameters of that route."""
        if scope["type"] == "http" and scope["method"] == "GET":
            scope = _negotiated(scope)
        await self._app(scope, receive, send)


def _negotiated(scope: Scope) -> Scope:
    path = scope["path"]
    # Most requests have neither a suffix nor another media type; they leave here without a regular expression.
    accepted = "" if "." in path else _accepted(scope)
    if not accepted and "." not in path:
        return scope
    if proof := _PROOF_ADDRESS.fullmatch(path):
        version = {"version": proof["version"]} if proof["version"] else {}
        return _rewritten(scope, "log/inclusion", {"object": f"claim/{proof['id']}", **version, "format": "tlog_proof"})
    address = _ADDRESS.fullmatch(path)
    if address is None or not (address["suffix"] or accepted) or not (address["id"] or address["noun"] == "claims"):
        return scope
    media_type, parameters = accepted.partition(";")[::2]
    target = _TARGET_OF_SUFFIX[address["suffix"]] if address["suffix"] else _TARGET_OF_MEDIA_TYPE[media_type]
    if address["noun"] not in target.route.parameter_of:
        return scope
    query = {"format": target.format}
    if address["id"]:
        version_suffix = f"@{address['version']}" if address["version"] else ""
        query[target.route.parameter_of[address["noun"]]] = address["id"] + version_suffix
    if target.route is CITATIONS:
        query |= _style_parameters(parameters)
    return _rewritten(scope, target.route.path, query)


def _rewritten(scope: Scope, path: str, query: Mapping[str, str]) -> Scope:
    """The request with another path below the API, and with these parameters after its own."""
    own_query = scope["query_string"].decode("latin-1")
    query_string = "&".join(filter(None, (own_query, urlencode(query, quote_via=quote))))
    full_path = f"{API}/{path}"
    return {
        **scope,
        "path": full_path,
        "raw_path": full_path.encode(),
        "query_string": query_string.encode("latin-1"),
    }


def _accepted(scope: Scope) -> str:
    """The media type of ours that the client wants most, with its parameters; empty if it wants JSON as much.

    Of several that it wants equally, JSON among them, the first one in its Accept header counts.
    """
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    # Most clients send one of these, and need no parsing.
    if all(value in (b"*/*", b"application/json") for name, value in headers if name == b"accept"):
        return ""
    wanted, best = "", 0.0
    for accepted in accepted_ranges(headers):
        is_ours = accepted.media_range in _TARGET_OF_MEDIA_TYPE
        if (is_ours or accepted.media_range in _JSON_RANGES) and accepted.quality > best:
            wanted = f"{accepted.media_range};{accepted.parameters}" if is_ours else ""
            best = accepted.quality
    return wanted


_JSON_RANGES = ("*/*", "application/*", "application/json")
"""The media ranges that JSON answers."""


def _style_parameters(text: str) -> dict[str, str]:
    """Style and locale from the parameters of a media type (as Crossref has them): `style=apa; locale=uk-UA`."""
    pairs = (part.partition("=") for part in text.split(";"))
    parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    return {name: parameters[name] for name in ("style", "locale") if parameters.get(name)}
