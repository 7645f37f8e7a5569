"""The routes of citations, in every format."""

from collections.abc import Generator
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.api.http.dependencies import KeyHolder, ReadConnection, Reader
from app.api.http.json_responses import json_response
from app.api.http.problems import UnsupportedMediaTypeError
from app.api.http.responses import READ_MANY, failures
from app.api.http.routing import api_router
from app.api.http.streams import Streams, stream
from app.errors import InvalidError
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.citations.cited_versions import CitedVersion
from app.schemas.files.citation import Citation, Rendering
from app.schemas.files.citation_check import CitationCheckQuery, CitationChecks
from app.schemas.files.publication import Publisher
from app.schemas.query_parameters import CitationQuery
from app.services.changes.actors import Actor
from app.services.publishing import citation_checks, citations

router = api_router("", "citations")

FORMATTED = ("bibliography", "bibliography_html")
"""The formats that take a style."""

STYLE = "application/vnd.citationstyles.style+xml"
"""The media type of a CSL style."""

CITE = failures(403, 404, 410, 422, 503)
WITH_A_STYLE = failures(400, 403, 404, 410, 413, 415, 422, 503)


@router.get(
    "/citations",
    response_class=StreamingResponse,
    responses={200: {"content": {written.media_type: {} for written in CITATION_FORMATS.values()}}, **CITE},
)
def cite(request: Request, query: Annotated[CitationQuery, Query()], reader: Reader) -> Response:
    """Cite claims, documents and sources in the format of your choice.

    Name what you cite (`claim`, `document`, `cited_source`), or filter claims as in their list. A suffix
    (`/claims/{id}.bib`, `/claims.ris?kind=…`) or the `Accept` header gives the same result. Each citation names the
    version it was made from and its content hash, so `attest cite --check` can tell later whether it still holds.
    """
    return _respond(request, query, query.style, reader)


@router.post(
    "/citations",
    response_class=StreamingResponse,
    responses={200: {"content": {CITATION_FORMATS[name].media_type: {} for name in FORMATTED}}, **WITH_A_STYLE},
    openapi_extra={
        "requestBody": {"required": True, "content": {STYLE: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def cite_in_a_style(request: Request, query: Annotated[CitationQuery, Query()], holder: KeyHolder) -> Response:
    """Format citations in your own style. Send the style as the body (CSL 1.0, XML); it is not stored.

    Select what to cite with the same parameters as with GET. `format` is `bibliography` (the default) or
    `bibliography_html`.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMediaTypeError("Send the style itself as the body (curl --data-binary @file), not as a form.")
    if query.style is not None:
        raise InvalidError.of("style", "is sent as the body of this request; leave the parameter out")
    if "format" not in query.model_fields_set:
        query = query.model_copy(update={"format": FORMATTED[0]})
    if query.format not in FORMATTED:
        raise InvalidError.of("format", f"must be one of {', '.join(FORMATTED)}, because other formats take no style")
    try:
        style = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError.of("style", "must be UTF-8") from None
    if not style.lstrip().startswith("<"):
        raise InvalidError.of("style", "must be a CSL 1.0 style in XML")
    return await run_in_threadpool(_respond, request, query, style, holder)


def _respond(request: Request, query: CitationQuery, style: str | None, reader: Actor | None) -> Response:
    citation_format = CITATION_FORMATS.get(query.format)
    if citation_format is None:
        raise InvalidError.of("format", f"must be one of {', '.join(CITATION_FORMATS)}")
    publisher: Publisher = request.app.state.publisher
    streams: Streams = request.app.state.streams
    read = _read(streams, publisher, query, reader)
    chunks = citation_format.render(read, Rendering(style, query.locale, publisher.name))
    headers = {
        "Content-Disposition": f'inline; filename="attest.{citation_format.suffix}"',
        "Cache-Control": "no-cache" if reader is None else "private, no-cache",
        "Vary": "Authorization, Accept",
    }
    return stream(streams, read, chunks, citation_format.media_type, headers)


def _read(streams: Streams, publisher: Publisher, query: CitationQuery, reader: Actor | None) -> Generator[Citation]:
    with streams.reading() as connection:
        yield from citations.query_citations(connection, query, reader, publisher)


@router.get("/citations/check", response_model=CitationChecks, responses=READ_MANY)
def check_citations(
    request: Request, query: Annotated[CitationCheckQuery, Query()], connection: ReadConnection, reader: Reader
) -> Response:
    """Check what has happened to cited versions of claims since they were cited.

    Each is unchanged, altered, retracted, corrected or unknown, or its status has changed.
    `attest cite --check FILE` finds the citations in a reference list and checks them in the same way.
    """
    checks = citation_checks.check_citations(connection, map(_cited, query.cited), reader, request.app.state.publisher)
    return json_response(request, CitationChecks(items=checks))


def _cited(ref: str) -> CitedVersion:
    reference, _, sha256 = ref.partition(":")
    claim_id, _, version = reference.partition("@")
    return CitedVersion(0, claim_id, int(version), sha256 or None)
