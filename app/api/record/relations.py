"""Routes of relations."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorsOf,
    Identifier,
    IfMatch,
    ReadConnection,
    Reader,
    WriteConnection,
    Writer,
)
from app.api.http.responses import CORRECT, READ_MANY, READ_ONE, RECORD, answer, corrected, recorded
from app.api.http.strict_route import StrictRoute
from app.schemas.base.fields import Page
from app.schemas.query_parameters import RelationQuery
from app.schemas.relation import RelationCorrection, RelationPost, RelationRead
from app.services.claims import relations
from app.services.core.snapshot import NOW, at
from app.services.queries import noun_lists

router = APIRouter(prefix="/relations", tags=["relations"], route_class=StrictRoute)


@router.get("", response_model=Page[RelationRead], responses=READ_MANY)
def list_relations(
    request: Request,
    query: Annotated[RelationQuery, Query()],
    connection: ReadConnection,
    cursors: CursorsOf,
    reader: Reader,
) -> Response:
    """List relations, in the order in which they were recorded."""
    return answer(request, noun_lists.of_relations(connection, query, reader, cursors))


@router.get("/{identifier}", response_model=RelationRead, responses=READ_ONE)
def read_relation(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read a relation."""
    return answer(request, relations.read_one(connection, at(connection, reading.as_of), identifier, reader))


@router.post("", status_code=201, response_model=RelationRead, responses=RECORD)
def record_relation(relation: RelationPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a relation."""
    identifier = relations.create(connection, writer, relation, relation.reason)
    return recorded(relations.read_one(connection, NOW, identifier, writer), "/api/v1/relations")


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
