"""Connections. Reads and writes are asked for by name, because SQLite must know which is meant before it begins."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

_WRITES = "attest_writes"
_LAST_ACTS = "attest_last_acts"

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",  # readers never wait for the writer
    "synchronous": "FULL",  # an acknowledged write survives a power cut
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # else INSERT OR REPLACE would slip past the append-only triggers
    "busy_timeout": "60000",  # milliseconds that a writer queues for the lock
    "cache_size": "-65536",  # kibibytes
}


class Database:
    """One database and its pool of connections."""

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.url = url
        self.engine = _make_engine(url, pool_size)
        # On SQLite every transaction sees one state; PostgreSQL gives that from REPEATABLE READ on.
        self._reads = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded engine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose statements all see one state of the database; nothing is written through it."""
        with self._reads.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write: committed when the block ends, rolled back when it raises."""
        acts: list[Callable[[], None]] = []
        options = {_WRITES: True, _LAST_ACTS: acts}
        with self.engine.connect().execution_options(**options) as connection, connection.begin() as transaction:
            yield connection
            if transaction.is_active:  # a dry run has been rolled back
                for act in acts:
                    act()

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def before_commit(connection: Connection, act: Callable[[], None]) -> None:
    """Have something done as the last of a transaction, if it comes to that. `connection` is one that may write."""
    connection.get_execution_options()[_LAST_ACTS].append(act)


def _make_engine(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # Values of statements never reach the logs: they hold what people wrote.
        return create_engine(
            parsed, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
        )
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=-1,
        hide_parameters=True,
        # isolation_level: the driver must not begin transactions by itself. It would do so only before the first
        # write, after the reads that the write was decided on, and lose updates without a word.
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(driver_connection: Any, _record: object) -> None:
    cursor = driver_connection.cursor()
    for pragma, value in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {pragma} = {value}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
