"""`python -m benchmarks.crashes`: kill -9 during writes, and check that no acknowledged write is lost.

Each round continues with the database of the last one. Writers record, correct, propose and approve over HTTP. At a
random moment the service is killed; on PostgreSQL the rounds kill the service, the database server and both in turn.
After a restart every claim must have its acknowledged state, requests without a response are repeated and must take
effect exactly once, and `attest audit verify` must find nothing.
"""

import json
import random
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Annotated, Any, Literal

import typer

from benchmarks import postgres, processes, servers
from benchmarks.crash_writers import Claim, Keys, Request, Writer
from benchmarks.processes import Server
from benchmarks.screen import console
from benchmarks.screen import result_console as out

DATABASE = "attest_bench_crashes"
TARGETS = ("the service", "the database", "both")
MAX_SECONDS_TO_KILL = 4.0
"""The latest moment of the kill, in seconds from the start of a round."""


class CrashTest:
    """The service on one database, the claims written to it, and the faults found."""

    def __init__(self, url: str, folder: Path, database: postgres.Server | None, seed: int) -> None:
        self.url = url
        self.env = servers.environment(url, folder)
        self.counted: Counter[str] = Counter()
        self.faults: list[str] = []
        self.claims: list[Claim] = []
        self._folder = folder
        self._database = database
        self._random = random.Random(seed)
        self._attest("db", "upgrade")
        self._keys = Keys(*(self._key(name, role) for name, role in
                            (("Ed", "editor"), ("Anna", "fact_checker"), ("Boris", "fact_checker"))))  # fmt: skip
        self._service = self._start()
        source = {"name": "NIS", "kind": "intelligence_service"}
        response = Request("POST", "sources", self._keys.editor, source, "source").send(self._service.port)
        self._source = str(response.body["id"])

    def round(self, number: int, writers: int) -> None:
        """Write, kill, restart and check."""
        target = TARGETS[0] if self._database is None else TARGETS[number % len(TARGETS)]
        round_writers = [
            Writer(f"Round {number}, writer {writer_number}", self._keys, self._source)
            for writer_number in range(writers)
        ]
        stop = Event()
        threads = [Thread(target=writer.work, args=(self._service.port, stop)) for writer in round_writers]
        for thread in threads:
            thread.start()
        time.sleep(self._random.uniform(0.05, MAX_SECONDS_TO_KILL))
        self._kill(target)
        stop.set()
        for thread in threads:
            thread.join()
        self._restart(target)
        self._check(
            (claim for writer in round_writers for claim in writer.known_claims), f"round {number}, {target} killed"
        )
        outcomes = [writer.resend_pending(self._service.port) for writer in round_writers]
        self._check((claim for writer in round_writers for claim in writer.claims), f"round {number}, sent again")
        self.claims += (claim for writer in round_writers for claim in writer.claims)
        self.faults += [
            f"round {number}, {target} killed: {fault}" for writer in round_writers for fault in writer.unexpected
        ]
        self._audit(f"round {number}")
        self.counted.update({
            "rounds": 1,
            f"kills of {target}": 1,
            "acknowledged writes": sum(writer.acknowledged for writer in round_writers),
            "not answered": sum(was_done is not None for was_done in outcomes),
            "of these done": sum(was_done is True for was_done in outcomes),
        })  # fmt: skip

    def end(self) -> None:
        """Check all claims once more, and that none was recorded twice."""
        self._check(self.claims, "at the end")
        self._service.stop()
        export_lines = processes.run([*servers.ATTEST, "export"], self.env).output
        statements = Counter(line["statement"] for line in map(json.loads, export_lines.splitlines())
                             if line.get("record") == "claim")  # fmt: skip
        self.faults += [f"recorded {times} times: {statement}" for statement, times in statements.items() if times > 1]
        self.counted["claims"] = len(statements)

    def stop(self) -> None:
        """Stop the service if it is running."""
        self._service.stop()

    def _kill(self, target: str) -> None:
        if target in ("the service", "both"):
            self._service.kill()
        if target in ("the database", "both"):
            assert self._database is not None
            self._database.kill()

    def _restart(self, target: str) -> None:
        if target in ("the database", "both"):
            assert self._database is not None
            self._database.start()
        if target in ("the service", "both"):
            self._service = self._start()

    def _check(self, claims: Iterable[Claim], when: str) -> None:
        for claim in claims:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{self._service.port}/api/v1/claims/{claim.id}", timeout=60
                ) as response:
                    differences = claim.differences(json.load(response))
            except OSError as error:
                differences = [str(error)]
            if differences:
                self.faults.append(f"{when}: {claim.statement} {', '.join(differences)}")

    def _audit(self, when: str) -> None:
        report = json.loads(
            processes.run([*servers.ATTEST, "audit", "verify", "--json"], self.env, allowed=(0, 1)).output
        )
        self.faults += [f"{when}: {finding['place']}: {finding['what']}" for finding in report["findings"]]
        self.counted["audits"] += 1

    def _start(self) -> Server:
        return servers.attest(self.url, self._folder, set(), cached=True)

    def _attest(self, *words: str) -> Any:
        return processes.run([*servers.ATTEST, *words], self.env).output

    def _key(self, byline: str, role: str) -> str:
        return str(json.loads(self._attest("keys", "create", byline, "--role", role, "--json"))["key"])


def main(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="Number of rounds, with one kill each.")] = 50,
    engine: Annotated[Literal["sqlite", "postgresql"], typer.Option(help="Database engine.")] = "sqlite",
    writers: Annotated[int, typer.Option(min=1, help="Number of concurrent writers.")] = 6,
    seed: Annotated[int, typer.Option(help="Random seed of the moments of the kills.")] = 1,
) -> None:
    """Kill -9 during writes; the exit code is 1 if an acknowledged write is lost or a request took effect twice."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attest-crashes-")))
        folder.chmod(0o711)  # the user of the PostgreSQL server needs to traverse it
        database = None
        url = f"sqlite:///{folder}/attest.db"
        if engine == "postgresql":
            database = stack.enter_context(postgres.running(folder / "postgres", settings=postgres.DURABLE))
            database.create(DATABASE)
            url = database.url(DATABASE)
        crash_test = CrashTest(url, folder, database, seed)
        stack.callback(crash_test.stop)
        for number in range(rounds):
            before = len(crash_test.faults)
            crash_test.round(number, writers)
            console.print(f"{number + 1} of {rounds}: {dict(crash_test.counted)}, {len(crash_test.faults)} faults")
            for fault in crash_test.faults[before:]:
                console.print(f"  {fault}", markup=False)
        crash_test.end()
    for name, count in crash_test.counted.items():
        out.print(f"{name:24}{count:>8,}")
    out.print(f"{'lost, altered or twice':24}{len(crash_test.faults):>8,}")
    for fault in crash_test.faults[:50]:
        out.print(f"  {fault}")
    sys.exit(1 if crash_test.faults else 0)


if __name__ == "__main__":
    typer.run(main)
