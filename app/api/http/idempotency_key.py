"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that is repeated is answered as the first time.

The draft writes the name of a request as a string of RFC 9651, in quotes; without them it is taken too.
"""

import re
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

from app.api.http.permissions import Policy
from app.api.http.write_transactions import writing
from app.errors import InvalidError
from app.services.core import idempotency
from app.services.core.actors import Actor
from app.services.core.idempotency import FIELD, Given, Named

FORM = re.compile(r'"(?P<quoted>[!#-\[\]-~]{1,255})"|(?P<bare>[!#-\[\]-~]{1,255})')
"""Up to 255 visible ASCII characters, without quotes and backslashes."""

REPLAYED = "Idempotent-Replayed"
"""Header of an answer that is given again."""

_KEPT_HEADERS = ("content-type", "etag", "location")
"""What matters of an answer besides status and body. The rest belongs to the moment."""


def named(scope: Scope, headers: Headers, actor: Actor | None, policy: Policy) -> Named | None:
    """What this request is called by its sender; None if it has no name.

    Raises InvalidError for a name that is none, and where the answer must be stored nowhere.
    """
    given = headers.getlist(FIELD)
    if not given or scope["method"] != "POST" or actor is None or actor.key_id is None:
        return None
    if not policy.repeatable:
        raise InvalidError.of(FIELD, "is not taken here: the answer is stored nowhere")
    form = FORM.fullmatch(given[0])
    if form is None or len(given) > 1:
        raise InvalidError.of(FIELD, "must be sent once, with 1 to 255 visible ASCII characters")
    found = Named(actor.key_id, form["quoted"] or form["bare"])
    found.add(f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode())
    return found


async def once(request: Request, named: Named, act: Callable[[Connection], Awaitable[Response]]) -> Response:
    """Do what a request asks for, in a transaction that also keeps the answer; or give the answer again.

    The body must have been read: nobody's network is waited for while others wait for their turn to write.
    """
    named.add(await request.body())
    given: Given | None = None

    def look(connection: Connection) -> None:
        nonlocal given
        given = idempotency.begin(connection, named)

    async with writing(request, look) as connection:
        if given is not None:
            return again(given)
        answer = await act(connection)
        await run_in_threadpool(keep, connection, named, answer)
        return answer


def keep(connection: Connection, named: Named, answer: Response) -> None:
    """Keep the answer to what was done in this transaction."""
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    idempotency.keep(connection, named, Given(answer.status_code, headers, bytes(answer.body)))


def again(given: Given) -> Response:
    """An answer as it was given the first time, but for a header that says so."""
    return Response(given.body, given.status, {**given.headers, REPLAYED: "true"})
