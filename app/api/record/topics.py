"""Routes of topics."""

from functools import partial
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
from app.api.http.json_responses import cached_json_response, json_response
from app.api.http.responses import CORRECT, CREATE, READ_MANY, READ_ONE, corrected, created
from app.api.http.routing import api_router
from app.db.compiled_reads import PlainRow
from app.schemas.base.fields import Page
from app.schemas.desk.merge import DuplicateMergeCreate
from app.schemas.estimate import EstimatesPage, TopicSeries
from app.schemas.query_parameters import EstimatesQuery, SeriesQuery, TopicDuplicatesQuery, TopicQuery
from app.schemas.topic import TopicCorrection, TopicDuplicates, TopicPost, TopicRead
from app.services.catalogue import topics
from app.services.core.snapshot import NOW, snapshot_at
from app.services.merging import topic_merging
from app.services.queries import estimates, noun_lists, topic_duplicates

PATH = "/api/v1/topics"

router = api_router("/topics", "topics")


@router.get("", response_model=Page[TopicRead], responses=READ_MANY)
def list_topics(
    request: Request, query: Annotated[TopicQuery, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List topics in the order in which they were recorded."""
    return json_response(request, noun_lists.list_topics(connection, query, cursors))


@router.get("/possible-duplicates", response_model=TopicDuplicates, responses=READ_MANY)
def list_possible_duplicates(
    request: Request, query: Annotated[TopicDuplicatesQuery, Query()], connection: ReadConnection
) -> Response:
    """List topics that may ask the same question as an earlier one, for the desk to merge.

    Figures conflict only within one topic, so that two topics of one question hide contradictions.
    """
    return json_response(request, topic_duplicates.read_duplicates(connection, query))


@router.get("/{identifier}", response_model=TopicRead, responses=READ_ONE)
def read_topic(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a topic.

    If it was merged into another topic, the response is a 307 redirect to that one, with the merged topic in its body.
    With `as_of`, there is no redirect.
    """
    topic = topics.read_one(connection, snapshot_at(connection, reading.as_of), identifier)
    is_redirected = topic.merged_into_id is not None and reading.as_of is None
    return json_response(request, topic, redirect_to=f"{PATH}/{topic.merged_into_id}" if is_redirected else None)


@router.post("", status_code=201, response_model=TopicRead, responses=CREATE)
def record_topic(topic: TopicPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a topic."""
    identifier = topics.create(connection, writer, topic, topic.reason)
    return created(topics.read_one(connection, NOW, identifier), PATH)


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
    cursors: CursorSigner,
) -> Response:
    """Compare the figures of a topic, over time and by origin.

    Each figure names who gave it; `conflicts` lists pairs that cannot both be true, and who gave them. Figures of one
    source, of different things or times, or of an incident and a running total never conflict.
    """
    return cached_json_response(
        request,
        lambda: estimates.page_tag(connection, identifier, query),
        lambda: estimates.read_estimates(connection, identifier, query, cursors),
        redirect_to=partial(_merged_estimates, request) if query.as_of is None else lambda _page: None,
    )


@router.get("/{identifier}/series", response_model=TopicSeries, responses=READ_ONE)
def read_series(
    request: Request, identifier: Identifier, query: Annotated[SeriesQuery, Query()], connection: ReadConnection
) -> Response:
    """Read all figures of a topic at once, compactly: enough to draw them.

    `/topics/{identifier}/estimates` has the conflicts, and more about each figure.
    """
    return cached_json_response(
        request,
        lambda: estimates.page_tag(connection, identifier, query),
        lambda: estimates.read_series(connection, identifier, query),
    )


def _merged_estimates(request: Request, page: PlainRow) -> str | None:
    """The address of the same figures of the topic that a topic was merged into; None if it was not merged."""
    target_id = page["topic"]["merged_into_id"]
    return None if target_id is None else f"{PATH}/{target_id}/estimates?{request.url.query}".rstrip("?")


@router.post("/{identifier}/merge", response_model=TopicRead, responses=CORRECT)
def merge_topic(
    identifier: Identifier, into: DuplicateMergeCreate, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Merge a topic that was recorded twice into the other one, and redirect its address there.

    Its claims move to the other topic.
    """
    topic_merging.merge(connection, writer, identifier, into, if_match)
    return corrected(topics.read_one(connection, NOW, identifier))
