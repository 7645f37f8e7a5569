"""Quotes: a nested field in the API, and one column for each part in the tables."""

from collections.abc import Mapping
from typing import Any

from app.db.revisions import StoredRow
from app.schemas.base.fields import Schema

QUOTE_COLUMNS: Mapping[str, str] = {
    "exact": "quote",
    "prefix": "quote_prefix",
    "suffix": "quote_suffix",
    "page": "page",
    "media_time": "media_time",
    "language": "quote_language",
    "translation": "translation",
    "translated_by": "translated_by",
}
"""The fields of a quote, each with the column that stores it."""


def flatten_fields(nested: Mapping[str, Any] | Schema | None, names: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a nested object as columns; all of them None if there is no object."""
    values = vars(nested) if isinstance(nested, Schema) else nested or {}
    return {column: values.get(name) for name, column in names.items()}


def nest_columns(row: StoredRow, names: Mapping[str, str], required: str) -> dict[str, Any] | None:
    """The nested object from its columns; None if the column of its `required` field is null."""
    return None if row[names[required]] is None else {name: row[column] for name, column in names.items()}
