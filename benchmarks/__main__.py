"""`python -m benchmarks`: run the benchmarks and print the results."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from app import models  # noqa: F401 - registers all tables
from benchmarks import machine, measure, page, postgres, report, startup, verify, writes
from benchmarks.cases import BY_NAME, CASES, PRIMARY, Case
from benchmarks.measure import Plan
from benchmarks.results import Results
from benchmarks.screen import console
from benchmarks.screen import result_console as out
from benchmarks.store import DATA, GeneratedDatabase, Store

SMALL, LARGE = 20_000, 1_000_000
GROWTH = (10_000, 100_000)
"""Numbers of claims, besides the largest, at which growth is measured."""

ENGINES = ("sqlite", "postgresql")
PARTS = ("reads", "growth", "writes", "startup")


def _parse_names(value: str | None, allowed: tuple[str, ...], noun: str) -> list[str]:
    chosen = value.split(",") if value else list(allowed)
    if unknown := set(chosen) - set(allowed):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: no such {noun}. The names are {', '.join(allowed)}.")
    return chosen


def main(
    *,
    full: Annotated[
        bool, typer.Option("--full", help="A million claims and growth; writes docs/performance.md.")
    ] = False,
    claims: Annotated[
        int | None, typer.Option(min=1_000, help="Number of claims. The default is 20,000 (a million with --full).")
    ] = None,
    engines: Annotated[str | None, typer.Option(help="sqlite, postgresql, or both, separated by commas.")] = None,
    cases: Annotated[str | None, typer.Option(help="Names of cases, separated by commas. --list shows them.")] = None,
    parts: Annotated[str | None, typer.Option(help="reads, growth, writes, startup, separated by commas.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Number of rounds for the first three cases.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Duration of a measurement.")] = None,
    data: Annotated[Path, typer.Option(help="Folder for the generated databases, which are kept.")] = DATA,
    seed: Annotated[int, typer.Option(help="Random seed of the databases and the requests.")] = 1,
    generate_only: Annotated[
        bool, typer.Option("--generate-only", help="Generate the databases and measure nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="First check that Attest could have written the databases.")
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="List the cases.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write docs/performance.md even without --full.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Only rewrite the report of the last run.")] = False,
) -> None:
    """Compare Attest with a loop over the bare driver and with Datasette, on generated databases."""
    if show:
        for case in CASES:
            out.print(f"{case.name:20}{case.what}")
        return
    if again:
        _report(Results.read(data / "results.json"), write=True)
        return
    selected_parts = _parse_names(parts, PARTS if full else ("reads", "writes", "startup"), "part")
    size = claims or (LARGE if full else SMALL)
    main_plan = Plan(rounds or (5 if full else 3), seconds or (2.0 if full else 1.0), seed)
    with ExitStack() as stack:
        selected_cases = [BY_NAME[name] for name in _parse_names(cases, tuple(BY_NAME), "case")]
        selected_engines = _parse_names(engines, ENGINES, "engine")
        server = stack.enter_context(postgres.running(data / "postgres")) if "postgresql" in selected_engines else None
        run = Run(Store(data, seed), server, selected_engines)
        generated = run.databases([*(GROWTH if "growth" in selected_parts else ()), size])
        if check:
            run.check(generated)
        if generate_only:
            return
        if "growth" in selected_parts:
            for database in generated[:-1]:
                run.read(database, selected_cases, main_plan.shorter(), with_baselines=False)
        if "reads" in selected_parts:
            run.read(generated[-1], [case for case in selected_cases if case in PRIMARY], main_plan)
            run.read(generated[-1], [case for case in selected_cases if case not in PRIMARY], main_plan.shorter())
        if "writes" in selected_parts:
            run.results.imports = writes.measure(run.store, server, selected_engines, generated[-1])
        if "startup" in selected_parts:
            run.results.startup = startup.measure(run.store, server, selected_engines)
        run.save()
    _report(run.results, write=write or full)


class Run:
    """A run: the databases, the engines and the results so far."""

    def __init__(self, store: Store, server: postgres.Server | None, engines: list[str]) -> None:
        self.store = store
        self.results = Results(machine=machine.describe())
        self._server = server
        self._engines = engines
        if server is not None:
            self.results.machine["PostgreSQL"] = server.version()

    def databases(self, sizes: list[int]) -> list[GeneratedDatabase]:
        """Return the databases of these sizes; missing ones are generated."""
        generated = [self.store.sqlite(claims) for claims in sizes]
        if self._server is not None:
            for claims in sizes:
                self.store.postgresql(self._server, claims)
        self.results.databases = [{"claims": database.claims, **database.facts} for database in generated]
        return generated

    def check(self, generated: list[GeneratedDatabase]) -> None:
        """Print the faults of the databases, and exit with 1 if there are any."""
        urls = [f"sqlite:///{database.path}" for database in generated]
        if self._server is not None:
            urls += [self._server.url(self.store.postgresql(self._server, database.claims)) for database in generated]
        all_faults = [f"{url}: {fault}" for url in urls for fault in verify.find_faults(url)]
        for fault in all_faults:
            console.print(fault, markup=False)
        if all_faults:
            raise typer.Exit(1)
        console.print(f"{len(urls)} databases were checked. Attest could have written all of them.")

    def read(self, generated: GeneratedDatabase, cases: list[Case], plan: Plan, *, with_baselines: bool = True) -> None:
        """Measure cases on each engine and save the results."""
        if not cases:
            return
        if "sqlite" in self._engines:
            self.results.samples += measure.on_sqlite(generated, cases, plan, with_baselines=with_baselines)
        if self._server is not None:
            database = self.store.postgresql(self._server, generated.claims)
            self.results.samples += measure.on_postgresql(
                self._server, database, generated, cases, plan, with_baselines=with_baselines
            )
        self.save()

    def save(self) -> None:
        """Save the results so far, so that an interrupted run is not lost."""
        self.results.write(self.store.folder / "results.json")


def _report(results: Results, *, write: bool) -> None:
    for table in report.everything(results):
        out.print(table.rich())
        out.print()
    if write:
        console.print(f"Written: {page.write(results)}")


if __name__ == "__main__":
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command()(main)
    command()
