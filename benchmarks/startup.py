"""How soon `attest serve` answers on a small database, and what memory it takes."""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import processes, servers
from benchmarks.cases import PRIMARY
from benchmarks.postgres import Server as PostgresServer
from benchmarks.processes import Worker
from benchmarks.store import Store

CLAIMS = 1_000
STARTS = 5
REQUESTS = 600


def measured(kept: Store, postgres: PostgresServer | None, engines: list[str]) -> dict[str, list[str]]:
    """For each engine: seconds to the first answer and CPU that they took; megabytes then, and after some requests."""
    made = kept.sqlite(CLAIMS)
    urls = {"sqlite": f"sqlite:///{made.path}"} if "sqlite" in engines else {}
    if postgres is not None:
        urls["postgresql"] = postgres.url(kept.postgresql(postgres, CLAIMS))
    here, there = processes.cores()
    paths: list[tuple[str, dict[str, str]]] = [
        (case.path(*values), {}) for case in PRIMARY for values in case.asked(made.pool, made.seed)[:20]
    ]
    found = {}
    for engine, url in urls.items():
        seconds, cpu, at_first, later = [], [], [], 0.0
        for _ in range(STARTS):
            with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
                server = servers.attest(url, Path(name), here, keeps=True)
                stack.callback(server.stop)
                seconds.append(server.started_after)
                cpu.append(server.started_with)
                at_first.append(processes.resident_bytes(server.pid) / 1e6)
                if len(seconds) == STARTS:
                    client = Worker("benchmarks.client", core=there)
                    stack.callback(client.stop)
                    for _ in range(REQUESTS // len(paths)):
                        client.ask(do="check", port=server.port, requests=paths, seconds=60)
                    later = processes.resident_bytes(server.pid) / 1e6
        first = f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"
        found[engine] = [first, f"{statistics.median(cpu):.2f}", f"{statistics.median(at_first):.0f}", f"{later:.0f}"]
    return found
