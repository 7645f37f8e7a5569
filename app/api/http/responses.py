"""Responses to writes, and what OpenAPI says about failures."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import Response
from pydantic import BaseModel

from app.api.http.json_responses import JSON, encode, tag_of
from app.api.http.problems import MEDIA_TYPE
from app.schemas.base.fields import Identified
from app.services.core.etags import Tagged

_DESCRIPTIONS = {
    400: "The request cannot be parsed.",
    401: "The key is missing or invalid.",
    403: "The key's role or scopes do not allow this.",
    404: "No such object exists, or you may not see it.",
    410: "This installation does not hold it, but another one does; see `held_by`.",
    409: "The current state of the record does not allow this, or an equal object is on record; see `candidates`.",
    412: "The object has changed since you read it. Read it again and send its new ETag.",
    413: "The body is too large.",
    415: "This route does not accept this type of body.",
    416: "The file does not have the requested bytes.",
    422: "A field or parameter is invalid; see `errors`.",
    428: "The header If-Match is missing.",
    429: "Too many invalid keys were tried. Try again after the number of seconds in Retry-After.",
    503: "The database is busy, or the capture store cannot be reached. Try again shortly.",
}

Responses = dict[int | str, dict[str, Any]]


def failures(*statuses: int) -> Responses:
    """The `responses` of a route that may fail with these statuses, in addition to those of every route."""
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*statuses, 401, 429, 503})
    }


READ_ONE = failures(404, 410, 422)
READ_MANY = failures(403, 422)
CREATE = failures(400, 403, 404, 409, 413, 415, 422)
CORRECT = failures(400, 403, 404, 409, 412, 413, 415, 422, 428)


def created(body: Identified | Tagged, path: str, warnings: Sequence[str] = ()) -> Response:
    """A new object, with its address below `path`. `warnings` are sentences for whoever recorded it."""
    identifier = body.body["id"] if isinstance(body, Tagged) else body.id
    headers = {"ETag": tag_of(body), "Location": f"{path}/{identifier}"}
    return Response(_with_warnings(body, warnings), HTTPStatus.CREATED, headers, JSON)


def corrected(body: BaseModel | Tagged, warnings: Sequence[str] = ()) -> Response:
    """An object as it is after a correction. `warnings` are sentences for whoever corrected it."""
    return Response(_with_warnings(body, warnings), headers={"ETag": tag_of(body)}, media_type=JSON)


def _with_warnings(body: BaseModel | Tagged, warnings: Sequence[str]) -> bytes:
    """The body as JSON. Without warnings it is what a GET returns."""
    if not warnings:
        return encode(body)
    fields = body.body if isinstance(body, Tagged) else body.model_dump(mode="json")
    return msgspec.json.encode({**fields, "warnings": [*warnings]})
