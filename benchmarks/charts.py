"""The charts of the page, as SVG."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, PRIMARY
from benchmarks.report import BASELINES, ENGINES, GOALS, ratio
from benchmarks.results import Results

COLOURS = ("#1b6ca8", "#d1495b", "#66a182")

MOST_LINES = 10
"""Of what grows, so many kinds of request are drawn: those that grow most."""


def draw(results: Results, folder: Path) -> list[tuple[Path, str]]:
    """Draw what can be drawn; the files, each with a text for those who do not see it."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*_ratios(results, folder), *_cost(results, folder), *_growth(results, folder)]


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - takes a second, and most runs draw nothing

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

    made: tuple[Any, Any] = plt.subplots(figsize=(width, height), layout="constrained")
    return made


def _save(figure: Any, path: Path) -> None:
    # Without a date and with ids from a salt the same results give the same file.
    figure.savefig(path, metadata={"Date": None})


def _ratios(results: Results, folder: Path) -> Iterator[tuple[Path, str]]:
    """How near to the goals."""
    claims = max((sample.claims for sample in results.samples if sample.variant == "floor"), default=0)
    reached: list[tuple[str, float]] = []
    for engine in results.engines():
        for baseline, name in BASELINES.items():
            for case in PRIMARY:
                found = ratio(results, engine, claims, case.name, baseline=baseline, variant="attest")
                goal = GOALS.get((engine, baseline), {}).get(case.name)
                if found is not None and goal is not None:
                    reached.append((f"{ENGINES[engine]}, × {name}: {case.what}", found / goal[0]))
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
    """CPU of every case beside its floor."""
    for engine in results.engines():
        claims = max(
            (one.claims for one in results.samples if (one.engine, one.variant) == (engine, "floor")), default=0
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
        for place, (_, ours, floor) in enumerate(rows):
            if ours is not None and floor is not None:
                axes.plot([floor.median, ours.median], [place, place], color="#bbbbbb", linewidth=1.5, zorder=1)
        places = range(len(rows))
        axes.scatter([ours.median for _, ours, _ in rows if ours], places, color=COLOURS[0], s=22, label="Attest")
        floors = [(floor.median, place) for place, (_, _, floor) in enumerate(rows) if floor is not None]
        axes.scatter([x for x, _ in floors], [y for _, y in floors], color=COLOURS[1], s=22, label="baseline")
        axes.grid(axis="x", color="#eeeeee")
        axes.set_yticks(places, [name for name, _, _ in rows])
        axes.set_xscale("log")
        axes.set_xlabel(f"CPU milliseconds of a request, {ENGINES[engine]}, {claims:,} claims")
        axes.legend(loc="lower right", frameon=False)
        _save(figure, folder / f"cost-{engine}.svg")
        yield (
            folder / f"cost-{engine}.svg",
            f"CPU time of each kind of request on {ENGINES[engine]}, compared with its baseline",
        )


def _growth(results: Results, folder: Path) -> Iterator[tuple[Path, str]]:
    """CPU of every case by size."""
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
        for number, (_, medians, what) in enumerate(sorted(grown, reverse=True)[:MOST_LINES]):
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
