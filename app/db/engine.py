"""Connections. Reads and writes are asked for by name, because SQLite must know which is meant before it begins."""

import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, local
from time import thread_time
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

_WRITES = "attest_writes"
_LAST_ACTS = "attest_last_acts"
_SEAL = "attest_seal"

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",  # readers never wait for the writer
    "synchronous": "FULL",  # an acknowledged write survives a power cut
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # else INSERT OR REPLACE would slip past the append-only triggers
    "busy_timeout": "60000",  # milliseconds that a writer queues for the lock
    "cache_size": "-65536",  # kibibytes
    "mmap_size": "2147418112",  # bytes that are read without a system call for each page; as many as SQLite allows
}


class Seal(Protocol):
    """Signs states of the log with a key that is not in the database."""

    def __call__(self, size: int, root: bytes, *, first: Callable[[], bool]) -> str | None:
        """The signed note of a state; None if there is no key. `first` tells whether nothing was ever signed."""


class Database:
    """One database and its pool of connections."""

    def __init__(self, url: str, *, pool_size: int = 16, seal: Seal | None = None) -> None:
        self.url = url
        self.pool_size = pool_size
        self._seal = seal
        self._kept: list[KeptConnections] = []
        self.engine = _make_engine(url, pool_size)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # On SQLite every transaction sees one state; PostgreSQL gives that from REPEATABLE READ on.
        self._reads = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )
        # A single statement needs no transaction around it. SQLite's driver begins none by itself.
        self._glances = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def connect(self) -> Connection:
        """A connection as `glancing` gives one, to be kept and closed by whoever takes it."""
        return self._glances.connect()

    def keeping(self, *, patience: float | None = None) -> "KeptConnections":
        """Connections for short reads that threads keep. `patience`: seconds, see `broken_off`; for SQLite alone."""
        self._kept.append(KeptConnections(self, patience if self.is_sqlite else None))
        return self._kept[-1]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose statements all see one state of the database; nothing is written through it."""
        with self._reads.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """A connection for reads that are one statement each; what is written meanwhile may show in the next one."""
        with self._glances.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write: committed when the block ends, rolled back when it raises."""
        acts: list[Callable[[], None]] = []
        options = {_WRITES: True, _LAST_ACTS: acts, _SEAL: self._seal}
        with self.engine.connect().execution_options(**options) as connection, connection.begin() as transaction:
            yield connection
            if transaction.is_active:  # a dry run has been rolled back
                for act in acts:
                    act()

    def close(self) -> None:
        """Close all connections. Whoever keeps some must be done with them."""
        for kept in self._kept:
            kept.close()
        self.engine.dispose()


_STEPS = 5_000
"""Steps of SQLite's machine after which it is asked whether a read has taken too long."""


class KeptConnections:
    """Connections for short reads that each thread keeps: to get one from the pool takes longer than such a read.

    A thread must be done with one read before it begins the next, and nothing may be written through them.
    """

    def __init__(self, database: Database, patience: float | None) -> None:
        self._database = database
        self._patience = patience
        self._mine = local()
        self._lock = Lock()
        self._all: list[Connection] = []

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """As `Database.glancing`."""
        connection = self._get()
        try:
            yield connection
        finally:
            if connection.in_transaction():  # SQLAlchemy begins one for every statement that goes through it
                connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `Database.reading`."""
        if self._database.is_sqlite:
            with self.glancing() as connection, connection.begin():
                yield connection
            return
        with self.glancing() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                if not driver.closed:
                    driver.rollback()

    def _get(self) -> Connection:
        kept: Connection | None = getattr(self._mine, "connection", None)
        if kept is not None and not kept.invalidated and not self._database.is_sqlite and self._was_cut():
            kept.invalidate()
        if kept is None or kept.closed or kept.invalidated:
            kept = self._mine.connection = self._database.connect()
            with self._lock:
                self._all.append(kept)
            driver: Any = kept.connection.dbapi_connection
            if self._patience is not None:
                driver.set_progress_handler(self._is_over, _STEPS)
            if not self._database.is_sqlite:
                # What is read here is prepared: to plan it again for each value would take longer than to execute it.
                driver.execute("SET plan_cache_mode = force_generic_plan")
                self._mine.ears = selectors.DefaultSelector()
                self._mine.ears.register(driver.fileno(), selectors.EVENT_READ)
        if self._patience is not None:
            self._mine.end = thread_time() + self._patience
        return kept

    def _was_cut(self) -> bool:
        """True if the server has ended a connection, or was ended: between statements it has nothing else to say.

        Else whoever asks first after the database was away would be told that it is, however long it has been back.
        """
        return bool(self._mine.ears.select(0))

    def _is_over(self) -> bool:
        return thread_time() > float(self._mine.end)

    def close(self) -> None:
        """Close them all. Their threads must have ended, or be idle."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()


def broken_off(error: DBAPIError) -> bool:
    """True if a read took longer than the patience of its connection."""
    return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"


def before_commit(connection: Connection, act: Callable[[], None]) -> None:
    """Have something done as the last of a transaction, if it comes to that. `connection` is one that may write."""
    connection.get_execution_options()[_LAST_ACTS].append(act)


def seal_of(connection: Connection) -> Seal | None:
    """What signs for a connection that may write; None if nothing does."""
    seal: Seal | None = connection.get_execution_options().get(_SEAL)
    return seal


def _make_engine(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # Values of statements never reach the logs: they hold what people wrote.
        # Threads that read keep so many connections as the pool has; the rest is for writes, exports and commands.
        engine = create_engine(
            parsed, pool_size=pool_size, max_overflow=2 * pool_size, pool_pre_ping=True, hide_parameters=True
        )
        event.listen(engine, "connect", _configure_postgresql)
        return engine
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


def spare_memory(connection: Connection) -> None:
    """For a process that reads all there is, once: hold little of it. What is read is not asked for again."""
    if connection.dialect.name == "sqlite":
        for pragma, value in {"mmap_size": "0", "cache_size": "-8192"}.items():
            connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")


def _configure_postgresql(driver_connection: Any, _record: object) -> None:
    # Compiling takes longer than our statements do; the planner, who does not know how few rows they read, would have
    # it done. Not as an option of the connection: what pools connections for many may not take those.
    driver_connection.autocommit = True
    driver_connection.execute("SET jit = off")
    driver_connection.autocommit = False


def _configure_sqlite(driver_connection: Any, _record: object) -> None:
    cursor = driver_connection.cursor()
    for pragma, value in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {pragma} = {value}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    # By the driver itself, for SQLAlchemy takes longer over it than SQLite over a whole read.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
