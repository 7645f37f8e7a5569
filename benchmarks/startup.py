"""The startup time of `attest serve` on a small database, and its memory."""

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


def measure(store: Store, postgres: PostgresServer | None, engines: list[str]) -> dict[str, list[str]]:
    """For each engine: seconds and CPU seconds to the first response; megabytes then, and after some requests."""
    database = store.sqlite(CLAIMS)
    urls = {"sqlite": f"sqlite:///{database.path}"} if "sqlite" in engines else {}
    if postgres is not None:
        urls["postgresql"] = postgres.url(store.postgresql(postgres, CLAIMS))
    server_core, client_core = processes.cores()
    paths: list[tuple[str, dict[str, str]]] = [
        (case.path(*values), {}) for case in PRIMARY for values in case.draw_requests(database.pool, database.seed)[:20]
    ]
    rows_by_engine = {}
    for engine, url in urls.items():
        seconds, cpu, first_megabytes, later_megabytes = [], [], [], 0.0
        for _ in range(STARTS):
            with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
                server = servers.attest(url, Path(name), server_core, cached=True)
                stack.callback(server.stop)
                seconds.append(server.startup_seconds)
                cpu.append(server.startup_cpu_seconds)
                first_megabytes.append(processes.resident_bytes(server.pid) / 1e6)
                if len(seconds) == STARTS:
                    client = Worker("benchmarks.client", core=client_core)
                    stack.callback(client.stop)
                    for _ in range(REQUESTS // len(paths)):
                        client.send(do="check", port=server.port, requests=paths, seconds=60)
                    later_megabytes = processes.resident_bytes(server.pid) / 1e6
        first = f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"
        rows_by_engine[engine] = [
            first,
            f"{statistics.median(cpu):.2f}",
            f"{statistics.median(first_megabytes):.0f}",
            f"{later_megabytes:.0f}",
        ]
    return rows_by_engine
