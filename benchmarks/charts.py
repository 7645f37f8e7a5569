"""The charts of docs/performance.md, as SVG."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, PRIMARY
from benchmarks.report import BASELINES, ENGINES, GOALS, ratio
from benchmarks.results import Results

COLOURS = ("#1b6ca8", "#d1495b", "#66a182")

MAX_LINES = 10
"""Most lines in a growth chart: the cases that grow most."""


def draw(results: Results, folder: Path) -> list[tuple[Path, str]]:
    """Draw the charts for which there are results, and return their files with alternative texts."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*_ratios(results, folder), *_cost(results, folder), *_growth(results, folder)]


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - takes a second, and most runs draw no chart

    mpl.use("svg")
    mpl.rcParams.update(
        {
            "svg.hashsalt": "attest",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
        }
    )
    from matplotlib import pyplot as plt  # noqa: PLC0415 - as above

    figure_and_axes: tuple[Any, Any] = plt.subplots(figsize=(width, height), layout="constrained")
    return figure_and_axes


def _save(figure: Any, path: Path) -> None:
    # Without a date and with salted ids, the same results give the same file.
    figure.savefig(path, metadata={"Date": None})


def _ratios(results: Results, folder: Path) -> Iterator[tuple[Path, str]]:
    """Draw how close each ratio is to its goal."""
    claims = max((sample.claims for sample in results.samples if sample.variant == "floor"), default=0)
    reached: list[tuple[str, float]] = []
    for engine in results.engines():
        for baseline, name in BASELINES.items():
            for case in PRIMARY:
                measured_ratio = ratio(results, engine, claims, case.name, baseline=baseline, variant="attest")
                goal = GOALS.get((engine, baseline), {}).get(case.name)
                if measured_ratio is not None and goal is not None:
                    reached.append((f"{ENGINES[engine]}, × {name}: {case.what}", measured_ratio / goal[0]))
    if not reached:
        return
    figure, axes = _figure(8, 0.35 * len(reached) + 1)
    names, values = zip(*reversed(reached), strict=True)
    axes.barh(names, values, color=[COLOURS[2] if value >= 1 else COLOURS[1] for value in values])
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel(f"share of the goal reached by uncached requests, {claims:,} claims (1 = goal met)")
    _save(figure, folder / "goals.svg")
    yield folder / "goals.svg", "How close each measured ratio is to its goal"


def _cost(results: Results, folder: Path) -> Iterator[tuple[Path, str]]:
    """Draw the CPU time of every case next to its floor."""
    for engine in results.engines():
        claims = max(
            (sample.claims for sample in results.samples if (sample.engine, sample.variant) == (engine, "floor")),
            default=0,
        )
        rows = [
            (case.what, results.spread(engine, claims, case.name, "attest", "cpu_ms"),
             results.spread(engine, claims, case.name, "floor", "cpu_ms"))
            for case in reversed(CASES)
        ]  # fmt: skip
        rows = [row for row in rows if row[1] is not None]
        if not rows:
            continue
        figure, axes = _figure(8, 0.28 * len(rows) + 1)
        for row_number, (_, ours, floor) in enumerate(rows):
            if ours is not None and floor is not None:
                axes.plot(
                    [floor.median, ours.median], [row_number, row_number], color="#bbbbbb", linewidth=1.5, zorder=1
                )
        row_numbers = range(len(rows))
        axes.scatter([ours.median for _, ours, _ in rows if ours], row_numbers, color=COLOURS[0], s=22, label="Attest")
        floors = [(floor.median, row_number) for row_number, (_, _, floor) in enumerate(rows) if floor is not None]
        axes.scatter([x for x, _ in floors], [y for _, y in floors], color=COLOURS[1], s=22, label="baseline")
        axes.grid(axis="x", color="#eeeeee")
        axes.set_yticks(row_numbers, [name for name, _, _ in rows])
        axes.set_xscale("log")
        axes.set_xlabel(f"CPU milliseconds of a request, {ENGINES[engine]}, {claims:,} claims")
        axes.legend(loc="lower right", frameon=False)
        _save(figure, folder / f"cost-{engine}.svg")
        yield (
            folder / f"cost-{engine}.svg",
            f"CPU time of each kind of request on {ENGINES[engine]}, compared with its baseline",
        )


def _growth(results: Results, folder: Path) -> Iterator[tuple[Path, str]]:
    """Draw the CPU time of every case by size."""
    for engine in results.engines():
        sizes = results.sizes(engine)
        if len(sizes) < 2:
            continue
        grown = []
        for case in CASES:
            spreads = [results.spread(engine, claims, case.name, "attest", "cpu_ms") for claims in sizes]
            medians = [spread.median for spread in spreads if spread is not None]
            if len(medians) == len(sizes) and medians[-1] > 2 * medians[0]:
                grown.append((medians[-1] / medians[0], medians, case.what))
        figure, axes = _figure(9, 4.5)
        for number, (_, medians, what) in enumerate(sorted(grown, reverse=True)[:MAX_LINES]):
            axes.plot(sizes, medians, "o-", label=what, color=f"C{number}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("claims")
        axes.set_ylabel(f"CPU milliseconds of a request, {ENGINES[engine]}")
        axes.grid(color="#eeeeee")
        if axes.lines:
            axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
        _save(figure, folder / f"growth-{engine}.svg")
        yield (
            folder / f"growth-{engine}.svg",
            f"Requests whose CPU time grows most with the number of claims, {ENGINES[engine]}",
        )
