"""Routes of documents."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorsOf,
    Identifier,
    IfMatch,
    ReadConnection,
    WriteConnection,
    Writer,
)
from app.api.http.responses import CORRECT, READ_MANY, READ_ONE, RECORD, answer, corrected, recorded
from app.api.http.strict_route import StrictRoute
from app.schemas.base.fields import Page
from app.schemas.document import DocumentCorrection, DocumentPost, DocumentRead
from app.schemas.query_parameters import DocumentQuery
from app.services.catalogue import documents
from app.services.core.snapshot import NOW, at
from app.services.queries import noun_lists

router = APIRouter(prefix="/documents", tags=["documents"], route_class=StrictRoute)


@router.get("", response_model=Page[DocumentRead], responses=READ_MANY)
def list_documents(
    request: Request, query: Annotated[DocumentQuery, Query()], connection: ReadConnection, cursors: CursorsOf
) -> Response:
    """List documents, in the order in which they were recorded."""
    return answer(request, noun_lists.of_documents(connection, query, cursors))


@router.get("/{identifier}", response_model=DocumentRead, responses=READ_ONE)
def read_document(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a document."""
    return answer(request, documents.read_one(connection, at(connection, reading.as_of), identifier))


@router.post("", status_code=201, response_model=DocumentRead, responses=RECORD)
def record_document(document: DocumentPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a document."""
    identifier = documents.create(connection, writer, document, document.reason)
    return recorded(documents.read_one(connection, NOW, identifier), "/api/v1/documents")


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
