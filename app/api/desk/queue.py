"""Routes of the queue: which claims need a decision, who is working on them, and who requested a decision."""

from typing import Annotated

from fastapi import Body, Query, Request, Response

from app.api.http.dependencies import CursorSigner, Identifier, KeyHolder, ReadConnection, WriteConnection, Writer
from app.api.http.json_responses import JSON, json_response
from app.api.http.responses import CREATE, READ_MANY, Responses, failures
from app.api.http.routing import api_router
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

router = api_router("", "desk")

_ALREADY_REQUESTED: Responses = {
    200: {"model": ReviewRequestOwn, "description": "You had already requested this decision."}
}


@router.get("/queue", response_model=QueuePage, responses=READ_MANY)
def list_queue(
    request: Request,
    query: Annotated[QueueQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
    holder: KeyHolder,
) -> Response:
    """List claims that need a decision, highest score first, each with its reasons."""
    return json_response(request, queue.read_page(connection, query, holder, cursors))


@router.post("/queue/{identifier}/take", response_model=TakeRead, responses=CREATE)
def take_claim(
    identifier: Identifier,
    connection: WriteConnection,
    writer: Writer,
    taken: Annotated[TakeCreate, Body(default_factory=TakeCreate)],
) -> Response:
    """Take a claim for a limited time, so that nobody else works on it too. Take it again to extend the time.

    If a colleague has the claim, the response is 409 and says who has it and until when. An editor may assign it to
    somebody else.
    """
    return Response(assignments.take(connection, writer, identifier, taken).model_dump_json(), media_type=JSON)


@router.delete("/queue/{identifier}/take", status_code=204, responses=failures(400, 403, 404, 413, 422))
def release_claim(identifier: Identifier, connection: WriteConnection, writer: Writer) -> Response:
    """Release a claim that you have taken; an editor may release any.

    Releasing a claim that nobody has taken is not an error.
    """
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
    cursors: CursorSigner,
    holder: KeyHolder,
) -> Response:
    """List the requests for a decision on a claim. Only the desk sees them."""
    return json_response(request, review_requests.read_page(connection, holder, identifier, query, cursors))


@router.post(
    "/claims/{identifier}/requests",
    status_code=201,
    response_model=ReviewRequestOwn,
    responses={**CREATE, **_ALREADY_REQUESTED},
)
def request_review(
    identifier: Identifier,
    connection: WriteConnection,
    writer: Writer,
    wish: Annotated[ReviewRequestCreate, Body(default_factory=ReviewRequestCreate)],
) -> Response:
    """Request a decision on a claim. A key of any role is enough.

    A repeated request counts once. Only the desk sees requests.
    """
    result = review_requests.request_review(connection, writer, identifier, wish)
    return Response(result.request.model_dump_json(), 201 if result.is_new else 200, media_type=JSON)
