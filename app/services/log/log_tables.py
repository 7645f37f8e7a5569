"""The logged tables, in a fixed order, and the canonical bytes of their rows.

A row is hashed as canonical JSON (RFC 8785) of its columns by name, read back as plain values that are the same on
SQLite and PostgreSQL. Null columns are left out, so old hashes stay valid when a table gets another column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    select,
)

from app import models
from app.db.compiled_reads import CompiledStatement, bytewise, in_list
from app.db.revisions import revision_table
from app.db.schema import BACKFILL_VALUE, PERSONAL, table_of
from app.db.types import BigInt, FigureColumn
from app.formats.proofs.canonical_json import canonicalize, decimal_text, encode_canonical

change = table_of(models.Change)

Converter: TypeAlias = Callable[[Any], Any]

Key: TypeAlias = tuple[str | int, ...]
"""The key of a row, without its version."""


class EntrySortKey(NamedTuple):
    """The sort key of an entry: the log is in ascending order of it."""

    change_seq: int
    rank: int
    key: Key
    version: int


class LoggedRow(NamedTuple):
    """A row of a logged table."""

    change_seq: int
    key: Key
    version: int
    content: bytes
    """The row as canonical JSON."""
    before: bytes | None
    """The previous version as canonical JSON; None for the first."""


@dataclass(frozen=True)
class LoggedTable:
    """A table whose rows are logged."""

    noun: str
    """The first part of an object's name, before the key."""
    table: Table
    key: tuple[str, ...]
    """The key columns of a row, without its version."""
    versioned: bool
    """True if its rows are versions of objects."""
    rank: int
    """Entries of one change are ordered by the rank of their table, lowest first."""

    def object_name(self, key: Key) -> str:
        """Return the name of an object in the log: 'claim/clm_…', 'quantity/clm_…/1/0'."""
        return "/".join((self.noun, *map(str, key)))

    def rows(self, connection: Connection, first: int, last: int, *, batch_size: int | None) -> Iterator[LoggedRow]:
        """Yield the rows written by changes `first` to `last` (inclusive), in log order."""
        return map(self.row, self.rows_of_changes.lists(connection, batch_size=batch_size, first=first, last=last))

    def rows_with(self, connection: Connection, keys: Sequence[str | int]) -> Iterator[LoggedRow]:
        """Yield all rows whose first key column has one of these values, in no particular order."""
        return map(self.row, self._with_keys.lists(connection, batch_size=None, keys=list(keys)))

    # --- statements and row conversion ---

    @cached_property
    def _columns(self) -> list[Column[Any]]:
        hashed = [column for column in self.table.columns if not column.info.get(PERSONAL)]
        return sorted(hashed, key=lambda column: column.name)

    @cached_property
    def _select(self) -> Select[Any]:
        statement = select(*(_readable(column) for column in self._columns))
        if not self.versioned:
            return statement
        before = self.table.alias("before")
        preceding = and_(
            self.table.c.version > 1, before.c.id == self.table.c.id, before.c.version == self.table.c.version - 1
        )
        earlier = (_readable(before.c[column.name]).label(f"before_{column.name}") for column in self._columns)
        return statement.add_columns(*earlier).select_from(self.table.outerjoin(before, preceding))

    @cached_property
    def _seq(self) -> Column[Any]:
        return self.table.c.seq if self.table is change else self.table.c.change_seq

    @cached_property
    def rows_of_changes(self) -> CompiledStatement:
        """The statement that reads the rows written by changes `first` to `last` (inclusive), in log order."""
        # A range even for a single change: after large imports the statistics say that one change has thousands of
        # rows, and the planner would scan the whole table for an equality condition.
        first, last = bindparam("first", type_=BigInt), bindparam("last", type_=BigInt)
        key = [self.table.c[name] for name in self.key if name != self._seq.name]
        order = [bytewise(column) if isinstance(column.type, String) else column for column in key]
        order += [self.table.c.version] if self.versioned else []
        return CompiledStatement(self._select.where(self._seq.between(first, last)).order_by(self._seq, *order))

    @cached_property
    def _with_keys(self) -> CompiledStatement:
        leading = self.table.c[self.key[0]]
        return CompiledStatement(
            self._select.where(in_list(leading, "keys", numbers=not isinstance(leading.type, String)))
        )

    @cached_property
    def row(self) -> Callable[[list[Any]], LoggedRow]:
        """The function that converts a list of column values to a LoggedRow."""
        names = [f"{column.name}" for column in self._columns]  # some names are a str subclass of SQLAlchemy
        width = len(names)
        converters = [(place, convert) for place, column in enumerate(self._columns) for convert in _converters(column)]
        seq = names.index(self._seq.name)
        key = [names.index(name) for name in self.key]
        version = names.index("version") if self.versioned else None

        # One struct class per table: encoding a struct takes a third of the time that a dictionary takes.
        fields = [(name, object, None) for name in names]
        shape: Any = msgspec.defstruct(self.noun, fields, omit_defaults=True, gc=False)

        def content(values: list[Any]) -> bytes:
            for place, convert in converters:
                if values[place] is not None:
                    values[place] = convert(values[place])
            return encode_canonical(shape(*values))

        def row(values: list[Any]) -> LoggedRow:
            number = 1 if version is None else values[version]
            before = content(values[width:]) if number > 1 and values[width + seq] is not None else None
            row_key = tuple([values[place] for place in key])
            return LoggedRow(values[seq], row_key, number, content(values[:width]), before)

        return row


def _readable(column: Any) -> Any:
    # Read JSON as text and normalise it later: SQLite stores the text as written, PostgreSQL the parsed value.
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _converters(column: Column[Any]) -> Iterator[Converter]:
    if isinstance(column.type, JSON):
        yield canonicalize
    if isinstance(column.type, FigureColumn):
        yield decimal_text
    if BACKFILL_VALUE in column.info:
        absent = column.info[BACKFILL_VALUE]
        yield lambda value: None if value == absent else value


def _ranked() -> Iterator[LoggedTable]:
    """Yield the change table, then all other logged tables by name, each with its rank.

    The change comes first so that it precedes the rows that it wrote.
    """
    versioned = {table_of(model).name: revision_table(table_of(model)) for model in models.VERSIONED}
    appended = {table_of(model).name: table_of(model) for model in models.APPEND_ONLY}
    first = change.name
    for rank, noun in enumerate([first, *sorted((versioned | appended).keys() - {first})]):
        if noun in versioned:
            yield LoggedTable(noun, versioned[noun], ("id",), True, rank)
        else:
            key = tuple(column.name for column in appended[noun].primary_key)
            yield LoggedTable(noun, appended[noun], key, False, rank)


LOGGED_TABLES: Sequence[LoggedTable] = tuple(_ranked())
"""All logged tables; the index is the rank."""

CHANGE_TABLE = LOGGED_TABLES[0]
"""The table of changes."""

LOGGED_BY_NOUN: Mapping[str, LoggedTable] = {logged.noun: logged for logged in LOGGED_TABLES}
LOGGED_BY_TABLE_NAME: Mapping[str, LoggedTable] = {logged.table.name: logged for logged in LOGGED_TABLES}


def parse_object_name(name: str) -> tuple[LoggedTable, Key] | None:
    """Parse the name of an object in the log into its table and key; None if it is malformed or of an unknown table."""
    noun, *parts = name.split("/")
    table = LOGGED_BY_NOUN.get(noun)
    if table is None or len(parts) != len(table.key):
        return None
    key: list[str | int] = []
    for column, part in zip(table.key, parts, strict=True):
        if isinstance(table.table.c[column].type, String):
            key.append(part)
        elif part.isdecimal() and part.isascii() and len(part) < 19:  # noqa: PLR2004 - that is less than 2^63
            key.append(int(part))
        else:
            return None
    return table, tuple(key)


def entry_sort_key(change_seq: int, name: str, version: int) -> EntrySortKey | None:
    """Return the sort key of an entry; None if the name of its object is malformed."""
    parsed = parse_object_name(name)
    return None if parsed is None else EntrySortKey(change_seq, parsed[0].rank, parsed[1], version)
