"""Routes of sources."""

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
from app.schemas.desk.rating import Ratings
from app.schemas.query_parameters import SourceQuery
from app.schemas.source import SourceCorrection, SourcePost, SourceRead
from app.services.catalogue import source_ratings, sources
from app.services.core.snapshot import NOW, snapshot_at
from app.services.merging import source_merging
from app.services.queries import noun_lists

PATH = "/api/v1/sources"

router = api_router("/sources", "sources")


@router.get("", response_model=Page[SourceRead], responses=READ_MANY)
def list_sources(
    request: Request, query: Annotated[SourceQuery, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List sources in the order in which they were recorded."""
    return json_response(request, noun_lists.list_sources(connection, query, cursors))


@router.get("/{identifier}", response_model=SourceRead, responses=READ_ONE)
def read_source(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a source.

    If it was merged into another source, the response is a 307 redirect to that one, with the merged source in its
    body. With `as_of`, there is no redirect.
    """
    source = sources.read_one(connection, snapshot_at(connection, reading.as_of), identifier)
    is_redirected = source.merged_into_id is not None and reading.as_of is None
    return json_response(request, source, redirect_to=f"{PATH}/{source.merged_into_id}" if is_redirected else None)


@router.get("/{identifier}/ratings", response_model=Ratings, responses=READ_ONE)
def read_ratings(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read the reliability ratings of a source, newest first."""
    snapshot = snapshot_at(connection, reading.as_of)
    sources.read_one(connection, snapshot, identifier)
    return json_response(request, Ratings(items=source_ratings.read_all(connection, snapshot, identifier)))


@router.post("", status_code=201, response_model=SourceRead, responses=CREATE)
def record_source(source: SourcePost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a source."""
    identifier = sources.create(connection, writer, source, source.reason)
    return created(sources.read_one(connection, NOW, identifier), PATH)


@router.patch("/{identifier}", response_model=SourceRead, responses=CORRECT)
def correct_source(
    identifier: Identifier, correction: SourceCorrection, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Correct a source: send the fields that change, and the reason."""
    sources.correct(connection, writer, identifier, correction, if_match)
    return corrected(sources.read_one(connection, NOW, identifier))


@router.post("/{identifier}/merge", response_model=SourceRead, responses=CORRECT)
def merge_source(
    identifier: Identifier, into: DuplicateMergeCreate, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Merge a source that was recorded twice into the other one, and redirect its address there.

    The other source gets its names, and everything that it said counts for that one.
    """
    source_merging.merge(connection, writer, identifier, into, if_match)
    return corrected(sources.read_one(connection, NOW, identifier))
