"""Makes a database of a given size: our migrations, a made-up record of two years, loaded fast.

Rows are loaded into the schema of one revision, and the migrations after it are applied to the full database, as they
are wherever Attest is in use. So later migrations, and tables that they fill from the record, need no change here. What
is dropped for loading (secondary indexes, triggers) is read from the database itself and made again afterwards.
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
from app.services.log import recorder
from benchmarks import batch, history, world
from benchmarks.batch import Rows
from benchmarks.history import History
from benchmarks.ids import Ids
from benchmarks.rows import ChangeRow, PersonRow, columns_of
from benchmarks.screen import step
from benchmarks.world import moment

LOADED_AT = "0003"
"""The revision whose columns `benchmarks.rows` holds."""


def sqlite_database(path: Path, claims: int, seed: int) -> None:
    """Make a database of so many claims at `path`, where nothing must be."""
    with step("migrations"):
        database = Database(f"sqlite:///{path}")
        migrate.upgrade(database, LOADED_AT)
        database.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    with step("history"):
        told = history.plan(claims, seed)
    dropped = _drop(connection)
    with step("rows"):
        connection.execute("BEGIN")
        _store(connection, claims, seed, told)
        connection.execute("COMMIT")
    with step("indexes"):
        for statement in dropped:
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
    """Bring a loaded database to the present revision, with all that is derived from the record.

    Loading goes past the services that keep derived tables up to date. Migrations that make such a table fill it, but
    for the log, which takes in what it finds.
    """
    with step("later migrations"):
        database = Database(url)
        migrate.upgrade(database)
    with step("log"):
        recorder.catch_up(database)
        database.close()


def _drop(connection: sqlite3.Connection) -> list[str]:
    """Drop secondary indexes and triggers; the statements that make them again."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _sql in found:
        connection.execute(f'DROP {kind} "{name}"')
    return [sql for _kind, _name, sql in found]


def _store(connection: sqlite3.Connection, claims: int, seed: int, told: History) -> None:
    ids = Ids(Random(f"people {seed}"), history.BEGIN)
    people = {by: PersonRow(ids.new("per"), by, moment(history.BEGIN)) for by in (history.IMPORTER, *history.DESK)}
    built = world.build(claims, seed)
    writer = _Writer(connection)
    writer.write(
        {
            "person": list(people.values()),
            "change": [
                ChangeRow(act.seq, moment(act.at), people[act.by].id, act.action.value, act.reason) for act in told.acts
            ],
            "source": list(built.source_rows),
            "source_revision": list(built.source_rows),
            "topic": list(built.topic_rows),
            "topic_revision": list(built.topic_rows),
        }
    )
    last = told.acts[-1]
    connection.execute("UPDATE head SET seq = ?, at = ?", (last.seq, moment(last.at)))
    with get_context("fork").Pool(initializer=_remember, initargs=(claims, seed, built, told)) as pool:
        for rows in _in_order(told, pool.imap(_make, range(len(told.imports)), chunksize=2)):
            writer.write(rows)


_shared: list[Any] = []


def _remember(*shared: Any) -> None:
    # In a worker: what all batches share came with the fork and need not travel again.
    _shared[:] = shared


def _make(number: int) -> batch.Batch:
    return batch.make(number, *_shared)


def _in_order(told: History, batches: Iterable[batch.Batch]) -> Iterator[Rows]:
    """The rows as they were recorded: what came later stands after the imports that were made before it."""
    waiting: list[tuple[int, int, Rows]] = []
    for number, (act, made) in enumerate(zip(told.imports, batches, strict=True)):
        while waiting and waiting[0][0] < act.seq:
            yield heapq.heappop(waiting)[2]
        yield made.rows
        for place, (seq, rows) in enumerate(made.later):
            heapq.heappush(waiting, (seq, number * 1_000_000 + place, rows))
    while waiting:
        yield heapq.heappop(waiting)[2]


class _Writer:
    """Stores rows, and gives search texts their ids."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._statements: dict[str, str] = {}
        self._search_texts = 0

    def write(self, rows: Rows) -> None:
        """Store rows of any tables."""
        for table, those in rows.items():
            stored = self._numbered(those) if table == "search_text" else those
            self._connection.executemany(self._statement(table), stored)

    def _numbered(self, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
        for row in rows:
            self._search_texts += 1
            yield (*row, self._search_texts)

    def _statement(self, name: str) -> str:
        if name not in self._statements:
            names = columns_of(name)
            values = ", ".join("?" * len(names))
            self._statements[name] = f"INSERT INTO {name} ({', '.join(names)}) VALUES ({values})"
        return self._statements[name]
