"""Routes of captures: the bytes of documents that we keep."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Annotated, BinaryIO

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.api.http import idempotency_key
from app.api.http.dependencies import AsOfQuery, Identifier, ReadConnection, Reader, Writer
from app.api.http.problems import UnsupportedMediaTypeError, problem
from app.api.http.responses import FOR_EVER, READ_ONE, answer, failures, recorded
from app.api.http.strict_route import StrictRoute
from app.api.http.write_transactions import turns
from app.blobs.store import PIECE, Draft, Store
from app.db.engine import Database
from app.formats.captures import media_types
from app.schemas.capture import CaptureQuery, CaptureWhole
from app.services.captures import captures
from app.services.core import idempotency
from app.services.core.actors import Actor
from app.services.core.idempotency import Named
from app.services.core.snapshot import NOW, at

router = APIRouter(tags=["captures"], route_class=StrictRoute)

UNKNOWN = "application/octet-stream"

_CONTENT = {
    "description": "The file.",
    "content": {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in (UNKNOWN, *(name for name, kind in media_types.KINDS.items() if kind.harmless))
    },
}


@router.post(
    "/documents/{identifier}/captures",
    status_code=201,
    response_model=CaptureWhole,
    responses=failures(400, 403, 404, 413, 415, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {UNKNOWN: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def record_capture(
    request: Request, identifier: Identifier, query: Annotated[CaptureQuery, Query()], writer: Writer
) -> Response:
    """Hand over a file as a capture of a document (id or key). The file is the body, as it is and in no envelope.

    Taken are HTML, plain text, PDF, pictures and web archives; which of these it is is told from its bytes.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMediaTypeError("Send the file itself as the body (curl --data-binary @file), not as a form.")
    database: Database = request.app.state.database
    store: Store = request.app.state.store
    document_id = await run_in_threadpool(_document, database, identifier)
    named: Named | None = request.state.named
    with store.draft() as draft:
        async for piece in request.stream():
            await run_in_threadpool(draft.write, piece)
            if named is not None:
                named.add(piece)
        receive = partial(_receive, database, store, writer, document_id, draft=draft, said=query, named=named)
        return await to_thread.run_sync(receive, limiter=turns(request))


def _document(database: Database, ref: str) -> str:
    with database.reading() as connection:
        return captures.document_named(connection, ref)


def _receive(
    database: Database,
    store: Store,
    writer: Actor,
    document_id: str,
    *,
    draft: Draft,
    said: CaptureQuery,
    named: Named | None,
) -> Response:
    media_type = media_types.sniff(draft.file)
    if media_type is None:
        what = "is none of the kinds that are kept" if draft.byte_length else "is empty"
        raise UnsupportedMediaTypeError(f"The file {what}. Taken are: {media_types.TAKEN}.")
    with database.writing() as connection:
        if named is not None and (given := idempotency.begin(connection, named)) is not None:
            return idempotency_key.again(given)
        identifier = captures.receive(
            connection, writer, document_id, store=store, draft=draft, media_type=media_type, said=said
        )
        answer = recorded(captures.read_one(connection, NOW, identifier), "/api/v1/captures")
        if named is not None:
            idempotency_key.keep(connection, named, answer)
        return answer


@router.get("/captures/{identifier}", response_model=CaptureWhole, responses=READ_ONE)
def read_capture(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read what is known of a capture: its digest, and what happened to its bytes since they came in."""
    return answer(request, captures.read_one(connection, at(connection, reading.as_of), identifier))


@router.get(
    "/captures/{identifier}/content",
    response_class=StreamingResponse,
    responses={200: _CONTENT, 206: {**_CONTENT, "description": "The part asked for."}, **failures(403, 404, 416, 422)},
)
def read_content(request: Request, identifier: Identifier, connection: ReadConnection, reader: Reader) -> Response:
    """Fetch the captured file, as it came in. For the desk: others may have rights in it.

    It comes as a download, never as a page of ours; `Range` (one range of bytes) is honoured.
    """
    found = captures.content(connection, request.app.state.store, identifier, reader)
    kind = media_types.KINDS.get(found.media_type)
    tag = f'"{found.sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"private, max-age={FOR_EVER}, immutable",
        "Vary": "Authorization",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{identifier}.{kind.extension if kind else "bin"}"',
        # Should a browser show it all the same: without scripts, in an origin of its own.
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if tag in request.headers.get("if-none-match", ""):
        found.file.close()
        return Response(status_code=304, headers=headers)
    whole = range(found.byte_length)
    asked = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    part = whole if asked is None else _part(asked, found.byte_length)
    if not part:
        found.file.close()
        return problem(416, "The file has no such bytes.", None, {"Content-Range": f"bytes */{found.byte_length}"})
    if part != whole:
        headers["Content-Range"] = f"bytes {part[0]}-{part[-1]}/{found.byte_length}"
    headers["Content-Length"] = str(len(part))
    media_type = found.media_type if kind and kind.harmless else UNKNOWN
    status = 200 if part == whole else 206
    return StreamingResponse(_pieces(found.file, part), status, headers, media_type)


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def _part(asked: str, length: int) -> range:
    """The bytes that a Range header asks for (RFC 9110, 14.1.2); all of them for a header that is not simple."""
    form = _RANGE.fullmatch(asked.strip())
    if form is None or not (form[1] or form[2]):
        return range(length)
    if not form[1]:
        return range(max(0, length - int(form[2])), length)
    last = min(int(form[2]), length - 1) if form[2] else length - 1
    return range(int(form[1]), last + 1) if int(form[1]) <= last else range(0)


def _pieces(file: BinaryIO, part: range) -> Iterator[bytes]:
    with file:
        file.seek(part[0])
        left = len(part)
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
