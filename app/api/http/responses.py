"""How an answer leaves: its entity tag, 304 where the caller has it already, what OpenAPI says of failures."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import Request, Response
from pydantic import BaseModel

from app.api.http.problems import MEDIA_TYPE, Problem
from app.api.http.response_cache import Answer, KeptAnswers
from app.db.compiled_reads import PlainRow
from app.schemas.base.fields import Identified, Stamp
from app.services.core.nouns import Shown, etag, etag_of

JSON = "application/json"

_encode = msgspec.json.Encoder().encode

_SAYS = {
    400: "The request cannot be read.",
    401: "The key is missing or not valid.",
    403: "The key's role does not allow it.",
    404: "There is no such object, or none that you may see.",
    409: "The record as it stands does not allow it.",
    412: "The object has changed since you read it.",
    413: "The body is too large.",
    416: "There are no such bytes.",
    415: "The body is not of the right kind.",
    422: "A field or parameter is not as it should be; `errors` says which and why.",
    428: "If-Match is missing.",
    429: "Too many wrong keys; try again after as many seconds as Retry-After says.",
    503: "The database is busy, or the store of captures away; try again shortly.",
}

Responses = dict[int | str, dict[str, Any]]


def failures(*statuses: int) -> Responses:
    """What OpenAPI says of the ways in which a route may fail."""
    return {
        status: {
            "description": _SAYS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*statuses, 401, 429, 503})
    }


READ_ONE = failures(404, 422)
READ_MANY = failures(403, 422)
RECORD = failures(400, 403, 404, 409, 413, 415, 422)
CORRECT = failures(400, 403, 404, 409, 412, 413, 415, 422, 428)


FOR_EVER = 31_536_000
"""Seconds for which a copy of what never changes is good: a year, as RFC 9111 has it."""


def answer(request: Request, shown: BaseModel, *, for_ever: bool = False) -> Response:
    """An object or a page, or 304 if the caller's copy is still good."""
    tag = _tag(shown)
    headers = _headers(request, tag, for_ever=for_ever)
    return _same(request, tag, headers) or _Plain(HTTPStatus.OK, headers, _body(shown))


def answer_again(
    request: Request,
    tag: Callable[[], str],
    show: Callable[[], Shown],
    *,
    for_ever: bool = False,
    more: dict[bytes, bytes] | None = None,
    about: Callable[[PlainRow], Iterable[str | None]] = lambda _body: (),
    moved_to: Callable[[PlainRow], str | None] = lambda _body: None,
) -> Response:
    """The same for what is asked for often, and has a `tag` that is had for less than what it would `show`.

    `more` are headers that the body does not decide. `about` names the objects that are shown, so that whoever keeps
    copies can drop those of one object. Where it has `moved_to` another address the answer leads there, and still says
    what there was.
    """
    kept: KeptAnswers = request.app.state.kept_answers
    address = request.scope["path"], request.scope["query_string"]
    known = kept.get(address)
    # Only whoever has something to compare asks for the tag by itself.
    if known is not None or "if-none-match" in request.headers:
        now = tag()
        headers = _headers(request, now, for_ever=for_ever) | (more or {})
        if (same := _same(request, now, headers)) is not None:
            return same
        if known is not None and known.tag == now:
            return _told(known, headers)
    shown = show()
    named = " ".join(one for one in about(shown.body) if one is not None)
    fresh = Answer(shown.tag, _encode(shown.body), named, moved_to(shown.body))
    kept.put(address, fresh)
    return _told(fresh, _headers(request, shown.tag, for_ever=for_ever) | (more or {}))


def _told(answer: Answer, headers: dict[bytes, bytes]) -> Response:
    if answer.about:
        headers[b"surrogate-key"] = answer.about.encode()
    if answer.moved_to is not None:
        # Not for ever: a merging can be taken back.
        headers[b"location"] = answer.moved_to.encode()
        return _Plain(HTTPStatus.TEMPORARY_REDIRECT, headers, answer.body)
    return _Plain(HTTPStatus.OK, headers, answer.body)


class _Plain(Response):
    """A response whose headers are ready to be sent: there are many of these, and they have the same few headers."""

    def __init__(self, status: int, headers: Mapping[bytes, bytes], body: bytes = b"") -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = list(headers.items())
        if status != HTTPStatus.NOT_MODIFIED:
            self.raw_headers += [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(body))]


def _same(request: Request, tag: str, headers: Mapping[bytes, bytes]) -> Response | None:
    known = request.headers.get("if-none-match")
    if known is None:
        return None
    if known.strip() != "*" and tag not in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return None
    return _Plain(HTTPStatus.NOT_MODIFIED, headers)


def _headers(request: Request, tag: str, *, for_ever: bool) -> dict[bytes, bytes]:
    # What a key shows is for its holder alone.
    public = request.state.actor is None
    if for_ever:
        caching = f"{'public' if public else 'private'}, max-age={FOR_EVER}, immutable"
    else:
        caching = request.app.state.caching if public else "private, no-cache"
    return {b"etag": tag.encode(), b"cache-control": caching.encode(), b"vary": b"Authorization, Accept"}


def caching(shared_max_age: int) -> str:
    """What is said to caches of what may change. `shared_max_age` is in seconds; 0: nobody answers without asking us.

    A cache that many share (a CDN) may serve a copy for so long, and for as long again while it fetches a new one.
    The reader's own cache always asks.
    """
    if not shared_max_age:
        return "no-cache"
    return f"public, max-age=0, s-maxage={shared_max_age}, stale-while-revalidate={shared_max_age}"


def recorded(shown: Identified | Shown, path: str) -> Response:
    """A new object, and where it is from now on."""
    identifier = shown.body["id"] if isinstance(shown, Shown) else shown.id
    headers = {"ETag": _tag(shown), "Location": f"{path}/{identifier}"}
    return Response(_body(shown), HTTPStatus.CREATED, headers, JSON)


def corrected(shown: BaseModel | Shown) -> Response:
    """An object as it is after a correction."""
    return Response(_body(shown), headers={"ETag": _tag(shown)}, media_type=JSON)


def _body(shown: BaseModel | Shown) -> bytes:
    return _encode(shown.body) if isinstance(shown, Shown) else shown.model_dump_json().encode()


def _tag(shown: BaseModel | Shown) -> str:
    if isinstance(shown, Shown):
        return shown.tag
    if isinstance(shown, Stamp):
        return etag(shown)
    return etag_of(shown)


__all__ = [
    "CORRECT",
    "READ_MANY",
    "READ_ONE",
    "RECORD",
    "Problem",
    "answer",
    "answer_again",
    "corrected",
    "failures",
    "recorded",
]
