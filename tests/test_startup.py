"""What a start and a mere question to the command line leave alone: what takes long to import and is not needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import asyncio, importlib, sys
from app.cli.main import main

def serve(target, **_options):
    module, _, name = target.partition(":")
    app = getattr(importlib.import_module(module), name)()
    answered = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        answered.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/api/v1/claims", "raw_path": b"/api/v1/claims", "query_string": b"limit=1&date_from=2024-10",
        "root_path": "", "headers": [(b"host", b"here")], "server": ("here", 80), "client": ("there", 1),
    }
    asyncio.run(app(scope, receive, send))
    assert answered[0]["status"] == 200, answered

if sys.argv[1] == "serve":
    import uvicorn
    uvicorn.run = serve
try:
    main()
finally:
    print("\\nimported:", *sys.modules)
"""

LEFT_ALONE = {
    "serve": (
        *("psycopg", "cryptography", "alembic", "mako", "rich", "fastapi_swagger"),
        *(
            "app.formats.citations.bibtex",
            "app.formats.citations.bibliography",
            "app.formats.exports.claim_csv",
            "app.formats.exchange.attest_csv",
        ),
    ),
    "--help": (
        "sqlalchemy",
        "pydantic_settings",
        "fastapi",
        "uvicorn",
        "alembic",
        "psycopg",
        "msgspec",
        "cryptography",
    ),
    "--version": ("sqlalchemy", "pydantic_settings", "fastapi", "uvicorn", "alembic", "psycopg", "msgspec", "rich"),
}
"""Packages that are not imported, by what was typed; the database is on SQLite."""


@pytest.mark.parametrize("typed", LEFT_ALONE)
def test_what_is_not_needed_is_not_imported(typed: str, tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "attest.db")

    done = subprocess.run(
        [sys.executable, "-c", COMMAND, typed],
        capture_output=True,
        text=True,
        env={**os.environ, "ATTEST_DATA_DIR": str(tmp_path), "ATTEST_DATABASE_URL": ""},
        check=False,
    )

    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.rpartition("imported: ")[2].split())
    assert "app.cli.main" in imported
    assert not imported & set(LEFT_ALONE[typed])


def test_installing_takes_what_the_locks_name_and_looks_for_nothing_else() -> None:
    """Older versions of pip, left to look, take the newest release of a package with an extra, and miss its hash."""
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", ".venv/bench.stamp"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    installing = [line for line in told.splitlines() if ".lock" in line and "install" in line]
    assert len(installing) == 3
    assert all("--no-deps" in line and "--require-hashes" in line for line in installing), installing
