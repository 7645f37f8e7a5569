"""Who may come in, and with how much: checked before a byte of the body is parsed."""

import re
from collections.abc import Mapping

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.problems import BodyTooLargeError
from app.db.engine import Database
from app.errors import AttestError, AuthenticationError
from app.services import keys
from app.services.actors import Actor
from app.settings import Settings
from app.vocabulary import Role

READS = frozenset({"GET", "HEAD", "OPTIONS"})

IMPORTS = "/api/v1/imports"

WRITES: Mapping[str, Role] = {IMPORTS: Role.EDITOR}
"""The role that writing takes, by path; elsewhere a fact-checker's. What a role may do in detail, services decide."""

REQUESTS = re.compile(r"/api/v1/claims/[^/]+/requests")
"""Where anybody with a key may write: to ask for a decision."""


class Access:
    """Finds out who asks, and turns away who may not, or who brings too much."""

    def __init__(self, app: ASGIApp, *, database: Database, settings: Settings) -> None:
        self._app = app
        self._database = database
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with its actor in the state, or answer with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._settings.max_import_bytes if scope["path"] == IMPORTS else self._settings.max_body_bytes
        try:
            actor = await self._actor(scope)
            if scope["method"] not in READS:
                _admit(actor, scope)
                _measure(Headers(scope=scope), limit)
                receive = _bounded(receive, limit)
        except AttestError as error:
            await problems.of(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["actor"] = actor
        await self._app(scope, receive, send)

    async def _actor(self, scope: Scope) -> Actor | None:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given:
            return None
        scheme, _, key = given[0].decode("latin-1").partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer":
            raise AuthenticationError("The key goes into one header: Authorization: Bearer attest_…")
        return await to_thread.run_sync(self._authenticate, key.strip())

    def _authenticate(self, key: str) -> Actor:
        with self._database.reading() as connection:
            return keys.authenticate(connection, key)


def _admit(actor: Actor | None, scope: Scope) -> None:
    if actor is None:
        raise AuthenticationError("Writing takes a key: Authorization: Bearer attest_…")
    actor.require(_least(scope["path"]), f"use {scope['method']} here")


def _least(path: str) -> Role:
    return Role.READER if REQUESTS.fullmatch(path) else WRITES.get(path, Role.FACT_CHECKER)


def _measure(headers: Headers, limit: int) -> None:
    declared = headers.get("content-length", "0")
    # Python makes no number of more than 4,300 digits; no limit has more than 15.
    if not declared.isdecimal() or len(declared) > 15 or int(declared) > limit:  # noqa: PLR2004 - as above
        raise BodyTooLargeError(f"The body may have at most {limit:,} bytes.")


def _bounded(receive: Receive, limit: int) -> Receive:
    """The body as it arrives, cut off where it exceeds what is allowed, whatever its headers said."""
    taken = 0

    async def count() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise BodyTooLargeError(f"The body may have at most {limit:,} bytes.")
        return message

    return count
