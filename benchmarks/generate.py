"""Generates an SQLite database of a given size: Attest's migrations and an invented record of two years.

Rows are loaded into the schema of one revision, and the later migrations are applied to the full database, as in
production. So later migrations, and tables that they fill from the record, need no change here. Secondary indexes and
triggers are dropped for loading and created again afterwards, from the statements in the database itself.
"""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from app.db import migrate
from app.db.engine import Database
from app.services.changes import change_effects
from app.services.core import equality_keys
from app.services.log import recorder
from benchmarks import batch, history, world
from benchmarks.batch import Rows
from benchmarks.history import History
from benchmarks.ids import Ids
from benchmarks.rows import ChangeRow, PersonRow, columns_of
from benchmarks.screen import step
from benchmarks.world import moment

LOADED_AT = "0003"
"""The migration that has the columns in `benchmarks.rows`."""


def sqlite_database(path: Path, claims: int, seed: int) -> None:
    """Generate a database of `claims` claims at `path`, which must not exist."""
    with step("migrations"):
        database = Database(f"sqlite:///{path}")
        migrate.upgrade(database, LOADED_AT)
        database.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    with step("history"):
        planned_history = history.plan(claims, seed)
    recreate_statements = _drop(connection)
    with step("rows"):
        connection.execute("BEGIN")
        _store(connection, claims, seed, planned_history)
        connection.execute("COMMIT")
    with step("indexes"):
        for statement in recreate_statements:
            connection.execute(statement)
    with step("full-text index"):
        connection.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    derive(f"sqlite:///{path}")
    connection = sqlite3.connect(path, isolation_level=None)
    with step("statistics"):
        connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def derive(url: str) -> None:
    """Migrate a loaded database to the current revision and fill the tables derived from the record.

    Loading bypasses the services that update derived tables. The migrations that create such tables fill most of them;
    the others are filled here.
    """
    with step("later migrations"):
        database = Database(url)
        migrate.upgrade(database)
    with step("log"):
        recorder.catch_up(database)
    with step("stale decisions"), database.writing() as connection:
        change_effects.rebuild(connection)
    with step("equality keys"), database.writing() as connection:
        equality_keys.build_missing(connection)
    database.close()


def _drop(connection: sqlite3.Connection) -> list[str]:
    """Drop secondary indexes and triggers, and return the statements that create them again."""
    objects = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _sql in objects:
        connection.execute(f'DROP {kind} "{name}"')
    return [sql for _kind, _name, sql in objects]


def _store(connection: sqlite3.Connection, claims: int, seed: int, planned_history: History) -> None:
    ids = Ids(Random(f"people {seed}"), history.BEGIN)
    people = {by: PersonRow(ids.new("per"), by, moment(history.BEGIN)) for by in (history.IMPORTER, *history.DESK)}
    built_world = world.build(claims, seed)
    writer = _Writer(connection)
    writer.write(
        {
            "person": list(people.values()),
            "change": [
                ChangeRow(change.seq, moment(change.at), people[change.by].id, change.action.value, change.reason)
                for change in planned_history.changes
            ],
            "source": list(built_world.source_rows),
            "source_revision": list(built_world.source_rows),
            "topic": list(built_world.topic_rows),
            "topic_revision": list(built_world.topic_rows),
        }
    )
    last = planned_history.changes[-1]
    connection.execute("UPDATE head SET seq = ?, at = ?", (last.seq, moment(last.at)))
    with get_context("fork").Pool(
        initializer=_set_shared, initargs=(claims, seed, built_world, planned_history)
    ) as pool:
        for rows in _ordered_rows(
            planned_history, pool.imap(_make_batch, range(len(planned_history.imports)), chunksize=2)
        ):
            writer.write(rows)


_shared: list[Any] = []


def _set_shared(*shared: Any) -> None:
    # In a worker: the shared data came with the fork, so it is not pickled for each batch.
    _shared[:] = shared


def _make_batch(number: int) -> batch.Batch:
    return batch.make(number, *_shared)


def _ordered_rows(planned_history: History, batches: Iterable[batch.Batch]) -> Iterator[Rows]:
    """The rows in the order of their changes: later changes follow the imports that precede them."""
    waiting: list[tuple[int, int, Rows]] = []
    for number, (change, batch_made) in enumerate(zip(planned_history.imports, batches, strict=True)):
        while waiting and waiting[0][0] < change.seq:
            yield heapq.heappop(waiting)[2]
        yield batch_made.rows
        for position, (seq, rows) in enumerate(batch_made.later):
            heapq.heappush(waiting, (seq, number * 1_000_000 + position, rows))
    while waiting:
        yield heapq.heappop(waiting)[2]


class _Writer:
    """Stores rows and numbers search texts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._statements: dict[str, str] = {}
        self._search_texts = 0

    def write(self, rows: Rows) -> None:
        """Store rows of any tables."""
        for table, table_rows in rows.items():
            stored = self._with_ids(table_rows) if table == "search_text" else table_rows
            self._connection.executemany(self._statement(table), stored)

    def _with_ids(self, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
        for row in rows:
            self._search_texts += 1
            yield (*row, self._search_texts)

    def _statement(self, name: str) -> str:
        if name not in self._statements:
            names = columns_of(name)
            values = ", ".join("?" * len(names))
            self._statements[name] = f"INSERT INTO {name} ({', '.join(names)}) VALUES ({values})"
        return self._statements[name]
