"""Routes of relations."""

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
from app.schemas.query_parameters import RelationQuery
from app.schemas.relation import RelationCorrection, RelationPost, RelationRead
from app.services.claims import relations
from app.services.core.snapshot import NOW, snapshot_at
from app.services.queries import noun_lists

router = api_router("/relations", "relations")


@router.get("", response_model=Page[RelationRead], responses=READ_MANY)
def list_relations(
    request: Request,
    query: Annotated[RelationQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
    reader: Reader,
) -> Response:
    """List relations in the order in which they were recorded."""
    return json_response(request, noun_lists.list_relations(connection, query, reader, cursors))


@router.get("/{identifier}", response_model=RelationRead, responses=READ_ONE)
def read_relation(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read a relation."""
    return json_response(
        request, relations.read_one(connection, snapshot_at(connection, reading.as_of), identifier, reader)
    )


@router.post("", status_code=201, response_model=RelationRead, responses=CREATE)
def record_relation(relation: RelationPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a relation."""
    identifier = relations.create(connection, writer, relation, relation.reason)
    return created(relations.read_one(connection, NOW, identifier, writer), "/api/v1/relations")


@router.patch("/{identifier}", response_model=RelationRead, responses=CORRECT)
def correct_relation(
    identifier: Identifier,
    correction: RelationCorrection,
    connection: WriteConnection,
    writer: Writer,
    if_match: IfMatch,
) -> Response:
    """Correct a relation: send the fields that change, and the reason."""
    relations.correct(connection, writer, identifier, correction, if_match)
    return corrected(relations.read_one(connection, NOW, identifier, writer))
