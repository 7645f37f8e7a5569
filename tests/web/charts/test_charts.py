"""Charts show each figure as what it is: half-open ones as arrows, words as words, and lines only where they hold."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from app.web.charts.chart_figures import ChartFigure, chart_figures
from app.web.charts.drawing import Drawing, Line, Link, Mark, Part, Polyline, Text
from app.web.charts.row_chart import draw_rows
from app.web.charts.scales import Scale, date_ticks, round_ticks, simplify
from app.web.charts.time_chart import MAX_MARKS, draw_over_time
from app.web.localization import localization_of

ENGLISH = localization_of("en")


def row(number: int, **fields: Any) -> dict[str, Any]:
    day = date(2022, 2, 25) + timedelta(days=number)
    return {
        "claim_id": f"clm_{number}",
        "time": day.isoformat(),
        "day": day,
        "metric": "killed",
        "unit": "soldiers",
        "population": None,
        "qualifier": "about",
        "low": None,
        "best": 1000 + 10 * number,
        "high": None,
        "cumulative": True,
        "verbatim": None,
        "status": "unassessed",
        "origins": ["A service"],
        "said_by": ["A service"],
        **fields,
    }


def figures(rows: Sequence[dict[str, Any]]) -> list[ChartFigure]:
    return chart_figures(rows, ENGLISH)


def links(drawing: Drawing) -> list[Link]:
    return [part for part in drawing.parts if isinstance(part, Link)]


def texts(parts: Sequence[Part]) -> list[str]:
    found = []
    for part in parts:
        found += texts(list(part.parts)) if isinstance(part, Link) else [part.text] if isinstance(part, Text) else []
    return found


def lines_of(drawing: Drawing) -> list[Polyline]:
    return [part for part in drawing.parts if isinstance(part, Polyline)]


AT_LEAST = {"qualifier": "at_least", "best": None, "low": 3000}
UP_TO = {"qualifier": "up_to", "best": None, "high": 5000}
RANGE = {"qualifier": "between", "best": None, "low": 3000, "high": 5000}
VAGUE = {"qualifier": "vague", "best": None, "verbatim": "dozens"}


@pytest.mark.parametrize(
    ("fields", "words", "has_arrow"),
    [
        ({}, "about 1,000", False),
        (AT_LEAST, "at least 3,000", True),
        (UP_TO, "up to 5,000", True),
        (RANGE, "3,000 to 5,000", False),
        (VAGUE, "“dozens”", False),
        ({"qualifier": "exact", "best": 2}, "2", False),
    ],
)
def test_a_row_shows_the_figure_in_its_own_words(fields: dict[str, Any], words: str, has_arrow: bool) -> None:
    for drawing in draw_rows(figures([row(0, **fields)]), "", ENGLISH):
        (link,) = links(drawing)
        assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts(link.parts)] == [words]
        assert any(isinstance(part, Polyline) for part in link.parts) == has_arrow
        assert link.address == "/claims/clm_0"
        assert link.name.startswith("A service: ")
        assert link.name.endswith("Not assessed")


def test_rows_of_different_metrics_are_in_panels_of_their_own() -> None:
    rows = [row(0), row(1, metric="wounded"), row(2)]
    drawing = draw_rows(figures(rows), "/uk", ENGLISH)[0]
    titles = [part.text for part in drawing.parts if isinstance(part, Text) and part.style == "val"]
    assert titles == ["Soldiers, killed", "Soldiers, wounded"]
    assert len(links(drawing)) == 3
    assert all(link.address.startswith("/uk/claims/") for link in links(drawing))


def test_every_figure_is_a_mark_up_to_the_limit() -> None:
    drawing = draw_over_time(figures([row(number) for number in range(MAX_MARKS)]), "", ENGLISH)[0]
    assert len(links(drawing)) == MAX_MARKS
    assert lines_of(drawing) == []


def test_many_figures_are_a_line_for_each_origin() -> None:
    rows = [row(number, origins=[f"Origin {number % 2}"]) for number in range(200)]
    drawing = draw_over_time(figures(rows), "", ENGLISH)[0]
    assert [line.style for line in lines_of(drawing)] == ["s", "s s2"]
    # Both lines are straight, so that two points stand for each of them.
    assert [len(line.points) for line in lines_of(drawing)] == [2, 2]
    assert {link.address for link in links(drawing)} == {f"/claims/clm_{number}" for number in (0, 1, 198, 199)}


def test_a_line_never_joins_half_open_figures() -> None:
    rows = [row(number, **(AT_LEAST if number == 100 else {})) for number in range(200)]
    drawing = draw_over_time(figures(rows), "", ENGLISH)[0]
    assert len(lines_of(drawing)) == 2
    assert "/claims/clm_100" in {link.address for link in links(drawing)}


def test_a_figure_in_a_conflict_has_a_mark() -> None:
    drawing = draw_over_time(figures([row(number) for number in range(200)]), "", ENGLISH, {"clm_50"})[0]
    assert "/claims/clm_50" in {link.address for link in links(drawing)}


@pytest.mark.parametrize("count", [60, 1_628, 100_000])
def test_a_chart_stays_small_whatever_it_shows(count: int) -> None:
    rows = [row(number % 3000, claim_id=f"clm_{number}", best=1000 + 7 * (number % 3000)) for number in range(count)]
    for drawing in draw_over_time(figures(rows), "", ENGLISH):
        parts = sum(len(part.parts) if isinstance(part, Link) else 1 for part in drawing.parts)
        points = sum(len(part.points) for part in drawing.parts if isinstance(part, Polyline))
        assert parts < 600
        assert points < 3_000


def test_figures_without_a_number_or_a_day_do_not_break_a_chart() -> None:
    rows = [row(number, **(VAGUE if number % 2 else {"day": None, "time": None})) for number in range(20)]
    assert all(links(drawing) == [] for drawing in draw_over_time(figures(rows), "", ENGLISH))


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, [0, 1]),
        (11_000, [0, 5_000, 10_000, 15_000]),
        (2_700, [0, 1_000, 2_000, 3_000]),
        (0.003, [0, 0.001, 0.002, 0.003]),
    ],
)
def test_ticks_are_round_and_reach_the_highest_value(highest: float, ticks: list[float]) -> None:
    assert round_ticks(highest, 3) == pytest.approx(ticks)


def test_a_simplified_line_passes_every_point_within_the_tolerance() -> None:
    points = [(float(number), (number % 7) * 0.05 + (3.0 if number > 50 else 0.0)) for number in range(100)]
    kept = simplify(points, 0.4)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert len(kept) < 10


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        (date(2022, 1, 1), date(2026, 1, 1), "year"),
        (date(2024, 10, 1), date(2025, 2, 1), "month"),
        (date(2025, 1, 1), date(2025, 1, 20), "day"),
        (date(2025, 1, 1), date(2025, 1, 1), "day"),
    ],
)
def test_an_axis_of_time_is_labelled_within_its_span(first: date, last: date, kind: str) -> None:
    ticks = list(date_ticks(first, last, 5))
    assert 1 <= len(ticks) <= 7
    assert all(first <= day <= last and label == kind for day, label in ticks)


def test_a_scale_of_one_value_is_its_middle() -> None:
    assert Scale(5, 5, 0, 10)(5) == 5


def test_a_range_has_two_ends() -> None:
    (link,) = links(draw_rows(figures([row(0, **RANGE)]), "", ENGLISH)[0])
    assert len([part for part in link.parts if isinstance(part, Line) and part.style == "whisk"]) == 3
    assert len([part for part in link.parts if isinstance(part, Mark)]) == 1
