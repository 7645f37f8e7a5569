"""Routes of keys: everybody manages their own, administrators manage all."""

from datetime import timedelta

from fastapi import Request, Response

from app.api.http.dependencies import Identifier, KeyHolder, SingleStatementConnection, WriteConnection
from app.api.http.json_responses import json_response
from app.api.http.responses import CREATE, READ_ONE, corrected, created, failures
from app.api.http.routing import api_router
from app.schemas.key import KeyCreate, KeyIssued, KeyRead, KeyRotation, Keys, Me
from app.services.people import keys

router = api_router("", "people and keys")


@router.get("/me", response_model=Me, responses=failures(403, 422))
def read_me(request: Request, connection: SingleStatementConnection, holder: KeyHolder) -> Response:
    """Read who holds the key that you sent, and what it allows."""
    return json_response(request, keys.read_me(connection, holder))


@router.get("/keys", response_model=Keys, responses=failures(403, 422))
def list_keys(request: Request, connection: SingleStatementConnection, holder: KeyHolder) -> Response:
    """List your keys. Administrators see everyone's keys."""
    return json_response(request, Keys(items=keys.read_all(connection, holder)))


@router.post("/keys", status_code=201, response_model=KeyIssued, responses=CREATE)
def issue_key(key: KeyCreate, connection: WriteConnection, holder: KeyHolder) -> Response:
    """Issue a key to yourself that can do no more than the one you sent; an administrator can issue one to anybody.

    This response is the only place where the key is shown. It is not stored, so no Idempotency-Key is accepted.
    """
    return _not_stored(created(keys.create(connection, holder, key), "/api/v1/keys"))


@router.post("/keys/{identifier}/rotate", status_code=201, response_model=KeyIssued, responses=CREATE)
def rotate_key(
    identifier: Identifier, rotation: KeyRotation, connection: WriteConnection, holder: KeyHolder
) -> Response:
    """Replace a key with a new one that has the same permissions.

    The old key stops working immediately, or after an overlap. This response is the only place where the new key is
    shown. It is not stored, so no Idempotency-Key is accepted.
    """
    overlap = timedelta(hours=rotation.overlap_hours)
    return _not_stored(created(keys.rotate(connection, holder, identifier, overlap), "/api/v1/keys"))


@router.post("/keys/{identifier}/revoke", response_model=KeyRead, responses={**READ_ONE, **CREATE})
def revoke_key(identifier: Identifier, connection: WriteConnection, holder: KeyHolder) -> Response:
    """Revoke a key. It stops working at once."""
    return corrected(keys.revoke(connection, holder, identifier))


def _not_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    del response.headers["ETag"], response.headers["Location"]
    return response
