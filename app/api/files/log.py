"""Routes of the tamper-evident log. All are public, so that everybody can verify the record."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.api.http.dependencies import ReadConnection, Reader
from app.api.http.json_responses import json_response
from app.api.http.responses import failures
from app.api.http.routing import api_router
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
from app.services.log.signing_key import FileCheckpointSigner, KeyFileError

router = api_router("/log", "log")


@router.get("", response_model=LogStateRead, responses=failures(422))
def read_log(request: Request, connection: ReadConnection) -> Response:
    """Read the state of the log: its size, root hash and newest signed checkpoint, and the public key to verify it."""
    state = log_proofs.tree_head(connection)
    body = LogStateRead(
        size=state.size, root=base64_text(state.root), checkpoint=state.checkpoint, public_key=_public_key(request)
    )
    return json_response(request, body)


@router.get(
    "/checkpoint",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **failures(404, 422)},
)
def read_checkpoint(connection: ReadConnection) -> Response:
    """Read the newest signed state of the log as a C2SP checkpoint.

    If you keep it, you can prove later that an entry it covers was removed or changed.
    """
    note = log_proofs.latest_checkpoint(connection)
    return Response(note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get("/entries", response_model=LogEntries, responses=failures(422))
def list_log_entries(request: Request, query: Annotated[EntriesQuery, Query()], connection: ReadConnection) -> Response:
    """List entries of the log: when each row was written, and a blinded hash of it."""
    entries = log_proofs.read_entries(connection, query.from_, query.limit)
    items = [
        LogEntryRead(
            index=entry.position,
            leaf_hash=base64_text(entry.hash),
            leaf=entry.leaf,  # type: ignore[arg-type]  # pydantic converts it from a plain dict
        )
        for entry in entries
    ]
    following = query.from_ + query.limit
    more = bool(entries) and following < log_proofs.tree_head(connection).size
    return json_response(request, LogEntries(items=items, next=following if more else None))


@router.get(
    "/inclusion",
    response_model=LogInclusion,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **failures(404, 409, 410, 422)},
)
def prove_inclusion(
    request: Request, query: Annotated[InclusionQuery, Query()], connection: ReadConnection, reader: Reader
) -> Response:
    """Prove that a version of an object is in the log: one file with everything needed to verify it offline."""
    proof = log_proofs.prove_inclusion(connection, query.object, query.version, reader)
    if query.format == "tlog_proof":
        name = f"{query.object.replace('/', '-')}.{tlog_proof.PROOF_SUFFIX}"
        headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-cache"}
        return Response(tlog_proof_file(proof), media_type=tlog_proof.PROOF_MEDIA_TYPE, headers=headers)
    return json_response(request, inclusion_file(proof, _public_key(request)))


@router.get("/consistency", response_model=LogConsistency, responses=failures(422))
def prove_consistency(
    request: Request, query: Annotated[ConsistencyQuery, Query()], connection: ReadConnection
) -> Response:
    """Prove that a later state of the log begins with an earlier one: no entry was removed or changed in between."""
    proof = log_proofs.prove_consistency(connection, query.first, query.second)
    return json_response(request, consistency_file(proof, _public_key(request)))


def _public_key(request: Request) -> str | None:
    signer: FileCheckpointSigner = request.app.state.checkpoint_signer
    try:
        return signer.verifier().vkey
    except KeyFileError:
        return None
