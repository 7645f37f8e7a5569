"""Errors as pages: a problem document for an address that is not the API's becomes a page that says the same."""

import json
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.http.permissions import API
from app.api.http.problems import MEDIA_TYPE
from app.web.localization import Localization, language_of_path, localization_of
from app.web.rendering import CONTENT_SECURITY_POLICY, Frame, render

DATA_PATHS = (API, "/docs")
"""What the paths begin with whose errors stay problem documents."""


class ErrorPages:
    """The middleware that turns problem documents into pages, outside the API and its documentation."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its response unless that is a problem."""
        if scope["type"] != "http" or scope["path"].startswith(DATA_PATHS):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        problem = b""

        async def send_page(message: Message) -> None:
            nonlocal start, problem
            if message["type"] == "http.response.start":
                content_type = dict(message["headers"]).get(b"content-type", b"").decode("latin-1")
                if content_type.startswith(MEDIA_TYPE):
                    start = message
                    return
            elif start is not None and message["type"] == "http.response.body":
                problem += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_page(scope, start, json.loads(problem), send)
                return
            await send(message)

        await self._app(scope, receive, send_page)


async def _send_page(scope: Scope, start: Message, problem: dict[str, Any], send: Send) -> None:
    l10n = localization_of(language_of_path(scope["path"]))
    heading = _heading(problem["status"], l10n)
    context = {
        "heading": heading,
        "detail": problem.get("detail") or problem["title"],
        "fields": problem.get("errors") or [],
    }
    frame = Frame(title=heading, is_indexed=False)
    body = render(scope, "error.html", frame, context).encode()
    kept = [header for header in start["headers"] if header[0] not in (b"content-type", b"content-length")]
    headers = [
        *kept,
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
        (b"cache-control", b"no-cache"),
    ]
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _heading(status: int, l10n: Localization) -> str:
    _ = l10n.gettext
    headings = {
        HTTPStatus.NOT_FOUND: _("There is no such page here"),
        HTTPStatus.GONE: _("This installation does not have it"),
        HTTPStatus.UNPROCESSABLE_ENTITY: _("This address cannot be read"),
        HTTPStatus.TOO_MANY_REQUESTS: _("Too many requests"),
    }
    if status in headings:
        return headings[HTTPStatus(status)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _("Something went wrong on our side")
    return _("This cannot be done")
