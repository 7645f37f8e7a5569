"""Fields of records in Attest's exchange format, for its JSON and CSV forms: which are written, and in which order.

Records are plain values (`PlainRecord`) in the shape of their schema in `exchange_record`. They were validated on
write; exporting a million claims skips pydantic.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, SourceRecord, TopicRecord

PlainRecord: TypeAlias = Mapping[str, Any]
"""A record as plain, JSON-serialisable values. `record` names its schema.

A missing field has its default value; keys that the schema does not define are ignored.
"""

RECORD_SCHEMAS: Mapping[str, type[BaseModel]] = {
    "source": SourceRecord,
    "document": DocumentRecord,
    "topic": TopicRecord,
    "claim": ClaimRecord,
    "note": NoteRecord,
}
"""The schema of each kind of record, by the value of its field `record`."""


def non_default_fields(record: PlainRecord) -> dict[str, Any]:
    """Return the fields of a record in the order of its schema, leaving out defaults at every level."""
    return _non_default_filter(RECORD_SCHEMAS[record["record"]])(record)


def field_type(annotation: Any) -> tuple[Any, Any]:
    """Return the type of a field without None, and the type of its items if it is a list (else the type itself)."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    while hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation) or annotation
    return origin, get_args(annotation)[0] if origin is list else annotation


def nested_schema(annotation: Any) -> type[BaseModel] | None:
    """Return the schema of a field's value or list items; None if these are not objects."""
    _type, item_type = field_type(annotation)
    return item_type if isinstance(item_type, type) and issubclass(item_type, BaseModel) else None


@cache
def _non_default_filter(schema: type[BaseModel]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Build a function that keeps the fields of a schema whose value is not the default."""
    # A required field gets a default that equals no value, so that it is always kept.
    fields = [
        (name, object() if info.is_required() else info.get_default(call_default_factory=True))
        for name, info in schema.model_fields.items()
    ]
    nested_fields = [
        (name, _non_default_filter(nested), field_type(info.annotation)[0] is list)
        for name, info in schema.model_fields.items()
        if (nested := nested_schema(info.annotation)) is not None
    ]

    def filter_fields(values: Mapping[str, Any]) -> dict[str, Any]:
        filtered = {
            name: value
            for name, default in fields
            if (value := values.get(name, default)) is not default and value != default
        }
        for name, filter_nested, is_list in nested_fields:
            if name in filtered:
                nested_value = filtered[name]
                filtered[name] = (
                    [filter_nested(item) for item in nested_value] if is_list else filter_nested(nested_value)
                )
        return filtered

    return filter_fields
