"""Access control: who makes a request, whether they may, and how large its body may be.

All of it is checked before a byte of the body is parsed.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import clock
from app.api.http import idempotency_key, problems
from app.api.http.auth_rate_limit import AuthRateLimit
from app.api.http.permissions import Policy
from app.api.http.problems import BodyTooLargeError, TooManyWrongKeysError
from app.db.engine import Database
from app.errors import AttestError, AuthenticationError
from app.services.changes.actors import Actor
from app.services.people import keys
from app.services.people.keys import PresentedKey
from app.settings import Settings

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

KEY_THREADS = 4
"""How many keys are looked up at a time on PostgreSQL."""


class Authentication:
    """The middleware that authenticates requests and rejects invalid keys on every route."""

    def __init__(self, app: ASGIApp, *, database: Database, settings: Settings, key_uses: dict[str, datetime]) -> None:
        """`key_uses` is given the time at which each key was last used."""
        self._app = app
        self._key_uses = key_uses
        self._rate_limit = AuthRateLimit(settings.wrong_keys_per_minute)
        self._connections = database.thread_connections()
        self._threads = None if database.is_sqlite else ThreadPoolExecutor(KEY_THREADS, thread_name_prefix="key")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the actor into the request's state, or refuse the request."""
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["actor"] = await self._actor(scope)
            except AttestError as error:
                await problems.of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _actor(self, scope: Scope) -> Actor | None:
        headers = [value for name, value in scope["headers"] if name == b"authorization"]
        if not headers:
            return None
        scheme, _, credentials = headers[0].decode("latin-1").partition(" ")
        if len(headers) > 1 or scheme.lower() != "bearer":
            raise AuthenticationError(
                "The Authorization header is invalid. Send exactly one, in this form: Authorization: Bearer attest_…"
            )
        key = keys.parse_key(credentials.strip())
        address = scope["client"][0] if scope.get("client") else ""
        if wait := self._rate_limit.seconds_to_wait(key, address):
            raise TooManyWrongKeysError(wait)
        try:
            actor = await self._authenticate(key)
        except AuthenticationError:
            self._rate_limit.record_failure(key, address)
            raise
        except BaseException:
            self._rate_limit.refund(key, address)
            raise
        self._rate_limit.record_success(key, address)
        assert actor.key_id is not None  # noqa: S101 - for the type checker: an actor found by a key has its id
        self._key_uses[actor.key_id] = clock.now()
        return actor

    async def _authenticate(self, key: PresentedKey) -> Actor:
        # On SQLite a query for one row takes less time than handing it to a thread.
        if self._threads is None:
            return self._look_up(key)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, key)

    def _look_up(self, key: PresentedKey) -> Actor:
        with self._connections.single_statement() as connection:
            return keys.authenticate(connection, key)


class Admission:
    """Checks a request against the policy of the operation that it matched."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def admit(self, scope: Scope, receive: Receive, policy: Policy) -> Receive:
        """Add policy and Idempotency-Key to the request's state; return a `receive` that limits the body's size.

        Raises an AttestError if the request is refused.
        """
        state = scope["state"]
        actor: Actor | None = state["actor"]
        method = scope["method"]
        policy.admit(actor, f"use {method} on this address")
        state["policy"], state["idempotent_request"] = policy, None
        if method in READ_METHODS:
            return receive
        headers = Headers(scope=scope)
        max_bytes: int = getattr(self._settings, policy.body_limit)
        _check_content_length(headers, max_bytes)
        state["idempotent_request"] = idempotency_key.request_of(scope, headers, actor, policy)
        return _limited(receive, max_bytes)


def _check_content_length(headers: Headers, max_bytes: int) -> None:
    content_length = headers.get("content-length", "0")
    # Python converts no number of more than 4,300 digits; no limit has more than 15.
    if not content_length.isdecimal() or len(content_length) > 15 or int(content_length) > max_bytes:  # noqa: PLR2004 - as above
        raise BodyTooLargeError(f"The request body is too large: at most {max_bytes:,} bytes are allowed.")


def _limited(receive: Receive, max_bytes: int) -> Receive:
    """Receive the body, but refuse it as soon as it exceeds the limit, whatever Content-Length says."""
    received_bytes = 0

    async def receive_limited() -> Message:
        nonlocal received_bytes
        message = await receive()
        if message["type"] == "http.request":
            received_bytes += len(message.get("body", b""))
            if received_bytes > max_bytes:
                raise BodyTooLargeError(f"The request body is too large: at most {max_bytes:,} bytes are allowed.")
        return message

    return receive_limited
