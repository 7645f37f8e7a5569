"""Strict requests: unknown parameters and ambiguous bodies are refused instead of guessed at.

FastAPI by itself accepts NaN, Infinity, 1e400 and UTF-16 in JSON, takes the last of two members with the same name,
ignores unknown parameters of routes that have none, and ignores all but one value of a repeated parameter.
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
from app.formats.parsing.duplicates import find_duplicates
from app.services.core.idempotency import IdempotentRequest

# FastAPI silences this warning while it builds models of bodies; ours are built later, on first use.
warnings.filterwarnings("ignore", "The 'alias' attribute", UnsupportedFieldAttributeWarning)


class StrictRoute(APIRoute):
    """A route that accepts only the parameters it knows, and only strict JSON as its body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, behind the checks of parameters, body and Idempotency-Key."""
        handle = super().get_route_handler()
        parameters = dict(_query_parameters(self.dependant))

        async def handle_strictly(request: Request) -> Response:
            _check_parameters(parameters, [name for name, _value in request.query_params.multi_items()])
            if self._needs_json(request) and not _is_json(request.headers.get("content-type", "")):
                raise UnsupportedMediaTypeError("Send the body as JSON, with Content-Type: application/json.")
            strict_request = _StrictRequest(request.scope, request.receive)
            idempotent_request: IdempotentRequest | None = request.state.idempotent_request
            if idempotent_request is None or request.state.policy.streamed:
                return await handle(strict_request)

            def act(connection: Connection) -> Awaitable[Response]:
                strict_request.state.connection = connection
                return handle(strict_request)

            return await idempotency_key.run_once(strict_request, idempotent_request, act)

        return handle_strictly

    def _needs_json(self, request: Request) -> bool:
        if self.body_field is None:
            return False
        has_body = "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
        return has_body or self.body_field.field_info.is_required()


def _query_parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The query parameters of a route, and whether each may be repeated."""
    for model in (field.field_info.annotation for field in dependant.query_params):
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from ((name, get_origin(field.annotation) is list) for name, field in model.model_fields.items())
    for dependency in dependant.dependencies:
        yield from _query_parameters(dependency)


def _check_parameters(may_repeat: Mapping[str, bool], names: Sequence[str]) -> None:
    problems = [
        FieldProblem(name, "must be given only once")
        for name in find_duplicates(names)
        if may_repeat.get(name) is False
    ]
    if not may_repeat:  # otherwise the model of the parameters refuses unknown ones, together with other problems
        problems += [
            FieldProblem(name, "is not a parameter of this address; leave it out") for name in dict.fromkeys(names)
        ]
    if problems:
        raise InvalidError(problems)


class _StrictRequest(Request):
    async def json(self) -> Any:
        return parse_json(await self.body())


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def parse_json(body: bytes) -> Any:
    """The value of a JSON body (RFC 8259). Raises UnreadableError unless the body is strict and unambiguous."""
    try:
        text = body.decode("utf-8-sig")
        return json.loads(
            text, object_pairs_hook=_unique_members, parse_constant=_refuse_constant, parse_float=_finite_float
        )
    except UnicodeDecodeError:
        raise UnreadableError("The body is not UTF-8. Encode it as UTF-8.") from None
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"The body is not JSON: {error.msg[:1].lower()}{error.msg[1:]} ({position}).") from None
    except RecursionError:
        raise UnreadableError("The body is nested too deeply.") from None
    except ValueError:  # Python converts no integer of more than 4,300 digits
        raise UnreadableError("The body contains a number with too many digits. Use at most 4,300.") from None


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        name = find_duplicates(name for name, _value in pairs)[0]
        raise UnreadableError(
            f"An object in the body has two members named {name[:100]!r}. Send each member only once."
        )
    return members


def _refuse_constant(name: str) -> Any:
    raise UnreadableError(f"The body contains {name}, which is not a JSON number. Use null.")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnreadableError("The body contains a number that is too large. Use a number below 1.8e308.")
    return number
