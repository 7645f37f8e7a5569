"""Routes of evidence."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorSigner,
    Identifier,
    IfMatch,
    ReadConnection,
    Reader,
    WriteConnection,
    Writer,
)
from app.api.http.json_responses import json_response
from app.api.http.responses import CORRECT, CREATE, READ_MANY, READ_ONE, corrected, created
from app.api.http.routing import api_router
from app.schemas.base.fields import Page
from app.schemas.evidence import EvidenceCorrection, EvidencePost, EvidenceRead
from app.schemas.query_parameters import EvidenceQuery
from app.services.claims import evidence
from app.services.core.snapshot import NOW, snapshot_at
from app.services.queries import noun_lists

router = api_router("/evidence", "evidence")


@router.get("", response_model=Page[EvidenceRead], responses=READ_MANY)
def list_evidence(
    request: Request,
    query: Annotated[EvidenceQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
    reader: Reader,
) -> Response:
    """List pieces of evidence in the order in which they were recorded."""
    return json_response(request, noun_lists.list_evidence(connection, query, reader, cursors))


@router.get("/{identifier}", response_model=EvidenceRead, responses=READ_ONE)
def read_evidence(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read a piece of evidence."""
    return json_response(
        request, evidence.read_one(connection, snapshot_at(connection, reading.as_of), identifier, reader)
    )


@router.post("", status_code=201, response_model=EvidenceRead, responses=CREATE)
def record_evidence(piece: EvidencePost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a piece of evidence."""
    identifier = evidence.create(connection, writer, piece, piece.reason)
    return created(evidence.read_one(connection, NOW, identifier, writer), "/api/v1/evidence")


@router.patch("/{identifier}", response_model=EvidenceRead, responses=CORRECT)
def correct_evidence(
    identifier: Identifier,
    correction: EvidenceCorrection,
    connection: WriteConnection,
    writer: Writer,
    if_match: IfMatch,
) -> Response:
    """Correct a piece of evidence: send the fields that change, and the reason."""
    evidence.correct(connection, writer, identifier, correction, if_match)
    return corrected(evidence.read_one(connection, NOW, identifier, writer))
