"""Routes that import files into the record and export it as files."""

import tempfile
from collections.abc import Generator, Iterator
from functools import partial
from typing import Annotated, BinaryIO, cast
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from app.api.http import idempotency_key
from app.api.http.dependencies import Reader, Writer
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.api.http.streams import Streams, stream
from app.api.http.write_transactions import write_limiter
from app.db.engine import Database
from app.errors import InvalidError
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.formats.parsing.text_encoding import EncodingError
from app.formats.readers.import_formats import IMPORT_FORMATS, inspect, read
from app.schemas.base.fields import Line, Prose, Schema
from app.schemas.desk.decision_origin import UNNAMED_FILE, OriginCreate
from app.schemas.files.edition import Edition
from app.schemas.files.import_report import ImportReport
from app.schemas.files.publication import Publisher
from app.schemas.query_parameters import ExportQuery
from app.services.changes.actors import Actor
from app.services.core import idempotency
from app.services.core.idempotency import IdempotentRequest
from app.services.imports import imports
from app.services.publishing import exports

router = api_router("", "files")

SPOOL = 1_000_000
"""How many bytes of an import are kept in memory; the rest goes to a temporary file."""


class ImportQuery(Schema):
    """Parameters of an import."""

    format: str | None = Field(None, max_length=40)
    """The format, such as `ua_mod_losses`. It is detected from the content if it is left out."""
    dry_run: bool = False
    """Only report what the import would do."""
    strict: bool = False
    """Import nothing if any row is refused, or if the file may not be whole."""
    complete: bool = False
    """The file is whole, although it has no rows, or although its last line has no line end. Without this, `strict`
    refuses such a file, and the report says that it may be cut."""
    encoding: str | None = Field(None, max_length=40)
    """The file's encoding, such as `windows-1251`. Without it, the file must be UTF-8, or UTF-16 or UTF-32 with a byte
    order mark."""
    file: Line | None = None
    """Name of the file, such as `decisions-2025-01.jsonl`. Readers see it with every decision that the file
    contains."""
    reason: Prose = "Imported over the API."
    """The reason that the history shows."""


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
    """Import a file, sent as the body: Attest's own JSON or CSV, BibTeX, ClaimReview, or a known data set.

    The import is one transaction. Rows that cannot be imported are left out and reported with line, field and reason.
    """
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as spool:
        idempotent_request: IdempotentRequest | None = request.state.idempotent_request
        async for chunk in request.stream():
            await run_in_threadpool(spool.write, chunk)
            if idempotent_request is not None:
                idempotent_request.add(chunk)
        spool.seek(0)
        load = partial(_load, request.app.state.database, writer, cast(BinaryIO, spool), query, idempotent_request)
        return await to_thread.run_sync(load, limiter=write_limiter(request))


def _load(
    database: Database,
    writer: Actor,
    stream: BinaryIO,
    query: ImportQuery,
    idempotent_request: IdempotentRequest | None,
) -> Response:
    if query.format is not None and query.format not in IMPORT_FORMATS:
        raise InvalidError.of("format", f"must be one of {', '.join(IMPORT_FORMATS)}")
    try:
        file = inspect(stream, name=query.file or "", format=query.format, encoding=query.encoding)
    except EncodingError as error:
        raise InvalidError.of("encoding", str(error)) from None
    except ValueError as error:
        raise InvalidError.of("format", str(error)) from None
    stream.seek(0)
    with database.writing() as connection:
        if idempotent_request is not None:
            stored = idempotency.find_response(connection, idempotent_request)
            if stored is not None:
                return idempotency_key.replay(stored)
        report = imports.import_records(
            connection,
            writer,
            read(file.format, stream, file.encoding),
            format=file.format,
            reason=query.reason,
            strict=query.strict,
            dry_run=query.dry_run,
            cut_line=file.cut_line,
            complete=query.complete,
            origin=OriginCreate(file=query.file or UNNAMED_FILE),
        )
        response = Response(report.model_dump_json(), media_type="application/json")
        if query.dry_run:
            connection.rollback()
        elif idempotent_request is not None:
            idempotency_key.store(connection, idempotent_request, response)
    return response


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {written.media_type.partition(";")[0]: {} for written in EXPORT_FORMATS.values()}},
        **failures(403, 404, 422, 503),
    },
)
def export_claims(request: Request, query: Annotated[ExportQuery, Query()], reader: Reader) -> Response:
    """Export claims in the format of your choice, as a stream.

    Name the claims (`claim`), or filter them as in their list. A suffix (`/claims.csv?kind=…`, `/claims/{id}.jsonld`)
    or the `Accept` header gives the same result. Claims are in the order of their ids. If an export is interrupted,
    insert the id of the last complete claim into the URI template of the header `Link-Template` to request the rest.
    """
    address = f"{request.app.state.publisher.address}/export"
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name not in ("as_of", "after")]
    streams: Streams = request.app.state.streams
    read = _exported(streams, request.app.state.publisher, query, reader, f"{address}?{urlencode(parameters)}")
    moment = str(next(read))
    chunks = cast(Iterator[str] | Iterator[bytes], read)
    export_format = EXPORT_FORMATS.get(query.format)
    if export_format is None:  # the first chunk would say so, but it is not made yet
        read.close()
        raise InvalidError.of("format", f"must be one of {', '.join(EXPORT_FORMATS)}")
    headers = {
        "Content-Disposition": f'attachment; filename="attest-export.{export_format.suffix}"',
        "Cache-Control": "no-cache" if reader is None else "private, no-cache",
        "Vary": "Authorization, Accept",
    }
    if not query.claim:
        rest = urlencode([*parameters, ("as_of", moment)])
        # RFC 9652.
        headers["Link-Template"] = f'"{address}?{rest}&after={{last}}"; rel="next"'
    return stream(streams, read, chunks, export_format.media_type, headers)


def _exported(
    streams: Streams, publisher: Publisher, query: ExportQuery, reader: Actor | None, address: str
) -> Generator[str | bytes]:
    """The moment whose record is exported, followed by the chunks of the export."""
    with streams.reading() as connection:
        moment = exports.export_timestamp(connection, query.as_of)
        single = len(query.claim) == 1
        edition = Edition(publisher=publisher, address=address, moment=moment, single=single, bom=query.bom)
        pieces = exports.export_chunks(connection, query, reader, edition)
        yield moment
        yield from pieces
