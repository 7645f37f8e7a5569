"""The store of generated databases, by size, seed and migration, because a million claims take long to generate."""

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
"""The default folder of the store; git ignores it."""

GENERATION = 1
"""Raise this when the generator produces other rows from the same seed."""


@dataclass(frozen=True)
class GeneratedDatabase:
    """A generated SQLite database."""

    folder: Path
    claims: int
    seed: int

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / "attest.db"

    @property
    def pool_path(self) -> Path:
        """The file with the pool of request values."""
        return self.folder / "pool.json"

    @property
    def pool(self) -> pool.Pool:
        """The pool of request values."""
        return pool.read(self.pool_path)

    @property
    def facts(self) -> dict[str, float]:
        """Seconds of generation and size in bytes, also of the copy on PostgreSQL."""
        path = self.folder / "made.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def add_facts(self, **facts: float) -> None:
        """Save facts about the database."""
        (self.folder / "made.json").write_text(json.dumps({**self.facts, **facts}))


class Store:
    """The generated databases in a folder.

    A database of an earlier revision is migrated, as in production, and replaces the earlier one.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self._head = str(migrate.head_revision())
        revisions = ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions()
        self._earlier = [revision.revision for revision in revisions if revision.revision != self._head]

    def _name(self, claims: int, revision: str) -> str:
        return f"{claims}-{self.seed}-{revision}-{GENERATION}"

    def sqlite(self, claims: int) -> GeneratedDatabase:
        """Return the SQLite database of `claims` claims; it is generated if missing."""
        database = GeneratedDatabase(self.folder / self._name(claims, self._head), claims, self.seed)
        if not database.folder.exists():
            earlier_folders = (self.folder / self._name(claims, revision) for revision in self._earlier)
            earlier_database = next(
                (GeneratedDatabase(folder, claims, self.seed) for folder in earlier_folders if folder.exists()), None
            )
            if earlier_database is None:
                self._generate(database)
            else:
                _migrate(earlier_database, database)
        if not database.pool_path.exists():
            with step("request values"):
                pool.choose(database.path, claims, self.seed).write(database.pool_path)
        return database

    def _generate(self, database: GeneratedDatabase) -> None:
        console.print(f"Generating {database.claims:,} claims on SQLite ...")
        start = time.perf_counter()
        unfinished_folder = database.folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished_folder, ignore_errors=True)
        unfinished_folder.mkdir(parents=True)
        generate.sqlite_database(unfinished_folder / "attest.db", database.claims, self.seed)
        unfinished_folder.rename(database.folder)
        database.add_facts(sqlite_seconds=time.perf_counter() - start, sqlite_bytes=database.path.stat().st_size)

    def postgresql(self, server: Server, claims: int) -> str:
        """Return the name of the same database on PostgreSQL; it is copied there if missing."""
        current_name, *earlier_names = (
            "claims_" + self._name(claims, revision).replace("-", "_") for revision in (self._head, *self._earlier)
        )
        if server.has(current_name):
            return current_name
        database = self.sqlite(claims)
        start = time.perf_counter()
        earlier_name = next((database for database in earlier_names if server.has(database)), None)
        if earlier_name is None:
            console.print(f"Copying {claims:,} claims to PostgreSQL ...")
            copying.to_postgresql(database.path, server, current_name)
            database.add_facts(postgresql_seconds=time.perf_counter() - start)
        else:
            console.print(f"Migrating {claims:,} claims on PostgreSQL ...")
            copying.finish_database(server, earlier_name)
            server.rename(earlier_name, current_name)
            database.add_facts(postgresql_migration_seconds=time.perf_counter() - start)
        database.add_facts(postgresql_bytes=server.size(current_name))
        return current_name


def _migrate(earlier_database: GeneratedDatabase, database: GeneratedDatabase) -> None:
    console.print(f"Migrating {earlier_database.claims:,} claims on SQLite ...")
    start = time.perf_counter()
    connection = sqlite3.connect(earlier_database.path)
    connection.execute("DROP VIEW IF EXISTS claim_search")  # created for Datasette
    connection.close()
    generate.derive(f"sqlite:///{earlier_database.path}")
    connection = sqlite3.connect(earlier_database.path, isolation_level=None)
    with step("statistics"):
        connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    earlier_database.folder.rename(database.folder)
    database.add_facts(sqlite_migration_seconds=time.perf_counter() - start, sqlite_bytes=database.path.stat().st_size)


def copy_database(database: GeneratedDatabase, folder: Path) -> Path:
    """Copy a database into a folder, for writing, and return the path of the copy."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(database.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    target = folder / "attest.db"
    shutil.copyfile(database.path, target)
    os.sync()  # otherwise the next measurement would include these writes
    return target
