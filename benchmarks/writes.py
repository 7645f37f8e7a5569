"""The cost of writing: a file of claims imported and claims posted one by one, on an empty and a large database."""

import json
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import processes, servers, store
from benchmarks.postgres import Server as PostgresServer
from benchmarks.processes import Worker
from benchmarks.screen import console
from benchmarks.store import GeneratedDatabase, Store

CLAIMS = 10_000
SECONDS = 5.0
"""Duration of posting claims."""

_IMPORTED = "attest_bench_import"


def measure(
    store_of_databases: Store, postgres: PostgresServer | None, engines: list[str], large: GeneratedDatabase
) -> list[dict[str, Any]]:
    """Measure imports and posts on each engine, on an empty database and on a copy of the large one."""
    file = import_file(store_of_databases)
    measurements = []
    with tempfile.TemporaryDirectory(dir=store_of_databases.folder) as name:
        folder = Path(name)
        if "sqlite" in engines:
            for logged in (False, True):
                path = folder / f"empty-{logged}.db"
                measurements.append(
                    _measure_database("sqlite", f"sqlite:///{path}", folder, file, into=0, logged=logged)
                )
            console.print(f"Copying {large.claims:,} claims ...")
            copy = store.copy_database(large, folder)
            measurements.append(_measure_database("sqlite", f"sqlite:///{copy}", folder, file, into=large.claims))
        if postgres is not None:
            url = postgres.url(_IMPORTED)
            large_name = store_of_databases.postgresql(postgres, large.claims)
            for into, template, logged in (
                (0, "template0", False),
                (0, "template0", True),
                (large.claims, large_name, True),
            ):
                postgres.create(_IMPORTED, template)
                pids = (postgres.pid,)
                measurements.append(
                    _measure_database("postgresql", url, folder, file, into=into, server_pids=pids, logged=logged)
                )
            postgres.drop(_IMPORTED)
    return measurements


def import_file(store_of_databases: Store) -> Path:
    """Return a file of claims from another seed as Attest's own JSON, with unique keys and without ids."""
    other = Store(store_of_databases.folder, store_of_databases.seed + 1).sqlite(CLAIMS)
    target = other.folder / "import.jsonl"
    if not target.exists():
        env = servers.environment(f"sqlite:///{other.path}", other.folder)
        text = processes.run([*servers.ATTEST, "export"], env).output
        text = re.sub(r'"(claim|document|source|topic)/', r'"imported-\1/', text)
        # Captures keep their id, because they have no key.
        target.write_text(re.sub(r'"id": ?"(?!cap_)[a-z]{3}_[0-9a-z]{26}", ?', "", text))
    return target


def _measure_database(
    engine: str,
    url: str,
    folder: Path,
    file: Path,
    *,
    into: int,
    server_pids: tuple[int, ...] = (),
    logged: bool = True,
) -> dict[str, Any]:
    console.print(f"Importing into {into:,} claims on {engine}{'' if logged else ', without the log'} ...")
    env = servers.environment(url, folder)
    processes.run([*servers.ATTEST, "db", "upgrade"], env)
    cpu_before = _cpu(server_pids)
    command = servers.ATTEST if logged else servers.UNLOGGED
    result = processes.run([*command, "import", str(file), "--json"], env, allowed=(0, 3))
    cpu = result.cpu_seconds + _cpu(server_pids) - cpu_before
    report = next(iter(json.loads(result.output).values()))
    claims = sum(1 for line in file.open() if '"record":"claim"' in line.replace(" ", "")[:40])
    return {
        "engine": engine,
        "into": into,
        "logged": logged,
        "claims": claims,
        "refused": report["refused"],
        "import_seconds": result.seconds,
        "import_cpu_seconds": cpu,
        "claims_per_second": claims / result.seconds,
        "claims_per_cpu_second": claims / cpu,
        **_measure_posts(url, folder, env, file, logged),
    }


def _cpu(pids: tuple[int, ...]) -> float:
    return sum(map(processes.cpu_seconds, pids))


def _measure_posts(url: str, folder: Path, env: dict[str, str], file: Path, logged: bool) -> dict[str, float]:
    """Measure posts of claims with a figure and an attribution over the API."""
    created_key = processes.run(
        [*servers.ATTEST, "keys", "create", "Benchmark", "--role", "fact_checker", "--json"], env
    )
    headers = {"Authorization": f"Bearer {json.loads(created_key.output)['key']}"}
    bodies = [_body(file_source) for file_source in _sources(file)]
    server_core, client_core = processes.cores()
    with ExitStack() as stack:
        client = Worker("benchmarks.client", core=client_core)
        stack.callback(client.stop)
        server = servers.attest(url, folder, server_core, cached=True, logged=logged)
        stack.callback(server.stop)
        post: Callable[[float], Any] = lambda seconds: client.send(  # noqa: E731 - used twice below
            do="measure",
            port=server.port,
            requests=[("/api/v1/claims", headers, body) for body in bodies],
            connections=4,
            seconds=seconds,
        )
        post(0.5)
        result = post(SECONDS)
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} of {result['requests']} posted claims were refused")
    return {"posts_per_second": result["requests"] / result["seconds"], "posts_p99_ms": result["p99"] * 1_000}


def _sources(file: Path) -> list[str]:
    return re.findall(r'"key": ?"(imported-source/\d+)"', file.read_text())[:50]


def _body(source: str) -> str:
    return json.dumps(
        {
            "kind": "casualty_figure",
            "statement": "About 40 soldiers were killed near Sokolivka in Kursk region, residents reported.",
            "place": "Sokolivka, Kursk",
            "time": "2025-01-12",
            "quantities": [{"metric": "killed", "unit": "soldiers", "qualifier": "about", "best": 40}],
            "attributions": [
                {
                    "source": source,
                    "stance": "asserts",
                    "lineage": "original",
                    "said": "2025-01-12",
                    "quote": {"exact": "Forty of them lay there.", "language": "en"},
                }
            ],
            "reason": "Measured.",
        }
    )
