"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated POST gets its first response.

The draft writes the key as a string of RFC 9651, in quotes; a key without quotes is accepted too.
"""

import re
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

from app.api.http.permissions import Policy
from app.api.http.write_transactions import write_transaction
from app.errors import InvalidError
from app.services.changes.actors import Actor
from app.services.core import idempotency
from app.services.core.idempotency import HEADER_NAME, IdempotentRequest, StoredResponse

KEY_PATTERN = re.compile(r'"(?P<quoted>[!#-\[\]-~]{1,255})"|(?P<bare>[!#-\[\]-~]{1,255})')
"""1 to 255 visible ASCII characters, without quotation marks and backslashes."""

REPLAYED = "Idempotent-Replayed"
"""The header of a response that is sent again."""

_STORED_HEADERS = ("content-type", "etag", "location")
"""The headers that are stored with a response. The others belong to the moment."""


def request_of(scope: Scope, headers: Headers, actor: Actor | None, policy: Policy) -> IdempotentRequest | None:
    """The request with its Idempotency-Key; None if it has no such header.

    Raises InvalidError for a malformed key, and on routes whose responses must not be stored.
    """
    values = headers.getlist(HEADER_NAME)
    if not values or scope["method"] != "POST" or actor is None or actor.key_id is None:
        return None
    if not policy.repeatable:
        raise InvalidError.of(HEADER_NAME, "is not accepted here, because the response is not stored; leave it out")
    match = KEY_PATTERN.fullmatch(values[0])
    if match is None or len(values) > 1:
        raise InvalidError.of(HEADER_NAME, "must be sent once, with 1 to 255 visible ASCII characters")
    request = IdempotentRequest(actor.key_id, match["quoted"] or match["bare"])
    request.add(f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode())
    return request


async def run_once(
    request: Request, idempotent_request: IdempotentRequest, act: Callable[[Connection], Awaitable[Response]]
) -> Response:
    """Run the action in a transaction that also stores the response, or return the response that is already stored.

    The body is read first, so that no other writer waits for this client's network.
    """
    idempotent_request.add(await request.body())
    stored: StoredResponse | None = None

    def find_stored(connection: Connection) -> None:
        nonlocal stored
        stored = idempotency.find_response(connection, idempotent_request)

    async with write_transaction(request, find_stored) as connection:
        if stored is not None:
            return replay(stored)
        response = await act(connection)
        await run_in_threadpool(store, connection, idempotent_request, response)
        return response


def store(connection: Connection, idempotent_request: IdempotentRequest, response: Response) -> None:
    """Store the response in the transaction that performed the action."""
    headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
    stored = StoredResponse(response.status_code, headers, bytes(response.body))
    idempotency.store_response(connection, idempotent_request, stored)


def replay(stored: StoredResponse) -> Response:
    """The stored response, with a header that marks it as a replay."""
    return Response(stored.body, stored.status, {**stored.headers, REPLAYED: "true"})
