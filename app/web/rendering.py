"""Rendering: a template and its context become an HTML response with an entity tag and a strict security policy.

Templates escape everything, and an undefined name is an error, so a field that a page lacks fails its test.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection, select
from starlette.types import Scope

from app import clock
from app.api.http.permissions import API
from app.api.http.response_cache import CachedResponse, ResponseCache
from app.db.schema import table_of
from app.models import Head
from app.schemas.files.publication import Publisher
from app.services.core import etags
from app.services.core.snapshot import NOW
from app.web import word_labels
from app.web.figure_words import figure_in_words
from app.web.localization import LANGUAGES, Localization, direction_of, language_of_path, localization_of
from app.web.status_marks import shape_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""A page loads nothing from elsewhere, and no other site can frame it."""

EMBED_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""The policy of embeds, which other sites may frame."""


@dataclass(frozen=True)
class Frame:
    """What the frame around every page needs to know."""

    title: str
    """Title of the page, without the name of the site."""
    section: str = ""
    """The entry of the main navigation that the page belongs to: `search`, `topics`, `sources`, `documents`."""
    description: str = ""
    """One or two sentences for search engines and previews."""
    canonical: str | None = None
    """Path of the page that this one is a variant of; None if it is its own."""
    api_path: str | None = None
    """Path of the API read that has the same content as data."""
    is_indexed: bool = True
    """False for pages that search engines should leave out, such as the past and searches."""


@cache
def environment(language: str) -> Environment:
    """The templates in a language."""
    localization = localization_of(language)
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    templates.install_gettext_callables(localization.gettext, localization.ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    templates.globals |= {
        "l10n": localization,
        "static": static_path,
        "direction_of": direction_of,
        "shape_of": shape_of,
        "figure": lambda quantity: figure_in_words(quantity, localization),
    }
    templates.filters["address"] = lambda text: quote(str(text), safe="")
    templates.filters["word"] = lambda value, words: word_labels.label(localization, words, value)
    return templates


@cache
def static_path(name: str) -> str:
    """The address of a static file. It contains a digest of the file, so that caches may keep it for ever."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{digest}/{name}"


def localization_for(request: Request) -> Localization:
    """The localization of the requested page."""
    return localization_of(language_of_path(request.scope["path"]))


@dataclass(frozen=True)
class Site:
    """The installation, as pages name it."""

    name: str
    """The publisher."""
    address: str
    """Address of the front page, without a slash at the end."""


def site_of(scope: Scope) -> Site:
    """The installation that received this request."""
    publisher: Publisher = scope["app"].state.publisher
    return Site(publisher.name, publisher.address.removesuffix(API))


def render(scope: Scope, template: str, frame: Frame, context: Mapping[str, Any]) -> str:
    """The HTML of the page that this request is for."""
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    l10n = localization_of(language_of_path(path))
    bare_path = path.removeprefix(l10n.prefix)
    addresses = ((language, localization_of(language).prefix + bare_path) for language in LANGUAGES)
    return (
        environment(l10n.language)
        .get_template(template)
        .render(
            **context,
            frame=frame,
            site=site_of(scope),
            path=path,
            root=l10n.prefix,
            alternates={language: address.removesuffix("/") or "/" for language, address in addresses},
            query=f"?{query}" if query else "",
        )
    )


def html_response(
    request: Request,
    template: str,
    frame: Frame,
    context: "DataclassInstance",
    *,
    status: int = HTTPStatus.OK,
    policy: str = CONTENT_SECURITY_POLICY,
) -> Response:
    """The response with a page, or a 304 if the reader's copy is current."""
    values = {item.name: getattr(context, item.name) for item in fields(context)}
    return _respond(request, render(request.scope, template, frame, values).encode(), status, policy)


def cached_html_response(request: Request, connection: Connection, build: Callable[[], Response]) -> Response:
    """The response with a page that may show any part of the record, from the response cache if nothing has changed.

    `build` makes the response. Pages also show today's date, so a new day makes a new page.
    """
    cache: ResponseCache = request.app.state.response_cache
    address = request.scope["path"], request.scope["query_string"]
    shared_seq = connection.scalar(select(table_of(Head).c.shared_seq))
    tag = etags.of_record(connection, NOW, prefix=f"page.{clock.now().date()}.{shared_seq}.")
    cached = cache.get(address)
    if cached is not None and cached.tag == tag:
        return _respond(request, cached.body, HTTPStatus.OK, CONTENT_SECURITY_POLICY)
    response = build()
    if response.status_code == HTTPStatus.OK:
        cache.put(address, CachedResponse(tag, bytes(response.body), ""))
    return response


def _respond(request: Request, body: bytes, status: int, policy: str) -> Response:
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Cache-Control": request.app.state.cache_control,
        "Vary": "Accept",
        "Content-Security-Policy": policy,
    }
    if_none_match = request.headers.get("if-none-match")
    if if_none_match is not None and status == HTTPStatus.OK and etags.matches(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, status, headers, media_type="text/html")
