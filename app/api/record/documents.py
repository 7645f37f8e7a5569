"""Routes of documents."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorSigner,
    Identifier,
    IfMatch,
    ReadConnection,
    WriteConnection,
    Writer,
)
from app.api.http.json_responses import json_response
from app.api.http.responses import CORRECT, CREATE, READ_MANY, READ_ONE, corrected, created
from app.api.http.routing import api_router
from app.schemas.base.fields import Page
from app.schemas.desk.merge import DuplicateMergeCreate
from app.schemas.document import DocumentCorrection, DocumentPost, DocumentRead
from app.schemas.query_parameters import DocumentQuery
from app.services.catalogue import documents
from app.services.core.snapshot import NOW, snapshot_at
from app.services.merging import document_merging
from app.services.queries import noun_lists

PATH = "/api/v1/documents"

router = api_router("/documents", "documents")


@router.get("", response_model=Page[DocumentRead], responses=READ_MANY)
def list_documents(
    request: Request, query: Annotated[DocumentQuery, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List documents in the order in which they were recorded."""
    return json_response(request, noun_lists.list_documents(connection, query, cursors))


@router.get("/{identifier}", response_model=DocumentRead, responses=READ_ONE)
def read_document(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a document.

    If it was merged into another document, the response is a 307 redirect to that one, with the merged document in its
    body. With `as_of`, there is no redirect.
    """
    document = documents.read_one(connection, snapshot_at(connection, reading.as_of), identifier)
    is_redirected = document.merged_into_id is not None and reading.as_of is None
    return json_response(request, document, redirect_to=f"{PATH}/{document.merged_into_id}" if is_redirected else None)


@router.post("", status_code=201, response_model=DocumentRead, responses=CREATE)
def record_document(document: DocumentPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a document."""
    identifier = documents.create(connection, writer, document, document.reason)
    return created(documents.read_one(connection, NOW, identifier), PATH)


@router.patch("/{identifier}", response_model=DocumentRead, responses=CORRECT)
def correct_document(
    identifier: Identifier,
    correction: DocumentCorrection,
    connection: WriteConnection,
    writer: Writer,
    if_match: IfMatch,
) -> Response:
    """Correct a document: send the fields that change, and the reason."""
    documents.correct(connection, writer, identifier, correction, if_match)
    return corrected(documents.read_one(connection, NOW, identifier))


@router.post("/{identifier}/merge", response_model=DocumentRead, responses=CORRECT)
def merge_document(
    identifier: Identifier, into: DuplicateMergeCreate, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Merge a document that was recorded twice into the other one, and redirect its address there.

    What was said in it counts for the other document, which shows its captures too.
    """
    document_merging.merge(connection, writer, identifier, into, if_match)
    return corrected(documents.read_one(connection, NOW, identifier))
