"""The command line, within the process of the test."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from app import settings
from app.cli.main import app
from app.errors import AttestError


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def attest(url: str, data_dir: Path, *words: str | Path, **variables: str) -> Done:
    """Run a command upon a database. `variables`: settings, without ATTEST_."""
    environment = {"ATTEST_DATABASE_URL": url, "ATTEST_DATA_DIR": str(data_dir), "COLUMNS": "200"}
    environment |= {f"ATTEST_{name.upper()}": value for name, value in variables.items()}
    settings.load.cache_clear()
    try:
        done = CliRunner().invoke(app, [str(word) for word in words], env=environment)
    finally:
        settings.load.cache_clear()
    if done.exception is not None and not isinstance(done.exception, SystemExit | AttestError):
        raise done.exception
    said = str(done.exception) if isinstance(done.exception, AttestError) else done.stderr
    return Done(done.exit_code, done.stdout, said)


def findings(url: str, data_dir: Path, *words: str | Path) -> dict[str, str]:
    """What an audit finds, by place; it ends with 1 exactly if it finds something."""
    done = attest(url, data_dir, "audit", "verify", "--json", *words)
    report = done.json
    assert done.code == (1 if report["found"] else 0), done
    assert bool(report["findings"]) == bool(report["found"])
    return {one["place"]: one["what"] for one in report["findings"]}
