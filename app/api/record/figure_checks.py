"""The route that checks whether the quotes and figures of a claim appear in the captured documents that it cites."""

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from app.api.http.dependencies import Identifier, Reader
from app.api.http.json_responses import json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.db.engine import Database
from app.errors import AuthenticationError
from app.schemas.desk.figure_check import FigureChecks
from app.services.captures import figure_checks
from app.vocabulary import Role

router = api_router("/claims", "captures")


@router.get("/{identifier}/figures/check", response_model=FigureChecks, responses=failures(403, 404, 422))
async def check_figures(request: Request, identifier: Identifier, reader: Reader) -> Response:
    """Search the captures of a claim's documents for its quotes and figures.

    Only for fact-checkers, because the response quotes captured texts. The files are read during the request, which may
    take a minute. The check does not change the record.
    """
    if reader is None:
        raise AuthenticationError(
            "Only fact-checkers can read captured texts. "
            "Send a fact-checker's key in the header Authorization: Bearer attest_…"
        )
    reader.require(Role.FACT_CHECKER, "search captured texts")
    # An async route is never a fast read: waiting for files must not use up the threads for reads.
    return await run_in_threadpool(_check, request, identifier)


def _check(request: Request, identifier: str) -> Response:
    database: Database = request.app.state.database
    # No connection is held while files are read.
    with database.reading() as connection:
        lookups = figure_checks.plan_lookups(connection, identifier)
    return json_response(request, figure_checks.run_lookups(request.app.state.store, lookups))
