"""The database engine and its connections.

Callers choose `reading` or `writing`, because SQLite must know which one is meant when the transaction begins.
"""

import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock, local
from time import thread_time
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.db.write_queue import WriteQueue

WRITE_TIMEOUT = 60
"""Seconds that a writer waits, on SQLite, for the other writers of its process, and then for those of others."""

_WRITES = "attest_writes"
_BEFORE_COMMIT = "attest_before_commit"
_BEFORE_READ = "attest_before_read"
_CHECKPOINT_SIGNER = "attest_checkpoint_signer"

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",  # readers never wait for the writer
    "synchronous": "FULL",  # an acknowledged write survives a power cut
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # else INSERT OR REPLACE would slip past the append-only triggers
    "busy_timeout": str(WRITE_TIMEOUT * 1000),  # milliseconds that a writer waits for the lock
    "cache_size": "-65536",  # a negative number is in KiB: 64 MiB
    "mmap_size": "2147418112",  # bytes read without a system call for each page; the most that SQLite allows
}


class CheckpointSigner(Protocol):
    """Signs states of the log with a key that is stored outside the database."""

    def __call__(self, size: int, root: bytes, *, first: Callable[[], bool]) -> str | None:
        """Return the signed note of a state, or None without a key. `first` says whether nothing was signed before."""


class Database:
    """A database and its connection pool."""

    def __init__(self, url: str, *, pool_size: int = 16, checkpoint_signer: CheckpointSigner | None = None) -> None:
        self.url = url
        self.pool_size = pool_size
        self._checkpoint_signer = checkpoint_signer
        self._thread_connections: list[ThreadConnections] = []
        self.engine = _make_engine(url, pool_size)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # PostgreSQL queues its writers itself, on the row that every change locks.
        self._write_queue = WriteQueue(WRITE_TIMEOUT) if self.is_sqlite else None
        # On SQLite every transaction reads one snapshot; PostgreSQL needs at least REPEATABLE READ for that.
        self._snapshot_engine = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )
        # Streams last as long as their readers take, so they must not use up the pool of everything else.
        self._stream_engine = (
            self.engine
            if self.is_sqlite
            else _make_engine(url, 1, max_overflow=-1).execution_options(isolation_level="REPEATABLE READ")
        )
        # A single statement needs no transaction around it. SQLite's driver does not begin one by itself.
        self._autocommit_engine = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    def connect(self) -> Connection:
        """Open a connection like those of `single_statement`; the caller closes it."""
        return self._autocommit_engine.connect()

    def thread_connections(self, *, time_budget: float | None = None) -> "ThreadConnections":
        """Return thread-local connections for short reads.

        `time_budget`: seconds of CPU time after which a read is interrupted (see `was_interrupted`), on SQLite only.
        """
        connections = ThreadConnections(self, time_budget if self.is_sqlite else None)
        self._thread_connections.append(connections)
        return connections

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only transaction: all its statements see the same snapshot of the database."""
        with self._snapshot_engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def streaming(self) -> Iterator[Connection]:
        """Open a transaction like those of `reading`, outside their pool. The caller limits the number of them."""
        with self._stream_engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def single_statement(self) -> Iterator[Connection]:
        """Open a connection for reads of one statement each. A second statement may see later writes."""
        with self._autocommit_engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a write transaction: committed when the block ends, rolled back when it raises."""
        callbacks: list[Callable[[], None]] = []
        options = {
            _WRITES: True,
            _BEFORE_COMMIT: callbacks,
            _BEFORE_READ: [],
            _CHECKPOINT_SIGNER: self._checkpoint_signer,
        }
        with (
            nullcontext() if self._write_queue is None else self._write_queue.turn(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin() as transaction,
        ):
            yield connection
            if transaction.is_active:  # a dry run has been rolled back
                for callback in callbacks:
                    callback()

    def close(self) -> None:
        """Close all connections. No thread may still be reading through one."""
        for connections in self._thread_connections:
            connections.close()
        self.engine.dispose()
        self._stream_engine.dispose()


_PROGRESS_INTERVAL = 5_000
"""Instructions of SQLite's virtual machine between two checks of the time budget."""


class ThreadConnections:
    """Thread-local connections for short reads: checking one out of the pool takes longer than such a read.

    A thread must finish a read before it begins the next, and must not write through its connection.
    """

    def __init__(self, database: Database, time_budget: float | None) -> None:
        self._database = database
        self._time_budget = time_budget
        self._local = local()
        self._lock = Lock()
        self._all: list[Connection] = []

    @contextmanager
    def single_statement(self) -> Iterator[Connection]:
        """Lend the thread's connection for reads of one statement each, as `Database.single_statement` does."""
        connection = self._get()
        try:
            yield connection
        finally:
            if connection.in_transaction():  # SQLAlchemy begins one for every statement that it executes itself
                connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend the thread's connection in a transaction with one snapshot, as `Database.reading` does."""
        if self._database.is_sqlite:
            with self.single_statement() as connection, connection.begin():
                yield connection
            return
        with self.single_statement() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                if not driver.closed:
                    driver.rollback()

    def _get(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if (
            connection is not None
            and not connection.invalidated
            and not self._database.is_sqlite
            and self._was_closed_by_server()
        ):
            connection.invalidate()
        if connection is None or connection.closed or connection.invalidated:
            connection = self._local.connection = self._database.connect()
            with self._lock:
                self._all.append(connection)
            driver: Any = connection.connection.dbapi_connection
            if self._time_budget is not None:
                driver.set_progress_handler(self._is_over_budget, _PROGRESS_INTERVAL)
            if not self._database.is_sqlite:
                # These reads are prepared statements; planning one again for each value takes longer than running it.
                driver.execute("SET plan_cache_mode = force_generic_plan")
                self._local.selector = selectors.DefaultSelector()
                self._local.selector.register(driver.fileno(), selectors.EVENT_READ)
        if self._time_budget is not None:
            self._local.deadline = thread_time() + self._time_budget
        return connection

    def _was_closed_by_server(self) -> bool:
        """True if PostgreSQL has closed the connection: an idle connection becomes readable only then.

        Without this check, the first request after a restart of PostgreSQL would fail, however long ago that was.
        """
        return bool(self._local.selector.select(0))

    def _is_over_budget(self) -> bool:
        return thread_time() > float(self._local.deadline)

    def close(self) -> None:
        """Close the connections of all threads. The threads must have ended or be idle."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()


def was_interrupted(error: DBAPIError) -> bool:
    """True if a read was interrupted because it exceeded the time budget of its connection."""
    return getattr(error.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"


def before_commit(connection: Connection, callback: Callable[[], None]) -> None:
    """Register a callback to run right before the transaction of `writing` commits; not called after a rollback."""
    connection.get_execution_options()[_BEFORE_COMMIT].append(callback)


def before_read(connection: Connection, callback: Callable[[], None]) -> None:
    """Register a callback of a write transaction that `prepare_read` runs; it may run several times."""
    connection.get_execution_options()[_BEFORE_READ].append(callback)


def prepare_read(connection: Connection) -> None:
    """Bring derived data up to date with what the transaction has written so far. Other connections need nothing."""
    for callback in connection.get_execution_options().get(_BEFORE_READ, ()):
        callback()


def checkpoint_signer_of(connection: Connection) -> CheckpointSigner | None:
    """Return the checkpoint signer of a write connection; None if there is none."""
    signer: CheckpointSigner | None = connection.get_execution_options().get(_CHECKPOINT_SIGNER)
    return signer


def _make_engine(url: str, pool_size: int, max_overflow: int | None = None) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # hide_parameters: parameters hold what people wrote, so they must not appear in server logs.
        # max_overflow: read threads hold up to `pool_size` connections for good; the overflow serves writes, exports
        # and commands.
        engine = create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=2 * pool_size if max_overflow is None else max_overflow,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _configure_postgresql)
        return engine
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=-1,
        hide_parameters=True,
        # isolation_level: the driver must not begin transactions by itself. It would do so only before the first
        # write, after the reads that the write depends on, and silently lose updates.
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def limit_memory_use(connection: Connection) -> None:
    """Reduce SQLite's caches, for a process that reads the whole database once and needs no page again."""
    if connection.dialect.name == "sqlite":
        for pragma, value in {"mmap_size": "0", "cache_size": "-8192"}.items():
            connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")


def _configure_postgresql(driver_connection: Any, _record: object) -> None:
    # JIT compilation takes longer than our statements run, but the planner overestimates their rows and would use it.
    # Set by a statement because external connection poolers may reject startup options.
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
    # Through the driver: executing BEGIN through SQLAlchemy takes longer than a whole read in SQLite.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
