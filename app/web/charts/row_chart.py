"""Few figures: a row for each, its value across, in a panel for each metric."""

from collections.abc import Mapping, Sequence

from app.web.charts.chart_figures import ChartFigure, by_metric
from app.web.charts.drawing import Drawing, Line, Link, Mark, Polyline, Text
from app.web.charts.scales import Scale, round_ticks
from app.web.localization import Localization
from app.web.word_labels import label

MAX_ROWS = 12
"""Figures that are drawn in rows; more are drawn over time."""

_AXIS_END: Mapping[str, float] = {"wide": 890, "mid": 490, "narrow": 262}
_WIDTHS: Mapping[str, int] = {"wide": 1000, "mid": 600, "narrow": 340}
_PANEL_TOP, _HEAD, _ROW = 24, 30, 60
_NARROW_ROW = 76
_START = 4.0
_ARROW = 5.0


def draw_rows(figures: Sequence[ChartFigure], root: str, localization: Localization) -> list[Drawing]:
    """The chart in three widths. `root` is what the addresses of pages begin with."""
    return [_draw(name, figures, root, localization) for name in ("wide", "mid", "narrow")]


def _draw(name: str, figures: Sequence[ChartFigure], root: str, localization: Localization) -> Drawing:
    drawing = Drawing(name, _WIDTHS[name])  # type: ignore[arg-type]  # the three names
    end = _AXIS_END[name]
    row_height = _NARROW_ROW if name == "narrow" else _ROW
    highest = max((max(figure.high or 0, figure.value or 0) for figure in figures), default=0)
    ticks = round_ticks(highest, 3)
    scale = Scale(0, ticks[-1], _START, end)
    panels = by_metric(figures)
    bottom = sum(_HEAD + row_height * len(rows) for rows in panels.values()) + 10
    drawing.height = bottom + 24
    for tick in ticks:
        x = scale(tick)
        if tick:
            drawing.parts.append(Line(x, 8, x, bottom, "gridl"))
        anchor = "middle" if tick else "start"
        drawing.parts.append(Text(x, bottom + 16, localization.number(tick), "tick", anchor))  # type: ignore[arg-type]  # as above
    drawing.parts.append(Line(_START, bottom, end, bottom, "axis"))
    y = 0.0
    for (metric, unit), rows in panels.items():
        title = f"{unit}, {label(localization, 'metric', metric)}"
        drawing.parts.append(Text(0, y + _PANEL_TOP, title[:1].upper() + title[1:], "val"))
        drawing.parts.append(Line(0, y + _HEAD, drawing.width, y + _HEAD, "gridl"))
        y += _HEAD
        for figure in rows:
            _draw_row(drawing, figure, y, scale=scale, root=root, localization=localization)
            y += row_height
    return drawing


def _draw_row(
    drawing: Drawing, figure: ChartFigure, top: float, *, scale: Scale, root: str, localization: Localization
) -> None:
    is_narrow = drawing.name == "narrow"
    when = figure.time
    if figure.is_cumulative and when:
        when = localization.gettext("{time}, total so far").format(time=when)
    length = {"wide": 90, "mid": 55, "narrow": 40}[drawing.name]
    origin = figure.origin if len(figure.origin) <= length else figure.origin[: length - 1] + "…"
    drawing.parts.append(Text(0, top + 20, origin))
    if when:
        drawing.parts.append(
            Text(0, top + 36, when, "tick") if is_narrow else Text(drawing.width, top + 20, when, "tick halo", "end")
        )
    y = top + (60 if is_narrow else 44)
    parts: list[Line | Polyline | Text | Mark] = []
    if figure.value is None:
        parts.append(Line(148 if not is_narrow else 120, y, scale.end, y, "band"))
        parts.append(Mark(12, y, figure.status))
        parts.append(Text(28, y + 5, figure.words, "words halo"))
    else:
        x = scale(figure.value)
        parts += _extent(figure, x, y, scale)
        parts.append(Mark(x, y, figure.status))
        # On a phone, the words of a large figure stand to its left, above the line.
        is_left = drawing.name == "narrow" and x > scale.end * 0.72
        words = (x - 14, y - 8, "end") if is_left else (x + 13, y + 5, "start")
        parts.append(Text(words[0], words[1], figure.words, "val halo", words[2]))  # type: ignore[arg-type]  # an anchor
    drawing.parts.append(Link(f"{root}/claims/{figure.claim_id}", figure.name(localization), parts))


def _extent(figure: ChartFigure, x: float, y: float, scale: Scale) -> list[Line | Polyline | Text | Mark]:
    """How far a figure reaches: from low to high, or as an arrow from the bound of a half-open one."""
    if figure.opens == "above":
        end = scale.end
        head = ((end - _ARROW, y - _ARROW), (end, y), (end - _ARROW, y + _ARROW))
        return [Line(x, y, end, y, "whisk"), Polyline(head, "whisk")]
    if figure.opens == "below":
        end = scale.start
        head = ((end + _ARROW, y - _ARROW), (end, y), (end + _ARROW, y + _ARROW))
        return [Line(x, y, end, y, "whisk"), Polyline(head, "whisk")]
    parts: list[Line | Polyline | Text | Mark] = [Line(scale.start, y, x, y, "lead", is_dashed=True)]
    if figure.low is not None and figure.high is not None:
        low, high = scale(figure.low), scale(figure.high)
        parts += [Line(low, y, high, y, "whisk")]
        parts += [Line(end, y - _ARROW, end, y + _ARROW, "whisk") for end in (low, high)]
    return parts
