"""What is done alike with every noun of the record: add it, correct it.

A noun says how its input becomes columns and its columns input again. A correction is laid over the object as it is,
and the whole is checked as if it were new: there is one set of rules.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, Connection, FromClause, Table, select

from app.db.compiled_reads import PlainRow
from app.db.ids import new_id
from app.db.revisions import Change, Row
from app.db.schema import Base, table_of
from app.errors import InvalidError, VersionMismatchError
from app.schemas.base import validation_errors
from app.schemas.base.fields import Correction, Schema, Stamp
from app.services.core.refs import Refs, chunks

Columns = dict[str, Any]


@dataclass(frozen=True)
class Noun:
    """How one noun is written."""

    model: type[Base]
    whole: type[Schema]
    """Checks the whole input."""
    columns: Callable[[Mapping[str, Any], Refs], Columns]
    """Input fields (those that are given) to columns."""
    fields: Callable[[Row], dict[str, Any]]
    """Columns of a stored row to input fields."""

    @property
    def table(self) -> Table:
        """Where it is stored."""
        return table_of(self.model)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.table.name

    def new_id(self) -> str:
        """An identifier for a new one."""
        return new_id(self.model.prefix)  # type: ignore[attr-defined]  # every recorded model has one


def given(schema: Schema, *, only_set: bool = False) -> dict[str, Any]:
    """The fields of an input as plain values, nested inputs kept as they are."""
    fields = vars(schema)
    return {name: fields[name] for name in schema.model_fields_set} if only_set else fields.copy()


def stored(connection: Connection, table: Table, identifier: str) -> Row:
    """The row of an object that is known to be there."""
    return connection.execute(select(table).where(table.c.id == identifier)).mappings().one()


def differing(row: Row, columns: Mapping[str, Any]) -> Columns:
    """The columns of which the stored row says something else."""
    return {name: value for name, value in columns.items() if row[name] != value}


class Shown(NamedTuple):
    """Something as it is shown, in plain values, and the entity tag of just this."""

    tag: str
    body: PlainRow


def check_etag(expected: str | None, current: str) -> None:
    """Raises VersionMismatchError if the caller expects another state than this; `*` and None expect any."""
    if expected is None or expected.strip() == "*":
        return
    if current not in [tag.strip().removeprefix("W/") for tag in expected.split(",")]:
        raise VersionMismatchError(current)


def etag(shown: Stamp) -> str:
    """The entity tag of an object: its version and a digest of all that is shown with it.

    What is shown includes names of other objects, so that the version alone would not do.
    """
    digest = hashlib.blake2b(shown.model_dump_json().encode(), digest_size=9).hexdigest()
    return f'"{shown.version}.{digest}"'


def etag_of(shown: BaseModel) -> str:
    """The entity tag of something that has no versions: a digest of what is shown."""
    return f'"{hashlib.blake2b(shown.model_dump_json().encode(), digest_size=12).hexdigest()}"'


def merged(noun: Noun, row: Row, correction: Correction) -> Schema:
    """The object with a correction laid over it, checked as a whole.

    Raises InvalidError naming the fields that do not hold together.
    """
    fields = {**noun.fields(row), **correction.changes()}
    try:
        return noun.whole.model_validate(fields)
    except ValidationError as error:
        raise InvalidError(validation_errors.problems(error.errors(include_url=False, include_input=False))) from None


def overlay(change: Change, noun: Noun, identifier: str, correction: Correction, refs: Refs) -> tuple[Row, Columns]:
    """Lay a correction over an object: the row as it was, and the columns that now say something else."""
    row = stored(change.connection, noun.table, identifier)
    return row, differing(row, noun.columns(given(merged(noun, row, correction)), refs))


def correct(
    change: Change,
    noun: Noun,
    identifier: str,
    correction: Correction,
    refuse: Callable[[Row, Columns], None] = lambda _row, _columns: None,
) -> Columns:
    """Correct an object on which nothing else depends; the columns that changed.

    `refuse` raises if the row, as it was, must not be given these columns.
    """
    row, columns = overlay(change, noun, identifier, correction, Refs(change.connection))
    refuse(row, columns)
    if columns:
        change.amend(noun.table, [{"id": identifier, **columns}])
    return columns


def create(change: Change, noun: Noun, fields: Schema) -> str:
    """Record an object on which nothing else depends; its id."""
    refs = Refs(change.connection)
    refuse_taken_key(noun, getattr(fields, "key", None), refs)
    identifier = noun.new_id()
    change.add(noun.table, [{"id": identifier, **noun.columns(given(fields), refs)}])
    return identifier


def refuse_taken_key(noun: Noun, key: str | None, refs: Refs) -> None:
    """Raises InvalidError if another object has the key already."""
    if key is not None and refs.get(noun.table, key) is not None:
        raise InvalidError.of("key", f"there is a {noun.name} with this key already")


def columns_of(shape: type[BaseModel], table: FromClause) -> list[ColumnElement[Any]]:
    """The columns of a table that a shape shows under their own names."""
    return [table.c[name] for name in shape.model_fields if name in table.c]


def shaped(shape: type[BaseModel], row: Row, **more: Any) -> PlainRow:
    """All fields of a shape, in its order: from a row, or from `more` where that has them."""
    names, values_of = _fields(shape)
    return dict(zip(names, values_of({**row, **more}), strict=False))


@cache
def _fields(shape: type[BaseModel]) -> tuple[tuple[str, ...], Callable[[Row], tuple[Any, ...]]]:
    names = tuple(shape.model_fields)
    return names, itemgetter(*names)


def rows_by_id(connection: Connection, table: FromClause, identifiers: Iterable[str]) -> dict[str, Row]:
    """The rows of a table with these ids."""
    rows: dict[str, Row] = {}
    for chunk in chunks(sorted(set(identifiers))):
        found = connection.execute(select(table).where(table.c.id.in_(chunk))).mappings()
        rows |= {row["id"]: row for row in found}
    return rows
