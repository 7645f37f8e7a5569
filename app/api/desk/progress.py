"""The route of progress: how far the desk has come, for everybody."""

from fastapi import APIRouter, Request, Response

from app.api.http.dependencies import AsOfQuery, ReadConnection
from app.api.http.responses import answer_again, failures
from app.api.http.strict_route import StrictRoute
from app.schemas.desk.progress import Progress
from app.services.desk import progress

router = APIRouter(tags=["service"], route_class=StrictRoute)


@router.get("/progress", response_model=Progress, responses=failures(422))
def read_progress(request: Request, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read how far the desk has come with what is published: decided and not, by status and kind, and lately."""
    return answer_again(
        request,
        lambda: progress.tag(connection, reading.as_of),
        lambda: progress.read(connection, reading.as_of),
    )
