"""Routes of proposals: what waits for a second pair of eyes. All of them are the desk's."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorsOf,
    Identifier,
    ReadConnection,
    WriteConnection,
    Writer,
)
from app.api.http.responses import READ_MANY, READ_ONE, RECORD, answer, failures, recorded
from app.api.http.strict_route import StrictRoute
from app.schemas.base.fields import Page
from app.schemas.desk.proposal import ProposalRead, RatingProposalCreate, SignOffCreate, StatusProposalCreate
from app.schemas.query_parameters import ProposalQuery
from app.services.core.snapshot import NOW, at
from app.services.desk import proposals

router = APIRouter(tags=["desk"], route_class=StrictRoute)

_PATH = "/api/v1/proposals"
_READ_ONE = {**READ_ONE, **failures(403)}


@router.get("/proposals", response_model=Page[ProposalRead], responses=READ_MANY)
def list_proposals(
    request: Request,
    query: Annotated[ProposalQuery, Query()],
    connection: ReadConnection,
    cursors: CursorsOf,
) -> Response:
    """List proposals, newest first."""
    return answer(request, proposals.page_of(connection, query, cursors))


@router.get("/proposals/{identifier}", response_model=ProposalRead, responses=_READ_ONE)
def read_proposal(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a proposal, with all that was said to it."""
    return answer(request, proposals.read_one(connection, at(connection, reading.as_of), identifier))


@router.post("/claims/{identifier}/proposals", status_code=201, response_model=ProposalRead, responses=RECORD)
def propose_status(
    identifier: Identifier, offered: StatusProposalCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Propose a status for a claim.

    It is refused, naming what is missing, where the record cannot carry it. It holds once somebody else has approved
    it, who neither proposed it nor wrote the claim as it is worded; nor may the proposer have written that.
    """
    made = proposals.propose_status(connection, writer, identifier, offered)
    return recorded(proposals.read_one(connection, NOW, made), _PATH)


@router.post("/sources/{identifier}/proposals", status_code=201, response_model=ProposalRead, responses=RECORD)
def propose_rating(
    identifier: Identifier, offered: RatingProposalCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Propose a reliability for a source. It holds once somebody else has approved it."""
    made = proposals.propose_rating(connection, writer, identifier, offered)
    return recorded(proposals.read_one(connection, NOW, made), _PATH)


@router.post("/proposals/{identifier}/sign-offs", status_code=201, response_model=ProposalRead, responses=RECORD)
def sign_proposal(
    identifier: Identifier, signed: SignOffCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Approve a proposal, reject it, ask for more, answer, or take it back. The answer is the proposal as it is now."""
    proposals.sign(connection, writer, identifier, signed)
    return recorded(proposals.read_one(connection, NOW, identifier), _PATH)
