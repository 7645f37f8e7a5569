"""The route of progress: how many published claims the desk has decided, for everybody."""

from fastapi import Request, Response

from app.api.http.dependencies import AsOfQuery, ReadConnection
from app.api.http.json_responses import cached_json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.schemas.desk.progress import Progress
from app.services.desk import progress

router = api_router("", "service")


@router.get("/progress", response_model=Progress, responses=failures(422))
def read_progress(request: Request, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read how many published claims are decided, by status and kind, and how many were decided recently."""
    return cached_json_response(
        request,
        lambda: progress.read_etag(connection, reading.as_of),
        lambda: progress.read(connection, reading.as_of),
    )
