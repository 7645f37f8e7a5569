"""Routes of the log that proves itself. All are open: whoever checks us asks nobody."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.http.dependencies import ReadConnection, Reader
from app.api.http.responses import answer, failures
from app.api.http.strict_route import StrictRoute
from app.formats.proofs import tlog_proof
from app.schemas.log import (
    ConsistencyQuery,
    EntriesQuery,
    InclusionQuery,
    LogConsistency,
    LogEntries,
    LogEntryRead,
    LogInclusion,
    LogStateRead,
)
from app.services.audit import log_proofs
from app.services.audit.proof_files import base64_text, consistency_file, inclusion_file, tlog_proof_file
from app.services.log.signing_key import KeyFileError, Sealer

router = APIRouter(prefix="/log", tags=["log"], route_class=StrictRoute)


@router.get("", response_model=LogStateRead, responses=failures(422))
def read_log(request: Request, connection: ReadConnection) -> Response:
    """Read the state of the log: how many entries, their root, the newest signature, and the key to check it with."""
    state = log_proofs.state(connection)
    shown = LogStateRead(
        size=state.size, root=base64_text(state.root), checkpoint=state.checkpoint, public_key=_public_key(request)
    )
    return answer(request, shown)


@router.get(
    "/checkpoint",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **failures(404, 422)},
)
def read_checkpoint(connection: ReadConnection) -> Response:
    """Read the newest signed state of the log, as a C2SP checkpoint.

    Whoever keeps it can show later that what it covers was taken back.
    """
    note = log_proofs.checkpoint(connection)
    return Response(note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get("/entries", response_model=LogEntries, responses=failures(422))
def list_log_entries(request: Request, query: Annotated[EntriesQuery, Query()], connection: ReadConnection) -> Response:
    """List entries of the log with what they say: when what was written, and blinded hashes of it."""
    found = log_proofs.page(connection, query.from_, query.limit)
    items = [LogEntryRead(index=one.position, leaf_hash=base64_text(one.hash), leaf=one.leaf) for one in found]  # type: ignore[arg-type]  # pydantic converts it
    following = query.from_ + query.limit
    more = bool(found) and following < log_proofs.state(connection).size
    return answer(request, LogEntries(items=items, next=following if more else None))


@router.get(
    "/inclusion",
    response_model=LogInclusion,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **failures(404, 409, 422)},
)
def prove_inclusion(
    request: Request, query: Annotated[InclusionQuery, Query()], connection: ReadConnection, reader: Reader
) -> Response:
    """Prove that a version of an object is in the log: one file with all that it takes to check it offline."""
    proved = log_proofs.inclusion(connection, query.object, query.version, reader)
    if query.format == "tlog_proof":
        name = f"{query.object.replace('/', '-')}.{tlog_proof.SUFFIX}"
        headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-cache"}
        return Response(tlog_proof_file(proved), media_type=tlog_proof.MEDIA_TYPE, headers=headers)
    return answer(request, inclusion_file(proved, _public_key(request)))


@router.get("/consistency", response_model=LogConsistency, responses=failures(422))
def prove_consistency(
    request: Request, query: Annotated[ConsistencyQuery, Query()], connection: ReadConnection
) -> Response:
    """Prove that an earlier state of the log is the beginning of a later one: that nothing was taken back."""
    proved = log_proofs.consistency(connection, query.first, query.second)
    return answer(request, consistency_file(proved, _public_key(request)))


def _public_key(request: Request) -> str | None:
    sealer: Sealer = request.app.state.sealer
    try:
        return sealer.verifier().vkey
    except KeyFileError:
        return None
