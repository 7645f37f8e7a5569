"""The route of progress: how far the desk has come, for everybody."""

from fastapi import APIRouter, Request, Response

from app.api.answers import answer_again, failures
from app.api.bodies import StrictRoute
from app.api.dependencies import AsOfQuery, ReadConnection
from app.schemas.progress import Progress
from app.services import progress

router = APIRouter(tags=["service"], route_class=StrictRoute)


@router.get("/progress", response_model=Progress, responses=failures(422))
def read_progress(request: Request, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read how far the desk has come with what is published: decided and not, by status and kind, and lately."""
    return answer_again(
        request,
        lambda: progress.tag(connection, reading.as_of),
        lambda: progress.read(connection, reading.as_of),
    )
