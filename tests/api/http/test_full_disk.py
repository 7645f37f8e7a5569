"""A full disk is reported as such."""

import errno
import sqlite3
from typing import Any

import psycopg.errors
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.db import full_disk
from app.services.changes.actors import Actor


def _sqlite_full() -> Exception:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 2")
    try:
        connection.executescript("CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(100000))")
    except sqlite3.OperationalError as error:
        return OperationalError("INSERT", {}, error)
    finally:
        connection.close()
    raise AssertionError("the database was not full")


FULL: dict[str, Exception] = {
    "SQLite": _sqlite_full(),
    "PostgreSQL": OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file")),
    "no space": OSError(errno.ENOSPC, "No space left on device"),
    "quota": OSError(errno.EDQUOT, "Disk quota exceeded"),
}


@pytest.mark.parametrize("which", FULL)
def test_a_full_disk_is_reported(
    api: TestClient, editor: dict[str, str], monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise FULL[which]

    monkeypatch.setattr(Actor, "open", fail)
    response = api.post(
        "topics", json={"title": "T", "subject": "soldiers", "metric_family": "strength"}, headers=editor
    )
    assert response.status_code == 507, response.text
    assert "disk of this service is full" in response.json()["detail"]
    monkeypatch.undo()
    assert api.get("health").status_code == 200


def test_health_reports_a_full_disk(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.get("health").json()["status"] == "ok"
    monkeypatch.setattr(full_disk, "MIN_FREE_BYTES", 2**62)
    response = api.get("health")
    assert (response.status_code, response.json()["status"]) == (200, "disk_full")
