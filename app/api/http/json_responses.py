"""Responses to GET: JSON with an entity tag and Cache-Control, or 304 if the client's copy is still current (RFC 9110).

Claims and lists that are read often are kept in the response cache. A cached response is sent only if its entity tag is
still the current one, which takes one cheap query.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

import msgspec
from fastapi import Request, Response
from pydantic import BaseModel

from app.api.http.response_cache import CachedResponse, ResponseCache
from app.db.compiled_reads import PlainRow
from app.schemas.base.fields import Stamp
from app.services.core import etags
from app.services.core.etags import Tagged

JSON = "application/json"

IMMUTABLE_SECONDS = 31_536_000
"""How long a copy of something that never changes may be used: a year."""

_encode = msgspec.json.Encoder().encode


def json_response(
    request: Request, body: BaseModel, *, is_immutable: bool = False, redirect_to: str | None = None
) -> Response:
    """The JSON response for an object or a page, or a 304 if the client's copy is current.

    With `redirect_to`, the response is a 307 to that address and still has the body.
    """
    tag = tag_of(body)
    headers = _headers(request, tag, is_immutable=is_immutable)
    if (not_modified := _not_modified(request, tag, headers)) is not None:
        return not_modified
    if redirect_to is None:
        return _HotResponse(HTTPStatus.OK, headers, encode(body))
    headers[b"location"] = redirect_to.encode()
    return _HotResponse(HTTPStatus.TEMPORARY_REDIRECT, headers, encode(body))


def cached_json_response(
    request: Request,
    read_tag: Callable[[], str],
    read: Callable[[], Tagged],
    *,
    is_immutable: bool = False,
    extra_headers: dict[bytes, bytes] | None = None,
    surrogate_keys: Callable[[PlainRow], Iterable[str | None]] = lambda _body: (),
    redirect_to: Callable[[PlainRow], str | None] = lambda _body: None,
) -> Response:
    """The response for a body that is requested often, from the response cache if the cached copy is current.

    `read_tag` returns only the current entity tag, which costs less than `read`, which returns tag and body.
    `surrogate_keys` are the identifiers of the objects shown, by which a CDN can purge its copies. If `redirect_to`
    gives an address, the response is a 307 to it and still has the body.
    """
    cache: ResponseCache = request.app.state.response_cache
    address = request.scope["path"], request.scope["query_string"]
    cached = cache.get(address)
    # Without a copy to compare with, reading the tag first would only be an extra query.
    if cached is not None or "if-none-match" in request.headers:
        tag = read_tag()
        headers = _headers(request, tag, is_immutable=is_immutable) | (extra_headers or {})
        if (not_modified := _not_modified(request, tag, headers)) is not None:
            return not_modified
        if cached is not None and cached.tag == tag:
            return _from_cache(cached, headers)
    tagged = read()
    keys = " ".join(key for key in surrogate_keys(tagged.body) if key is not None)
    fresh = CachedResponse(tagged.tag, _encode(tagged.body), keys, redirect_to(tagged.body))
    cache.put(address, fresh)
    return _from_cache(fresh, _headers(request, tagged.tag, is_immutable=is_immutable) | (extra_headers or {}))


def _from_cache(cached: CachedResponse, headers: dict[bytes, bytes]) -> Response:
    if cached.surrogate_keys:
        headers[b"surrogate-key"] = cached.surrogate_keys.encode()
    if cached.redirect_to is not None:
        # A temporary redirect, because a merge can be undone.
        headers[b"location"] = cached.redirect_to.encode()
        return _HotResponse(HTTPStatus.TEMPORARY_REDIRECT, headers, cached.body)
    return _HotResponse(HTTPStatus.OK, headers, cached.body)


class _HotResponse(Response):
    """A JSON response with prepared headers, which skips Starlette's work of building them."""

    def __init__(self, status: int, headers: Mapping[bytes, bytes], body: bytes = b"") -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = list(headers.items())
        if status != HTTPStatus.NOT_MODIFIED:
            self.raw_headers += [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(body))]


def _not_modified(request: Request, tag: str, headers: Mapping[bytes, bytes]) -> Response | None:
    if_none_match = request.headers.get("if-none-match")
    if if_none_match is None or not etags.matches(if_none_match, tag):
        return None
    return _HotResponse(HTTPStatus.NOT_MODIFIED, headers)


def _headers(request: Request, tag: str, *, is_immutable: bool) -> dict[bytes, bytes]:
    # A response to a request with a key may show what only its holder may see.
    is_public = request.state.actor is None
    if is_immutable:
        cache_control = f"{'public' if is_public else 'private'}, max-age={IMMUTABLE_SECONDS}, immutable"
    else:
        cache_control = request.app.state.cache_control if is_public else "private, no-cache"
    return {b"etag": tag.encode(), b"cache-control": cache_control.encode(), b"vary": b"Authorization, Accept"}


def cache_control(shared_max_age: int) -> str:
    """Cache-Control for public responses that may change. `shared_max_age` is in seconds.

    With 0, every cache revalidates. Otherwise a shared cache (a CDN) may serve a copy for that long, and for the same
    time again while it fetches a new one. The client's own cache always revalidates.
    """
    if not shared_max_age:
        return "no-cache"
    return f"public, max-age=0, s-maxage={shared_max_age}, stale-while-revalidate={shared_max_age}"


def encode(body: BaseModel | Tagged) -> bytes:
    """A response body as JSON."""
    return _encode(body.body) if isinstance(body, Tagged) else body.model_dump_json().encode()


def tag_of(body: BaseModel | Tagged) -> str:
    """The entity tag of a response body."""
    if isinstance(body, Tagged):
        return body.tag
    return etags.of_object(body) if isinstance(body, Stamp) else etags.of_content(body)
