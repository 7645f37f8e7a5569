"""Routes by which the record comes in and goes out as files."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Annotated, BinaryIO, Literal, cast

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from app.api import idempotent
from app.api.answers import failures
from app.api.bodies import StrictRoute
from app.api.dependencies import Reader, Writer
from app.api.streams import blocks
from app.api.turns import turns
from app.db.engine import Database
from app.errors import InvalidError
from app.formats import attest_csv, attest_json
from app.formats.detect import FORMATS, HEAD, detect
from app.formats.exchange import PlainRecord
from app.schemas.common import Prose, Schema
from app.schemas.import_report import ImportReport
from app.schemas.query import ClaimFilter
from app.schemas.query import Reading as AsOf
from app.services import exports, idempotency, imports
from app.services.actors import Actor
from app.services.idempotency import Named

router = APIRouter(tags=["files"], route_class=StrictRoute)

SPOOL = 1_000_000
"""Bytes of an import that are held in memory; the rest waits on disk."""

WRITERS: dict[str, tuple[Callable[[Iterable[PlainRecord]], Iterator[str]], str]] = {
    "attest_json": (attest_json.write, "application/x-ndjson"),
    "attest_csv": (attest_csv.write, "text/csv; charset=utf-8"),
}


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


class ExportQuery(ClaimFilter, AsOf):
    """Which claims are to be exported, and how."""

    format: Literal["attest_json", "attest_csv"] = "attest_json"
    """Attest's own exchange format, as JSON Lines or as CSV. An import reads both back."""


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
            return idempotent.again(given)
        report = imports.load(
            connection,
            writer,
            FORMATS[name](stream),
            format=name,
            reason=query.reason,
            strict=query.strict,
            dry_run=query.dry_run,
        )
        answer = Response(report.model_dump_json(), media_type="application/json")
        if query.dry_run:
            connection.rollback()
        elif named is not None:
            idempotent.keep(connection, named, answer)
    return answer


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}, "text/csv": {}}}, **failures(403, 422)},
)
def export_claims(request: Request, query: Annotated[ExportQuery, Query()], reader: Reader) -> Response:
    """Export claims with everything that they name, as Attest's own exchange format, streamed."""
    write, media_type = WRITERS[query.format]
    lines = write(_records(request.app.state.database, query, reader))
    # The first line is made here, so that a refusal is still a refusal and not a broken stream.
    first = next(lines, "")
    text = blocks(chain([first], lines))
    suffix = "csv" if query.format == "attest_csv" else "jsonl"
    headers = {"Content-Disposition": f'attachment; filename="attest-export.{suffix}"', "Vary": "Authorization"}
    return StreamingResponse(text, media_type=media_type, headers=headers)


def _records(database: Database, query: ExportQuery, reader: Actor | None) -> Iterator[PlainRecord]:
    with database.reading() as connection:
        yield from exports.records(connection, query, query.as_of, reader)
