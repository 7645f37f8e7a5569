"""From what pydantic finds wrong to the field at fault and a sentence about it. What was sent is never repeated."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import FieldProblem

LONGEST_PATH = 200

_SENTENCES = {
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


class FieldFaultError(ValueError):
    """A rule that several fields share is broken, and this is the field to mend. Raised by checks of whole shapes."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def path_of(fault: Mapping[str, Any]) -> str:
    """The field at fault as a dotted path; empty if it is the input as a whole."""
    error = fault.get("ctx", {}).get("error")
    named = (error.field,) if isinstance(error, FieldFaultError) else ()
    return ".".join(str(part) for part in (*fault["loc"], *named))[:LONGEST_PATH]


def message_of(fault: Mapping[str, Any]) -> str:
    """What would be right, going on from the name of the field: 'must be a number'."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in ("enum", "literal_error"):
        return f"must be {context['expected']}"
    if kind.startswith("date_"):
        return "must be a day such as 2025-01-12"
    said = str(fault["msg"]).removeprefix("Value error, ")
    return _SENTENCES.get(kind) or re.sub(r"^.*?\bshould ", "must ", said)


def problems(faults: Iterable[Mapping[str, Any]]) -> list[FieldProblem]:
    """The faults of a body, by field."""
    return [FieldProblem(path_of(fault) or "body", message_of(fault)) for fault in faults]
