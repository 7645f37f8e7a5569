"""Rounds of measurements: every case and variant in each, in an order that is drawn anew."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rich.progress import track

from benchmarks import processes, servers
from benchmarks.cases import AGAIN, Case
from benchmarks.pool import depth
from benchmarks.postgres import Server as PostgresServer
from benchmarks.processes import Server, Worker
from benchmarks.screen import console
from benchmarks.store import Made

FEW, MANY = 8, 32
"""Connections: at so many throughput is measured, at so many how long answers take."""

CHECKED = 20
"""Requests of a case that are looked at before it is measured."""

LEAST_CPU = 0.3
MOST_TRIES = 4
"""A measurement goes on until it has cost so many CPU seconds, for so many times its length at most."""

WARM = 2.0
"""Seconds of load before anything is measured: PostgreSQL plans up to 50 ms for each connection."""

SLOWEST = 6.0
"""Seconds that all connections together may wait for one answer each; with more, fewer connections are opened."""


@dataclass(frozen=True)
class Plan:
    """How thoroughly to measure."""

    rounds: int
    seconds: float
    """Of one measurement."""
    seed: int

    def shorter(self) -> "Plan":
        """For cases that no goal is set for."""
        return Plan(max(1, self.rounds // 2), self.seconds / 2, self.seed)


@dataclass(frozen=True)
class Sample:
    """One measurement."""

    engine: str
    claims: int
    case: str
    variant: str
    """floor; attest, which makes every answer anew; again: Attest, which has kept its answers; datasette."""
    cpu_ms: float
    """CPU time of a request: user and system, of the server and of the database's processes, in milliseconds."""
    rps: float
    """Requests per second, on eight connections; of the floor, in its one loop."""
    p50_ms: float | None
    """Half of the answers take no longer, on 32 connections, in milliseconds."""
    p99_ms: float | None
    bytes: int | None
    """Length of an answer, on average."""


class CaseFailedError(RuntimeError):
    """A request of a case was not answered as it should be."""


class _Http:
    """A server that is measured by asking it over HTTP."""

    def __init__(self, variant: str, server: Server, client: Worker, also: Sequence[int]) -> None:
        self.variant = variant
        self.server = server
        self._client = client
        self._pids = [server.pid, *also]
        self._requests: dict[str, list[tuple[str, dict[str, str]]]] = {}
        self._length: dict[str, int] = {}
        self._latency: dict[str, float] = {}

    def prepare(self, case: Case, made: Made) -> None:
        """Ask everything once: it warms up, and nothing is measured that is not answered rightly."""
        asked = case.asked(made.pool, made.seed)
        draw = case.datasette if self.variant == "datasette" else case.path
        assert draw is not None
        paths = list(dict.fromkeys(draw(*values) for values in asked))
        if case.cursor:
            pages = depth(made.claims) // 200
            cursors = self._client.ask(do="walk", port=self.server.port, path=f"{paths[0]}?limit=200", pages=pages)
            paths = [f"{paths[0]}?cursor={cursor}" for cursor in cursors]
        requests: list[tuple[str, dict[str, str]]] = [(path, {}) for path in paths[:CHECKED]]
        answers, took = self._check(case, requests, 200)
        if case.conditional:
            requests = [
                (path, {"If-None-Match": answer["etag"]}) for (path, _), answer in zip(requests, answers, strict=True)
            ]
            answers, took = self._check(case, requests, 304)
        elif len(paths) > len(requests):
            requests = [(path, {}) for path in paths]
        self._requests[case.name] = requests
        self._length[case.name] = sum(answer["length"] for answer in answers) // len(answers)
        self._latency[case.name] = took / len(answers)
        if self._latency[case.name] * MANY <= SLOWEST:
            # Threads and database connections that open only under load are open when it counts.
            self._load(case, MANY, WARM)

    def _check(
        self, case: Case, requests: list[tuple[str, dict[str, str]]], wanted: int
    ) -> tuple[list[dict[str, Any]], float]:
        result = self._client.ask(do="check", port=self.server.port, requests=requests, seconds=8)
        answers = result["answers"]
        del requests[len(answers) :]
        for (path, _headers), answer in zip(requests, answers, strict=True):
            if answer["status"] != wanted:
                said = f"{path} is answered with {answer['status']}, not {wanted}: {answer['said']}"
                raise CaseFailedError(f"{case.name} on {self.server.name}: {said}")
        return answers, result["seconds"]

    def sample(self, case: Case, seconds: float) -> dict[str, Any]:
        """Measure once."""
        wait = self._latency[case.name]
        before, few, cpu = self._cpu(), {"requests": 0, "seconds": 0.0}, 0.0
        for _ in range(MOST_TRIES):
            more = self._load(case, FEW if wait * FEW <= SLOWEST else 1, seconds)
            few = {name: few[name] + more[name] for name in few}
            cpu = self._cpu() - before
            # The system counts in hundredths of a second; on a busy machine we may have got few of them.
            if cpu >= LEAST_CPU:
                break
        many = self._load(case, MANY, seconds) if wait * MANY <= SLOWEST else None
        return {
            "cpu_ms": cpu / few["requests"] * 1_000,
            "rps": few["requests"] / few["seconds"],
            "p50_ms": many and many["p50"] * 1_000,
            "p99_ms": many and many["p99"] * 1_000,
            "bytes": self._length[case.name],
        }

    def _load(self, case: Case, connections: int, seconds: float) -> Any:
        requests = self._requests[case.name]
        result = self._client.ask(
            do="measure", port=self.server.port, requests=requests, connections=connections, seconds=seconds
        )
        if result["failed"]:
            raise CaseFailedError(f"{case.name} on {self.server.name}: {result['failed']} requests failed under load")
        return result

    def _cpu(self) -> float:
        return sum(map(processes.cpu_seconds, self._pids))


class _Floor:
    """The loop over the driver."""

    variant = "floor"

    def __init__(self, worker: Worker, also: Sequence[int]) -> None:
        self._worker = worker
        self._pids = [worker.pid, *also]

    def prepare(self, case: Case, made: Made) -> None:
        """Run it for a moment."""
        del made
        self._worker.ask(case=case.name, seconds=0.2)

    def sample(self, case: Case, seconds: float) -> dict[str, Any]:
        """Measure once."""
        before = self._cpu()
        done = self._worker.ask(case=case.name, seconds=seconds)
        cpu = self._cpu() - before
        rps = done["requests"] / done["seconds"]
        return {"cpu_ms": cpu / done["requests"] * 1_000, "rps": rps, "p50_ms": None, "p99_ms": None, "bytes": None}

    def _cpu(self) -> float:
        return sum(map(processes.cpu_seconds, self._pids))


def on_sqlite(made: Made, cases: Sequence[Case], plan: Plan, *, beside: bool = True) -> list[Sample]:
    """Measure on SQLite; `beside` it the floor and Datasette too."""
    here, there = processes.cores()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if beside:
            servers.add_view(made.path)
        client = Worker("benchmarks.client", core=there)
        stack.callback(client.stop)
        url = f"sqlite:///{made.path}"
        variants = _attest(stack, url, folder, client, (), again=beside)
        if beside:
            other = servers.datasette(made.path, folder, here)
            stack.callback(other.stop)
            variants.append(_Http("datasette", other, client, ()))
            variants.append(_Floor(_floor(stack, made, str(made.path), here), ()))
        return _rounds("sqlite", made, variants, cases, plan)


def on_postgresql(
    postgres: PostgresServer, database: str, made: Made, cases: Sequence[Case], plan: Plan, *, beside: bool = True
) -> list[Sample]:
    """Measure on PostgreSQL; `beside` it the floor too."""
    here, there = processes.cores()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        # What the server starts for a connection runs where the server runs.
        processes.pin(postgres.pid, here)
        client = Worker("benchmarks.client", core=there)
        stack.callback(client.stop)
        variants = _attest(stack, postgres.url(database), Path(name), client, (postgres.pid,), again=beside)
        if beside:
            worker = _floor(stack, made, postgres.conninfo(database), here)
            variants.append(_Floor(worker, [postgres.pid]))
        return _rounds("postgresql", made, variants, cases, plan)


def _attest(
    stack: ExitStack, url: str, folder: Path, client: Worker, also: Sequence[int], *, again: bool
) -> list[_Http | _Floor]:
    """Attest that makes every answer anew; and, if wanted, beside it as it is, asked the same again and again."""
    started: list[_Http | _Floor] = []
    for variant, keeps in (("attest", False), ("again", True))[: 2 if again else 1]:
        server = servers.attest(url, folder, processes.cores()[0], keeps=keeps)
        stack.callback(server.stop)
        started.append(_Http(variant, server, client, also))
    return started


def _floor(stack: ExitStack, made: Made, address: str, core: set[int]) -> Worker:
    worker = Worker("benchmarks.floor", address, str(made.pool_path), str(made.seed), core=core)
    stack.callback(worker.stop)
    return worker


def _rounds(
    engine: str, made: Made, variants: Sequence[_Http | _Floor], cases: Sequence[Case], plan: Plan
) -> list[Sample]:
    pairs = [(case, variant) for case in cases for variant in variants if _takes_part(case, variant)]
    ready = []
    for case, variant in track(pairs, f"{engine}, {made.claims:,} claims: checking", console=console, transient=True):
        try:
            variant.prepare(case, made)
            ready.append((case, variant))
        except CaseFailedError as error:
            console.print(f"  [bold red]left out[/]: {error}", markup=True)
    rng = Random(plan.seed)
    found = []
    for number in range(plan.rounds):
        shuffled = rng.sample(ready, len(ready))
        what = f"{engine}, {made.claims:,} claims: round {number + 1} of {plan.rounds}"
        for case, variant in track(shuffled, what, console=console, transient=True):
            values = variant.sample(case, plan.seconds)
            found.append(Sample(engine, made.claims, case.name, variant.variant, **values))
    return found


def _takes_part(case: Case, variant: _Http | _Floor) -> bool:
    match variant.variant:
        case "floor":
            return case.floor is not None
        case "datasette":
            return case.datasette is not None
        case "again":
            return case in AGAIN
        case _:
            return True
