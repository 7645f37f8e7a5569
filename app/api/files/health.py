"""The route that tells whether the service works."""

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import text

from app import __version__
from app.api.http.dependencies import ReadConnection
from app.api.http.json_responses import json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.schemas.base.fields import Read

router = api_router("", "service")


class Health(Read):
    """The state of the service."""

    status: str = Field(examples=["ok"])
    """`ok` if the database answers."""
    version: str
    """The version of Attest."""


@router.get("/health", response_model=Health, responses=failures(422))
def read_health(request: Request, connection: ReadConnection) -> Response:
    """Check that the service and its database respond."""
    connection.execute(text("SELECT 1"))
    return json_response(request, Health(status="ok", version=__version__))
