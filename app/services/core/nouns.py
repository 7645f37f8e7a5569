"""What all nouns of the record (sources, topics, documents, claims and so on) have in common: creating and correcting.

Each noun defines how its input becomes columns, and columns input again. A correction is applied to the stored object,
and the result is validated as if it were new, so that one set of rules covers both.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, Connection, FromClause, Table, select

from app.db.compiled_reads import PlainRow
from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import Base, table_of
from app.errors import ConflictError, InvalidError
from app.schemas.base import validation_errors
from app.schemas.base.fields import Correction, Schema
from app.services.core import equality_keys, possible_duplicates
from app.services.core.refs import Refs, chunks

Columns = dict[str, Any]
"""Values by the names of columns."""


@dataclass(frozen=True)
class Noun:
    """How objects of one kind are written."""

    model: type[Base]
    schema: type[Schema]
    """Validates a whole object."""
    columns: Callable[[Mapping[str, Any], Refs], Columns]
    """Converts input fields, as far as they are given, to columns."""
    fields: Callable[[StoredRow], dict[str, Any]]
    """Converts the columns of a stored row to input fields."""

    @property
    def table(self) -> Table:
        """The table of these objects."""
        return table_of(self.model)

    @property
    def name(self) -> str:
        """The name of the noun, which is that of its table."""
        return self.table.name

    def new_id(self) -> str:
        """A new identifier."""
        return new_id(self.model.prefix)  # type: ignore[attr-defined]  # every model of the record has a prefix


def field_values(schema: Schema, *, only_set: bool = False) -> dict[str, Any]:
    """The fields of an input as plain values; nested inputs stay objects. `only_set` leaves out defaults."""
    fields = vars(schema)
    return {name: fields[name] for name in schema.model_fields_set} if only_set else fields.copy()


def fetch_row(connection: Connection, table: Table, identifier: str) -> StoredRow:
    """The row of an object that is known to exist."""
    return connection.execute(select(table).where(table.c.id == identifier)).mappings().one()


def changed_columns(row: StoredRow, columns: Mapping[str, Any]) -> Columns:
    """Those of the columns whose values differ from the stored row."""
    return {name: value for name, value in columns.items() if row[name] != value}


def apply_correction(noun: Noun, row: StoredRow, correction: Correction) -> Schema:
    """The stored object with a correction applied, validated as a whole.

    Raises InvalidError, which names the fields that contradict each other.
    """
    fields = {**noun.fields(row), **correction.changes()}
    try:
        return noun.schema.model_validate(fields)
    except ValidationError as error:
        raise InvalidError(validation_errors.problems(error.errors(include_url=False, include_input=False))) from None


def plan_correction(
    change: ChangeWriter, noun: Noun, identifier: str, correction: Correction, refs: Refs
) -> tuple[StoredRow, Columns]:
    """The stored row of an object, and the columns that a correction changes.

    Raises ConflictError if the object was merged into another one.
    """
    row = fetch_row(change.connection, noun.table, identifier)
    if row.get("merged_into_id") is not None:
        raise ConflictError(
            f"This {noun.name} was merged into {row['merged_into_id']}. Correct that {noun.name} instead."
        )
    return row, changed_columns(row, noun.columns(field_values(apply_correction(noun, row, correction)), refs))


def correct(
    change: ChangeWriter,
    noun: Noun,
    identifier: str,
    correction: Correction,
    check: Callable[[StoredRow, Columns], None] = lambda _row, _columns: None,
) -> Columns:
    """Correct an object that nothing else depends on, and return the columns that changed.

    `check` gets the stored row and the changed columns, and raises if the row must not get them.
    """
    row, columns = plan_correction(change, noun, identifier, correction, Refs(change.connection))
    check(row, columns)
    store_correction(change, noun, row, columns, correction)
    return columns


def store_correction(
    change: ChangeWriter, noun: Noun, row: StoredRow, columns: Columns, correction: Correction
) -> None:
    """Store the columns that a correction changes, and the rulings that it makes.

    Raises PossibleDuplicateError if the object would equal another one that it was not ruled distinct from.
    """
    refs, identifier = Refs(change.connection), row["id"]
    named = getattr(correction, "distinct_from", None) or []
    distinct_ids = possible_duplicates.resolve_distinct(noun.table, named, refs, own_id=identifier)
    keys = possible_duplicates.check_correction(change.connection, noun.table, row, columns, distinct_ids)
    if columns:
        change.amend(noun.table, [{"id": identifier, **columns}])
    if keys is not None:
        equality_keys.store(change.connection, {identifier: keys})
    possible_duplicates.record_rulings(change, identifier, distinct_ids)


def create(change: ChangeWriter, noun: Noun, fields: Schema) -> str:
    """Record a source, topic or document, and return its id.

    Raises PossibleDuplicateError if it equals an object that it is not `distinct_from`.
    """
    refs = Refs(change.connection)
    require_unused_key(noun, getattr(fields, "key", None), refs)
    row = {"id": noun.new_id(), **noun.columns(field_values(fields), refs)}
    distinct_ids = possible_duplicates.resolve_distinct(noun.table, getattr(fields, "distinct_from", ()), refs)
    keys = equality_keys.KEYS_OF[noun.name](row)
    possible_duplicates.require_distinct(change.connection, noun.table, keys, distinct_ids)
    change.add(noun.table, [row])
    equality_keys.store(change.connection, {row["id"]: keys}, new=True)
    possible_duplicates.record_rulings(change, row["id"], distinct_ids)
    return str(row["id"])


def require_unused_key(noun: Noun, key: str | None, refs: Refs) -> None:
    """Raise InvalidError if another object of this noun has the key."""
    if key is not None and refs.get(noun.table, key) is not None:
        raise InvalidError.of(
            "key", f"is already the key of another {noun.name}; choose another key, or correct that {noun.name}"
        )


def columns_of(schema: type[BaseModel], table: FromClause, **replaced: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The columns of a table that a schema has fields of the same name for; `replaced` are used instead of columns."""
    return [replaced.get(name, table.c[name]) for name in schema.model_fields if name in table.c]


def serialize_row(schema: type[BaseModel], row: StoredRow, **more: Any) -> PlainRow:
    """All fields of a schema in its order, from `more` where it has them, else from the row.

    Stored values were validated when they were written, so pydantic is skipped here.
    """
    names, values_of = _field_getter(schema)
    return dict(zip(names, values_of({**row, **more}), strict=False))


@cache
def _field_getter(schema: type[BaseModel]) -> tuple[tuple[str, ...], Callable[[StoredRow], tuple[Any, ...]]]:
    names = tuple(schema.model_fields)
    return names, itemgetter(*names)


def fetch_rows_by_id(connection: Connection, table: FromClause, identifiers: Iterable[str]) -> dict[str, StoredRow]:
    """The rows of a table with these ids, by id."""
    rows: dict[str, StoredRow] = {}
    for chunk in chunks(sorted(set(identifiers))):
        rows |= {row["id"]: row for row in connection.execute(select(table).where(table.c.id.in_(chunk))).mappings()}
    return rows
