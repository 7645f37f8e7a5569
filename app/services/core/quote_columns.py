"""Passages of documents in the columns of whatever cites them."""

from collections.abc import Mapping
from typing import Any

from app.db.revisions import Row
from app.schemas.base.fields import Schema

QUOTE: Mapping[str, str] = {
    "exact": "quote",
    "prefix": "quote_prefix",
    "suffix": "quote_suffix",
    "page": "page",
    "media_time": "media_time",
    "language": "quote_language",
    "translation": "translation",
    "translated_by": "translated_by",
}
"""The fields of a passage, and the columns that hold them."""


def spread(nested: Mapping[str, Any] | Schema | None, names: Mapping[str, str]) -> dict[str, Any]:
    """Fields that stand within one field, as columns; all null if there is none."""
    values = vars(nested) if isinstance(nested, Schema) else nested or {}
    return {column: values.get(name) for name, column in names.items()}


def gather(row: Row, names: Mapping[str, str], needed: str) -> dict[str, Any] | None:
    """The way back; None if the field that is always `needed` is not there."""
    return None if row[names[needed]] is None else {name: row[column] for name, column in names.items()}
