"""The statistics for the query planner are refreshed after a large import and after a migration."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text

from app import settings
from app.cli import main
from app.db import migrate
from app.db.engine import Database

ReadTables = Callable[[], set[str]]

TABLES_WITH_STATISTICS = {
    "sqlite": "SELECT tbl FROM sqlite_stat1",
    "postgresql": "SELECT tablename FROM pg_stats WHERE schemaname = current_schema()",
}


@pytest.fixture
def analysed_tables(database: Database) -> ReadTables:
    """A function that reads which tables have statistics."""

    def read() -> set[str]:
        with database.reading() as connection:
            if database.is_sqlite and not inspect(connection).has_table("sqlite_stat1"):
                return set()
            return set(connection.scalars(text(TABLES_WITH_STATISTICS[connection.dialect.name])))

    return read


@pytest.fixture
def load_settings() -> Iterator[None]:
    """Let commands read the settings of the test, and none of it afterwards."""
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()


def claim_lines(count: int, prefix: str = "claim") -> str:
    """The lines of a file with this number of claims."""
    least = {"record": "claim", "kind": "troop_estimate", "statement": "Soldiers are there.", "stage": "published"}
    return "\n".join(json.dumps({**least, "key": f"{prefix}/{number}"}) for number in range(count))


def test_a_large_import_refreshes_the_statistics(
    api: TestClient, editor: dict[str, str], analysed_tables: ReadTables
) -> None:
    report = api.post("imports", content=claim_lines(999), headers=editor).raise_for_status().json()
    assert report["created"] == 999
    assert analysed_tables() == set()

    lines = claim_lines(1_000, "more")
    dry_run = api.post("imports?dry_run=true", content=lines, headers=editor).raise_for_status().json()
    assert dry_run["created"] == 1_000
    assert analysed_tables() == set()

    report = api.post("imports", content=lines, headers=editor).raise_for_status().json()
    assert report["created"] == 1_000
    assert {"claim", "change"} <= analysed_tables()

    # The refresh includes append-only tables, and rows can still be added to them.
    assert api.post("imports", content=claim_lines(1, "last"), headers=editor).json()["created"] == 1


def test_many_small_files_together_refresh_the_statistics(
    url: str, analysed_tables: ReadTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_settings: None
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.jsonl").write_text(claim_lines(500, name))
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    monkeypatch.setattr(sys, "argv", ["attest", "import", str(folder)])

    with pytest.raises(SystemExit) as ending:
        main.main()
    assert ending.value.code == 0

    assert "claim" in analysed_tables()


def test_a_migration_refreshes_the_statistics(
    api: TestClient, database: Database, editor: dict[str, str], analysed_tables: ReadTables
) -> None:
    api.post("imports", content=claim_lines(2), headers=editor).raise_for_status()
    migrate.downgrade(database, "0005")
    assert analysed_tables() == set()

    migrate.upgrade(database)

    assert "claim" in analysed_tables()
