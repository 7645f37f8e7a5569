"""The route that gives citations, in every format."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.api.http.dependencies import Holder, ReadConnection, Reader
from app.api.http.problems import UnsupportedMediaTypeError
from app.api.http.responses import READ_MANY, answer, failures
from app.api.http.streams import blocks
from app.api.http.strict_route import StrictRoute
from app.db.engine import Database
from app.errors import InvalidError
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.citations.cited_versions import CitedVersion
from app.schemas.files.citation import Citation, Rendering
from app.schemas.files.citation_check import CitationCheckQuery, CitationChecks
from app.schemas.files.publication import House
from app.schemas.query_parameters import CitationQuery
from app.services.core.actors import Actor
from app.services.publishing import citation_checks, citations

router = APIRouter(tags=["citations"], route_class=StrictRoute)

FORMATTED = ("bibliography", "bibliography_html")
"""Formats that have styles."""

STYLE = "application/vnd.citationstyles.style+xml"
"""Media type of a style."""

WITH_A_STYLE = failures(400, 403, 404, 413, 415, 422, 503)


@router.get(
    "/citations",
    response_class=StreamingResponse,
    responses={200: {"content": {one.media_type: {} for one in CITATION_FORMATS.values()}}, **READ_MANY},
)
def cite(request: Request, query: Annotated[CitationQuery, Query()], reader: Reader) -> Response:
    """Cite claims, documents and sources, in the format that you use.

    What is picked (`claim`, `document`, `cited_source`), or else every claim that the filter asks for. The same is to
    be had by a suffix (`/claims/{id}.bib`, `/claims.ris?kind=…`) or the `Accept` header. A citation names the version
    that it was made from, and its content hash; `attest cite --check` tells later what has become of it.
    """
    return _answer(request, query, query.style, reader)


@router.post(
    "/citations",
    response_class=StreamingResponse,
    responses={200: {"content": {CITATION_FORMATS[one].media_type: {} for one in FORMATTED}}, **WITH_A_STYLE},
    openapi_extra={
        "requestBody": {"required": True, "content": {STYLE: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def cite_in_a_style(request: Request, query: Annotated[CitationQuery, Query()], holder: Holder) -> Response:
    """Cite in a style of your own: the body is a style in CSL 1.0, as XML, and is kept nowhere.

    What is cited is asked for as with GET; `format` is `bibliography` unless given, or `bibliography_html`.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMediaTypeError("Send the style itself as the body (curl --data-binary @file), not as a form.")
    if query.style is not None:
        raise InvalidError.of("style", "is the body here; leave the parameter out")
    if "format" not in query.model_fields_set:
        query = query.model_copy(update={"format": FORMATTED[0]})
    if query.format not in FORMATTED:
        raise InvalidError.of("format", f"must be one of {', '.join(FORMATTED)}: no other has styles")
    try:
        style = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError.of("style", "must be UTF-8") from None
    if not style.lstrip().startswith("<"):
        raise InvalidError.of("style", "must be the XML of a style")
    return await run_in_threadpool(_answer, request, query, style, holder)


def _answer(request: Request, query: CitationQuery, style: str | None, reader: Actor | None) -> Response:
    written = CITATION_FORMATS.get(query.format)
    if written is None:
        raise InvalidError.of("format", f"must be one of {', '.join(CITATION_FORMATS)}")
    house: House = request.app.state.house
    listed = _read(request.app.state.database, house, query, reader)
    pieces = written.write(listed, Rendering(style, query.locale, house.name))
    # The first piece is made here, so that a refusal is still a refusal and not a broken stream.
    text = blocks(chain([next(pieces, "")], pieces))
    headers = {
        "Content-Disposition": f'inline; filename="attest.{written.suffix}"',
        "Cache-Control": "no-cache" if reader is None else "private, no-cache",
        "Vary": "Authorization, Accept",
    }
    return StreamingResponse(text, media_type=written.media_type, headers=headers)


def _read(database: Database, house: House, query: CitationQuery, reader: Actor | None) -> Iterator[Citation]:
    with database.reading() as connection:
        yield from citations.asked(connection, query, reader, house)


@router.get("/citations/check", response_model=CitationChecks, responses=READ_MANY)
def check_citations(
    request: Request, query: Annotated[CitationCheckQuery, Query()], connection: ReadConnection, reader: Reader
) -> Response:
    """Ask what has become of versions that were cited: unchanged, status changed, corrected, retracted, unknown.

    `attest cite --check FILE` finds them in a reference list and asks the same.
    """
    found = citation_checks.check(connection, map(_cited, query.cited), reader, request.app.state.house)
    return answer(request, CitationChecks(items=found))


def _cited(ref: str) -> CitedVersion:
    named, _, sha256 = ref.partition(":")
    claim_id, _, version = named.partition("@")
    return CitedVersion(0, claim_id, int(version), sha256 or None)
