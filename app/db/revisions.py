"""The revision store: it keeps every version of every object, so that any past state can be read.

A table such as `claim` holds the current state of each object, and `claim_revision` all its versions, the current one
included. Revisions are append-only: triggers refuse to update or delete one. A row of `change` says who made a change,
when and why. Its `seq` orders all changes, even where clocks do not.

To read the record as of a moment, `versioned_as_of` replaces a table with a subquery. The statement around it stays the
same, so current and past reads share one implementation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol, TypeAlias

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    ForeignKeyConstraint,
    FromClause,
    Index,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    update,
)

from app import clock
from app.db import bulk
from app.db.compiled_reads import CompiledStatement
from app.db.schema import CURRENT_ONLY, EMBEDDED_COLUMNS, Base

StoredRow: TypeAlias = bulk.StoredRow
"""A stored row, by column name."""

_REVISION = "_revision"


def revision_table(table: Table) -> Table:
    """Return the table with all versions of the rows of `table`; the first call builds it from the table's columns."""
    name = table.name + _REVISION
    if name in Base.metadata.tables:
        return Base.metadata.tables[name]
    columns: list[Column[Any]] = [
        Column(
            column.name,
            column.type,
            primary_key=column.name in ("id", "version"),
            autoincrement=False,
            nullable=column.nullable,
            server_default=None if column.server_default is None else column.server_default.arg,  # type: ignore[attr-defined]  # ours are literals
            comment=column.comment,
        )
        for column in table.columns
    ]
    # Reads of the past need the same lookups as current ones. Unique constraints become plain indexes, because versions
    # repeat each other's values.
    unique = [constraint.columns for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    indexed = [index.columns for index in table.indexes if not index.info.get(CURRENT_ONLY)]
    index_columns = {tuple(column.name for column in columns) for columns in unique}
    index_columns |= {_revision_index_columns(tuple(column.name for column in columns)) for columns in indexed}
    return Table(
        name,
        Base.metadata,
        *columns,
        *(Index(None, *names) for names in sorted(index_columns)),
        ForeignKeyConstraint(["id"], [table.c.id]),
        ForeignKeyConstraint(["change_seq"], ["change.seq"]),
        comment=f"Every version of every {table.name}; appended to, never altered",
    )


def _revision_index_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of the index on revisions that corresponds to an index on current rows.

    Lists scan indexes that end with the id. With the change number appended, versions recorded after the requested
    moment are skipped by the index alone, without reading their rows.
    """
    return (*columns, "change_seq") if columns[-1] == "id" and "change_seq" not in columns else columns


def versioned_as_of(table: Table, seq: int | BindParameter[int] | None) -> FromClause:
    """Return `table` as it was right after change number `seq`; the table itself if `seq` is None.

    A version was current then if it had been recorded and the next one had not. Versions have no gaps, so that check is
    one primary key lookup per row.
    """
    if seq is None:
        return table
    revision = revision_table(table)
    later = revision.alias("later")
    superseded = (
        select(1)
        .where(later.c.id == revision.c.id, later.c.version == revision.c.version + 1, later.c.change_seq <= seq)
        .exists()
    )
    return select(revision).where(revision.c.change_seq <= seq, ~superseded).subquery(f"{table.name}_then")


def appended_as_of(table: Table, seq: int | BindParameter[int] | None) -> FromClause:
    """Return an append-only table as it was right after change number `seq`; the table itself if `seq` is None."""
    if seq is None:
        return table
    return select(table).where(table.c.change_seq <= seq).subquery(f"{table.name}_then")


def seq_at(connection: Connection, moment: datetime) -> int:
    """Return the number of the last change recorded at or before `moment`; 0 if there was none."""
    rows = _last_seq_at().rows(connection, moment=moment)
    return int(rows[0]["seq"]) if rows else 0


@cache
def _last_seq_at() -> CompiledStatement:
    change = Base.metadata.tables["change"]
    statement = select(change.c.seq).where(change.c.at <= bindparam("moment", type_=change.c.at.type))
    # Ordered by the time, which increases with the number, so that one lookup in its index suffices.
    return CompiledStatement(statement.order_by(change.c.at.desc(), change.c.seq.desc()).limit(1))


def last_change_at(connection: Connection) -> datetime:
    """Return the time of the last change, in UTC."""
    moment: datetime = connection.execute(select(Base.metadata.tables["head"].c.at)).scalar_one()
    return moment


class ChangeObserver(Protocol):
    """Receives all rows of a change before they are written, to update derived data such as counters."""

    def before_insert(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Handle rows that are about to be inserted."""

    def before_update(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Handle rows that are about to be updated: each has the `id` and the columns that change."""


@dataclass
class ChangeWriter:
    """Writes the rows of one change, which share an actor, a time and a reason.

    `open_change` makes one under the lock that serializes all writers. The change number is used only if something is
    written.
    """

    connection: Connection
    seq: int
    at: datetime
    actor_id: str
    action: str
    reason: str
    observer: ChangeObserver | None = None
    written: Counter[str] = field(default_factory=Counter)
    """The number of rows written to each table, by table name."""
    _single_version: set[str] = field(default_factory=set)
    """The tables whose objects get a single version in this change, however often it amends them."""
    _stored: bool = False
    _embedded_marked: bool = False

    def _store(self) -> None:
        """Insert the row of the change itself, before the first row that refers to it."""
        if self._stored:
            return
        tables = Base.metadata.tables
        self.connection.execute(
            insert(tables["change"]).values(
                seq=self.seq, at=self.at, actor_id=self.actor_id, action=self.action, reason=self.reason
            )
        )
        self.connection.execute(update(tables["head"]).values(seq=self.seq, at=self.at))
        self._stored = True

    def _notify_insert(self, table: Table, rows: Sequence[StoredRow]) -> None:
        if self.observer is not None:
            self.observer.before_insert(table, rows)

    @property
    def has_writes(self) -> bool:
        """True once something has been written in this change."""
        return self._stored

    def append(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Insert rows into an append-only table."""
        if not rows:
            return
        self._store()
        self._notify_insert(table, rows)
        self._mark_embedded_columns(table, ["*"])
        bulk.insert(self.connection, table, rows, self._stamp)
        self.written[table.name] += len(rows)

    def add(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Insert new objects, as version 1, or as the version that all of the rows give.

        A first version above 1 means that another installation holds the earlier ones.
        """
        if not rows:
            return
        self._store()
        self._notify_insert(table, rows)
        self._mark_embedded_columns(table, ["*"])
        stamp = self._stamp if "version" in rows[0] else {"version": 1, **self._stamp}
        bulk.insert(self.connection, table, rows, stamp)
        self._copy_to_revisions(table, rows)

    def amend(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Update existing objects: each row has the `id` and the columns that change, the same in all rows.

        Call it once per object in a change, with everything that changes: each call makes a new version, unless
        `keep_single_version` was called for the table.
        """
        is_next_version = table.name not in self._single_version
        if not rows or (not is_next_version and rows[0].keys() == {"id"}):
            return
        self._store()
        self._mark_embedded_columns(table, ["*", *rows[0]])
        if self.observer is not None:
            self.observer.before_update(table, rows)
        bulk.revise(self.connection, table, rows, self._stamp, is_next_version=is_next_version)
        self._copy_to_revisions(table, rows)

    def keep_single_version(self, table: Table) -> None:
        """Make this change store one version of each object that it adds to a table, in its final state.

        The table must be empty, and `store_single_versions` must be called at the end.
        """
        self._single_version.add(table.name)

    def store_single_versions(self, table: Table) -> None:
        """Store the version of each object that was added to a table since `keep_single_version`."""
        self._single_version.discard(table.name)
        if self._stored:
            revision = revision_table(table)
            self.written[revision.name] += bulk.copy_change(self.connection, table, revision, self.seq)

    @property
    def _stamp(self) -> StoredRow:
        return {"change_seq": self.seq, "recorded_at": self.at}

    def _copy_to_revisions(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Copy the current rows of these objects to their revisions: INSERT … SELECT takes half the time of INSERT."""
        if table.name in self._single_version:
            return
        revision = revision_table(table)
        bulk.copy(self.connection, table, revision, [row["id"] for row in rows])
        self.written[revision.name] += len(rows)

    def _mark_embedded_columns(self, table: Table, columns: Iterable[str]) -> None:
        """Set `head.shared_seq` if one of these columns is embedded in other objects, whose versions stay the same."""
        if not self._embedded_marked and table.info.get(EMBEDDED_COLUMNS, frozenset()) & set(columns):
            self.connection.execute(update(Base.metadata.tables["head"]).values(shared_seq=self.seq))
            self._embedded_marked = True

    def mark_embedded_change(self) -> None:
        """Set `head.shared_seq` for a change of embedded data outside the record, such as a byline."""
        self._store()
        self.connection.execute(update(Base.metadata.tables["head"]).values(shared_seq=self.seq))

    def amend_each(self, table: Table, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Update existing objects that differ in the columns that change; `rows` maps ids to these columns."""
        groups: dict[frozenset[str], list[StoredRow]] = defaultdict(list)
        for identifier, columns in rows.items():
            groups[frozenset(columns)].append({"id": identifier, **columns})
        for group in groups.values():
            self.amend(table, group)


def open_change(connection: Connection, *, actor_id: str, action: str, reason: str) -> ChangeWriter:
    """Lock the head, which serializes writers, and return a writer for the next change number.

    Read what the change depends on after this call, not before: another writer may have committed first.
    """
    head = Base.metadata.tables["head"]
    last = connection.execute(select(head.c.seq, head.c.at).with_for_update()).one()
    # Even if the clock was set back, a change must not be dated before the previous one.
    at = max(clock.now(), last.at + timedelta(microseconds=1))
    return ChangeWriter(connection, last.seq + 1, at, actor_id, action, reason)
