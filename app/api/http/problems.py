"""Errors as problem documents (RFC 9457): one shape for all, and nothing of our insides in them."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import (
    AttestError,
    AuthenticationError,
    BusyError,
    ConflictError,
    FieldProblem,
    InvalidError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
    VersionMismatchError,
)
from app.schemas.base import validation_errors
from app.services.imports.imports import ImportRefusedError

MEDIA_TYPE = "application/problem+json"

UNAVAILABLE = (OperationalError, NoConnectionError)
"""What the database raises when it is away, locked, full, or has no connection left."""

TITLES: Mapping[int, str] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""Names that RFC 9110 changed, and Python with its version."""

MOST_FAULTS = 50
"""Faults of one request that are told."""

logger = logging.getLogger("attest")


class FieldFault(BaseModel):
    """One fault of a request."""

    field: str = Field(description="Dotted path of the field, or name of the parameter.", examples=["quantities.0.low"])
    message: str = Field(description="What is wrong and what would be right.")


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Always `about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.", examples=["Unprocessable Content"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(description="What went wrong, for a person.")
    errors: list[FieldFault] | None = Field(None, description="The fields at fault, with 422.")


class BodyTooLargeError(AttestError):
    """The body is larger than this kind of request may be."""


class UnreadableError(AttestError):
    """The body cannot be read at all."""


class UnsupportedMediaTypeError(AttestError):
    """The body is, or claims to be, of another kind than this route takes."""


class PreconditionRequiredError(AttestError):
    """A correction must say which state it corrects."""


class TooManyWrongKeysError(AttestError):
    """Keys that have not worked here were tried too often."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many keys that do not work were tried. Try again in {wait} seconds.")
        self.wait = wait


STATUS: Mapping[type[AttestError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConflictError: HTTPStatus.CONFLICT,
    VersionMismatchError: HTTPStatus.PRECONDITION_FAILED,
    AuthenticationError: HTTPStatus.UNAUTHORIZED,
    PermissionDeniedError: HTTPStatus.FORBIDDEN,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnreadableError: HTTPStatus.BAD_REQUEST,
    UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    PreconditionRequiredError: HTTPStatus.PRECONDITION_REQUIRED,
    TooManyWrongKeysError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ImportRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


def problem(
    status: int, detail: str, errors: Sequence[FieldProblem] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document as a response."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = [{"field": one.field, "message": one.message} for one in errors]
    # What a caller sent may come back in a name of a field, and must not break the answer.
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return Response(content, status, media_type=MEDIA_TYPE, headers=headers)


def of(error: AttestError) -> Response:
    """The problem document of one of our errors."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), HTTPStatus.BAD_REQUEST)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, VersionMismatchError):
        headers["ETag"] = error.current
    if isinstance(error, TooManyWrongKeysError | BusyError):
        headers["Retry-After"] = str(error.wait)
    return problem(status, str(error), _fields(error), headers)


def _fields(error: AttestError) -> list[FieldProblem] | None:
    if isinstance(error, ImportRefusedError):
        refused = error.report.refusals[:MOST_FAULTS]
        return [FieldProblem(f"line {one.line}: {one.field}".rstrip(": "), one.reason) for one in refused]
    return error.problems[:MOST_FAULTS] if isinstance(error, InvalidError) else None


def install(app: FastAPI) -> None:
    """Have every error of the application answered with a problem document."""
    app.add_exception_handler(AttestError, lambda _request, error: of(_ours(error)))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    # Whoever went away in the middle hears nothing of it, and it is no failure of ours.
    app.add_exception_handler(
        ClientDisconnect, lambda _request, _error: problem(HTTPStatus.BAD_REQUEST, "The body ends too early.")
    )
    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, lambda _request, error: _busy(error))
    # Also within what Starlette has around all: that would answer in plain text, and raise the error all the same.
    app.add_middleware(SafetyNet)


def _ours(error: Exception) -> AttestError:
    return error if isinstance(error, AttestError) else AttestError(str(error))


def _invalid(_request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    # FastAPI says first where the field stands: body, query, path or header.
    inner = [{**fault, "loc": fault["loc"][1:]} for fault in found[:MOST_FAULTS]]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as it should be.", validation_errors.problems(inner)
    )


def _http(_request: Request, error: Exception) -> Response:
    if isinstance(error.__cause__, AttestError):  # FastAPI wraps whatever goes wrong while it reads a body
        return of(error.__cause__)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "Something went wrong."
    headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
    return problem(status, detail, None, headers)


def _busy(error: Exception) -> Response:
    # Starlette calls this in another thread, which knows nothing of the error.
    logger.error("The database cannot be used", exc_info=error)
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "The database is busy; try again shortly.", None, {"Retry-After": "2"}
    )


class SafetyNet:
    """Around all that may fail: what nobody expected becomes a plain 500, and the connection stays usable."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; answer for it if it fails before it has answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = False

        async def remember(message: Message) -> None:
            nonlocal answered
            answered = answered or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, remember)
        except Exception as error:
            if answered:
                raise  # nothing can be said any more; the server closes the connection, and logs why
            response = _busy(error) if isinstance(error, UNAVAILABLE) else _unexpected(error)
            await response(scope, receive, send)


def _unexpected(error: Exception) -> Response:
    logger.error("Unexpected error", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong; it has been logged.")
