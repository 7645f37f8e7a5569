"""`python -m benchmarks.exports`: what it takes to export everything, in each format, and the memory that it takes.

Each export is a command in a process of its own, as `attest export --format csv` is. The floor beside it reads the same
claims with the bare driver, in one statement, and writes the columns of the CSV that need no thought, as CSV.
"""

import csv
import json
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from app.formats.export_formats import EXPORT_FORMATS
from benchmarks import servers, store
from benchmarks.screen import console
from benchmarks.screen import results as out
from benchmarks.store import DATA, Store

_FLOOR = """
    SELECT claim.id, claim.version, claim.statement, claim.language, claim.kind, topic.id, topic.title, claim.place,
        claim.time, quantity.metric, quantity.unit, quantity.qualifier, quantity.low, quantity.best, quantity.high,
        quantity.basis, quantity.verbatim, claim.status, claim.stage, claim.notice, claim.recorded_at,
        (SELECT group_concat(source.name || ': ' || attribution.stance, ' | ') FROM attribution
            JOIN source ON source.id = attribution.source_id
            WHERE attribution.claim_id = claim.id AND NOT attribution.withdrawn)
    FROM claim LEFT JOIN topic ON topic.id = claim.topic_id
    LEFT JOIN quantity ON quantity.claim_id = claim.id AND quantity.content_version = claim.content_version
    WHERE claim.stage = 'published' ORDER BY claim.id, quantity.position
"""


def floor(database: Path, target: Path) -> None:
    """Write all claims as CSV with nothing but the driver."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    with target.open("w", newline="") as stream:
        csv.writer(stream).writerows(connection.execute(_FLOOR))


def measured(database: Path, formats: list[str]) -> list[dict[str, Any]]:
    """The floor and each format: seconds, CPU seconds, bytes, and the most memory that the process held."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    (claims,) = connection.execute("SELECT count(*) FROM claim WHERE stage = 'published'").fetchone()
    connection.close()
    found = []
    with tempfile.TemporaryDirectory(dir=database.parent) as name:
        env = servers.environment(f"sqlite:///{database}", Path(name))
        for one in ("floor", *formats):
            target = Path(name) / "out"
            if one == "floor":
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.exports",
                    "--floor",
                    str(target),
                    "--database",
                    str(database),
                ]
            else:
                command = [*servers.ATTEST, "export", "--format", one, "-o", str(target)]
            console.print(f"Exporting {claims:,} claims: {one} ...")
            found.append({"format": one, "claims": claims, **_run(command, env), "bytes": target.stat().st_size})
            target.unlink()
    return found


def _run(command: list[str], env: dict[str, str]) -> dict[str, float]:
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, {**os.environ, **env})
    _pid, status, used = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    cpu = used.ru_utime + used.ru_stime
    return {"seconds": time.perf_counter() - begin, "cpu_seconds": cpu, "peak_bytes": used.ru_maxrss * 1024}


def shown(found: list[dict[str, Any]]) -> Table:
    """What came out, as a table: claims per CPU second, and how much of the floor's that is."""
    table = Table("format", "claims/s", "claims/CPU s", "of the floor", "MB out", "peak RSS, MB")
    base = found[0]["claims"] / found[0]["cpu_seconds"]
    for one in found:
        rate = one["claims"] / one["cpu_seconds"]
        table.add_row(
            one["format"],
            f"{one['claims'] / one['seconds']:,.0f}",
            f"{rate:,.0f}",
            f"1/{base / rate:.1f}",
            f"{one['bytes'] / 1e6:,.1f}",
            f"{one['peak_bytes'] / 1e6:,.0f}",
        )
    return table


def main(
    *,
    claims: Annotated[int, typer.Option(min=1_000, help="Claims of the generated database.")] = 100_000,
    formats: Annotated[str, typer.Option(help="Formats, parted by commas.")] = ",".join(EXPORT_FORMATS),
    database: Annotated[Path | None, typer.Option(help="A SQLite file to export instead of a generated one.")] = None,
    data: Annotated[Path, typer.Option(help="Folder that keeps the generated databases.")] = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    floor_to: Annotated[Path | None, typer.Option("--floor", hidden=True)] = None,
) -> None:
    """Measure exports of everything in every format."""
    if database is not None and floor_to is not None:
        floor(database, floor_to)
        return
    path = database
    if path is None:
        with tempfile.TemporaryDirectory(dir=data) as name:
            found = measured(store.copy_of(Store(data, 1).sqlite(claims), Path(name)), formats.split(","))
    else:
        found = measured(path, formats.split(","))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        out.print(shown(found))


if __name__ == "__main__":
    typer.run(main)
