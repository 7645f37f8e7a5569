"""The route that tells whether the service works."""

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import text

from app import __version__
from app.api.http.dependencies import ReadConnection
from app.api.http.json_responses import json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.db.full_disk import has_full_disk
from app.schemas.base.fields import Read

router = api_router("", "service")


class Health(Read):
    """The state of the service."""

    status: str = Field(examples=["ok"])
    """`ok` if the database answers; `disk_full` if it does, but the disk of the data folder, of a database file or of
    temporary files has too little space left to write."""
    version: str
    """The version of Attest."""


@router.get("/health", response_model=Health, responses=failures(422))
def read_health(request: Request, connection: ReadConnection) -> Response:
    """Check that the service and its database respond."""
    connection.execute(text("SELECT 1"))
    status = "disk_full" if has_full_disk(request.app.state.written_folders) else "ok"
    return json_response(request, Health(status=status, version=__version__))
