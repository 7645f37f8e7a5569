"""The servers that are compared: Attest, and Datasette on the same SQLite file."""

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
"""One claim with its attributions, as somebody would set it up who publishes the file with Datasette."""

CLAIM_SEARCH = """
CREATE VIEW IF NOT EXISTS claim_search AS
SELECT claim.*, search_text.id AS search_id, search_text.latest
FROM search_text JOIN claim ON claim.id = search_text.claim_id
"""
"""What Datasette searches: it can only count by columns of the table or view that it searches."""


def _surroundings() -> dict[str, str]:
    """What is set here, but for settings of Attest's.

    Where Python may not keep what it has compiled, each start would compile all of Attest again.
    """
    left = "PYTHONDONTWRITEBYTECODE"
    return {name: value for name, value in os.environ.items() if name != left and not name.startswith("ATTEST_")}


def environment(url: str, folder: Path) -> dict[str, str]:
    """The environment in which Attest's own commands use that database."""
    return {
        **_surroundings(),
        "ATTEST_DATABASE_URL": url,
        "ATTEST_DATA_DIR": str(folder),
        "ATTEST_SECRET_KEY": "only for benchmarks: cursors stay the same",
        "ATTEST_LOG_LEVEL": "warning",
    }


ATTEST = [str(BIN / "attest")]
"""The command."""

UNLOGGED = [sys.executable, "-m", "benchmarks.unlogged"]
"""The same without the log, to be measured beside it."""


def attest(url: str, folder: Path, core: set[int], *, keeps: bool, logged: bool = True) -> Server:
    """`attest serve`, as anybody would start it; `keeps` its answers, as it does by itself, or makes each anew."""
    port = free_port()
    command = [*(ATTEST if logged else UNLOGGED), "serve", "--port", str(port)]
    env = environment(url, folder) | ({} if keeps else {"ATTEST_RESPONSE_CACHE_BYTES": "0"})
    return Server("Attest", command, port=port, ready="/api/v1/health", env=env, core=core)


def _settle(path: Path) -> None:
    """Bring everything into the file itself: a reader that takes it as immutable does not see the log beside it."""
    opened = sqlite3.connect(path, isolation_level=None)
    for _ in range(20):
        busy, *_pages = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            break
        time.sleep(0.5)
    else:
        raise NotStartedError(f"{path} is being read all the time, so that its log cannot be emptied.")
    opened.close()


def add_view(path: Path) -> None:
    """Make the view that Datasette searches, while nobody has the file open."""
    opened = sqlite3.connect(path, isolation_level=None)
    opened.execute(CLAIM_SEARCH)
    opened.close()


def datasette(path: Path, folder: Path, core: set[int]) -> Server:
    """Datasette on that file, told that it does not change, and with its limits raised so that it answers."""
    _settle(path)
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
        "Datasette", command, port=port, ready="/attest/claim.json?_size=1&_nocount=1", env=_surroundings(), core=core
    )
