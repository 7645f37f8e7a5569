"""`python -m benchmarks.imports`: the time and memory of importing very many claims.

The file repeats that of `benchmarks.writes` under other keys; its sources are included once. It is imported into an
empty database with all steps of an import: rules, revisions, log, counters and search.
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
from benchmarks.screen import result_console as out
from benchmarks.store import DATA, Store

_DATABASE = "attest_bench_imports"


def write_copies(file: Path, target: Path, claims: int) -> int:
    """Write a file of at least `claims` claims, and return their number."""
    lines = file.read_text().splitlines(keepends=True)
    source_lines = [line for line in lines if line.startswith('{"record":"source"')]
    other_lines = "".join(line for line in lines if not line.startswith('{"record":"source"'))
    claims_per_copy = other_lines.count('{"record":"claim"')
    copies = -(-claims // claims_per_copy)
    with target.open("w") as stream:
        stream.writelines(source_lines)
        for number in range(copies):
            text = re.sub(r'"imported-(claim|document|topic)/', rf'"copy-{number}-\1/', other_lines)
            # The number of the copy at the end of an id keeps ids unique; digits are valid in Crockford's Base32.
            stream.write(re.sub(r'"cap_([0-9a-z]{22})[0-9a-z]{4}"', rf'"cap_\g<1>{number:04d}"', text))
    return copies * claims_per_copy


def main(
    *,
    claims: Annotated[int, typer.Option(min=1_000, help="Minimum number of claims.")] = 1_000_000,
    engine: Annotated[Literal["sqlite", "postgresql"], typer.Option(help="Database engine.")] = "sqlite",
    data: Annotated[Path, typer.Option(help="Folder for the generated databases, which are kept.")] = DATA,
) -> None:
    """Measure one large import."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=data)))
        file = folder / "claims.jsonl"
        claim_count = write_copies(writes.import_file(Store(data, 1)), file, claims)
        url, server_pid, postgres_server = f"sqlite:///{folder}/attest.db", None, None
        if engine == "postgresql":
            postgres_server = stack.enter_context(postgres.running(data / "postgres"))
            postgres_server.create(_DATABASE)
            stack.callback(postgres_server.drop, _DATABASE)
            url, server_pid = postgres_server.url(_DATABASE), postgres_server.pid
        env = servers.environment(url, folder)
        processes.run([*servers.ATTEST, "db", "upgrade"], env)
        console.print(f"Importing {claim_count:,} claims, {file.stat().st_size / 1e6:,.0f} MB ...")
        report = folder / "report.json"
        measurement = processes.measure_command(
            [*servers.ATTEST, "import", str(file), "--json"], env, server_pid, output=report, allowed=(0, 3)
        )
        (result,) = json.loads(report.read_text()).values()
        size = postgres_server.size(_DATABASE) if postgres_server else (folder / "attest.db").stat().st_size
    out.print(f"claims               {claim_count:>12,}")
    out.print(f"refused              {result['refused']:>12,}")
    out.print(f"seconds              {measurement['seconds']:>12,.0f}")
    out.print(f"CPU seconds          {measurement['cpu_seconds']:>12,.0f}")
    out.print(f"claims per CPU second{claim_count / measurement['cpu_seconds']:>12,.0f}")
    out.print(f"peak RSS, MB         {measurement['peak_bytes'] / 1e6:>12,.0f}")
    out.print(f"database, MB         {size / 1e6:>12,.0f}")


if __name__ == "__main__":
    typer.run(main)
