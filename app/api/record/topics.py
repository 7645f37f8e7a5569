"""Routes of topics."""

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
from app.api.http.responses import CORRECT, READ_MANY, READ_ONE, RECORD, answer, answer_again, corrected, recorded
from app.api.http.strict_route import StrictRoute
from app.schemas.base.fields import Page
from app.schemas.estimate import EstimatesPage
from app.schemas.query_parameters import EstimatesQuery, TopicQuery
from app.schemas.topic import TopicCorrection, TopicPost, TopicRead
from app.services.catalogue import topics
from app.services.core.snapshot import NOW, at
from app.services.queries import estimates, noun_lists

router = APIRouter(prefix="/topics", tags=["topics"], route_class=StrictRoute)


@router.get("", response_model=Page[TopicRead], responses=READ_MANY)
def list_topics(
    request: Request, query: Annotated[TopicQuery, Query()], connection: ReadConnection, cursors: CursorsOf
) -> Response:
    """List topics, in the order in which they were recorded."""
    return answer(request, noun_lists.of_topics(connection, query, cursors))


@router.get("/{identifier}", response_model=TopicRead, responses=READ_ONE)
def read_topic(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a topic."""
    return answer(request, topics.read_one(connection, at(connection, reading.as_of), identifier))


@router.post("", status_code=201, response_model=TopicRead, responses=RECORD)
def record_topic(topic: TopicPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a topic."""
    identifier = topics.create(connection, writer, topic, topic.reason)
    return recorded(topics.read_one(connection, NOW, identifier), "/api/v1/topics")


@router.patch("/{identifier}", response_model=TopicRead, responses=CORRECT)
def correct_topic(
    identifier: Identifier, correction: TopicCorrection, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Correct a topic: send the fields that change, and the reason."""
    topics.correct(connection, writer, identifier, correction, if_match)
    return corrected(topics.read_one(connection, NOW, identifier))


@router.get("/{identifier}/estimates", response_model=EstimatesPage, responses=READ_ONE)
def read_estimates(
    request: Request,
    identifier: Identifier,
    query: Annotated[EstimatesQuery, Query()],
    connection: ReadConnection,
    cursors: CursorsOf,
) -> Response:
    """Put the figures of a topic side by side.

    Over time and by origin, with who says so, and which pairs cannot both hold. Figures of different metrics, units or
    populations, or for times that do not overlap, are never conflicts.
    """
    return answer_again(
        request,
        lambda: estimates.page_tag(connection, identifier, query),
        lambda: estimates.of_topic(connection, identifier, query, cursors),
    )
