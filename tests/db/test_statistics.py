"""Statistics for the plans of the engines are there once much has been recorded."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text

from app import settings
from app.cli import main
from app.db import migrate, statistics
from app.db.engine import Database

Known = Callable[[], set[str]]

LOOK = {
    "sqlite": "SELECT tbl FROM sqlite_stat1",
    "postgresql": "SELECT tablename FROM pg_stats WHERE schemaname = current_schema()",
}


@pytest.fixture
def known(database: Database) -> Known:
    """The tables of which there are statistics."""

    def look() -> set[str]:
        with database.reading() as connection:
            if database.is_sqlite and not inspect(connection).has_table("sqlite_stat1"):
                return set()
            return set(connection.scalars(text(LOOK[connection.dialect.name])))

    return look


@pytest.fixture
def load_settings() -> Iterator[None]:
    """Commands find the settings of the test, and leave none behind."""
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()


def lines(count: int, prefix: str = "claim") -> str:
    """A file of so many claims."""
    least = {"record": "claim", "kind": "troop_estimate", "statement": "Soldiers are there.", "stage": "published"}
    return "\n".join(json.dumps({**least, "key": f"{prefix}/{number}"}) for number in range(count))


def test_after_a_large_import(api: TestClient, editor: dict[str, str], known: Known) -> None:
    api.post("imports", content=lines(statistics.BULK_LOAD_ROWS - 1), headers=editor)
    assert known() == set()

    api.post("imports?dry_run=true", content=lines(statistics.BULK_LOAD_ROWS, "more"), headers=editor)
    assert known() == set()

    api.post("imports", content=lines(statistics.BULK_LOAD_ROWS, "more"), headers=editor)
    assert {"claim", "change"} <= known()

    # Tables to which rows may only be added have been looked at too, and nothing is in the way of more.
    assert api.post("imports", content=lines(1, "last"), headers=editor).json()["created"] == 1


def test_after_many_small_files(
    url: str, known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_settings: None
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.jsonl").write_text(lines(statistics.BULK_LOAD_ROWS // 2, name))
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    monkeypatch.setattr(sys, "argv", ["attest", "import", str(folder)])

    with suppress(SystemExit):
        main.main()

    assert "claim" in known()


def test_after_a_migration(api: TestClient, database: Database, editor: dict[str, str], known: Known) -> None:
    api.post("imports", content=lines(2), headers=editor)
    migrate.downgrade(database, "0005")
    assert known() == set()

    migrate.upgrade(database)

    assert "claim" in known()
