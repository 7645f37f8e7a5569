"""Translation of pydantic's errors into field problems: the field at fault and what would be right.

The value that was sent is never repeated in a message.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import FieldProblem

MAX_PATH_LENGTH = 200
"""Longer paths are cut: a path may contain keys that the client sent."""

_MESSAGES = {
    "missing": "must be given",
    "extra_forbidden": "there is no such field or parameter",
    "json_invalid": "must be valid JSON",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "union_tag_not_found": "must be source, document, topic, claim or note",
    "union_tag_invalid": "must be source, document, topic, claim or note",
}


_LENGTHS = {
    "too_short": "must have at least {min_length} characters",
    "too_long": "must have at most {max_length} characters",
}


class FieldFaultError(ValueError):
    """A rule across several fields is broken; `field` is the one to correct. Raised by model validators."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def path_of(fault: Mapping[str, Any]) -> str:
    """Return the field at fault as a dotted path; empty if the fault concerns the input as a whole."""
    error = fault.get("ctx", {}).get("error")
    field = (error.field,) if isinstance(error, FieldFaultError) else ()
    return ".".join(str(part) for part in (*fault["loc"], *field))[:MAX_PATH_LENGTH]


def message_of(fault: Mapping[str, Any]) -> str:
    """Return what a valid value looks like, worded so that it continues the field's name: 'must be a number'."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in ("enum", "literal_error"):
        return f"must be {context['expected']}"
    if kind.startswith("date_"):
        return "must be a day such as 2025-01-12"
    if kind in _LENGTHS and isinstance(fault.get("input"), str):  # pydantic speaks of the items of a text
        return _LENGTHS[kind].format(**context)
    message = str(fault["msg"]).removeprefix("Value error, ")
    return _MESSAGES.get(kind) or re.sub(r"^.*?\bshould ", "must ", message)


def problems(faults: Iterable[Mapping[str, Any]]) -> list[FieldProblem]:
    """Return pydantic's errors as field problems; a fault of the whole input names the field `body`."""
    return [FieldProblem(path_of(fault) or "body", message_of(fault)) for fault in faults]
