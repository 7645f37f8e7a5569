"""`python -m benchmarks.crashes`: kill -9 while people write, and see whether anything that was acknowledged is lost.

Each round starts where the last one ended. Writers record, correct, propose and approve over HTTP; at some moment the
service is killed (on PostgreSQL in turn the service, the server of the database, and both). After a new start every
claim must be as it was acknowledged, what was not answered is sent again and must be done just once, and
`attest audit verify` must find nothing.
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
from benchmarks.screen import results as out

DATABASE = "attest_bench_crashes"
KILLED = ("the service", "the database", "both")
LONGEST = 4.0
"""Seconds within which, from the first write of a round, the kill comes."""


class Crashes:
    """The service on one database, and what became of what was written to it."""

    def __init__(self, url: str, folder: Path, database: postgres.Server | None, seed: int) -> None:
        self.url = url
        self.env = servers.environment(url, folder)
        self.counted: Counter[str] = Counter()
        self.faults: list[str] = []
        self.claims: list[Claim] = []
        self._folder = folder
        self._database = database
        self._drawn = random.Random(seed)
        self._attest("db", "upgrade")
        self._keys = Keys(*(self._key(name, role) for name, role in
                            (("Ed", "editor"), ("Anna", "fact_checker"), ("Boris", "fact_checker"))))  # fmt: skip
        self._service = self._start()
        source = {"name": "NIS", "kind": "intelligence_service"}
        made = Request("POST", "sources", self._keys.editor, source, "source").send(self._service.port)
        self._source = str(made.body["id"])

    def round(self, number: int, writers: int) -> None:
        """Write, kill, start, look."""
        killed = KILLED[0] if self._database is None else KILLED[number % len(KILLED)]
        at_work = [Writer(f"Round {number}, writer {one}", self._keys, self._source) for one in range(writers)]
        stop = Event()
        threads = [Thread(target=one.work, args=(self._service.port, stop)) for one in at_work]
        for thread in threads:
            thread.start()
        time.sleep(self._drawn.uniform(0.05, LONGEST))
        self._kill(killed)
        stop.set()
        for thread in threads:
            thread.join()
        self._restart(killed)
        self._look((claim for one in at_work for claim in one.settled), f"round {number}, {killed} killed")
        again = [one.go_on(self._service.port) for one in at_work]
        self._look((claim for one in at_work for claim in one.claims), f"round {number}, sent again")
        self.claims += (claim for one in at_work for claim in one.claims)
        self.faults += [f"round {number}, {killed} killed: {fault}" for one in at_work for fault in one.refused]
        self._audit(f"round {number}")
        self.counted.update({
            "rounds": 1,
            f"kills of {killed}": 1,
            "acknowledged writes": sum(one.acknowledged for one in at_work),
            "not answered": sum(before is not None for before in again),
            "of these done": sum(before is True for before in again),
        })  # fmt: skip

    def end(self) -> None:
        """Look at everything once more, and whether anything was done twice."""
        self._look(self.claims, "at the end")
        self._service.stop()
        exported = processes.run([*servers.ATTEST, "export"], self.env).output
        statements = Counter(line["statement"] for line in map(json.loads, exported.splitlines())
                             if line.get("record") == "claim")  # fmt: skip
        self.faults += [f"recorded {times} times: {one}" for one, times in statements.items() if times > 1]
        self.counted["claims"] = len(statements)

    def stop(self) -> None:
        """End the service, if it runs."""
        self._service.stop()

    def _kill(self, killed: str) -> None:
        if killed in ("the service", "both"):
            self._service.kill()
        if killed in ("the database", "both"):
            assert self._database is not None
            self._database.kill()

    def _restart(self, killed: str) -> None:
        if killed in ("the database", "both"):
            assert self._database is not None
            self._database.start()
        if killed in ("the service", "both"):
            self._service = self._start()

    def _look(self, claims: Iterable[Claim], when: str) -> None:
        for claim in claims:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{self._service.port}/api/v1/claims/{claim.id}", timeout=60
                ) as answer:
                    differs = claim.differs(json.load(answer))
            except OSError as error:
                differs = [str(error)]
            if differs:
                self.faults.append(f"{when}: {claim.statement} {', '.join(differs)}")

    def _audit(self, when: str) -> None:
        report = json.loads(
            processes.run([*servers.ATTEST, "audit", "verify", "--json"], self.env, allowed=(0, 1)).output
        )
        self.faults += [f"{when}: {one['place']}: {one['what']}" for one in report["findings"]]
        self.counted["audits"] += 1

    def _start(self) -> Server:
        return servers.attest(self.url, self._folder, set(), keeps=True)

    def _attest(self, *words: str) -> Any:
        return processes.run([*servers.ATTEST, *words], self.env).output

    def _key(self, byline: str, role: str) -> str:
        return str(json.loads(self._attest("keys", "create", byline, "--role", role, "--json"))["key"])


def main(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often something is killed.")] = 50,
    engine: Annotated[Literal["sqlite", "postgresql"], typer.Option(help="On which engine.")] = "sqlite",
    writers: Annotated[int, typer.Option(min=1, help="So many write at the same time.")] = 6,
    seed: Annotated[int, typer.Option(help="What the moments of the kills are drawn from.")] = 1,
) -> None:
    """Kill -9 while people write; ends with 1 if anything that was acknowledged is lost, or anything is done twice."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attest-crashes-")))
        folder.chmod(0o711)  # the server's user passes through
        database = None
        url = f"sqlite:///{folder}/attest.db"
        if engine == "postgresql":
            database = stack.enter_context(postgres.running(folder / "postgres", settings=postgres.DURABLE))
            database.create(DATABASE)
            url = database.url(DATABASE)
        crashes = Crashes(url, folder, database, seed)
        stack.callback(crashes.stop)
        for number in range(rounds):
            before = len(crashes.faults)
            crashes.round(number, writers)
            console.print(f"{number + 1} of {rounds}: {dict(crashes.counted)}, {len(crashes.faults)} faults")
            for fault in crashes.faults[before:]:
                console.print(f"  {fault}", markup=False)
        crashes.end()
    for name, count in crashes.counted.items():
        out.print(f"{name:24}{count:>8,}")
    out.print(f"{'lost, altered or twice':24}{len(crashes.faults):>8,}")
    for fault in crashes.faults[:50]:
        out.print(f"  {fault}")
    sys.exit(1 if crashes.faults else 0)


if __name__ == "__main__":
    typer.run(main)
