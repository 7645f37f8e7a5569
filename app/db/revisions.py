"""The revision store: every version of every object is kept, and any moment can be read back.

A table `claim` holds each object as it is now, and `claim_revision` every version that it has had, the current one
included. Revisions are only ever appended: triggers refuse to update or delete one. A row of `change` says who made
it, when and why; its `seq` orders the whole record, also where clocks do not.

To read the record as of a moment, `as_recorded` puts a subquery in the place of the table. The statement around it
stays the same, so there is one way to write a read.
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
from app.db.compiled_reads import Statement
from app.db.schema import NOW_ONLY, SHOWN_ELSEWHERE, Base

Row: TypeAlias = bulk.Row
"""A stored row, by column name."""

_REVISION = "_revision"


def revision_table(table: Table) -> Table:
    """The table that keeps every version of the rows of `table`, made from its columns when first asked for."""
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
    # What is looked for now is looked for in the past as well. Nothing is unique there: versions repeat each other.
    unique = [constraint.columns for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    indexed = [index.columns for index in table.indexes if not index.info.get(NOW_ONLY)]
    sought = {tuple(column.name for column in columns) for columns in unique}
    sought |= {_of_versions(tuple(column.name for column in columns)) for columns in indexed}
    return Table(
        name,
        Base.metadata,
        *columns,
        *(Index(None, *names) for names in sorted(sought)),
        ForeignKeyConstraint(["id"], [table.c.id]),
        ForeignKeyConstraint(["change_seq"], ["change.seq"]),
        comment=f"Every version of every {table.name}; appended to, never altered",
    )


def _of_versions(columns: tuple[str, ...]) -> tuple[str, ...]:
    """What an index of versions has in the place of one of objects with these columns.

    Lists walk along indexes that end with the id. With the change behind it, whatever was recorded after the moment
    that is asked about is passed over without a look at its row.
    """
    return (*columns, "change_seq") if columns[-1] == "id" and "change_seq" not in columns else columns


def as_recorded(table: Table, seq: int | BindParameter[int] | None) -> FromClause:
    """`table` as it stood right after change number `seq`; the table itself if `seq` is None.

    A version counts if it was recorded by then and the next one was not. Versions have no gaps, so that is one look
    at the primary key for each row.
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


def appended(table: Table, seq: int | BindParameter[int] | None) -> FromClause:
    """A table that is only ever appended to, as it stood right after change number `seq`."""
    if seq is None:
        return table
    return select(table).where(table.c.change_seq <= seq).subquery(f"{table.name}_then")


def seq_at(connection: Connection, moment: datetime) -> int:
    """The number of the last change recorded at or before `moment`; 0 if there was none."""
    rows = _last_by().rows(connection, moment=moment)
    return int(rows[0]["seq"]) if rows else 0


@cache
def _last_by() -> Statement:
    change = Base.metadata.tables["change"]
    by_then = select(change.c.seq).where(change.c.at <= bindparam("moment", type_=change.c.at.type))
    # Ordered by the time, which grows with the number: its index then gives the answer with one look.
    return Statement(by_then.order_by(change.c.at.desc(), change.c.seq.desc()).limit(1))


def last_moment(connection: Connection) -> datetime:
    """When the last change was recorded."""
    moment: datetime = connection.execute(select(Base.metadata.tables["head"].c.at)).scalar_one()
    return moment


class Watch(Protocol):
    """Is told of all that is about to be written under a change, so that what is derived from it can follow."""

    def adding(self, table: Table, rows: Sequence[Row]) -> None:
        """These rows will be new."""

    def amending(self, table: Table, rows: Sequence[Row]) -> None:
        """These rows, each an `id` and columns that get another value, will change what is there."""


@dataclass
class Change:
    """One act upon the record: everything written under it shares who, when and why.

    Opening it takes the one lock that puts all writers in a row; the number it got is used up only if something is
    written.
    """

    connection: Connection
    seq: int
    at: datetime
    actor_id: str
    action: str
    reason: str
    watch: Watch | None = None
    written: Counter[str] = field(default_factory=Counter)
    """How many rows it has written to each table of the record, by the name of the table."""
    _stored: bool = False
    _shared: bool = False

    def _store(self) -> None:
        """Write the change itself, before the first row that refers to it."""
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

    def _announce(self, table: Table, rows: Sequence[Row]) -> None:
        if self.watch is not None:
            self.watch.adding(table, rows)

    @property
    def made(self) -> bool:
        """True once something has been written under this change."""
        return self._stored

    def append(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows into a table that is only ever appended to."""
        if not rows:
            return
        self._store()
        self._announce(table, rows)
        self._tell_sharing(table, ["*"])
        bulk.insert(self.connection, table, rows, self._stamp)
        self.written[table.name] += len(rows)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Record new objects, as their first version."""
        if not rows:
            return
        self._store()
        self._announce(table, rows)
        self._tell_sharing(table, ["*"])
        bulk.insert(self.connection, table, rows, {"version": 1, **self._stamp})
        self._keep(table, rows)

    def amend(self, table: Table, rows: Sequence[Row]) -> None:
        """Change existing objects: each row holds the `id` and the columns that get another value.

        All rows name the same columns. An object is amended at most once under one change, so that a version says
        one thing; call this with everything that changes.
        """
        if not rows:
            return
        self._store()
        self._tell_sharing(table, ["*", *rows[0]])
        if self.watch is not None:
            self.watch.amending(table, rows)
        bulk.revise(self.connection, table, rows, self._stamp)
        self._keep(table, rows)

    @property
    def _stamp(self) -> Row:
        return {"change_seq": self.seq, "recorded_at": self.at}

    def _keep(self, table: Table, rows: Sequence[Row]) -> None:
        """Copy these objects as they are now among the versions: the engine does that in half the time of a write."""
        revision = revision_table(table)
        bulk.copy(self.connection, table, revision, [row["id"] for row in rows])
        self.written[revision.name] += len(rows)

    def _tell_sharing(self, table: Table, written: Iterable[str]) -> None:
        """Note in the head if what is written is shown with other objects, whose versions do not tell of it."""
        if not self._shared and table.info.get(SHOWN_ELSEWHERE, frozenset()) & set(written):
            self.connection.execute(update(Base.metadata.tables["head"]).values(shared_seq=self.seq))
            self._shared = True

    def tell_sharing(self) -> None:
        """Note that something has changed that is shown with objects and is no part of the record, such as a byline."""
        self._store()
        self.connection.execute(update(Base.metadata.tables["head"]).values(shared_seq=self.seq))

    def amend_each(self, table: Table, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Change existing objects, each in columns of its own; `rows` maps ids to the columns that change."""
        groups: dict[frozenset[str], list[Row]] = defaultdict(list)
        for identifier, columns in rows.items():
            groups[frozenset(columns)].append({"id": identifier, **columns})
        for group in groups.values():
            self.amend(table, group)


def open_change(connection: Connection, *, actor_id: str, action: str, reason: str) -> Change:
    """Begin an act upon the record: wait for one's turn among the writers and take the next number.

    Read what the act depends on after this, not before: another writer may have come first.
    """
    head = Base.metadata.tables["head"]
    last = connection.execute(select(head.c.seq, head.c.at).with_for_update()).one()
    # A clock that was set back must not date a change before the one that it follows.
    at = max(clock.now(), last.at + timedelta(microseconds=1))
    return Change(connection, last.seq + 1, at, actor_id, action, reason)
