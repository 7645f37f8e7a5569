"""Routes of proposals: decisions that still need a second person. Only the desk sees them."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorSigner,
    Identifier,
    ReadConnection,
    WriteConnection,
    Writer,
)
from app.api.http.json_responses import json_response
from app.api.http.responses import CREATE, READ_MANY, READ_ONE, created, failures
from app.api.http.routing import api_router
from app.schemas.base.fields import Page
from app.schemas.desk.proposal import ProposalRead, RatingProposalCreate, SignOffCreate, StatusProposalCreate
from app.schemas.query_parameters import ProposalQuery
from app.services.core.snapshot import NOW, snapshot_at
from app.services.desk import proposals

router = api_router("", "desk")

_PATH = "/api/v1/proposals"
_READ_ONE = {**READ_ONE, **failures(403)}


@router.get("/proposals", response_model=Page[ProposalRead], responses=READ_MANY)
def list_proposals(
    request: Request,
    query: Annotated[ProposalQuery, Query()],
    connection: ReadConnection,
    cursors: CursorSigner,
) -> Response:
    """List proposals, newest first."""
    return json_response(request, proposals.read_page(connection, query, cursors))


@router.get("/proposals/{identifier}", response_model=ProposalRead, responses=_READ_ONE)
def read_proposal(request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection) -> Response:
    """Read a proposal with its sign-offs."""
    return json_response(request, proposals.read_one(connection, snapshot_at(connection, reading.as_of), identifier))


@router.post("/claims/{identifier}/proposals", status_code=201, response_model=ProposalRead, responses=CREATE)
def propose_status(
    identifier: Identifier, proposal: StatusProposalCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Propose a status for a claim.

    The proposal is refused if the record does not support the status; the error says what is missing. It becomes a
    decision when another person approves it. Neither of the two may have written the claim's current wording.
    """
    proposal_id = proposals.propose_status(connection, writer, identifier, proposal)
    return created(proposals.read_one(connection, NOW, proposal_id), _PATH)


@router.post("/sources/{identifier}/proposals", status_code=201, response_model=ProposalRead, responses=CREATE)
def propose_rating(
    identifier: Identifier, proposal: RatingProposalCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Propose a reliability rating for a source. It takes effect when another person approves it."""
    proposal_id = proposals.propose_rating(connection, writer, identifier, proposal)
    return created(proposals.read_one(connection, NOW, proposal_id), _PATH)


@router.post("/proposals/{identifier}/sign-offs", status_code=201, response_model=ProposalRead, responses=CREATE)
def sign_proposal(
    identifier: Identifier, sign_off: SignOffCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Approve, reject, answer or withdraw a proposal, or request more evidence. Returns the updated proposal."""
    proposals.sign(connection, writer, identifier, sign_off)
    return created(proposals.read_one(connection, NOW, identifier), _PATH)
