"""`python -m benchmarks`: measure, and say what was measured."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from app import models  # noqa: F401 - makes every table known
from benchmarks import machine, measure, page, postgres, report, startup, verify, writes
from benchmarks.cases import BY_NAME, CASES, PRIMARY, Case
from benchmarks.measure import Plan
from benchmarks.results import Results
from benchmarks.screen import console
from benchmarks.screen import results as out
from benchmarks.store import DATA, Made, Store

SMALL, LARGE = 20_000, 1_000_000
GROWTH = (10_000, 100_000)
"""Sizes beside the largest, to see what grows."""

ENGINES = ("sqlite", "postgresql")
PARTS = ("reads", "growth", "writes", "startup")


def _listed(value: str | None, known: tuple[str, ...], what: str) -> list[str]:
    chosen = value.split(",") if value else list(known)
    if unknown := set(chosen) - set(known):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: no such {what}. Known: {', '.join(known)}.")
    return chosen


def main(
    *,
    full: Annotated[
        bool, typer.Option("--full", help="A million claims and growth; writes docs/performance.md.")
    ] = False,
    claims: Annotated[
        int | None, typer.Option(min=1_000, help="Claims, unless 20,000 (a million with --full).")
    ] = None,
    engines: Annotated[str | None, typer.Option(help="sqlite, postgresql, or both, parted by commas.")] = None,
    cases: Annotated[str | None, typer.Option(help="Names of cases, parted by commas; --list shows them.")] = None,
    parts: Annotated[str | None, typer.Option(help="reads, growth, writes, startup, parted by commas.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often the first three cases are measured.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Length of one measurement.")] = None,
    data: Annotated[Path, typer.Option(help="Folder that keeps the generated databases.")] = DATA,
    seed: Annotated[int, typer.Option(help="What the databases and the requests are drawn from.")] = 1,
    generate_only: Annotated[
        bool, typer.Option("--generate-only", help="Make the databases, measure nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Check first that the databases are as Attest would have written them.")
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="List the cases.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write docs/performance.md also without --full.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Only write the report of the last run again.")] = False,
) -> None:
    """Measure Attest beside a raw-driver loop and Datasette, on generated databases that are kept."""
    if show:
        for case in CASES:
            out.print(f"{case.name:20}{case.what}")
        return
    if again:
        _finish(Results.read(data / "results.json"), write=True)
        return
    doing = _listed(parts, PARTS if full else ("reads", "writes", "startup"), "part")
    size = claims or (LARGE if full else SMALL)
    main_plan = Plan(rounds or (5 if full else 3), seconds or (2.0 if full else 1.0), seed)
    with ExitStack() as stack:
        chosen = [BY_NAME[name] for name in _listed(cases, tuple(BY_NAME), "case")]
        wanted = _listed(engines, ENGINES, "engine")
        server = stack.enter_context(postgres.running(data / "postgres")) if "postgresql" in wanted else None
        run = Run(Store(data, seed), server, wanted)
        made = run.databases([*(GROWTH if "growth" in doing else ()), size])
        if check:
            run.check(made)
        if generate_only:
            return
        if "growth" in doing:
            for one in made[:-1]:
                run.read(one, chosen, main_plan.shorter(), beside=False)
        if "reads" in doing:
            run.read(made[-1], [case for case in chosen if case in PRIMARY], main_plan)
            run.read(made[-1], [case for case in chosen if case not in PRIMARY], main_plan.shorter())
        if "writes" in doing:
            run.found.imports = writes.measured(run.store, server, wanted, made[-1])
        if "startup" in doing:
            run.found.startup = startup.measured(run.store, server, wanted)
        run.keep()
    _finish(run.found, write=write or full)


class Run:
    """What is being measured, where, and what came out so far."""

    def __init__(self, store: Store, server: postgres.Server | None, engines: list[str]) -> None:
        self.store = store
        self.found = Results(machine=machine.described())
        self._server = server
        self._engines = engines
        if server is not None:
            self.found.machine["PostgreSQL"] = server.version()

    def databases(self, sizes: list[int]) -> list[Made]:
        """The databases of these sizes, made where they are not there."""
        made = [self.store.sqlite(claims) for claims in sizes]
        if self._server is not None:
            for claims in sizes:
                self.store.postgresql(self._server, claims)
        self.found.databases = [{"claims": one.claims, **one.facts} for one in made]
        return made

    def check(self, made: list[Made]) -> None:
        """Say what is wrong with the databases, and go no further if anything is."""
        urls = [f"sqlite:///{one.path}" for one in made]
        if self._server is not None:
            urls += [self._server.url(self.store.postgresql(self._server, one.claims)) for one in made]
        found = [f"{url}: {fault}" for url in urls for fault in verify.faults(url)]
        for fault in found:
            console.print(fault, markup=False)
        if found:
            raise typer.Exit(1)
        console.print(f"{len(urls)} databases are as Attest would have written them.")

    def read(self, made: Made, cases: list[Case], plan: Plan, *, beside: bool = True) -> None:
        """Measure cases on a database of each engine, and keep what came out."""
        if not cases:
            return
        if "sqlite" in self._engines:
            self.found.samples += measure.on_sqlite(made, cases, plan, beside=beside)
        if self._server is not None:
            database = self.store.postgresql(self._server, made.claims)
            self.found.samples += measure.on_postgresql(self._server, database, made, cases, plan, beside=beside)
        self.keep()

    def keep(self) -> None:
        """Write down what was measured, so that a run that is broken off was not for nothing."""
        self.found.write(self.store.folder / "results.json")


def _finish(found: Results, *, write: bool) -> None:
    for table in report.everything(found):
        out.print(table.rich())
        out.print()
    if write:
        console.print(f"Written: {page.write(found)}")


if __name__ == "__main__":
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command()(main)
    command()
