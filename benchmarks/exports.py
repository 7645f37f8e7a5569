"""`python -m benchmarks.exports`: the time and memory of exporting all claims in each format.

Each export is a command in a process of its own, such as `attest export --format csv`. The floor reads the same claims
with the bare driver, in one statement, and writes the columns that need no processing as CSV.
"""

import csv
import json
import sqlite3
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

import psycopg
import typer
from rich.table import Table
from sqlalchemy import make_url

from app.formats.exports.export_formats import EXPORT_FORMATS
from benchmarks import postgres, servers
from benchmarks.processes import measure_command
from benchmarks.screen import console
from benchmarks.screen import result_console as out
from benchmarks.store import DATA, Store

_FLOOR = """
    SELECT claim.id, claim.version, claim.statement, claim.language, claim.kind, topic.id, topic.title, claim.place,
        claim.time, quantity.metric, quantity.unit, quantity.qualifier, quantity.low, quantity.best, quantity.high,
        quantity.basis, quantity.verbatim, claim.status, claim.stage, claim.notice, claim.recorded_at,
        (SELECT {joined}(source.name || ': ' || attribution.stance, ' | ') FROM attribution
            JOIN source ON source.id = attribution.source_id
            WHERE attribution.claim_id = claim.id AND NOT attribution.withdrawn)
    FROM claim LEFT JOIN topic ON topic.id = claim.topic_id
    LEFT JOIN quantity ON quantity.claim_id = claim.id AND quantity.content_version = claim.content_version
    WHERE claim.stage = 'published' ORDER BY claim.id, quantity.position
"""


def floor(url: str, target: Path) -> None:
    """Write all claims as CSV with only the driver."""
    address = make_url(url)
    with target.open("w", newline="") as stream:
        write = csv.writer(stream).writerows
        if address.get_backend_name() == "sqlite":
            connection_to_file = sqlite3.connect(f"file:{address.database}?mode=ro", uri=True)
            write(connection_to_file.execute(_FLOOR.format(joined="group_concat")))
            return
        host = str(address.query["host"])
        opened = psycopg.connect(host=host, user=address.username, dbname=address.database)
        with opened as connection, connection.cursor("floor") as cursor:
            cursor.itersize = 1_000
            write(cursor.execute(_FLOOR.format(joined="string_agg")))


def measure(
    url: str, claims: int, formats: list[str], folder: Path, server_pid: int | None = None
) -> list[dict[str, Any]]:
    """Measure the floor and each format: seconds, CPU seconds, bytes written, and peak memory of the process.

    The CPU time of the database server with the process id `server_pid` is included; its memory is not.
    """
    env = servers.environment(url, folder)
    target = folder / "out"
    floor_command = [sys.executable, "-m", "benchmarks.exports", "--floor", str(target), "--url", url]
    measurements = []
    for name in ("floor", *formats):
        console.print(f"Exporting {claims:,} claims: {name} ...")
        command = floor_command if name == "floor" else [*servers.ATTEST, "export", "--format", name, "-o", str(target)]
        measurements.append(
            {
                "format": name,
                "claims": claims,
                **measure_command(command, env, server_pid),
                "bytes": target.stat().st_size,
            }
        )
        target.unlink()
    return measurements


def results_table(measurements: list[dict[str, Any]]) -> Table:
    """Return the results as a table: claims per second and per CPU second, relative to the floor."""
    table = Table("format", "claims/s", "claims/CPU s", "of the floor", "MB out", "peak RSS, MB")
    floor_rate = measurements[0]["claims"] / measurements[0]["cpu_seconds"]
    for measurement in measurements:
        rate = measurement["claims"] / measurement["cpu_seconds"]
        table.add_row(
            measurement["format"],
            f"{measurement['claims'] / measurement['seconds']:,.0f}",
            f"{rate:,.0f}",
            f"1/{floor_rate / rate:.1f}",
            f"{measurement['bytes'] / 1e6:,.1f}",
            f"{measurement['peak_bytes'] / 1e6:,.0f}",
        )
    return table


def main(
    *,
    claims: Annotated[int, typer.Option(min=1_000, help="Number of claims in the generated database.")] = 100_000,
    engine: Annotated[Literal["sqlite", "postgresql"], typer.Option(help="Database engine.")] = "sqlite",
    formats: Annotated[str, typer.Option(help="Formats, separated by commas.")] = ",".join(EXPORT_FORMATS),
    data: Annotated[Path, typer.Option(help="Folder for the generated databases, which are kept.")] = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    floor_to: Annotated[Path | None, typer.Option("--floor", hidden=True)] = None,
    url: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Measure exports of all claims in every format."""
    if floor_to is not None:
        floor(url, floor_to)
        return
    store, selected_formats = Store(data, 1), formats.split(",")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=data)))
        if engine == "sqlite":
            path = store.sqlite(claims).path
            measurements = measure(f"sqlite:///{path}", _published(path), selected_formats, folder)
        else:
            server = stack.enter_context(postgres.running(data / "postgres"))
            address = server.url(store.postgresql(server, claims))
            # Both engines hold the same claims.
            measurements = measure(address, _published(store.sqlite(claims).path), selected_formats, folder, server.pid)
    if as_json:
        typer.echo(json.dumps(measurements, indent=2))
    else:
        out.print(results_table(measurements))


def _published(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (count,) = connection.execute("SELECT count(*) FROM claim WHERE stage = 'published'").fetchone()
    connection.close()
    return int(count)


if __name__ == "__main__":
    typer.run(main)
