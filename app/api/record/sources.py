"""Routes of sources."""

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
from app.schemas.desk.rating import Ratings
from app.schemas.query_parameters import SourceQuery
from app.schemas.source import SourceCorrection, SourcePost, SourceRead
from app.services.catalogue import source_ratings, sources
from app.services.core.snapshot import NOW, at
from app.services.queries import noun_lists

router = APIRouter(prefix="/sources", tags=["sources"], route_class=StrictRoute)


@router.get("", response_model=Page[SourceRead], responses=READ_MANY)
def list_sources(
    request: Request, query: Annotated[SourceQuery, Query()], connection: ReadConnection, cursors: CursorsOf
) -> Response:
    """List sources, in the order in which they were recorded."""
    return answer(request, noun_lists.of_sources(connection, query, cursors))


@router.get("/{identifier}", response_model=SourceRead, responses=READ_ONE)
def read_source(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a source."""
    return answer(request, sources.read_one(connection, at(connection, reading.as_of), identifier))


@router.get("/{identifier}/ratings", response_model=Ratings, responses=READ_ONE)
def read_ratings(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read what was decided on the reliability of a source, newest first."""
    record = at(connection, reading.as_of)
    sources.read_one(connection, record, identifier)
    return answer(request, Ratings(items=source_ratings.read_all(connection, record, identifier)))


@router.post("", status_code=201, response_model=SourceRead, responses=RECORD)
def record_source(source: SourcePost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a source."""
    identifier = sources.create(connection, writer, source, source.reason)
    return recorded(sources.read_one(connection, NOW, identifier), "/api/v1/sources")


@router.patch("/{identifier}", response_model=SourceRead, responses=CORRECT)
def correct_source(
    identifier: Identifier, correction: SourceCorrection, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Correct a source: send the fields that change, and the reason."""
    sources.correct(connection, writer, identifier, correction, if_match)
    return corrected(sources.read_one(connection, NOW, identifier))
