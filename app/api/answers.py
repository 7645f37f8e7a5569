"""How an answer leaves: its entity tag, 304 where the caller has it already, what OpenAPI says of failures."""

import hashlib
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

from app.api.problems import MEDIA_TYPE, Problem
from app.schemas.common import Stamp
from app.services.objects import etag

JSON = "application/json"

_SAYS = {
    400: "The request cannot be read.",
    401: "The key is missing or not valid.",
    403: "The key's role does not allow it.",
    404: "There is no such object, or none that you may see.",
    409: "The record as it stands does not allow it.",
    412: "The object has changed since you read it.",
    413: "The body is too large.",
    415: "The body is not of the right kind.",
    422: "A field or parameter is not as it should be; `errors` says which and why.",
    428: "If-Match is missing.",
    503: "The database is busy; try again shortly.",
}

Responses = dict[int | str, dict[str, Any]]


def failures(*statuses: int) -> Responses:
    """What OpenAPI says of the ways in which a route may fail."""
    return {
        status: {
            "description": _SAYS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*statuses, 401, 503})
    }


READ_ONE = failures(404, 422)
READ_MANY = failures(403, 422)
RECORD = failures(400, 403, 404, 409, 413, 415, 422)
CORRECT = failures(400, 403, 404, 409, 412, 413, 415, 422, 428)


def answer(request: Request, shown: BaseModel) -> Response:
    """An object or a page, or 304 if the caller's copy is still good."""
    body = shown.model_dump_json().encode()
    tag = etag(shown) if isinstance(shown, Stamp) else f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Authorization"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=JSON, headers=headers)


def recorded(shown: Stamp, path: str) -> Response:
    """A new object, and where it is from now on."""
    headers = {"ETag": etag(shown), "Location": f"{path}/{shown.id}"}
    return Response(shown.model_dump_json(), HTTPStatus.CREATED, headers, JSON)


def corrected(shown: Stamp) -> Response:
    """An object as it is after a correction."""
    return Response(shown.model_dump_json(), headers={"ETag": etag(shown)}, media_type=JSON)


__all__ = ["CORRECT", "READ_MANY", "READ_ONE", "RECORD", "Problem", "answer", "corrected", "failures", "recorded"]
