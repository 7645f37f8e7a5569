"""`python -m benchmarks.imports`: what importing very many claims takes, and the memory that it takes.

The file is that of `benchmarks.writes`, again and again under other keys; its sources are named once. It is imported
into an empty database, with all that an import is: rules, revisions, log, counters, search.
"""

import json
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from benchmarks import postgres, processes, servers, writes
from benchmarks.screen import console
from benchmarks.screen import results as out
from benchmarks.store import DATA, Store

_DATABASE = "attest_bench_imports"


def write_copies(file: Path, target: Path, claims: int) -> int:
    """Write a file of at least so many claims; says how many they are."""
    lines = file.read_text().splitlines(keepends=True)
    once = [line for line in lines if line.startswith('{"record":"source"')]
    again = "".join(line for line in lines if not line.startswith('{"record":"source"'))
    each = again.count('{"record":"claim"')
    copies = -(-claims // each)
    with target.open("w") as stream:
        stream.writelines(once)
        for number in range(copies):
            text = re.sub(r'"imported-(claim|document|topic)/', rf'"copy-{number}-\1/', again)
            # Crockford's letters at the end of an id: another for each copy.
            stream.write(re.sub(r'"cap_([0-9a-z]{22})[0-9a-z]{4}"', rf'"cap_\g<1>{number:04d}"', text))
    return copies * each


def main(
    *,
    claims: Annotated[int, typer.Option(min=1_000, help="At least so many claims.")] = 1_000_000,
    engine: Annotated[Literal["sqlite", "postgresql"], typer.Option(help="On which engine.")] = "sqlite",
    data: Annotated[Path, typer.Option(help="Folder that keeps the generated databases.")] = DATA,
) -> None:
    """Measure one large import."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=data)))
        file = folder / "claims.jsonl"
        written = write_copies(writes.file_of(Store(data, 1)), file, claims)
        url, server, running = f"sqlite:///{folder}/attest.db", None, None
        if engine == "postgresql":
            running = stack.enter_context(postgres.running(data / "postgres"))
            running.create(_DATABASE)
            stack.callback(running.drop, _DATABASE)
            url, server = running.url(_DATABASE), running.pid
        env = servers.environment(url, folder)
        processes.run([*servers.ATTEST, "db", "upgrade"], env)
        console.print(f"Importing {written:,} claims, {file.stat().st_size / 1e6:,.0f} MB ...")
        report = folder / "report.json"
        found = processes.taken(
            [*servers.ATTEST, "import", str(file), "--json"], env, server, output=report, allowed=(0, 3)
        )
        (told,) = json.loads(report.read_text()).values()
        size = running.size(_DATABASE) if running else (folder / "attest.db").stat().st_size
    out.print(f"claims               {written:>12,}")
    out.print(f"refused              {told['refused']:>12,}")
    out.print(f"seconds              {found['seconds']:>12,.0f}")
    out.print(f"CPU seconds          {found['cpu_seconds']:>12,.0f}")
    out.print(f"claims per CPU second{written / found['cpu_seconds']:>12,.0f}")
    out.print(f"peak RSS, MB         {found['peak_bytes'] / 1e6:>12,.0f}")
    out.print(f"database, MB         {size / 1e6:>12,.0f}")


if __name__ == "__main__":
    typer.run(main)
