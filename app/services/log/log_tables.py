"""What is logged: the tables of the record, in an order that stays, and how their rows become bytes.

A row is hashed as canonical JSON of its columns by name, as it is read back in plain values, which are the same from
either engine. Columns that are null are left out, so that a table may get another column and old hashes stay true.
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
from app.db.compiled_reads import Statement, among, bytewise
from app.db.revisions import revision_table
from app.db.schema import ABSENT, PERSONAL, table_of
from app.db.types import BigInt, Figure
from app.formats.proofs.canonical_json import decimal_text, encode, text_of_json

change = table_of(models.Change)

Convert: TypeAlias = Callable[[Any], Any]

Key: TypeAlias = tuple[str | int, ...]
"""The key of a row, without its version."""


class Place(NamedTuple):
    """Where an entry stands in the log: before all with a greater place."""

    change_seq: int
    rank: int
    key: Key
    version: int


class Row(NamedTuple):
    """A row of a logged table."""

    change_seq: int
    key: Key
    version: int
    content: bytes
    """Itself, as canonical JSON."""
    before: bytes | None
    """The version before it; None for the first."""


@dataclass(frozen=True)
class Logged:
    """A table whose rows are logged."""

    noun: str
    """What stands before the key in the name of an object."""
    table: Table
    key: tuple[str, ...]
    """Columns that make up the key of a row, without its version."""
    versioned: bool
    """True if its rows are versions of objects."""
    rank: int
    """Of entries of one change, those of the table with the lowest rank come first."""

    def object_of(self, key: Key) -> str:
        """How the log names an object: 'claim/clm_…', 'quantity/clm_…/1/0'."""
        return "/".join((self.noun, *map(str, key)))

    def rows(self, connection: Connection, first: int, last: int, *, at_once: int | None) -> Iterator[Row]:
        """The rows that were written under changes from number `first` to `last`, in the order of the log."""
        return map(self.row, self.of_changes.lists(connection, at_once=at_once, first=first, last=last))

    def rows_with(self, connection: Connection, keys: Sequence[str | int]) -> Iterator[Row]:
        """All rows whose key begins with one of these values, in no order."""
        return map(self.row, self._with_keys.lists(connection, at_once=None, keys=list(keys)))

    # --- how it is read ---

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
    def of_changes(self) -> Statement:
        """Reads the rows that were written under changes from number `first` to `last`, in the order of the log."""
        # A span also for a single change: where there were large imports, statistics say that a change has thousands
        # of rows, and engines would rather read a whole table than look for "all rows of one change".
        first, last = bindparam("first", type_=BigInt), bindparam("last", type_=BigInt)
        key = [self.table.c[name] for name in self.key if name != self._seq.name]
        order = [bytewise(column) if isinstance(column.type, String) else column for column in key]
        order += [self.table.c.version] if self.versioned else []
        return Statement(self._select.where(self._seq.between(first, last)).order_by(self._seq, *order))

    @cached_property
    def _with_keys(self) -> Statement:
        leading = self.table.c[self.key[0]]
        return Statement(self._select.where(among(leading, "keys", numbers=not isinstance(leading.type, String))))

    @cached_property
    def row(self) -> Callable[[list[Any]], Row]:
        """Makes a row of what a statement gives."""
        names = [f"{column.name}" for column in self._columns]  # SQLAlchemy has a class of its own for some
        width = len(names)
        converters = [(place, convert) for place, column in enumerate(self._columns) for convert in _converters(column)]
        seq = names.index(self._seq.name)
        key = [names.index(name) for name in self.key]
        version = names.index("version") if self.versioned else None

        # Made once for a table, for it writes a row in a third of the time that a dictionary takes.
        fields = [(name, object, None) for name in names]
        shape: Any = msgspec.defstruct(self.noun, fields, omit_defaults=True, gc=False)

        def content(values: list[Any]) -> bytes:
            for place, convert in converters:
                if values[place] is not None:
                    values[place] = convert(values[place])
            return encode(shape(*values))

        def row(values: list[Any]) -> Row:
            number = 1 if version is None else values[version]
            before = content(values[width:]) if number > 1 and values[width + seq] is not None else None
            found = tuple([values[place] for place in key])
            return Row(values[seq], found, number, content(values[:width]), before)

        return row


def _readable(column: Any) -> Any:
    # JSON as text: one engine keeps what was written, the other one what it means.
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _converters(column: Column[Any]) -> Iterator[Convert]:
    if isinstance(column.type, JSON):
        yield text_of_json
    if isinstance(column.type, Figure):
        yield decimal_text
    if ABSENT in column.info:
        absent = column.info[ABSENT]
        yield lambda value: None if value == absent else value


def _ranked() -> Iterator[Logged]:
    """The change itself, then all others by their names: whatever table comes to be logged, old entries stay put."""
    versioned = {table_of(model).name: revision_table(table_of(model)) for model in models.VERSIONED}
    appended = {table_of(model).name: table_of(model) for model in models.APPEND_ONLY}
    first = change.name
    for rank, noun in enumerate([first, *sorted((versioned | appended).keys() - {first})]):
        if noun in versioned:
            yield Logged(noun, versioned[noun], ("id",), True, rank)
        else:
            key = tuple(column.name for column in appended[noun].primary_key)
            yield Logged(noun, appended[noun], key, False, rank)


LOGGED: Sequence[Logged] = tuple(_ranked())
"""All of them, by rank."""

CHANGES = LOGGED[0]
"""The changes themselves."""

BY_NOUN: Mapping[str, Logged] = {logged.noun: logged for logged in LOGGED}
BY_TABLE: Mapping[str, Logged] = {logged.table.name: logged for logged in LOGGED}


def named(name: str) -> tuple[Logged, Key] | None:
    """The table and the key of an object, from its name in the log; None if it is no such name."""
    noun, *parts = name.split("/")
    logged = BY_NOUN.get(noun)
    if logged is None or len(parts) != len(logged.key):
        return None
    key: list[str | int] = []
    for column, part in zip(logged.key, parts, strict=True):
        if isinstance(logged.table.c[column].type, String):
            key.append(part)
        elif part.isdecimal() and part.isascii() and len(part) < 19:  # noqa: PLR2004 - that is less than 2^63
            key.append(int(part))
        else:
            return None
    return logged, tuple(key)


def place_of(change_seq: int, name: str, version: int) -> Place | None:
    """Where an entry belongs; None for an object that cannot be."""
    found = named(name)
    return None if found is None else Place(change_seq, found[0].rank, found[1], version)
