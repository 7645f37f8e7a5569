"""The routes that check whether the quotes and figures of a claim appear in the captured documents that it cites."""

from collections.abc import Callable
from functools import partial

from fastapi import Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from app.api.http.dependencies import Identifier, Reader
from app.api.http.json_responses import json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
from app.db.engine import Database
from app.errors import AuthenticationError
from app.schemas.desk.figure_check import FigureChecks
from app.services.captures import figure_checks
from app.services.captures.figure_checks import LookupTask
from app.services.changes.actors import Actor
from app.services.desk import proposals
from app.vocabulary import Role

router = api_router("", "captures")


@router.get("/claims/{identifier}/figures/check", response_model=FigureChecks, responses=failures(403, 404, 422))
async def check_figures(request: Request, identifier: Identifier, reader: Reader) -> Response:
    """Search the captures of a claim's documents for its quotes and figures.

    Only for fact-checkers, because the response quotes captured texts. The files are read during the request, which may
    take a minute. The check does not change the record.
    """
    _require_fact_checker(reader)
    # An async route is never a fast read: waiting for files must not use up the threads for reads.
    plan = partial(figure_checks.plan_lookups, claim_id=identifier)
    return await run_in_threadpool(_check, request, plan)


@router.get("/proposals/{identifier}/figures/check", response_model=FigureChecks, responses=failures(403, 404, 422))
async def check_proposal(request: Request, identifier: Identifier, reader: Reader) -> Response:
    """Search the evidence that a proposal names for its quotes and for the claim's figures.

    It is not part of the proposal itself: the files are read during the request, which may take a minute. The check
    does not change the record.
    """
    _require_fact_checker(reader)

    def plan(connection: Connection) -> list[LookupTask]:
        return figure_checks.plan_proposal_lookups(connection, proposals.fetch_proposal(connection, identifier))

    return await run_in_threadpool(_check, request, plan)


def _require_fact_checker(reader: Actor | None) -> None:
    if reader is None:
        raise AuthenticationError(
            "Only fact-checkers can read captured texts. "
            "Send a fact-checker's key in the header Authorization: Bearer attest_…"
        )
    reader.require(Role.FACT_CHECKER, "search captured texts")


def _check(request: Request, plan: Callable[[Connection], list[LookupTask]]) -> Response:
    database: Database = request.app.state.database
    # No connection is held while files are read.
    with database.reading() as connection:
        lookups = plan(connection)
    return json_response(request, figure_checks.run_lookups(request.app.state.store, lookups))
