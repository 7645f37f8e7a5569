"""The servers to compare: Attest, and Datasette on the same SQLite file."""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

from benchmarks.processes import NotStartedError, Server, free_port

BIN = Path(sys.executable).parent

CLAIM_WHOLE = """
SELECT claim.*, attribution.*, source.name AS source_name, source.kind AS source_kind, document.title, document.url,
  document.published
FROM claim
LEFT JOIN attribution ON attribution.claim_id = claim.id
LEFT JOIN source ON source.id = attribution.source_id
LEFT JOIN document ON document.id = attribution.document_id
WHERE claim.id = :id
"""
"""One claim with its attributions, as a publisher of the file would configure it in Datasette."""

CLAIM_SEARCH = """
CREATE VIEW IF NOT EXISTS claim_search AS
SELECT claim.*, search_text.id AS search_id, search_text.latest
FROM search_text JOIN claim ON claim.id = search_text.claim_id
"""
"""The view that Datasette searches, because its facets are columns of the table or view that it searches."""


def _base_environment() -> dict[str, str]:
    """Return the environment variables without the settings of Attest.

    PYTHONDONTWRITEBYTECODE is removed too: it would make each start compile all of Attest again.
    """
    excluded = "PYTHONDONTWRITEBYTECODE"
    return {name: value for name, value in os.environ.items() if name != excluded and not name.startswith("ATTEST_")}


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return the environment in which Attest's commands use a database."""
    return {
        **_base_environment(),
        "ATTEST_DATABASE_URL": url,
        "ATTEST_DATA_DIR": str(folder),
        "ATTEST_SECRET_KEY": "only for benchmarks: cursors stay the same",
        "ATTEST_LOG_LEVEL": "warning",
    }


ATTEST = [str(BIN / "attest")]
"""The command `attest`."""

UNLOGGED = [sys.executable, "-m", "benchmarks.unlogged"]
"""The command without the log, to measure the cost of the log."""


def attest(url: str, folder: Path, core: set[int], *, cached: bool, logged: bool = True) -> Server:
    """Start `attest serve` with its default settings, or without the response cache if not `cached`."""
    port = free_port()
    command = [*(ATTEST if logged else UNLOGGED), "serve", "--port", str(port)]
    env = environment(url, folder) | ({} if cached else {"ATTEST_RESPONSE_CACHE_BYTES": "0"})
    return Server("Attest", command, port=port, ready="/api/v1/health", env=env, core=core)


def _checkpoint(path: Path) -> None:
    """Copy the write-ahead log into the file, because a reader that opens it as immutable ignores the log."""
    connection = sqlite3.connect(path, isolation_level=None)
    for _ in range(20):
        busy, *_pages = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            break
        time.sleep(0.5)
    else:
        raise NotStartedError(f"{path} is in use, so its write-ahead log cannot be emptied.")
    connection.close()


def add_view(path: Path) -> None:
    """Create the view that Datasette searches, while no process has the file open."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(CLAIM_SEARCH)
    connection.close()


def datasette(path: Path, folder: Path, core: set[int]) -> Server:
    """Start Datasette on a file, opened as immutable and with raised limits."""
    _checkpoint(path)
    metadata = folder / "datasette.json"
    tables = {"claim_search": {"fts_table": "search_index", "fts_pk": "search_id"}}
    queries = {"claim_whole": {"sql": CLAIM_WHOLE}}
    metadata.write_text(json.dumps({"databases": {"attest": {"tables": tables, "queries": queries}}}))
    port = free_port()
    settings = {
        "sql_time_limit_ms": 60_000, "facet_time_limit_ms": 60_000, "default_page_size": 20, "suggest_facets": 0,
        "max_returned_rows": 1_000, "num_sql_threads": 3, "cache_size_kb": 65_536,
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("--setting", name, str(value))]
    command = [
        str(BIN / "datasette"), "serve", "--immutable", str(path), "--metadata", str(metadata), "--host", "127.0.0.1",
        "--port", str(port), *options,
    ]  # fmt: skip
    return Server(
        "Datasette",
        command,
        port=port,
        ready="/attest/claim.json?_size=1&_nocount=1",
        env=_base_environment(),
        core=core,
    )
