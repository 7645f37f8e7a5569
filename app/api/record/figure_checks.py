"""The route by which the desk asks whether the quotes and figures of a claim stand where they are said to stand."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.api.http.dependencies import Identifier, Reader
from app.api.http.responses import answer, failures
from app.api.http.strict_route import StrictRoute
from app.db.engine import Database
from app.errors import AuthenticationError
from app.schemas.desk.figure_check import FigureChecks
from app.services.captures import figure_checks
from app.vocabulary import Role

router = APIRouter(prefix="/claims", tags=["captures"], route_class=StrictRoute)


@router.get("/{identifier}/figures/check", response_model=FigureChecks, responses=failures(403, 404, 422))
async def check_figures(request: Request, identifier: Identifier, reader: Reader) -> Response:
    """Look up the quotes and figures of a claim in the captures of its documents.

    For the desk: files are read for it now, which may take a minute, and are quoted. What is found decides nothing.
    """
    if reader is None:
        raise AuthenticationError("Captured texts are for the desk: Authorization: Bearer attest_…")
    reader.require(Role.FACT_CHECKER, "look into captured texts")
    # Not by the short way: those who wait for files must not hold the threads of those who read.
    return await run_in_threadpool(_checked, request, identifier)


def _checked(request: Request, identifier: str) -> Response:
    database: Database = request.app.state.database
    # No connection is held while files are read.
    with database.reading() as connection:
        things = figure_checks.wanted(connection, identifier)
    return answer(request, figure_checks.looked_up(request.app.state.store, things))
