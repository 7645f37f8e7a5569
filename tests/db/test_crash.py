"""A process that is killed during an import leaves the record as it was before."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text

from app.db.engine import Database
from app.services.core.snapshot import NOW

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def count_claims(database: Database) -> int:
    """The number of claims."""
    with database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(NOW.claim)) or 0)


def stored_bytes(database: Database) -> int:
    """The bytes that were written so far, whether they are committed or not."""
    if database.is_sqlite:
        log = Path(f"{make_url(database.url).database}-wal")
        return log.stat().st_size if log.exists() else 0
    with database.reading() as connection:
        return int(connection.scalar(text("SELECT pg_relation_size('claim')")) or 0)


def attest(url: str, data_dir: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the command in another process."""
    environment = {**os.environ, "ATTEST_DATABASE_URL": url, "ATTEST_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *arguments]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_killed_import_leaves_the_record_unchanged(url: str, database: Database, tmp_path: Path) -> None:
    seed = ROOT / "seed_data"
    assert attest(url, tmp_path, "import", str(seed / "01-story-january-2025.json")).wait() == 0
    before = count_claims(database)
    assert before > 0

    # Enough rows that the import is still writing when it is killed.
    long_file = tmp_path / "long.jsonl"
    row = {"record": "claim", "kind": "other", "stage": "published"}
    long_file.write_text(
        "\n".join(json.dumps({**row, "key": f"k{n}", "statement": f"Row {n}."}) for n in range(60_000))
    )
    size_before = stored_bytes(database)
    process = attest(url, tmp_path, "import", str(long_file))
    deadline = time.monotonic() + 60
    while stored_bytes(database) < size_before + 2_000_000:
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline, "the import has written nothing"
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    assert count_claims(database) == before
    assert attest(url, tmp_path, "import", str(seed / "ua-mod-losses" / "petro-personnel.json")).wait() == 0
    assert count_claims(database) == before + 123
