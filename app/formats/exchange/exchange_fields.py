"""What is alike in both texts of Attest's own exchange format: which fields of a record are written, in which order.

Records come as plain values (`PlainRecord`), each as its schema in `exchange_record` has it: whoever reads a million
claims from where they were checked when they came does not check them again.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, SourceRecord, TopicRecord

PlainRecord: TypeAlias = Mapping[str, Any]
"""A record as plain values, fit for JSON. `record` says which one it is.

A field that is missing holds its default; what is no field of the schema is passed over.
"""

SHAPES: Mapping[str, type[BaseModel]] = {
    "source": SourceRecord,
    "document": DocumentRecord,
    "topic": TopicRecord,
    "claim": ClaimRecord,
    "note": NoteRecord,
}
"""The schema of each record, by the word for it."""


def given_fields(record: PlainRecord) -> dict[str, Any]:
    """The fields of a record in the order of its schema, without those that hold their default, down to the last."""
    return _sieve(SHAPES[record["record"]])(record)


def kind_of(annotation: Any) -> tuple[Any, Any]:
    """What a field holds, None aside: its type, and for a list the type of its items."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    while hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation) or annotation
    return origin, get_args(annotation)[0] if origin is list else annotation


def shape_in(annotation: Any) -> type[BaseModel] | None:
    """The schema of what a field holds, or of the items that it holds; None if that is no object."""
    _kind, item = kind_of(annotation)
    return item if isinstance(item, type) and issubclass(item, BaseModel) else None


@cache
def _sieve(shape: type[BaseModel]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Takes the fields of a schema that do not hold their default."""
    fields = [
        (name, object() if info.is_required() else info.get_default(call_default_factory=True))
        for name, info in shape.model_fields.items()
    ]
    inner = [
        (name, _sieve(part), kind_of(info.annotation)[0] is list)
        for name, info in shape.model_fields.items()
        if (part := shape_in(info.annotation)) is not None
    ]

    def sieve(values: Mapping[str, Any]) -> dict[str, Any]:
        found = {
            name: value
            for name, default in fields
            if (value := values.get(name, default)) is not default and value != default
        }
        for name, sieve_part, several in inner:
            if name in found:
                part = found[name]
                found[name] = [sieve_part(one) for one in part] if several else sieve_part(part)
        return found

    return sieve
