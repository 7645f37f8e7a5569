"""Routes of keys: everybody sees to their own, administrators to all."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from app.api.http.dependencies import GlanceConnection, Holder, Identifier, WriteConnection
from app.api.http.responses import READ_ONE, RECORD, answer, corrected, failures, recorded
from app.api.http.strict_route import StrictRoute
from app.schemas.key import KeyCreate, KeyIssued, KeyRead, KeyRotation, Keys, Me
from app.services.people import keys

router = APIRouter(tags=["people and keys"], route_class=StrictRoute)


@router.get("/me", response_model=Me, responses=failures(403, 422))
def read_me(request: Request, connection: GlanceConnection, holder: Holder) -> Response:
    """Read who you are, by the key that you sent, and what it is good for."""
    return answer(request, keys.read_me(connection, holder))


@router.get("/keys", response_model=Keys, responses=failures(403, 422))
def list_keys(request: Request, connection: GlanceConnection, holder: Holder) -> Response:
    """List your keys; with an administrator's key, everybody's."""
    return answer(request, Keys(items=keys.read_all(connection, holder)))


@router.post("/keys", status_code=201, response_model=KeyIssued, responses=RECORD)
def issue_key(key: KeyCreate, connection: WriteConnection, holder: Holder) -> Response:
    """Issue a key: to yourself, one that can do no more than yours; as an administrator, to anybody.

    The answer shows the key, this once. It is stored nowhere, so that there is no Idempotency-Key here.
    """
    return _secret(recorded(keys.create(connection, holder, key), "/api/v1/keys"))


@router.post("/keys/{identifier}/rotate", status_code=201, response_model=KeyIssued, responses=RECORD)
def rotate_key(identifier: Identifier, rotation: KeyRotation, connection: WriteConnection, holder: Holder) -> Response:
    """Replace a key by a new one with the same powers; the old one ends at once, or after an overlap.

    The answer shows the new key, this once. It is stored nowhere, so that there is no Idempotency-Key here.
    """
    overlap = timedelta(hours=rotation.overlap_hours)
    return _secret(recorded(keys.rotate(connection, holder, identifier, overlap), "/api/v1/keys"))


@router.post("/keys/{identifier}/revoke", response_model=KeyRead, responses={**READ_ONE, **RECORD})
def revoke_key(identifier: Identifier, connection: WriteConnection, holder: Holder) -> Response:
    """End a key at once."""
    return corrected(keys.revoke(connection, holder, identifier))


def _secret(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    del answer.headers["ETag"], answer.headers["Location"]
    return answer
