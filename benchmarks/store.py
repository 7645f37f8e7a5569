"""Generated databases are kept, by size, seed and migration: a million claims take long to make."""

import json
import os
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory

from app.db import migrate
from benchmarks import copying, generate, pool
from benchmarks.postgres import Server
from benchmarks.screen import console, step

DATA = Path(__file__).with_name(".data")
"""Where they are kept unless told otherwise; git ignores it."""

GENERATION = 1
"""To be raised when the generator makes something else of the same seed."""


@dataclass(frozen=True)
class Made:
    """A generated SQLite database."""

    folder: Path
    claims: int
    seed: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "attest.db"

    @property
    def pool_path(self) -> Path:
        """What requests are drawn from."""
        return self.folder / "pool.json"

    @property
    def pool(self) -> pool.Pool:
        """The same, read."""
        return pool.read(self.pool_path)

    @property
    def facts(self) -> dict[str, float]:
        """How long it took to make, in seconds, and how large it is, in bytes; the same for PostgreSQL."""
        kept = self.folder / "made.json"
        return dict(json.loads(kept.read_text())) if kept.exists() else {}

    def note(self, **facts: float) -> None:
        """Keep what making it took."""
        (self.folder / "made.json").write_text(json.dumps({**self.facts, **facts}))


class Store:
    """The generated databases in a folder.

    What was made at an earlier revision is migrated, as it would be in use, and then stands for the present one.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self._head = str(migrate.head_revision())
        revisions = ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions()
        self._earlier = [one.revision for one in revisions if one.revision != self._head]

    def _name(self, claims: int, revision: str) -> str:
        return f"{claims}-{self.seed}-{revision}-{GENERATION}"

    def sqlite(self, claims: int) -> Made:
        """The SQLite database of so many claims; made if it is not there."""
        made = Made(self.folder / self._name(claims, self._head), claims, self.seed)
        if not made.folder.exists():
            earlier = (self.folder / self._name(claims, revision) for revision in self._earlier)
            old = next((Made(one, claims, self.seed) for one in earlier if one.exists()), None)
            if old is None:
                self._generate(made)
            else:
                _migrate(old, made)
        if not made.pool_path.exists():
            with step("what is asked for"):
                pool.choose(made.path, claims, self.seed).write(made.pool_path)
        return made

    def _generate(self, made: Made) -> None:
        console.print(f"Making {made.claims:,} claims on SQLite ...")
        begin = time.perf_counter()
        unfinished = made.folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        generate.sqlite_database(unfinished / "attest.db", made.claims, self.seed)
        unfinished.rename(made.folder)
        made.note(sqlite_seconds=time.perf_counter() - begin, sqlite_bytes=made.path.stat().st_size)

    def postgresql(self, server: Server, claims: int) -> str:
        """The name of the same database on PostgreSQL; copied there if it is not."""
        wanted, *earlier = (
            "claims_" + self._name(claims, revision).replace("-", "_") for revision in (self._head, *self._earlier)
        )
        if server.has(wanted):
            return wanted
        made = self.sqlite(claims)
        begin = time.perf_counter()
        old = next((database for database in earlier if server.has(database)), None)
        if old is None:
            console.print(f"Copying {claims:,} claims to PostgreSQL ...")
            copying.to_postgresql(made.path, server, wanted)
            made.note(postgresql_seconds=time.perf_counter() - begin)
        else:
            console.print(f"Migrating {claims:,} claims on PostgreSQL ...")
            copying.settle(server, old)
            server.rename(old, wanted)
            made.note(postgresql_migration_seconds=time.perf_counter() - begin)
        made.note(postgresql_bytes=server.size(wanted))
        return wanted


def _migrate(old: Made, made: Made) -> None:
    console.print(f"Migrating {old.claims:,} claims on SQLite ...")
    begin = time.perf_counter()
    connection = sqlite3.connect(old.path)
    connection.execute("DROP VIEW IF EXISTS claim_search")  # which was made for Datasette
    connection.close()
    generate.derive(f"sqlite:///{old.path}")
    connection = sqlite3.connect(old.path, isolation_level=None)
    with step("statistics"):
        connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    old.folder.rename(made.folder)
    made.note(sqlite_migration_seconds=time.perf_counter() - begin, sqlite_bytes=made.path.stat().st_size)


def copy_of(made: Made, to: Path) -> Path:
    """A copy of a database that may be written to."""
    to.mkdir(parents=True, exist_ok=True)
    settled = sqlite3.connect(made.path)
    settled.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    settled.close()
    target = to / "attest.db"
    shutil.copyfile(made.path, target)
    os.sync()  # else the measurement that follows pays for it
    return target
