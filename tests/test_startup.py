"""Start-up time: commands import no slow module that they do not need, and installation uses the lock files."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

COMMAND = """
import asyncio, importlib, sys
from app.cli.main import main

def serve(target, **_options):
    module, _, name = target.partition(":")
    app = getattr(importlib.import_module(module), name)()
    messages = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        messages.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/api/v1/claims", "raw_path": b"/api/v1/claims", "query_string": b"limit=1&date_from=2024-10",
        "root_path": "", "headers": [(b"host", b"here")], "server": ("here", 80), "client": ("there", 1),
    }
    asyncio.run(app(scope, receive, send))
    assert messages[0]["status"] == 200, messages

if sys.argv[1] == "serve":
    import uvicorn
    uvicorn.run = serve
try:
    main()
finally:
    print("\\nimported:", *sys.modules)
"""

NOT_IMPORTED = {
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
"""Modules that must not be imported, by command line argument. The database is on SQLite."""


@pytest.mark.parametrize("argument", NOT_IMPORTED)
def test_modules_that_a_command_does_not_need_are_not_imported(
    argument: str, tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "attest.db")

    completed = subprocess.run(
        [sys.executable, "-c", COMMAND, argument],
        capture_output=True,
        text=True,
        env={**os.environ, "ATTEST_DATA_DIR": str(tmp_path), "ATTEST_DATABASE_URL": ""},
        check=False,
    )

    assert completed.returncode == 0, completed.stderr
    imported = set(completed.stdout.rpartition("imported: ")[2].split())
    assert "app.cli.main" in imported
    assert all(find_spec(module) is not None for module in NOT_IMPORTED[argument]), "a renamed module is never imported"
    assert not imported & set(NOT_IMPORTED[argument])


def test_installation_uses_only_the_packages_in_the_lock_files() -> None:
    """Without --no-deps, older versions of pip install the newest release of a package with an extra, unhashed."""
    output = subprocess.run(
        ["make", "--dry-run", "--always-make", ".venv/bench.stamp"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    installs = [line for line in output.splitlines() if ".lock" in line and "install" in line]
    assert len(installs) == 3
    assert all("--no-deps" in line and "--require-hashes" in line for line in installs), installs
