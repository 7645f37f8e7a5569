"""A process that is killed leaves the record as it was before its transaction, whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from app.db.engine import Database
from app.services.core.snapshot import NOW

ROOT = Path(__file__).parents[2]


def count(database: Database) -> int:
    """How many claims there are."""
    with database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(NOW.claim)) or 0)


def attest(url: str, data_dir: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command, in a process of its own."""
    environment = {**os.environ, "ATTEST_DATABASE_URL": url, "ATTEST_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *arguments]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_killed_import_leaves_the_old_state(url: str, database: Database, tmp_path: Path) -> None:
    seed = ROOT / "seed_data"
    assert attest(url, tmp_path, "import", str(seed / "01-story-january-2025.json")).wait() == 0
    before = count(database)
    assert before > 0

    # So many rows that it is still writing when it is killed.
    long = tmp_path / "long.jsonl"
    row = {"record": "claim", "kind": "other", "stage": "published"}
    long.write_text("\n".join(json.dumps({**row, "key": f"k{n}", "statement": f"Row {n}."}) for n in range(60_000)))
    running = attest(url, tmp_path, "import", str(long))
    time.sleep(4)
    assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()

    assert count(database) == before
    done = attest(url, tmp_path, "import", str(seed / "ua-mod-losses" / "petro-personnel.json"))
    assert done.wait() == 0
    assert count(database) == before + 123
