"""Queries that people type into forms: an empty field means nothing, and a wrong one does not stop the rest."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from app.errors import FieldProblem, InvalidError, PermissionDeniedError
from app.schemas.base import validation_errors
from app.schemas.base.fields import Schema

Query = TypeVar("Query", bound=Schema)
Answer = TypeVar("Answer")
FormValues = Mapping[str, str | list[str] | None]


def given_values(form: Schema) -> dict[str, str | list[str]]:
    """The fields of a form that were filled in; of a repeated field, the values that are not empty."""
    values: dict[str, str | list[str]] = {}
    for name in type(form).model_fields:
        value = getattr(form, name)
        if isinstance(value, list):
            value = list(dict.fromkeys(item for item in value if item.strip()))
        elif value is not None and not value.strip():
            value = None
        if value:
            values[name] = value
    return values


def answer_form(
    model: type[Query], values: FormValues, read: Callable[[Query], Answer]
) -> tuple[Query, Answer, list[FieldProblem]]:
    """Read what a form asks for, without its invalid fields; return the query, the answer and what is wrong.

    Raises InvalidError for a problem that leaving a field out does not solve.
    """
    kept = dict(values)
    problems: list[FieldProblem] = []
    while True:
        try:
            query = model.model_validate(kept)
            return query, read(query), problems
        except ValidationError as error:
            faults = validation_errors.problems(error.errors())
        except InvalidError as error:
            faults = error.problems
        except PermissionDeniedError as error:
            faults = [FieldProblem("stage", str(error))]
        if not _leave_out(kept, faults):
            raise InvalidError(faults)
        for fault in faults:
            problem = FieldProblem(fault.field.partition(".")[0], fault.message)
            if problem not in problems:
                problems.append(problem)


def _leave_out(kept: dict[str, Any], faults: list[FieldProblem]) -> bool:
    """Remove the values at fault; True if there were any."""
    positions: dict[str, set[int]] = {}
    for fault in faults:
        name, _, position = fault.field.partition(".")
        if name in kept:
            positions.setdefault(name, set()).update([int(position)] if position.isdecimal() else [])
    for name, at_fault in positions.items():
        values = kept.pop(name)
        rest = [value for number, value in enumerate(values) if number not in at_fault] if at_fault else []
        if rest:
            kept[name] = rest
    return bool(positions)
