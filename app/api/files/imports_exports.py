"""Routes by which the record comes in and goes out as files."""

import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Annotated, Any, BinaryIO, cast
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from app.api.http import idempotency_key
from app.api.http.dependencies import Reader, Writer
from app.api.http.responses import failures
from app.api.http.streams import blocks
from app.api.http.strict_route import StrictRoute
from app.api.http.write_transactions import turns
from app.db.engine import Database
from app.errors import InvalidError
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.formats.readers.import_formats import FORMATS, HEAD, detect, read
from app.schemas.base.fields import Prose, Schema
from app.schemas.files.edition import Edition
from app.schemas.files.import_report import ImportReport
from app.schemas.files.publication import House
from app.schemas.query_parameters import ExportQuery
from app.services.core import idempotency
from app.services.core.actors import Actor
from app.services.core.idempotency import Named
from app.services.imports import imports
from app.services.publishing import exports

router = APIRouter(tags=["files"], route_class=StrictRoute)

SPOOL = 1_000_000
"""Bytes of an import that are held in memory; the rest waits on disk."""


class ImportQuery(Schema):
    """How a file is to be imported."""

    format: str | None = Field(None, max_length=40, examples=["ua_mod_losses"])
    """The format; told from the content unless given."""
    dry_run: bool = False
    """Only report what would be done."""
    strict: bool = False
    """Keep nothing if one row cannot be taken."""
    reason: Prose = "Imported over the API."
    """Why, for every reader of the history."""


@router.post(
    "/imports",
    response_model=ImportReport,
    responses=failures(400, 403, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_file(request: Request, query: Annotated[ImportQuery, Query()], writer: Writer) -> Response:
    """Import a file, sent as the body: Attest's own JSON or CSV, or one of the known collections.

    All or nothing but for rows that cannot be taken: those are reported, with line, field and reason.
    """
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as spool:
        named: Named | None = request.state.named
        async for piece in request.stream():
            await run_in_threadpool(spool.write, piece)
            if named is not None:
                named.add(piece)
        spool.seek(0)
        load = partial(_load, request.app.state.database, writer, cast(BinaryIO, spool), query, named)
        return await to_thread.run_sync(load, limiter=turns(request))


def _load(database: Database, writer: Actor, stream: BinaryIO, query: ImportQuery, named: Named | None) -> Response:
    head = stream.read(HEAD)
    stream.seek(0)
    try:
        name = query.format or detect("", head)
    except ValueError as error:
        raise InvalidError.of("format", str(error)) from None
    if name not in FORMATS:
        raise InvalidError.of("format", f"is not one of {', '.join(FORMATS)}")
    with database.writing() as connection:
        if named is not None and (given := idempotency.begin(connection, named)) is not None:
            return idempotency_key.again(given)
        report = imports.load(
            connection,
            writer,
            read(name, stream),
            format=name,
            reason=query.reason,
            strict=query.strict,
            dry_run=query.dry_run,
        )
        answer = Response(report.model_dump_json(), media_type="application/json")
        if query.dry_run:
            connection.rollback()
        elif named is not None:
            idempotency_key.keep(connection, named, answer)
    return answer


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {one.media_type.partition(";")[0]: {} for one in EXPORT_FORMATS.values()}},
        **failures(403, 404, 422),
    },
)
def export_claims(request: Request, query: Annotated[ExportQuery, Query()], reader: Reader) -> Response:
    """Export claims, streamed, in the format that you use.

    Claims that are picked (`claim`), or else all that the filter asks for. The same is to be had by a suffix
    (`/claims.csv?kind=…`, `/claims/{id}.jsonld`) or the `Accept` header. They come in the order of their ids: should an
    export break off, ask as the header `Link-Template` says, with the last claim that arrived whole, for the rest.
    """
    address = f"{request.app.state.house.address}/export"
    asked = [(name, value) for name, value in request.query_params.multi_items() if name not in ("as_of", "after")]
    read = _exported(
        request.app.state.database, request.app.state.house, query, reader, f"{address}?{urlencode(asked)}"
    )
    moment = str(next(read))
    pieces = cast(Iterator[str] | Iterator[bytes], read)
    # The first piece is made here, so that a refusal is still a refusal and not a broken stream.
    first = next(pieces, "")
    written = EXPORT_FORMATS[query.format]
    headers = {
        "Content-Disposition": f'attachment; filename="attest-export.{written.suffix}"',
        "Cache-Control": "no-cache" if reader is None else "private, no-cache",
        "Vary": "Authorization, Accept",
    }
    if not query.claim:
        rest = urlencode([*asked, ("as_of", moment)])
        # RFC 9652.
        headers["Link-Template"] = f'"{address}?{rest}&after={{last}}"; rel="next"'
    whole: Iterator[Any] = chain([first], pieces)
    return StreamingResponse(blocks(whole), media_type=written.media_type, headers=headers)


def _exported(
    database: Database, house: House, query: ExportQuery, reader: Actor | None, address: str
) -> Iterator[str | bytes]:
    """The moment that the export is of, and then the export."""
    with database.reading() as connection:
        moment = exports.moment(connection, query.as_of)
        single = len(query.claim) == 1
        edition = Edition(house=house, address=address, moment=moment, single=single, bom=query.bom)
        pieces = exports.pieces(connection, query, reader, edition)
        yield moment
        yield from pieces
