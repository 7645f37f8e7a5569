"""Benchmark results as tables, for the terminal and as Markdown."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.table import Table as RichTable

from benchmarks.cases import CASES, PRIMARY
from benchmarks.results import Results, Spread

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

BASELINES = {"floor": "baseline", "datasette": "Datasette"}
"""What Attest is compared with."""

GOALS: dict[tuple[str, str], dict[str, tuple[float, float]]] = {
    ("sqlite", "floor"): {"claim": (0.25, 0.40), "list": (0.35, 0.50), "search": (1.0, 1.5)},
    ("sqlite", "datasette"): {"claim": (8, 12), "list": (15, 25), "search": (4, 6)},
    ("postgresql", "floor"): {"claim": (0.45, 0.75), "list": (0.80, 1.4), "search": (1.0, 1.5)},
}
"""The goal and the stretch goal of each primary case, as ratios, by engine and baseline."""


class Table(NamedTuple):
    """A table of texts."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1
    """Number of leading columns that hold text; they are aligned to the left, all others to the right."""

    def rich(self) -> RichTable:
        """Return the table for the terminal."""
        table = RichTable(title=self.title, title_justify="left", box=None, pad_edge=False)
        for index, name in enumerate(self.head):
            table.add_column(name, justify="left" if index < self.labels else "right", no_wrap=index > 0)
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """Return the table as Markdown, below its title."""
        alignment = ["---"] * self.labels + ["--:"] * (len(self.head) - self.labels)
        lines = [self.head, alignment, *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float | None) -> str:
    """Format a figure with three significant digits; a dash for None."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _spread(value: Spread | None) -> str:
    """Format a median with its range; without the range where there was a single measurement."""
    if value is None:
        return "–"
    median, least, most = number(value.median), number(value.least), number(value.most)
    return median if least == most else f"{median} ({least}–{most})"


def ratio(results: Results, engine: str, claims: int, case: str, *, baseline: str, variant: str) -> float | None:
    """Return the speed of a variant of Attest as a multiple of a baseline; None if that was not measured."""
    if baseline == "floor":
        return results.to_floor(engine, claims, case, variant)
    return results.to_datasette(engine, claims, case, variant)


def overview(results: Results) -> list[Table]:
    """Compare the primary cases with their goals, in one table for each size."""
    tables = []
    for claims in sorted({sample.claims for sample in results.samples if sample.variant == "floor"}):
        rows = []
        for engine in results.engines():
            for baseline, name in BASELINES.items():
                for case in PRIMARY:
                    uncached, cached = (
                        ratio(results, engine, claims, case.name, baseline=baseline, variant=variant)
                        for variant in ("attest", "again")
                    )
                    if uncached is None and cached is None:
                        continue
                    goal = GOALS.get((engine, baseline), {}).get(case.name)
                    goals = ["–", "–"] if goal is None else [f"{value:g}" for value in goal]
                    rows.append([ENGINES[engine], name, case.what, number(uncached), number(cached), *goals])
        head = ["engine", "compared with", "case", "uncached", "cached", "goal", "stretch goal"]
        tables.append(
            Table(
                f"Goals at {claims:,} claims: speed relative to the baseline and to Datasette (higher is better)",
                head,
                rows,
                3,
            )
        )
    return tables


def details(results: Results, engine: str, claims: int) -> Table:
    """Show every case on an engine."""
    rows = []
    for case in CASES:
        ours = results.spread(engine, claims, case.name, "attest", "cpu_ms")
        if ours is None:
            continue

        def of(measure: str, variant: str = "attest", name: str = case.name) -> Spread | None:
            return results.spread(engine, claims, name, variant, measure)

        present = results.spread(engine, claims, case.history_of, "attest", "cpu_ms") if case.history_of else None
        p50, p99 = of("p50_ms"), of("p99_ms")
        rows.append(
            [
                case.what,
                _spread(ours),
                number(cached.median if (cached := of("cpu_ms", "again")) else None),
                _spread(of("cpu_ms", "floor")),
                number(results.to_floor(engine, claims, case.name)),
                _spread(of("rps")),
                number(results.to_datasette(engine, claims, case.name)) if engine == "sqlite" else "–",
                number(datasette.median / ours.median if (datasette := of("cpu_ms", "datasette")) else None),
                number(p50 and p50.median),
                number(p99 and p99.median),
                number(ours.median / present.median) if present else "–",
            ]
        )
    head = [
        "case",
        "uncached, CPU ms",
        "cached, CPU ms",
        "baseline, CPU ms",
        "× baseline",
        "requests/s",
        "× Datasette, requests/s",
        "× Datasette, CPU",
        "p50 ms",
        "p99 ms",
        "past ÷ present",
    ]
    return Table(f"{ENGINES[engine]}, {claims:,} claims", head, rows)


def growth(results: Results, engine: str) -> Table | None:
    """Show the CPU time of each case by size, and the factor from one size to the next."""
    sizes = results.sizes(engine)
    if len(sizes) < 2:
        return None
    rows = []
    for case in CASES:
        spreads = [results.spread(engine, claims, case.name, "attest", "cpu_ms") for claims in sizes]
        if any(spread is None for spread in spreads):
            continue
        cpu = [spread.median for spread in spreads if spread is not None]
        factors = [f"× {number(after / before)}" for before, after in pairwise(cpu)]
        rows.append([case.what, *map(number, cpu), *factors])
    head = ["case", *(f"{claims:,}" for claims in sizes), *(f"→ {claims:,}" for claims in sizes[1:])]
    return Table(f"{ENGINES[engine]}: CPU ms by the number of claims", head, rows)


def imports(results: Results) -> Table | None:
    """Show the cost of writing."""
    if not results.imports:
        return None
    rows = [
        [
            ENGINES[run["engine"]],
            f"{run['into']:,}",
            "yes" if run.get("logged", True) else "no",
            number(run["claims_per_second"]),
            number(run["claims_per_cpu_second"]),
            number(run["import_seconds"]),
            number(run["posts_per_second"]),
            number(run["posts_p99_ms"]),
        ]
        for run in results.imports
    ]
    head = [
        "engine",
        "claims already in the database",
        "log",
        "claims/s",
        "claims per CPU second",
        "seconds",
        "POST/s",
        "POST p99 ms",
    ]
    return Table(f"Import of {results.imports[0]['claims']:,} claims, and claims posted one by one", head, rows)


def startup(results: Results) -> Table | None:
    """Show the time from the start of `attest serve` to its first response."""
    if not results.startup:
        return None
    rows = [[ENGINES[engine], *map(str, figures)] for engine, figures in results.startup.items()]
    head = ["engine", "seconds to first response", "CPU seconds", "MB at first response", "MB after 600 requests"]
    return Table("Startup on 1,000 claims", head, rows)


def databases(results: Results) -> Table | None:
    """Show how long the databases took to generate, and their sizes."""
    rows = [
        [
            f"{database['claims']:,}",
            *(number(database.get(f"{engine}_seconds")) for engine in ENGINES),
            *(number(database.get(f"{engine}_bytes", 0) / 1e6) for engine in ENGINES),
        ]
        for database in results.databases
    ]
    head = ["claims", *(f"{name}: seconds" for name in ENGINES.values()), *(f"{name}: MB" for name in ENGINES.values())]
    return Table("Generated databases", head, rows) if rows else None


def measurements(results: Results) -> list[Table]:
    """Return all tables but the overview, in the order of the page."""
    tables = []
    for engine in results.engines():
        compared = {sample.claims for sample in results.samples if sample.variant == "floor"}
        tables += [details(results, engine, claims) for claims in sorted(compared)]
    others = [*(growth(results, engine) for engine in results.engines()), imports(results), startup(results)]
    return tables + [table for table in [*others, databases(results)] if table is not None]


def everything(results: Results) -> list[Table]:
    """Return all tables, the overview first."""
    return [*overview(results), *measurements(results)]
