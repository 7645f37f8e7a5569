"""Errors as problem documents (RFC 9457), all of the same shape and without internal details."""

import json
import logging
import re
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

from app.db.full_disk import is_disk_full
from app.errors import (
    AttestError,
    AuthenticationError,
    BusyError,
    Candidate,
    ConflictError,
    FieldProblem,
    FileTooLargeError,
    HeldElsewhereError,
    InvalidError,
    NotFoundError,
    PermissionDeniedError,
    PossibleDuplicateError,
    UnavailableError,
    UnknownFileTypeError,
    VersionMismatchError,
)
from app.schemas.base import validation_errors
from app.services.imports.import_tally import ImportRefusedError

MEDIA_TYPE = "application/problem+json"

UNAVAILABLE = (OperationalError, NoConnectionError)
"""What the database driver raises when the server is away, locked or full, or when no connection is free."""

TITLES: Mapping[int, str] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""Reason phrases that RFC 9110 changed, and that Python has only in newer versions."""

MAX_PROBLEMS = 50
"""How many problems of one request a response lists."""

POSSIBLE_DUPLICATE = "urn:attest:problem:possible-duplicate"
"""The type of the problem that an equal object is on record."""

_PLURALS = {"source": "sources", "topic": "topics", "document": "documents", "claim": "claims"}

NO_SUCH_ADDRESS = "There is no such address. See /docs for all addresses."

UNTYPED = "about:blank"
"""Type of the problems of which the status says all (RFC 9457, section 4.2.1)."""

HELD_ELSEWHERE = "urn:attest:problem:held-elsewhere"
"""Type of the problem that another installation holds what was requested."""

logger = logging.getLogger("attest")


class FieldError(BaseModel):
    """One problem with a request."""

    field: str = Field(description="Dotted path of the field, or name of the parameter.", examples=["quantities.0.low"])
    message: str = Field(description="What is wrong, and what would be right.")


class HoldingInstallationRead(BaseModel):
    """The installation that holds what was requested."""

    publisher: str = Field(description="Publisher of that installation, as its dump names it.")
    address: str = Field(description="Permanent address there.")


class CandidateRead(BaseModel):
    """An object on record that equals the one in the request."""

    record: str = Field(description="Kind of object: source, topic, document or claim.", examples=["source"])
    id: str = Field(
        description="Identifier, to use or to name in `distinct_from`.", examples=["src_01jhf3m8w5k6v0x2s9r7q4t1ya"]
    )
    key: str | None = Field(description="Key that identifies the object in import files; null if it has none.")
    name: str | None = Field(None, description="Name of a source.", examples=["National Intelligence Service"])
    title: str | None = Field(None, description="Title of a topic or document.", examples=[None])
    statement: str | None = Field(None, description="Statement of a claim.", examples=[None])
    url: str | None = Field(None, description="Address of a document.", examples=[None])
    address: str = Field(
        description="Path of the object in the API.", examples=["/api/v1/sources/src_01jhf3m8w5k6v0x2s9r7q4t1ya"]
    )


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(
        description=f"`{UNTYPED}`: `status` says what kind of problem it is. `{HELD_ELSEWHERE}`: see `held_by`. "
        f"`{POSSIBLE_DUPLICATE}`: see `candidates`.",
        examples=[UNTYPED],
    )
    title: str = Field(description="Reason phrase of the HTTP status.", examples=["Unprocessable Content"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(description="What happened and what to do next, written for people.")
    errors: list[FieldError] | None = Field(
        None, description="The invalid fields or parameters; only in a 422 response."
    )
    held_by: HoldingInstallationRead | None = Field(
        None, description="The installation that holds what was requested; only in a 410 response."
    )
    candidates: list[CandidateRead] | None = Field(
        None,
        description=f"The equal objects on record, oldest first; only with the type `{POSSIBLE_DUPLICATE}`. Use one of "
        "them, or name all of them in `distinct_from`.",
    )


class BodyTooLargeError(AttestError):
    """The body is larger than the route allows."""


class UnreadableError(AttestError):
    """The body cannot be parsed."""


class UnsupportedMediaTypeError(AttestError):
    """The body is, or is declared as, a type that this route does not accept."""


class PreconditionRequiredError(AttestError):
    """A correction lacks If-Match, so it does not name the version that it corrects."""


class TooManyWrongKeysError(AttestError):
    """Too many invalid keys were tried with this handle or from this address."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many invalid keys were tried. Try again in {wait} seconds.")
        self.wait = wait


STATUS: Mapping[type[AttestError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    HeldElsewhereError: HTTPStatus.GONE,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConflictError: HTTPStatus.CONFLICT,
    VersionMismatchError: HTTPStatus.PRECONDITION_FAILED,
    AuthenticationError: HTTPStatus.UNAUTHORIZED,
    PermissionDeniedError: HTTPStatus.FORBIDDEN,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FileTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnknownFileTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UnreadableError: HTTPStatus.BAD_REQUEST,
    UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    PreconditionRequiredError: HTTPStatus.PRECONDITION_REQUIRED,
    TooManyWrongKeysError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ImportRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


def problem(
    status: int,
    detail: str,
    errors: Sequence[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    type: str = UNTYPED,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """A problem document as a response. `members` are extension members of its type."""
    body: dict[str, Any] = {
        "type": type,
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    body |= members or {}
    # The name of a field may repeat what the client sent, lone surrogates included.
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return Response(content, status, media_type=MEDIA_TYPE, headers=headers)


def _candidate(candidate: Candidate) -> dict[str, str | None]:
    fields = {"record": candidate.noun, "id": candidate.id, "key": candidate.key}
    fields |= {candidate.label_field: candidate.label} | ({"url": candidate.url} if candidate.url else {})
    return {**fields, "address": f"/api/v1/{_PLURALS[candidate.noun]}/{candidate.id}"}


def of(error: AttestError) -> Response:
    """The problem document for an AttestError."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), HTTPStatus.BAD_REQUEST)
    if isinstance(error, UnavailableError) and is_disk_full(error):
        return _disk_full(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, VersionMismatchError):
        headers["ETag"] = error.current
    if isinstance(error, TooManyWrongKeysError | BusyError):
        headers["Retry-After"] = str(error.wait)
    if isinstance(error, HeldElsewhereError):
        # Without a date of expiry, caches may keep a 410 for long (RFC 9110, section 15.5.11).
        headers |= {"Cache-Control": "no-cache", **_link(error.address)}
        holder = {"publisher": error.publisher, "address": error.address}
        return problem(status, str(error), None, headers, type=HELD_ELSEWHERE, members={"held_by": holder})
    if isinstance(error, PossibleDuplicateError):
        candidates = [_candidate(candidate) for candidate in error.candidates]
        return problem(status, str(error), None, headers, type=POSSIBLE_DUPLICATE, members={"candidates": candidates})
    return problem(status, str(error), _fields(error), headers)


def _link(address: str) -> dict[str, str]:
    """Link to the same thing at another installation; nothing for an address that is no URL of ASCII characters."""
    return {"Link": f'<{address}>; rel="alternate"'} if _URL.fullmatch(address) else {}


_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")
"""A URL without the characters that a Link header or a header in general cannot have."""


def _fields(error: AttestError) -> list[FieldProblem] | None:
    if isinstance(error, ImportRefusedError):
        reasons = error.report.reasons[:MAX_PROBLEMS]
        return [
            *(FieldProblem(f"line {each.line}: {each.field}".rstrip(": "), each.text) for each in reasons),
            *(FieldProblem("", warning) for warning in error.report.warnings),
        ]
    return error.problems[:MAX_PROBLEMS] if isinstance(error, InvalidError) else None


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.add_exception_handler(AttestError, lambda _request, error: of(_attest_error(error)))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    # A client that disconnects while it sends its body is not an error of the service, and must not be logged as one.
    app.add_exception_handler(
        ClientDisconnect,
        lambda _request, _error: problem(
            HTTPStatus.BAD_REQUEST, "The connection was closed before the body was complete."
        ),
    )
    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, lambda _request, error: _database_unavailable(error))
    # Inside Starlette's outermost layer too, which would answer in plain text and raise the error again.
    app.add_middleware(SafetyNet)


def _attest_error(error: Exception) -> AttestError:
    return error if isinstance(error, AttestError) else AttestError(str(error))


def _invalid(_request: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    # FastAPI puts the part of the request first (body, query, path or header); the field's name is what follows.
    errors = [{**item, "loc": item["loc"][1:]} for item in errors[:MAX_PROBLEMS]]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "The request is invalid; see `errors`.", validation_errors.problems(errors)
    )


def _http(_request: Request, error: Exception) -> Response:
    if isinstance(error.__cause__, AttestError):  # FastAPI wraps errors that occur while it reads a body
        return of(error.__cause__)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "Something went wrong on our side."
    if status == HTTPStatus.NOT_FOUND:  # a file of the documentation; Starlette says no more than the status
        detail = NO_SUCH_ADDRESS
    headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
    return problem(status, detail, None, headers)


def _disk_full(error: Exception) -> Response:
    logger.error("A disk is full", exc_info=error)
    return problem(
        HTTPStatus.INSUFFICIENT_STORAGE,
        "The disk of this service is full, so nothing was written. Reads still work. Its operator has to free space "
        "where the database, the captures and temporary files are; then send the request again.",
    )


def _database_unavailable(error: Exception) -> Response:
    if is_disk_full(error):
        return _disk_full(error)
    # Starlette calls this in another thread, so the error is not the current exception there.
    logger.error("The database is unavailable", exc_info=error)
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database is busy or unavailable. Try again in a few seconds.",
        None,
        {"Retry-After": "2"},
    )


class SafetyNet:
    """The middleware that turns unexpected exceptions into a 500 problem document and keeps the connection usable."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and respond in its place if it fails before it has responded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if has_started:
                raise  # too late for a response; the server closes the connection and logs the error
            response = _database_unavailable(error) if isinstance(error, UNAVAILABLE) else _unexpected(error)
            await response(scope, receive, send)


def _unexpected(error: Exception) -> Response:
    if is_disk_full(error):
        return _disk_full(error)
    logger.error("Unexpected error", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side. The error has been logged; try again later.",
    )
