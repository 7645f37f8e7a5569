"""Results as tables: for the terminal, and as Markdown."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.table import Table as RichTable

from benchmarks.cases import CASES, PRIMARY
from benchmarks.results import Results, Spread

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

BESIDE = {
    ("floor", "attest"): "to the floor",
    ("floor", "again"): "to the floor, asked again",
    ("datasette", "attest"): "to Datasette",
    ("datasette", "again"): "to Datasette, asked again",
}
"""What is compared with what."""

GOALS: dict[tuple[str, str], dict[str, tuple[float, float]]] = {
    ("sqlite", "floor"): {"claim": (0.25, 0.40), "list": (0.35, 0.50), "search": (1.0, 1.5)},
    ("sqlite", "datasette"): {"claim": (8, 12), "list": (15, 25), "search": (4, 6)},
    ("postgresql", "floor"): {"claim": (0.45, 0.75), "list": (0.80, 1.4), "search": (1.0, 1.5)},
}
"""For the first three cases: the goal, and what would be splendid."""


class Table(NamedTuple):
    """A table of texts."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def rich(self) -> RichTable:
        """For the terminal."""
        table = RichTable(title=self.title, title_justify="left", box=None, pad_edge=False)
        for place, name in enumerate(self.head):
            table.add_column(name, justify="right" if place else "left", no_wrap=bool(place))
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a page."""
        lines = [self.head, ["---", *["--:"] * (len(self.head) - 1)], *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float | None) -> str:
    """A figure with three digits that mean something."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _spread(value: Spread | None) -> str:
    return "–" if value is None else f"{number(value.median)} ({number(value.least)}–{number(value.most)})"


def ratio(results: Results, engine: str, claims: int, case: str, *, beside: str, variant: str) -> float | None:
    """How Attest stands to the floor or to Datasette; None where that was not measured."""
    if beside == "floor":
        return results.to_floor(engine, claims, case, variant)
    return results.to_datasette(engine, claims, case, variant)


def overview(results: Results) -> list[Table]:
    """The table that the goals are set in, for each size."""
    found = []
    for claims in sorted({sample.claims for sample in results.samples if sample.variant == "floor"}):
        rows = []
        for engine in results.engines():
            for (beside, variant), what in BESIDE.items():
                ratios = [ratio(results, engine, claims, case.name, beside=beside, variant=variant) for case in PRIMARY]
                if all(one is None for one in ratios):
                    continue
                goals = GOALS.get((engine, beside), {})
                cells = [_reached(one, goals.get(case.name)) for one, case in zip(ratios, PRIMARY, strict=True)]
                rows.append([f"{ENGINES[engine]}, {what}", *cells])
        found.append(
            Table(f"{claims:,} claims: ratios (goal → splendid)", ["", *(case.what for case in PRIMARY)], rows)
        )
    return found


def _reached(ratio: float | None, goal: tuple[float, float] | None) -> str:
    if ratio is None:
        return "–"
    return number(ratio) if goal is None else f"{number(ratio)} ({goal[0]:g} → {goal[1]:g})"


def details(results: Results, engine: str, claims: int) -> Table:
    """Every case on an engine."""
    rows = []
    for case in CASES:
        ours = results.spread(engine, claims, case.name, "attest", "cpu_ms")
        if ours is None:
            continue

        def of(what: str, variant: str = "attest", name: str = case.name) -> Spread | None:
            return results.spread(engine, claims, name, variant, what)

        past = results.spread(engine, claims, case.history_of, "attest", "cpu_ms") if case.history_of else None
        p50, p99 = of("p50_ms"), of("p99_ms")
        rows.append(
            [
                case.what,
                _spread(ours),
                number(again.median if (again := of("cpu_ms", "again")) else None),
                _spread(of("cpu_ms", "floor")),
                number(results.to_floor(engine, claims, case.name)),
                _spread(of("rps")),
                number(results.to_datasette(engine, claims, case.name)) if engine == "sqlite" else "–",
                number(other.median / ours.median if (other := of("cpu_ms", "datasette")) else None),
                number(p50 and p50.median),
                number(p99 and p99.median),
                number(ours.median / past.median) if past else "–",
            ]
        )
    head = [
        "case",
        "CPU ms",
        "again",
        "floor CPU ms",
        "floor ÷ ours",
        "requests/s",
        "÷ Datasette",
        "its CPU ÷ ours",
        "p50 ms",
        "p99 ms",
        "÷ now",
    ]
    return Table(f"{ENGINES[engine]}, {claims:,} claims", head, rows)


def growth(results: Results, engine: str) -> Table | None:
    """CPU of each case by size, and the factor from one size to the next."""
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
    """What writing costs."""
    if not results.imports:
        return None
    rows = [
        [
            ENGINES[one["engine"]],
            f"{one['into']:,}",
            "yes" if one.get("logged", True) else "no",
            number(one["claims_per_second"]),
            number(one["claims_per_cpu_second"]),
            number(one["import_seconds"]),
            number(one["posts_per_second"]),
            number(one["posts_p99_ms"]),
        ]
        for one in results.imports
    ]
    head = ["engine", "claims before", "log", "claims/s", "claims per CPU second", "seconds", "POST/s", "POST p99 ms"]
    return Table(f"Import of {results.imports[0]['claims']:,} claims, and claims posted one by one", head, rows)


def startup(results: Results) -> Table | None:
    """From the start of `attest serve` to its first answer."""
    if not results.startup:
        return None
    rows = [[ENGINES[engine], *map(str, one)] for engine, one in results.startup.items()]
    head = ["engine", "seconds to the first answer", "CPU seconds", "MB then", "MB after 600 requests"]
    return Table("Start on 1,000 claims", head, rows)


def databases(results: Results) -> Table | None:
    """What was generated."""
    rows = [
        [
            f"{one['claims']:,}",
            *(number(one.get(f"{engine}_seconds")) for engine in ENGINES),
            *(number(one.get(f"{engine}_bytes", 0) / 1e6) for engine in ENGINES),
        ]
        for one in results.databases
    ]
    head = ["claims", *(f"{name}: seconds" for name in ENGINES.values()), *(f"{name}: MB" for name in ENGINES.values())]
    return Table("Generated databases", head, rows) if rows else None


def everything(results: Results) -> list[Table]:
    """All tables in the order of the page."""
    tables = overview(results)
    for engine in results.engines():
        compared = {sample.claims for sample in results.samples if sample.variant == "floor"}
        tables += [details(results, engine, claims) for claims in sorted(compared)]
    others = [*(growth(results, engine) for engine in results.engines()), imports(results), startup(results)]
    return tables + [table for table in [*others, databases(results)] if table is not None]
