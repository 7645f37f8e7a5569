"""The `attest` command line, run within the process of the test."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from app import settings
from app.cli.main import app
from app.errors import AttestError


class CommandResult(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The standard output, parsed as JSON."""
        return json.loads(self.out)


def attest(url: str, data_dir: Path, *arguments: str | Path, **variables: str) -> CommandResult:
    """Run a command on a database. `variables` are settings by their names, without the prefix `ATTEST_`."""
    environment = {"ATTEST_DATABASE_URL": url, "ATTEST_DATA_DIR": str(data_dir), "COLUMNS": "200"}
    environment |= {f"ATTEST_{name.upper()}": value for name, value in variables.items()}
    settings.load.cache_clear()
    try:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)
    finally:
        settings.load.cache_clear()
    if result.exception is not None and not isinstance(result.exception, SystemExit | AttestError):
        raise result.exception
    message = str(result.exception) if isinstance(result.exception, AttestError) else result.stderr
    return CommandResult(result.exit_code, result.stdout, message)


def findings(url: str, data_dir: Path, *arguments: str | Path) -> dict[str, str]:
    """Run an audit and return its findings by place. It must exit with 1 if it finds something and with 0 if not."""
    result = attest(url, data_dir, "audit", "verify", "--json", *arguments)
    report = result.json
    assert result.code == (1 if report["found"] else 0), result
    assert bool(report["findings"]) == bool(report["found"])
    return {finding["place"]: finding["what"] for finding in report["findings"]}
