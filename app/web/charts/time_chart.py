"""Many figures: value over time, a panel for each metric. Up to MAX_MARKS figures are marks; more are lines.

A line joins figures of one origin, and never a half-open one: "more than 12,000" is not a number. Lines are simplified
so that no figure lies further than a fifth of a unit from the line drawn. Marks then stand only where something is to
be said: the first and the last figure, half-open ones, and those in a conflict.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from app.web.charts.chart_figures import ChartFigure, by_metric
from app.web.charts.drawing import Drawing, Line, Link, Mark, Polyline, Text
from app.web.charts.scales import Scale, date_ticks, round_ticks, simplify
from app.web.localization import Localization
from app.web.word_labels import label

MAX_MARKS = 60
"""Figures of a panel that are all drawn as marks."""

MAX_SPECIAL_MARKS = 40
"""Marks on lines, beside the first and the last figure."""

MAX_LINES = 8
"""Origins with a line of their own; figures of the others are left to the table."""

TOLERANCE = 0.2
"""How far, in units of the drawing, a figure may lie from the line that stands for it."""

_WIDTHS: Mapping[str, int] = {"wide": 1000, "mid": 600, "narrow": 340}
_MARGIN: Mapping[str, int] = {"wide": 130, "mid": 100, "narrow": 20}
_PANEL_HEIGHTS: Mapping[str, int] = {"wide": 340, "mid": 300, "narrow": 260}
_TICKS: Mapping[str, int] = {"wide": 8, "mid": 5, "narrow": 3}
_TITLE, _AXIS_LABELS = 46, 34
_ARROW = 14.0
_HEAD = 4.0


def draw_over_time(
    figures: Sequence[ChartFigure], root: str, localization: Localization, in_conflict: Collection[str] = ()
) -> list[Drawing]:
    """The chart in three widths. `in_conflict` are the ids of claims whose figures contradict others."""
    dated = [figure for figure in figures if figure.day is not None and figure.value is not None]
    return [_draw(name, dated, root, localization, in_conflict) for name in ("wide", "mid", "narrow")]


def _draw(
    name: str,
    figures: Sequence[ChartFigure],
    root: str,
    localization: Localization,
    in_conflict: Collection[str],
) -> Drawing:
    drawing = Drawing(name, _WIDTHS[name])  # type: ignore[arg-type]  # the three names
    top = 0.0
    for (metric, unit), panel in by_metric(figures).items():
        title = f"{unit}, {label(localization, 'metric', metric)}"
        drawing.parts.append(Text(0, top + 18, title[:1].upper() + title[1:], "val"))
        _draw_panel(drawing, panel, top + _TITLE, root=root, localization=localization, in_conflict=in_conflict)
        top += _PANEL_HEIGHTS[name]
    drawing.height = int(top) or 1
    return drawing


def _draw_panel(
    drawing: Drawing,
    figures: Sequence[ChartFigure],
    top: float,
    *,
    root: str,
    localization: Localization,
    in_conflict: Collection[str],
) -> None:
    bottom = top + _PANEL_HEIGHTS[drawing.name] - _TITLE - _AXIS_LABELS
    end = drawing.width - _MARGIN[drawing.name]
    days = [figure.day for figure in figures if figure.day is not None]
    ticks = round_ticks(max(max(figure.high or 0, figure.value or 0) for figure in figures))
    y_of = Scale(0, ticks[-1], bottom, top)
    x_of = Scale(min(days).toordinal(), max(days).toordinal(), 8, end)
    for tick in ticks[1:]:
        drawing.parts.append(Line(4, y_of(tick), end, y_of(tick), "gridl"))
        drawing.parts.append(Text(4, y_of(tick) - 4, localization.number(tick), "tick halo"))
    drawing.parts.append(Line(4, bottom, end, bottom, "axis"))
    for day, kind in date_ticks(min(days), max(days), _TICKS[drawing.name]):
        x = x_of(day.toordinal())
        drawing.parts.append(Line(x, bottom, x, bottom + 5, "axis"))
        drawing.parts.append(Text(x, bottom + 19, _tick_label(day, kind, localization), "tick", "middle"))
    marked = list(figures) if len(figures) <= MAX_MARKS else _lines(drawing, figures, x_of, y_of, in_conflict)
    for figure in marked:
        drawing.parts.append(_mark(figure, x_of, y_of, root, localization))
    last = max(figures, key=lambda figure: figure.day or date.min)
    if drawing.name != "narrow" and last.value is not None:
        drawing.parts.append(Text(end + 10, y_of(last.value) + 4, last.words, "val"))
        drawing.parts.append(Text(end + 10, y_of(last.value) + 19, last.time, "tick"))


def _tick_label(day: date, kind: str, localization: Localization) -> str:
    if kind == "year":
        return str(day.year)
    short = localization.day(day, short=True)
    return short.partition(" ")[2] if kind == "month" else short.rpartition(" ")[0]


def _lines(
    drawing: Drawing, figures: Sequence[ChartFigure], x_of: Scale, y_of: Scale, in_conflict: Collection[str]
) -> list[ChartFigure]:
    """Draw a line for each origin; return the figures that get a mark as well."""
    origins: dict[str, list[ChartFigure]] = {}
    for figure in figures:
        origins.setdefault(figure.origin, []).append(figure)
    largest = sorted(origins.values(), key=len, reverse=True)[:MAX_LINES]
    marked: dict[int, ChartFigure] = {}
    for number, of_origin in enumerate(largest):
        in_order = sorted(of_origin, key=lambda figure: figure.day or date.min)
        for run in _joined(in_order):
            points = [_position(figure, x_of, y_of) for figure in run]
            style = ("s", "s s2", "s s3")[min(number, 2)]
            drawing.parts.append(Polyline(simplify(points, TOLERANCE), style))
        special = [figure for figure in in_order if figure.opens or figure.claim_id in in_conflict]
        for figure in (in_order[0], *special[:MAX_SPECIAL_MARKS], in_order[-1]):
            marked[id(figure)] = figure
    return list(marked.values())


def _joined(figures: Sequence[ChartFigure]) -> list[list[ChartFigure]]:
    """The stretches of figures that a line may join: without half-open ones between."""
    runs: list[list[ChartFigure]] = [[]]
    for figure in figures:
        if figure.opens:
            runs.append([])
        else:
            runs[-1].append(figure)
    return [run for run in runs if len(run) > 1]


def _position(figure: ChartFigure, x_of: Scale, y_of: Scale) -> tuple[float, float]:
    return x_of((figure.day or date.min).toordinal()), y_of(figure.value or 0)


def _mark(figure: ChartFigure, x_of: Scale, y_of: Scale, root: str, localization: Localization) -> Link:
    x, y = _position(figure, x_of, y_of)
    parts: list[Line | Polyline | Text | Mark] = []
    if figure.opens:
        tip = y - _ARROW if figure.opens == "above" else y + _ARROW
        back = tip + _HEAD if figure.opens == "above" else tip - _HEAD
        parts += [Line(x, y, x, tip, "whisk"), Polyline(((x - _HEAD, back), (x, tip), (x + _HEAD, back)), "whisk")]
    elif figure.low is not None and figure.high is not None:
        parts.append(Line(x, y_of(figure.low), x, y_of(figure.high), "whisk"))
    parts.append(Mark(x, y, figure.status))
    return Link(f"{root}/claims/{figure.claim_id}", figure.name(localization), parts)
