"""Routes of the queue: what waits for a decision, who has taken it, who asked for it."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from app.api.http.dependencies import CursorsOf, Holder, Identifier, ReadConnection, WriteConnection, Writer
from app.api.http.responses import JSON, READ_MANY, RECORD, Responses, answer, failures
from app.api.http.strict_route import StrictRoute
from app.schemas.base.fields import Page
from app.schemas.desk.queue import (
    QueuePage,
    QueueQuery,
    RequestsQuery,
    ReviewRequestCreate,
    ReviewRequestOwn,
    ReviewRequestRead,
    TakeCreate,
    TakeRead,
)
from app.services.desk import assignments, queue, review_requests

router = APIRouter(tags=["desk"], route_class=StrictRoute)

_ASKED_AGAIN: Responses = {200: {"model": ReviewRequestOwn, "description": "You had asked before."}}


@router.get("/queue", response_model=QueuePage, responses=READ_MANY)
def list_queue(
    request: Request,
    query: Annotated[QueueQuery, Query()],
    connection: ReadConnection,
    cursors: CursorsOf,
    colleague: Holder,
) -> Response:
    """List claims that need a decision, those with most points first, each with its reasons."""
    return answer(request, queue.page_of(connection, query, colleague, cursors))


@router.post("/queue/{identifier}/take", response_model=TakeRead, responses=RECORD)
def take_claim(
    identifier: Identifier,
    connection: WriteConnection,
    writer: Writer,
    taken: Annotated[TakeCreate, Body(default_factory=TakeCreate)],
) -> Response:
    """Take a claim for a while, so that nobody else does the same; take it again to go on.

    While somebody else has it, the answer is 409 and says who and until when. Editors may give it to a colleague.
    """
    return Response(assignments.take(connection, writer, identifier, taken).model_dump_json(), media_type=JSON)


@router.delete("/queue/{identifier}/take", status_code=204, responses=failures(400, 403, 404, 413, 422))
def release_claim(identifier: Identifier, connection: WriteConnection, writer: Writer) -> Response:
    """Let go of a claim that one has taken; editors of any. It is all the same if nobody has it."""
    assignments.release(connection, writer, identifier)
    return Response(status_code=204)


@router.get(
    "/claims/{identifier}/requests",
    response_model=Page[ReviewRequestRead],
    responses=failures(403, 404, 422),
)
def list_requests(
    *,
    request: Request,
    identifier: Identifier,
    query: Annotated[RequestsQuery, Query()],
    connection: ReadConnection,
    cursors: CursorsOf,
    colleague: Holder,
) -> Response:
    """List who asked for a decision on a claim. It is the desk's: nothing of it is public."""
    return answer(request, review_requests.of_claim(connection, colleague, identifier, query, cursors))


@router.post(
    "/claims/{identifier}/requests",
    status_code=201,
    response_model=ReviewRequestOwn,
    responses={**RECORD, **_ASKED_AGAIN},
)
def request_review(
    identifier: Identifier,
    connection: WriteConnection,
    writer: Writer,
    wish: Annotated[ReviewRequestCreate, Body(default_factory=ReviewRequestCreate)],
) -> Response:
    """Ask for a decision on a claim. Any key will do. Whoever asks again has asked once. The desk alone sees it."""
    asked = review_requests.ask(connection, writer, identifier, wish)
    return Response(asked.request.model_dump_json(), 201 if asked.first else 200, media_type=JSON)
