"""Routes of claims."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorsOf,
    GlanceConnection,
    Identifier,
    IfMatch,
    ReadConnection,
    Reader,
    WriteConnection,
    Writer,
)
from app.api.http.responses import CORRECT, READ_MANY, READ_ONE, RECORD, answer, answer_again, corrected, recorded
from app.api.http.strict_route import StrictRoute
from app.db.compiled_reads import PlainRow
from app.schemas.base.fields import Whole
from app.schemas.claim import ClaimCorrection, ClaimPage, ClaimPost, ClaimRead
from app.schemas.desk.history import History
from app.schemas.desk.independence import IndependenceRulingCreate, IndependenceRulings
from app.schemas.desk.merge import MergeCreate
from app.schemas.desk.review import Reviews
from app.schemas.query_parameters import ClaimQuery
from app.services.claims import claim_history, claim_merging, claim_reads, claims, independence, reviews
from app.services.core.snapshot import NOW, at
from app.services.queries import claim_lists

PATH = "/api/v1/claims"

CHANGED_SINCE = "The claim has changed since this version; its latest version is what holds now."

router = APIRouter(prefix="/claims", tags=["claims"], route_class=StrictRoute)


@router.get("", response_model=ClaimPage, responses=READ_MANY)
def list_claims(
    request: Request,
    query: Annotated[ClaimQuery, Query()],
    connection: GlanceConnection,
    cursors: CursorsOf,
    reader: Reader,
) -> Response:
    """List, filter, search and count claims."""
    return answer_again(
        request,
        lambda: claim_lists.page_tag(connection, query, reader),
        lambda: claim_lists.page_of(connection, query, reader, cursors),
    )


@router.get("/{identifier}", response_model=ClaimRead, responses=READ_ONE)
def read_claim(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: GlanceConnection, reader: Reader
) -> Response:
    """Read a claim, whole: figures, who says so and through whom, the five counts, evidence, relations, decision.

    A claim that gave way to another (recorded twice, superseded) leads there by 307, and is still in the answer; its
    versions, and the claim as of a moment, are read as they are.
    """
    record = at(connection, reading.as_of)
    return answer_again(
        request,
        lambda: claim_reads.tag_of(connection, record, identifier, reader),
        lambda: claim_reads.read_one(connection, record, identifier, reader),
        about=_claim_and_topic,
        # What is asked of the past is answered from the past.
        moved_to=_successor if reading.as_of is None else lambda _claim: None,
    )


def _successor(claim: PlainRow) -> str | None:
    return None if claim["successor"] is None else f"{PATH}/{claim['successor']['id']}"


def _claim_and_topic(claim: PlainRow) -> tuple[str, str | None]:
    return claim["id"], None if claim["topic"] is None else claim["topic"]["id"]


@router.get("/{identifier}/versions/{version}", response_model=ClaimRead, responses=READ_ONE)
def read_claim_version(
    request: Request,
    identifier: Identifier,
    version: Annotated[Whole, Path(ge=1, le=2**31 - 1, description="Number of the version.", examples=[1])],
    connection: GlanceConnection,
    reader: Reader,
) -> Response:
    """Read one version of a claim, with all that hung on it then. It never changes: cite this.

    `Link: rel="latest-version"` leads to the claim as it is. If it is another one by now, `Attest-Notice` says so.
    """
    newest, signed = claim_reads.outlook(connection, identifier, version)
    return answer_again(
        request,
        lambda: claim_reads.version_tag(connection, identifier, version, reader),
        lambda: claim_reads.read_version(connection, identifier, version, reader),
        # Before it has changed nobody can be told so, and who is erased must not stay in copies: those are asked about
        # again.
        for_ever=not newest and not signed,
        more=_latest(identifier, newest=newest),
        about=_claim_and_topic,
    )


def _latest(identifier: str, *, newest: bool) -> dict[bytes, bytes]:
    link = {b"link": f'<{PATH}/{identifier}>; rel="latest-version"'.encode()}
    return link if newest else link | {b"attest-notice": CHANGED_SINCE.encode()}


@router.get("/{identifier}/history", response_model=History, responses=READ_ONE)
def read_claim_history(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read the story of a claim: what changed, from what to what, by whom, when and why, oldest first."""
    told = claim_history.of_claim(connection, at(connection, reading.as_of), identifier, reader)
    return answer(request, History(items=told))


@router.get("/{identifier}/reviews", response_model=Reviews, responses=READ_ONE)
def read_claim_reviews(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read the decisions on a claim, the one that holds first."""
    record = at(connection, reading.as_of)
    claim = claim_reads.read_one(connection, record, identifier, reader).body
    return answer(request, Reviews(items=reviews.read_all(connection, record, identifier, claim["content_version"])))


@router.get("/{identifier}/independence-rulings", response_model=IndependenceRulings, responses=READ_ONE)
def read_independence_rulings(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read the rulings on the independence of a claim's origins, oldest first."""
    record = at(connection, reading.as_of)
    claim_reads.read_one(connection, record, identifier, reader)
    return answer(request, IndependenceRulings(items=independence.read_all(connection, record, identifier)))


@router.post("", status_code=201, response_model=ClaimRead, responses=RECORD)
def record_claim(claim: ClaimPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a claim with all that hangs on it. It begins unassessed: a status comes from decisions only."""
    identifier = claims.create(connection, writer, claim, claim.reason)
    return recorded(claim_reads.read_one(connection, NOW, identifier, writer), PATH)


@router.patch("/{identifier}", response_model=ClaimRead, responses=CORRECT)
def correct_claim(
    identifier: Identifier, correction: ClaimCorrection, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Correct, publish or withdraw a claim: send the fields that change, and the reason."""
    claims.correct(connection, writer, identifier, correction, if_match)
    return corrected(claim_reads.read_one(connection, NOW, identifier, writer))


@router.post("/{identifier}/merge", response_model=ClaimRead, responses=CORRECT)
def merge_claim(
    identifier: Identifier, into: MergeCreate, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Withdraw a claim in favour of another one, which gets a copy of what was said and shown for it."""
    claim_merging.merge(connection, writer, identifier, into, if_match)
    return corrected(claim_reads.read_one(connection, NOW, identifier, writer))


@router.post("/{identifier}/independence-rulings", status_code=201, response_model=ClaimRead, responses=RECORD)
def rule_on_independence(
    identifier: Identifier, ruling: IndependenceRulingCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Rule on two origins of a claim, with a reason. The answer is the claim, with its counts as they are now."""
    independence.rule(connection, writer, identifier, ruling)
    return recorded(claim_reads.read_one(connection, NOW, identifier, writer), PATH)
