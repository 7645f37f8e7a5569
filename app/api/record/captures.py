"""Routes of captures: the files of documents that Attest keeps."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Annotated, BinaryIO

from anyio import to_thread
from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.api.http import idempotency_key
from app.api.http.dependencies import AsOfQuery, Identifier, ReadConnection, Reader, Writer
from app.api.http.json_responses import IMMUTABLE_SECONDS, json_response
from app.api.http.problems import UnsupportedMediaTypeError, problem
from app.api.http.responses import READ_ONE, created, failures
from app.api.http.routing import api_router
from app.api.http.write_transactions import write_limiter
from app.blobs.store import CHUNK_SIZE, BlobStore
from app.db.engine import Database
from app.formats.captures import media_types
from app.schemas.capture import CaptureQuery, CaptureWhole
from app.services.captures import captures
from app.services.captures.uploads import Upload
from app.services.changes.actors import Actor
from app.services.core import etags, idempotency
from app.services.core.idempotency import IdempotentRequest
from app.services.core.snapshot import NOW, snapshot_at

router = api_router("", "captures")

UNKNOWN = "application/octet-stream"

_CONTENT = {
    "description": "The file.",
    "content": {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in (
            UNKNOWN,
            *(name for name, kind in media_types.CAPTURE_FORMATS.items() if kind.is_safe_inline),
        )
    },
}


@router.post(
    "/documents/{identifier}/captures",
    status_code=201,
    response_model=CaptureWhole,
    responses={
        200: {"model": CaptureWhole, "description": "The capture of the same bytes that the document has already."},
        **failures(400, 403, 404, 409, 413, 415, 422),
    },
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
    """Upload a file as a capture of a document (id or key). The body is the file itself, without an envelope.

    HTML, plain text, PDF, images, web archives, video and audio are accepted. The type is detected from the bytes of
    the file. If the document has a capture of the same bytes already, the response is that capture, with status 200.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMediaTypeError("Send the file itself as the body (curl --data-binary @file), not as a form.")
    database: Database = request.app.state.database
    store: BlobStore = request.app.state.store
    document_id = await run_in_threadpool(_document_id, database, identifier)
    idempotent_request: IdempotentRequest | None = request.state.idempotent_request
    with store.stage() as draft:
        upload = Upload(draft, request.app.state.size_limits, int(request.headers.get("content-length", "0")))
        async for chunk in request.stream():
            await run_in_threadpool(upload.write, chunk)
            if idempotent_request is not None:
                idempotent_request.add(chunk)
        receive = partial(
            _receive,
            database,
            store,
            writer,
            document_id,
            upload=upload,
            details=query,
            idempotent_request=idempotent_request,
        )
        return await to_thread.run_sync(receive, limiter=write_limiter(request))


def _document_id(database: Database, ref: str) -> str:
    with database.reading() as connection:
        return captures.resolve_document(connection, ref)


def _receive(
    database: Database,
    store: BlobStore,
    writer: Actor,
    document_id: str,
    *,
    upload: Upload,
    details: CaptureQuery,
    idempotent_request: IdempotentRequest | None,
) -> Response:
    media_type = upload.detect_type()
    with database.writing() as connection:
        if idempotent_request is not None:
            stored = idempotency.find_response(connection, idempotent_request)
            if stored is not None:
                return idempotency_key.replay(stored)
        capture = captures.receive(
            connection, writer, document_id, store=store, draft=upload.draft, media_type=media_type, details=details
        )
        response = created(captures.read_one(connection, NOW, capture.id), "/api/v1/captures")
        if not capture.is_new:
            response.status_code = 200
        if idempotent_request is not None:
            idempotency_key.store(connection, idempotent_request, response)
        return response


@router.get("/captures/{identifier}", response_model=CaptureWhole, responses=READ_ONE)
def read_capture(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a capture: its digest and its chain of custody since the upload."""
    return json_response(request, captures.read_one(connection, snapshot_at(connection, reading.as_of), identifier))


@router.get(
    "/captures/{identifier}/content",
    response_class=StreamingResponse,
    responses={
        200: _CONTENT,
        206: {**_CONTENT, "description": "The requested bytes."},
        **failures(403, 404, 410, 416, 422),
    },
)
def read_content(request: Request, identifier: Identifier, connection: ReadConnection, reader: Reader) -> Response:
    """Download a captured file, exactly as it was uploaded.

    Only for fact-checkers, because others may hold rights in the file. The header `Range` is supported for a single
    byte range.
    """
    content = captures.open_content(connection, request.app.state.store, identifier, reader)
    kind = media_types.CAPTURE_FORMATS.get(content.media_type)
    tag = etags.of_bytes(content.sha256)
    headers = {
        "ETag": tag,
        "Cache-Control": f"private, max-age={IMMUTABLE_SECONDS}, immutable",
        "Vary": "Authorization",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{identifier}.{kind.extension if kind else "bin"}"',
        # If a browser displays it anyway: without scripts, and in an origin of its own.
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if etags.matches(request.headers.get("if-none-match", ""), tag):
        content.file.close()
        return Response(status_code=304, headers=headers)
    whole = range(content.byte_length)
    range_header = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    part = whole if range_header is None else _requested_range(range_header, content.byte_length)
    if not part:
        content.file.close()
        return problem(
            416,
            f"The requested range is outside the file, which has {content.byte_length:,} bytes.",
            None,
            {"Content-Range": f"bytes */{content.byte_length}"},
        )
    if part != whole:
        headers["Content-Range"] = f"bytes {part[0]}-{part[-1]}/{content.byte_length}"
    headers["Content-Length"] = str(len(part))
    media_type = content.media_type if kind and kind.is_safe_inline else UNKNOWN
    status = 200 if part == whole else 206
    return StreamingResponse(_chunks(content.file, part), status, headers, media_type)


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def _requested_range(header: str, length: int) -> range:
    """The bytes that a Range header requests (RFC 9110, section 14.1.2).

    All of them if the header is not a single range; none if the range is outside the file.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return range(length)
    if not match[1]:
        return range(max(0, length - int(match[2])), length)
    last = min(int(match[2]), length - 1) if match[2] else length - 1
    return range(int(match[1]), last + 1) if int(match[1]) <= last else range(0)


def _chunks(file: BinaryIO, part: range) -> Iterator[bytes]:
    with file:
        file.seek(part[0])
        remaining = len(part)
        while remaining and (chunk := file.read(min(CHUNK_SIZE, remaining))):
            remaining -= len(chunk)
            yield chunk
