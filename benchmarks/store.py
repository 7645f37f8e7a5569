"""Generated databases are kept, by size, seed and migration: a million claims take long to make."""

import json
import os
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from app.db import migrate
from benchmarks import copying, generate, pool
from benchmarks.postgres import Server
from benchmarks.screen import console

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
    """The generated databases in a folder."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self._head = migrate.head_revision()

    def _name(self, claims: int) -> str:
        return f"{claims}-{self.seed}-{self._head}-{GENERATION}"

    def sqlite(self, claims: int) -> Made:
        """The SQLite database of so many claims; made if it is not there."""
        made = Made(self.folder / self._name(claims), claims, self.seed)
        if not made.pool_path.exists():
            console.print(f"Making {claims:,} claims on SQLite ...")
            begin = time.perf_counter()
            shutil.rmtree(made.folder, ignore_errors=True)
            unfinished = made.folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            generate.sqlite_database(unfinished / "attest.db", claims, self.seed)
            unfinished.rename(made.folder)
            made.note(sqlite_seconds=time.perf_counter() - begin, sqlite_bytes=made.path.stat().st_size)
            pool.choose(made.path, claims, self.seed).write(made.pool_path)
        return made

    def postgresql(self, server: Server, claims: int) -> str:
        """The name of the same database on PostgreSQL; copied there if it is not."""
        database = "claims_" + self._name(claims).replace("-", "_")
        if not server.has(database):
            made = self.sqlite(claims)
            console.print(f"Copying {claims:,} claims to PostgreSQL ...")
            begin = time.perf_counter()
            copying.to_postgresql(made.path, server, database)
            made.note(postgresql_seconds=time.perf_counter() - begin, postgresql_bytes=server.size(database))
        return database


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
