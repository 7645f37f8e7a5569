"""Measurement in rounds: each round runs all cases and variants in a random order."""

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
from benchmarks.store import GeneratedDatabase

THROUGHPUT_CONNECTIONS, LATENCY_CONNECTIONS = 8, 32
"""The numbers of connections for measuring throughput and latency."""

CHECKED_REQUESTS = 20
"""Most requests of a case that are checked before it is measured."""

MIN_CPU_SECONDS = 0.3
MAX_ATTEMPTS = 4
"""A measurement is repeated until it has used MIN_CPU_SECONDS, at most MAX_ATTEMPTS times."""

WARM_UP_SECONDS = 2.0
"""Seconds of load before measuring: PostgreSQL plans for up to 50 ms on each connection."""

MAX_TOTAL_LATENCY = 6.0
"""Seconds that one response for each connection may take in total; slower cases use fewer connections."""


@dataclass(frozen=True)
class Plan:
    """Number of rounds, duration and random seed of the measurements."""

    rounds: int
    seconds: float
    """Duration of one measurement."""
    seed: int

    def shorter(self) -> "Plan":
        """Return a shorter plan, for cases without a goal."""
        return Plan(max(1, self.rounds // 2), self.seconds / 2, self.seed)


@dataclass(frozen=True)
class Sample:
    """One measurement."""

    engine: str
    claims: int
    case: str
    variant: str
    """floor; attest: without the response cache; again: Attest with the response cache; datasette."""
    cpu_ms: float
    """CPU milliseconds per request: user and system time of the server and the database processes."""
    rps: float
    """Requests per second on 8 connections; for the floor, iterations of its loop."""
    p50_ms: float | None
    """Median latency in milliseconds on 32 connections."""
    p99_ms: float | None
    bytes: int | None
    """Average length of a response."""


class CaseFailedError(RuntimeError):
    """A request of a case got an unexpected response."""


class _HttpVariant:
    """A server measured over HTTP."""

    def __init__(self, variant: str, server: Server, client: Worker, other_pids: Sequence[int]) -> None:
        self.variant = variant
        self.server = server
        self._client = client
        self._pids = [server.pid, *other_pids]
        self._requests: dict[str, list[tuple[str, dict[str, str]]]] = {}
        self._length: dict[str, int] = {}
        self._latency: dict[str, float] = {}

    def prepare(self, case: Case, database: GeneratedDatabase) -> None:
        """Warm up the server and check responses. Raises CaseFailedError."""
        drawn_requests = case.draw_requests(database.pool, database.seed)
        build_path = case.datasette if self.variant == "datasette" else case.path
        assert build_path is not None
        paths = list(dict.fromkeys(build_path(*values) for values in drawn_requests))
        if case.cursor:
            pages = depth(database.claims) // 200
            cursors = self._client.send(do="walk", port=self.server.port, path=f"{paths[0]}?limit=200", pages=pages)
            paths = [f"{paths[0]}?cursor={cursor}" for cursor in cursors]
        requests: list[tuple[str, dict[str, str]]] = [(path, {}) for path in paths[:CHECKED_REQUESTS]]
        responses, duration = self._check(case, requests, 200)
        if case.conditional:
            requests = [
                (path, {"If-None-Match": response["etag"]})
                for (path, _), response in zip(requests, responses, strict=True)
            ]
            responses, duration = self._check(case, requests, 304)
        elif len(paths) > len(requests):
            requests = [(path, {}) for path in paths]
        self._requests[case.name] = requests
        self._length[case.name] = sum(response["length"] for response in responses) // len(responses)
        self._latency[case.name] = duration / len(responses)
        if self._latency[case.name] * LATENCY_CONNECTIONS <= MAX_TOTAL_LATENCY:
            # Threads and database connections open under load, so open them before measuring.
            self._load(case, LATENCY_CONNECTIONS, WARM_UP_SECONDS)

    def _check(
        self, case: Case, requests: list[tuple[str, dict[str, str]]], expected_status: int
    ) -> tuple[list[dict[str, Any]], float]:
        result = self._client.send(do="check", port=self.server.port, requests=requests, seconds=8)
        responses = result["responses"]
        del requests[len(responses) :]
        for (path, _headers), response in zip(requests, responses, strict=True):
            if response["status"] != expected_status:
                message = f"{path} returned the status {response['status']}, not {expected_status}: {response['error']}"
                raise CaseFailedError(f"{case.name} on {self.server.name}: {message}")
        return responses, result["seconds"]

    def sample(self, case: Case, seconds: float) -> dict[str, Any]:
        """Measure a case once."""
        response_time = self._latency[case.name]
        cpu_before, totals, cpu = self._cpu(), {"requests": 0, "seconds": 0.0}, 0.0
        for _ in range(MAX_ATTEMPTS):
            load_result = self._load(
                case,
                THROUGHPUT_CONNECTIONS if response_time * THROUGHPUT_CONNECTIONS <= MAX_TOTAL_LATENCY else 1,
                seconds,
            )
            totals = {name: totals[name] + load_result[name] for name in totals}
            cpu = self._cpu() - cpu_before
            # CPU time is counted in hundredths of a second, and on a busy machine a measurement gets few of them.
            if cpu >= MIN_CPU_SECONDS:
                break
        latency_result = (
            self._load(case, LATENCY_CONNECTIONS, seconds)
            if response_time * LATENCY_CONNECTIONS <= MAX_TOTAL_LATENCY
            else None
        )
        return {
            "cpu_ms": cpu / totals["requests"] * 1_000,
            "rps": totals["requests"] / totals["seconds"],
            "p50_ms": latency_result and latency_result["p50"] * 1_000,
            "p99_ms": latency_result and latency_result["p99"] * 1_000,
            "bytes": self._length[case.name],
        }

    def _load(self, case: Case, connections: int, seconds: float) -> Any:
        requests = self._requests[case.name]
        result = self._client.send(
            do="measure", port=self.server.port, requests=requests, connections=connections, seconds=seconds
        )
        if result["failed"]:
            raise CaseFailedError(f"{case.name} on {self.server.name}: {result['failed']} requests failed under load")
        return result

    def _cpu(self) -> float:
        return sum(map(processes.cpu_seconds, self._pids))


class _FloorVariant:
    """The floor: a loop over the driver."""

    variant = "floor"

    def __init__(self, worker: Worker, other_pids: Sequence[int]) -> None:
        self._worker = worker
        self._pids = [worker.pid, *other_pids]

    def prepare(self, case: Case, database: GeneratedDatabase) -> None:
        """Warm up the floor."""
        del database
        self._worker.send(case=case.name, seconds=0.2)

    def sample(self, case: Case, seconds: float) -> dict[str, Any]:
        """Measure a case once."""
        cpu_before = self._cpu()
        loop_result = self._worker.send(case=case.name, seconds=seconds)
        cpu = self._cpu() - cpu_before
        rps = loop_result["requests"] / loop_result["seconds"]
        return {
            "cpu_ms": cpu / loop_result["requests"] * 1_000,
            "rps": rps,
            "p50_ms": None,
            "p99_ms": None,
            "bytes": None,
        }

    def _cpu(self) -> float:
        return sum(map(processes.cpu_seconds, self._pids))


def on_sqlite(
    database: GeneratedDatabase, cases: Sequence[Case], plan: Plan, *, with_baselines: bool = True
) -> list[Sample]:
    """Measure on SQLite; `with_baselines` also measures the cached variant, the floor and Datasette."""
    server_core, client_core = processes.cores()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if with_baselines:
            servers.add_view(database.path)
        client = Worker("benchmarks.client", core=client_core)
        stack.callback(client.stop)
        url = f"sqlite:///{database.path}"
        variants = _start_attest(stack, url, folder, client, (), with_cache=with_baselines)
        if with_baselines:
            datasette = servers.datasette(database.path, folder, server_core)
            stack.callback(datasette.stop)
            variants.append(_HttpVariant("datasette", datasette, client, ()))
            variants.append(_FloorVariant(_start_floor(stack, database, str(database.path), server_core), ()))
        return _measure_rounds("sqlite", database, variants, cases, plan)


def on_postgresql(
    postgres: PostgresServer,
    database: str,
    generated: GeneratedDatabase,
    cases: Sequence[Case],
    plan: Plan,
    *,
    with_baselines: bool = True,
) -> list[Sample]:
    """Measure on PostgreSQL; `with_baselines` also measures the cached variant and the floor."""
    server_core, client_core = processes.cores()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        # The processes that the server starts for connections inherit its core.
        processes.pin(postgres.pid, server_core)
        client = Worker("benchmarks.client", core=client_core)
        stack.callback(client.stop)
        variants = _start_attest(
            stack, postgres.url(database), Path(name), client, (postgres.pid,), with_cache=with_baselines
        )
        if with_baselines:
            worker = _start_floor(stack, generated, postgres.conninfo(database), server_core)
            variants.append(_FloorVariant(worker, [postgres.pid]))
        return _measure_rounds("postgresql", generated, variants, cases, plan)


def _start_attest(
    stack: ExitStack, url: str, folder: Path, client: Worker, other_pids: Sequence[int], *, with_cache: bool
) -> list[_HttpVariant | _FloorVariant]:
    """Start Attest without the response cache and, if `with_cache`, also with it."""
    started: list[_HttpVariant | _FloorVariant] = []
    for variant, cached in (("attest", False), ("again", True))[: 2 if with_cache else 1]:
        server = servers.attest(url, folder, processes.cores()[0], cached=cached)
        stack.callback(server.stop)
        started.append(_HttpVariant(variant, server, client, other_pids))
    return started


def _start_floor(stack: ExitStack, database: GeneratedDatabase, address: str, core: set[int]) -> Worker:
    worker = Worker("benchmarks.floor", address, str(database.pool_path), str(database.seed), core=core)
    stack.callback(worker.stop)
    return worker


def _measure_rounds(
    engine: str,
    database: GeneratedDatabase,
    variants: Sequence[_HttpVariant | _FloorVariant],
    cases: Sequence[Case],
    plan: Plan,
) -> list[Sample]:
    pairs = [(case, variant) for case in cases for variant in variants if _applies(case, variant)]
    prepared_pairs = []
    for case, variant in track(
        pairs, f"{engine}, {database.claims:,} claims: checking", console=console, transient=True
    ):
        try:
            variant.prepare(case, database)
            prepared_pairs.append((case, variant))
        except CaseFailedError as error:
            console.print(f"  [bold red]left out[/]: {error}", markup=True)
    rng = Random(plan.seed)
    samples = []
    for number in range(plan.rounds):
        shuffled = rng.sample(prepared_pairs, len(prepared_pairs))
        description = f"{engine}, {database.claims:,} claims: round {number + 1} of {plan.rounds}"
        for case, variant in track(shuffled, description, console=console, transient=True):
            values = variant.sample(case, plan.seconds)
            samples.append(Sample(engine, database.claims, case.name, variant.variant, **values))
    return samples


def _applies(case: Case, variant: _HttpVariant | _FloorVariant) -> bool:
    match variant.variant:
        case "floor":
            return case.floor is not None
        case "datasette":
            return case.datasette is not None
        case "again":
            return case in AGAIN
        case _:
            return True
