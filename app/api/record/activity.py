"""The route of the public feed of decisions and corrections."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.api.http.dependencies import CursorSigner, ReadConnection
from app.api.http.json_responses import json_response
from app.api.http.responses import READ_MANY
from app.api.http.routing import api_router
from app.schemas.activity import Act, ActivityQuery
from app.schemas.base.fields import Page
from app.services.queries.activity import read_activity

router = api_router("", "claims")


@router.get("/activity", response_model=Page[Act], responses=READ_MANY)
def list_activity(
    request: Request, query: Annotated[ActivityQuery, Query()], connection: ReadConnection, cursors: CursorSigner
) -> Response:
    """List what was decided, corrected and withdrawn, the latest first. Only public claims, since they were published.

    What a decision says applies to the claim as it was then; `claim.status` is what applies now.
    """
    return json_response(request, read_activity(connection, query, cursors))
