"""Routes of attributions."""

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
from app.schemas.attribution import AttributionCorrection, AttributionPost, AttributionRead, AttributionWritten
from app.schemas.base.fields import Page
from app.schemas.query_parameters import AttributionQuery
from app.services.claims import attributions, figure_warnings
from app.services.core.snapshot import NOW, snapshot_at
from app.services.queries import noun_lists

router = api_router("/attributions", "attributions")


@router.get("", response_model=Page[AttributionRead], responses=READ_MANY)
def list_attributions(
    request: Request,
    query: Annotated[AttributionQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
    reader: Reader,
) -> Response:
    """List attributions in the order in which they were recorded."""
    return json_response(request, noun_lists.list_attributions(connection, query, reader, cursors))


@router.get("/{identifier}", response_model=AttributionRead, responses=READ_ONE)
def read_attribution(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read an attribution."""
    return json_response(
        request, attributions.read_one(connection, snapshot_at(connection, reading.as_of), identifier, reader)
    )


@router.post("", status_code=201, response_model=AttributionWritten, responses=CREATE)
def record_attribution(attribution: AttributionPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record an attribution."""
    identifier = attributions.create(connection, writer, attribution, attribution.reason)
    body = attributions.read_one(connection, NOW, identifier, writer)
    return created(body, "/api/v1/attributions", figure_warnings.question_attribution(connection, body))


@router.patch("/{identifier}", response_model=AttributionWritten, responses=CORRECT)
def correct_attribution(
    identifier: Identifier,
    correction: AttributionCorrection,
    connection: WriteConnection,
    writer: Writer,
    if_match: IfMatch,
) -> Response:
    """Correct an attribution: send the fields that change, and the reason."""
    attributions.correct(connection, writer, identifier, correction, if_match)
    body = attributions.read_one(connection, NOW, identifier, writer)
    return corrected(body, figure_warnings.question_attribution(connection, body))
