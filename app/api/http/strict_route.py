"""Requests read strictly: what one may guess at is refused.

FastAPI's own reading takes NaN, Infinity and 1e400, the last of two members with one name, and UTF-16; and it passes
over parameters of routes that have none, and over all but one of a parameter that is given several times.
"""

import json
import math
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.warnings import UnsupportedFieldAttributeWarning
from sqlalchemy import Connection

from app.api.http import idempotency_key
from app.api.http.problems import UnreadableError, UnsupportedMediaTypeError
from app.errors import FieldProblem, InvalidError
from app.formats.parsing.duplicates import twice
from app.services.core.idempotency import Named

# FastAPI silences it where it makes shapes of bodies; ours are made later, when they are first used.
warnings.filterwarnings("ignore", "The 'alias' attribute", UnsupportedFieldAttributeWarning)


class StrictRoute(APIRoute):
    """A route that takes no parameter that it does not know, and no body but strict JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given a request that reads its body strictly."""
        handle = super().get_route_handler()
        known = dict(_parameters(self.dependant))

        async def strictly(request: Request) -> Response:
            _check_parameters(known, [name for name, _value in request.query_params.multi_items()])
            if self._needs_body(request) and not _is_json(request.headers.get("content-type", "")):
                raise UnsupportedMediaTypeError("The body must be JSON, sent with Content-Type: application/json.")
            strict = _StrictRequest(request.scope, request.receive)
            named: Named | None = request.state.named
            if named is None or request.state.policy.streamed:
                return await handle(strict)

            def act(connection: Connection) -> Awaitable[Response]:
                strict.state.connection = connection
                return handle(strict)

            return await idempotency_key.once(strict, named, act)

        return strictly

    def _needs_body(self, request: Request) -> bool:
        if self.body_field is None:
            return False
        sent = "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
        return sent or self.body_field.field_info.is_required()


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The query parameters of a route, and whether each may be given several times."""
    for shape in (field.field_info.annotation for field in dependant.query_params):
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            yield from ((name, get_origin(field.annotation) is list) for name, field in shape.model_fields.items())
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _check_parameters(known: Mapping[str, bool], given: Sequence[str]) -> None:
    problems = [FieldProblem(name, "must be given once only") for name in twice(given) if known.get(name) is False]
    if not known:  # else the shape of the parameters refuses strangers, together with what else is wrong
        problems += [FieldProblem(name, "there is no such parameter") for name in dict.fromkeys(given)]
    if problems:
        raise InvalidError(problems)


class _StrictRequest(Request):
    async def json(self) -> Any:
        return parse(await self.body())


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def parse(body: bytes) -> Any:
    """What a body says. Raises UnreadableError if that is not beyond doubt."""
    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise UnreadableError("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"The body is not JSON: {error.msg[:1].lower()}{error.msg[1:]} ({where}).") from None
    except RecursionError:
        raise UnreadableError("The body is nested too deeply.") from None
    except ValueError:  # Python converts no more than 4,300 digits
        raise UnreadableError("The body holds a number that is too long.") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableError(f"The body names {twice(name for name, _ in pairs)[0][:100]!r} twice in one object.")
    return found


def _no_constant(name: str) -> Any:
    raise UnreadableError(f"The body holds {name}, which is no number of JSON; use null.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnreadableError("The body holds a number that is too large.")
    return number
