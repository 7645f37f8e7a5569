"""Who may come in, and with how much: checked before a byte of the body is parsed."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import clock
from app.api.http import idempotency_key, problems
from app.api.http.auth_rate_limit import WrongKeys
from app.api.http.permissions import Policy, Table
from app.api.http.problems import BodyTooLargeError, TooManyWrongKeysError
from app.db.engine import Database
from app.errors import AttestError, AuthenticationError
from app.services.core.actors import Actor
from app.services.people import keys
from app.services.people.keys import Presented
from app.settings import Settings

READS = frozenset({"GET", "HEAD", "OPTIONS"})

THREADS = 4
"""So many keys are looked up at once where that takes waiting, which is on PostgreSQL."""


class Access:
    """Finds out who asks, and turns away who may not, or who brings too much."""

    def __init__(self, app: ASGIApp, *, database: Database, settings: Settings, uses: dict[str, datetime]) -> None:
        """`uses` is told when each key was last used."""
        self._app = app
        self._settings = settings
        self._uses = uses
        self._wrong_keys = WrongKeys(settings.wrong_keys_per_minute)
        self._table = Table()
        self._here = database.keeping()
        self._threads = None if database.is_sqlite else ThreadPoolExecutor(THREADS, thread_name_prefix="key")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with its actor in the state, or answer with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            actor = await self._actor(scope)
            policies = self._table.find(scope["path"])
            policy = policies.get(scope["method"])
            if policy is None:
                await _no_route(policies)(scope, receive, send)
                return
            policy.admit(actor, f"use {scope['method']} here")
            state = scope.setdefault("state", {})
            state.update(actor=actor, policy=policy, named=None)
            if scope["method"] not in READS:
                headers = Headers(scope=scope)
                limit = self._limit(policy)
                _measure(headers, limit)
                receive = _bounded(receive, limit)
                state["named"] = idempotency_key.named(scope, headers, actor, policy)
        except AttestError as error:
            await problems.of(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _limit(self, policy: Policy) -> int:
        limit: int = getattr(self._settings, policy.limit)
        return limit

    async def _actor(self, scope: Scope) -> Actor | None:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given:
            return None
        scheme, _, sent = given[0].decode("latin-1").partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer":
            raise AuthenticationError("The key goes into one header: Authorization: Bearer attest_…")
        key = keys.presented(sent.strip())
        address = scope["client"][0] if scope.get("client") else ""
        if wait := self._wrong_keys.wait(key, address):
            raise TooManyWrongKeysError(wait)
        try:
            actor = await self._authenticate(key)
        except AuthenticationError:
            self._wrong_keys.failed(key, address)
            raise
        except BaseException:
            self._wrong_keys.take_back(key, address)
            raise
        self._wrong_keys.worked(key, address)
        assert actor.key_id is not None  # noqa: S101 - for the type checker: whoever came with a key has one
        self._uses[actor.key_id] = clock.now()
        return actor

    async def _authenticate(self, key: Presented) -> Actor:
        # SQLite is a library: one look at one row takes less time than to hand it to a thread.
        if self._threads is None:
            return self._look_up(key)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, key)

    def _look_up(self, key: Presented) -> Actor:
        with self._here.glancing() as connection:
            return keys.authenticate(connection, key)


def _no_route(policies: Mapping[str, Policy]) -> Response:
    """What is said of a path that is not in the table, or not with this method."""
    if not policies:
        return problems.problem(HTTPStatus.NOT_FOUND, "There is nothing here.")
    methods = {*policies, "HEAD"} if "GET" in policies else set(policies)
    allowed = {"Allow": ", ".join(sorted(methods))}
    return problems.problem(HTTPStatus.METHOD_NOT_ALLOWED, "This is not what can be done here.", headers=allowed)


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
