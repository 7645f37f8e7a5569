"""What writing costs: a file of claims imported, and claims posted one by one, into an empty and a large database."""

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
from benchmarks.store import Made, Store

CLAIMS = 10_000
SECONDS = 5.0
"""How long claims are posted."""

_IMPORTED = "attest_bench_import"


def measured(kept: Store, postgres: PostgresServer | None, engines: list[str], large: Made) -> list[dict[str, Any]]:
    """Import and post on each engine, into nothing and into a copy of the large database."""
    file = file_of(kept)
    found = []
    with tempfile.TemporaryDirectory(dir=kept.folder) as name:
        folder = Path(name)
        if "sqlite" in engines:
            for logged in (False, True):
                path = folder / f"empty-{logged}.db"
                found.append(_one("sqlite", f"sqlite:///{path}", folder, file, into=0, logged=logged))
            console.print(f"Copying {large.claims:,} claims ...")
            copied = store.copy_of(large, folder)
            found.append(_one("sqlite", f"sqlite:///{copied}", folder, file, into=large.claims))
        if postgres is not None:
            url = postgres.url(_IMPORTED)
            large_too = kept.postgresql(postgres, large.claims)
            for into, template, logged in (
                (0, "template0", False),
                (0, "template0", True),
                (large.claims, large_too, True),
            ):
                postgres.create(_IMPORTED, template)
                pids = (postgres.pid,)
                found.append(_one("postgresql", url, folder, file, into=into, also=pids, logged=logged))
            postgres.drop(_IMPORTED)
    return found


def file_of(kept: Store) -> Path:
    """Claims of another seed in Attest's own JSON, under keys that are in no other database, ids left out."""
    other = Store(kept.folder, kept.seed + 1).sqlite(CLAIMS)
    target = other.folder / "import.jsonl"
    if not target.exists():
        env = servers.environment(f"sqlite:///{other.path}", other.folder)
        text = processes.run([*servers.ATTEST, "export"], env).output
        text = re.sub(r'"(claim|document|source|topic)/', r'"imported-\1/', text)
        # A capture has no key: it is known by its id.
        target.write_text(re.sub(r'"id": ?"(?!cap_)[a-z]{3}_[0-9a-z]{26}", ?', "", text))
    return target


def _one(
    engine: str, url: str, folder: Path, file: Path, *, into: int, also: tuple[int, ...] = (), logged: bool = True
) -> dict[str, Any]:
    console.print(f"Importing into {into:,} claims on {engine}{'' if logged else ', without the log'} ...")
    env = servers.environment(url, folder)
    processes.run([*servers.ATTEST, "db", "upgrade"], env)
    before = _cpu(also)
    command = servers.ATTEST if logged else servers.UNLOGGED
    done = processes.run([*command, "import", str(file), "--json"], env, allowed=(0, 3))
    cpu = done.cpu_seconds + _cpu(also) - before
    report = next(iter(json.loads(done.output).values()))
    claims = sum(1 for line in file.open() if '"record":"claim"' in line.replace(" ", "")[:40])
    return {
        "engine": engine,
        "into": into,
        "logged": logged,
        "claims": claims,
        "refused": report["refused"],
        "import_seconds": done.seconds,
        "import_cpu_seconds": cpu,
        "claims_per_second": claims / done.seconds,
        "claims_per_cpu_second": claims / cpu,
        **_posted(url, folder, env, file, logged),
    }


def _cpu(pids: tuple[int, ...]) -> float:
    return sum(map(processes.cpu_seconds, pids))


def _posted(url: str, folder: Path, env: dict[str, str], file: Path, logged: bool) -> dict[str, float]:
    """Claims recorded over the API, each with a figure and an attribution."""
    said = processes.run([*servers.ATTEST, "keys", "create", "Benchmark", "--role", "fact_checker", "--json"], env)
    headers = {"Authorization": f"Bearer {json.loads(said.output)['key']}"}
    bodies = [_body(file_source) for file_source in _sources(file)]
    here, there = processes.cores()
    with ExitStack() as stack:
        client = Worker("benchmarks.client", core=there)
        stack.callback(client.stop)
        server = servers.attest(url, folder, here, keeps=True, logged=logged)
        stack.callback(server.stop)
        post: Callable[[float], Any] = lambda seconds: client.ask(  # noqa: E731 - a line that is used twice below
            do="measure",
            port=server.port,
            requests=[("/api/v1/claims", headers, body) for body in bodies],
            connections=4,
            seconds=seconds,
        )
        post(0.5)
        done = post(SECONDS)
    if done["failed"]:
        raise RuntimeError(f"{done['failed']} of {done['requests']} posted claims were refused")
    return {"posts_per_second": done["requests"] / done["seconds"], "posts_p99_ms": done["p99"] * 1_000}


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
