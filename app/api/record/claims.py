"""Routes of claims."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.api.http.dependencies import (
    AsOfQuery,
    CursorSigner,
    Identifier,
    IfMatch,
    ReadConnection,
    Reader,
    SingleStatementConnection,
    WriteConnection,
    Writer,
)
from app.api.http.json_responses import cached_json_response, json_response
from app.api.http.responses import CORRECT, CREATE, READ_MANY, READ_ONE, corrected, created
from app.api.http.routing import api_router
from app.db.compiled_reads import PlainRow
from app.schemas.base.fields import StrictInteger
from app.schemas.claim import ClaimCorrection, ClaimPage, ClaimPost, ClaimRead, ClaimWritten
from app.schemas.desk.history import History
from app.schemas.desk.independence import IndependenceRulingCreate, IndependenceRulings
from app.schemas.desk.merge import MergeCreate
from app.schemas.desk.review import Reviews
from app.schemas.query_parameters import ClaimQuery
from app.services.claims import claim_history, claim_reads, claims, figure_warnings, independence, reviews
from app.services.core.snapshot import NOW, snapshot_at
from app.services.merging import claim_merging
from app.services.queries import claim_lists

PATH = "/api/v1/claims"

CHANGED_SINCE = "The claim has changed since this version. The latest version is the current one."

router = api_router("/claims", "claims")


@router.get("", response_model=ClaimPage, responses=READ_MANY)
def list_claims(
    request: Request,
    query: Annotated[ClaimQuery, Query()],
    connection: SingleStatementConnection,
    cursors: CursorSigner,
    reader: Reader,
) -> Response:
    """List, filter, search and count claims."""
    return cached_json_response(
        request,
        lambda: claim_lists.page_tag(connection, query, reader),
        lambda: claim_lists.read_page(connection, query, reader, cursors),
    )


@router.get("/{identifier}", response_model=ClaimRead, responses=READ_ONE)
def read_claim(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: SingleStatementConnection, reader: Reader
) -> Response:
    """Read a claim with its figures, attributions, origin counts, evidence, relations and current decision.

    If the claim was merged into or superseded by another claim, the response is a 307 redirect to that claim; its body
    still contains the requested claim. Versions of the claim, and the claim as of a moment, do not redirect.
    """
    snapshot = snapshot_at(connection, reading.as_of)
    return cached_json_response(
        request,
        lambda: claim_reads.tag_of(connection, snapshot, identifier, reader),
        lambda: claim_reads.read_one(connection, snapshot, identifier, reader),
        surrogate_keys=_claim_and_topic,
        # At a moment in the past the claim may not have had a successor yet.
        redirect_to=_successor if reading.as_of is None else lambda _claim: None,
    )


def _successor(claim: PlainRow) -> str | None:
    return None if claim["successor"] is None else f"{PATH}/{claim['successor']['id']}"


def _claim_and_topic(claim: PlainRow) -> tuple[str, str | None]:
    return claim["id"], None if claim["topic"] is None else claim["topic"]["id"]


@router.get("/{identifier}/versions/{version}", response_model=ClaimRead, responses=READ_ONE)
def read_claim_version(
    request: Request,
    identifier: Identifier,
    version: Annotated[StrictInteger, Path(ge=1, le=2**31 - 1, description="Number of the version.", examples=[1])],
    connection: SingleStatementConnection,
    reader: Reader,
) -> Response:
    """Read one version of a claim with everything that belonged to it then. It never changes, so cite its address.

    `Link: rel="latest-version"` names the current claim. `Attest-Notice` tells you if the claim has changed since.
    """
    mutability = claim_reads.version_mutability(connection, identifier, version)
    return cached_json_response(
        request,
        lambda: claim_reads.version_tag(connection, identifier, version, reader),
        lambda: claim_reads.read_version(connection, identifier, version, reader),
        # Two kinds of versions are revalidated: the newest one, because its notice has yet to come, and one with a
        # signed decision, because an erased byline must not survive in caches.
        is_immutable=not mutability.is_newest and not mutability.shows_bylines,
        extra_headers=_version_headers(identifier, is_newest=mutability.is_newest),
        surrogate_keys=_claim_and_topic,
    )


def _version_headers(identifier: str, *, is_newest: bool) -> dict[bytes, bytes]:
    link = {b"link": f'<{PATH}/{identifier}>; rel="latest-version"'.encode()}
    return link if is_newest else link | {b"attest-notice": CHANGED_SINCE.encode()}


@router.get("/{identifier}/history", response_model=History, responses=READ_ONE)
def read_claim_history(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read the history of a claim, oldest change first: what changed, from what to what, by whom, when and why."""
    entries = claim_history.read_history(connection, snapshot_at(connection, reading.as_of), identifier, reader)
    return json_response(request, History(items=entries))


@router.get("/{identifier}/reviews", response_model=Reviews, responses=READ_ONE)
def read_claim_reviews(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read the decisions on a claim, the current one first."""
    snapshot = snapshot_at(connection, reading.as_of)
    claim = claim_reads.read_one(connection, snapshot, identifier, reader).body
    return json_response(
        request, Reviews(items=reviews.read_all(connection, snapshot, identifier, claim["content_version"]))
    )


@router.get("/{identifier}/independence-rulings", response_model=IndependenceRulings, responses=READ_ONE)
def read_independence_rulings(
    request: Request, identifier: Identifier, reading: AsOfQuery, connection: ReadConnection, reader: Reader
) -> Response:
    """Read the rulings on the independence of a claim's origins, oldest first."""
    snapshot = snapshot_at(connection, reading.as_of)
    claim_reads.read_one(connection, snapshot, identifier, reader)
    return json_response(request, IndependenceRulings(items=independence.read_all(connection, snapshot, identifier)))


@router.post("", status_code=201, response_model=ClaimWritten, responses=CREATE)
def record_claim(claim: ClaimPost, connection: WriteConnection, writer: Writer) -> Response:
    """Record a claim with everything that belongs to it. It starts unassessed, because only decisions set a status."""
    identifier = claims.create(connection, writer, claim, claim.reason)
    body = claim_reads.read_one(connection, NOW, identifier, writer)
    return created(body, PATH, figure_warnings.question_claim(body.body))


@router.patch("/{identifier}", response_model=ClaimWritten, responses=CORRECT)
def correct_claim(
    identifier: Identifier, correction: ClaimCorrection, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Correct, publish or withdraw a claim: send the fields that change, and the reason."""
    claims.correct(connection, writer, identifier, correction, if_match)
    body = claim_reads.read_one(connection, NOW, identifier, writer)
    return corrected(body, figure_warnings.question_claim(body.body))


@router.post("/{identifier}/merge", response_model=ClaimRead, responses=CORRECT)
def merge_claim(
    identifier: Identifier, into: MergeCreate, connection: WriteConnection, writer: Writer, if_match: IfMatch
) -> Response:
    """Merge a claim into another one: it is withdrawn, and the other gets copies of its attributions and evidence."""
    claim_merging.merge(connection, writer, identifier, into, if_match)
    return corrected(claim_reads.read_one(connection, NOW, identifier, writer))


@router.post("/{identifier}/independence-rulings", status_code=201, response_model=ClaimRead, responses=CREATE)
def rule_on_independence(
    identifier: Identifier, ruling: IndependenceRulingCreate, connection: WriteConnection, writer: Writer
) -> Response:
    """Rule on whether two origins of a claim are independent, with a reason. Returns the claim with its new counts."""
    independence.record_ruling(connection, writer, identifier, ruling)
    return created(claim_reads.read_one(connection, NOW, identifier, writer), PATH)
