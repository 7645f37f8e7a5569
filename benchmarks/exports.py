"""`python -m benchmarks.exports`: what it takes to export everything, in each format, and the memory that it takes.

Each export is a command in a process of its own, as `attest export --format csv` is. The floor beside it reads the same
claims with the bare driver, in one statement, and writes the columns of the CSV that need no thought, as CSV.
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
from benchmarks.processes import taken
from benchmarks.screen import console
from benchmarks.screen import results as out
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
    """Write all claims as CSV with nothing but the driver."""
    address = make_url(url)
    with target.open("w", newline="") as stream:
        write = csv.writer(stream).writerows
        if address.get_backend_name() == "sqlite":
            file = sqlite3.connect(f"file:{address.database}?mode=ro", uri=True)
            write(file.execute(_FLOOR.format(joined="group_concat")))
            return
        host = str(address.query["host"])
        connected = psycopg.connect(host=host, user=address.username, dbname=address.database)
        with connected as connection, connection.cursor("floor") as cursor:
            cursor.itersize = 1_000
            write(cursor.execute(_FLOOR.format(joined="string_agg")))


def measured(
    url: str, claims: int, formats: list[str], folder: Path, server: int | None = None
) -> list[dict[str, Any]]:
    """The floor and each format: seconds, CPU seconds, bytes, and the most memory that the process held.

    The CPU of the database's `server`, by the number of its process, counts; its memory does not.
    """
    env = servers.environment(url, folder)
    target = folder / "out"
    alone = [sys.executable, "-m", "benchmarks.exports", "--floor", str(target), "--url", url]
    found = []
    for one in ("floor", *formats):
        console.print(f"Exporting {claims:,} claims: {one} ...")
        command = alone if one == "floor" else [*servers.ATTEST, "export", "--format", one, "-o", str(target)]
        found.append({"format": one, "claims": claims, **taken(command, env, server), "bytes": target.stat().st_size})
        target.unlink()
    return found


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
    engine: Annotated[Literal["sqlite", "postgresql"], typer.Option(help="On which engine.")] = "sqlite",
    formats: Annotated[str, typer.Option(help="Formats, parted by commas.")] = ",".join(EXPORT_FORMATS),
    data: Annotated[Path, typer.Option(help="Folder that keeps the generated databases.")] = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    floor_to: Annotated[Path | None, typer.Option("--floor", hidden=True)] = None,
    url: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Measure exports of everything in every format."""
    if floor_to is not None:
        floor(url, floor_to)
        return
    made, wanted = Store(data, 1), formats.split(",")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=data)))
        if engine == "sqlite":
            path = made.sqlite(claims).path
            found = measured(f"sqlite:///{path}", _published(path), wanted, folder)
        else:
            server = stack.enter_context(postgres.running(data / "postgres"))
            address = server.url(made.postgresql(server, claims))
            # Both engines hold the same claims.
            found = measured(address, _published(made.sqlite(claims).path), wanted, folder, server.pid)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        out.print(shown(found))


def _published(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (count,) = connection.execute("SELECT count(*) FROM claim WHERE stage = 'published'").fetchone()
    connection.close()
    return int(count)


if __name__ == "__main__":
    typer.run(main)
