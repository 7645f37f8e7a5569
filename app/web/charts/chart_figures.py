"""A figure as charts see it: a value or a half-open range on a day, with its origin, status and claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.vocabulary import Qualifier
from app.web.figure_words import figure_in_words
from app.web.localization import Localization
from app.web.word_labels import label

OPEN_ABOVE = frozenset({Qualifier.AT_LEAST, Qualifier.MORE_THAN})
OPEN_BELOW = frozenset({Qualifier.AT_MOST, Qualifier.FEWER_THAN, Qualifier.UP_TO})


@dataclass(frozen=True)
class ChartFigure:
    """One figure."""

    claim_id: str
    metric: str
    unit: str
    value: float | None
    """The figure, or the bound of a half-open one; None if the source gives words only."""
    low: float | None
    high: float | None
    opens: str
    """`above` or `below` for a half-open figure, empty for others."""
    words: str
    """The figure in words."""
    day: date | None
    """The first day to which it may refer; None if that is not known."""
    time: str
    """When, in words; empty if not known."""
    origin: str
    """Names of its origins, or of who says so if none is identified."""
    is_cumulative: bool
    status: str

    def name(self, localization: Localization) -> str:
        """What a mark is called: origin, figure, day and status."""
        status = label(localization, "status", self.status)
        parts = (f"{self.origin}: {self.words}", label(localization, "metric", self.metric), self.time, status)
        return ". ".join(part for part in parts if part)


def chart_figures(rows: Sequence[Mapping[str, Any]], localization: Localization) -> list[ChartFigure]:
    """The figures of a topic's series, in its order."""
    return [_figure(row, localization) for row in rows]


def _figure(row: Mapping[str, Any], localization: Localization) -> ChartFigure:
    qualifier = Qualifier(row["qualifier"])
    value = row["best"]
    if value is None and row["low"] is not None and row["high"] is not None:
        value = (row["low"] + row["high"]) / 2
    if value is None:
        value = row["low"] if row["low"] is not None else row["high"]
    opens = "above" if qualifier in OPEN_ABOVE else "below" if qualifier in OPEN_BELOW else ""
    return ChartFigure(
        claim_id=row["claim_id"],
        metric=row["metric"],
        unit=row["unit"],
        value=None if qualifier is Qualifier.VAGUE or value is None else float(value),
        low=None if row["low"] is None or opens else float(row["low"]),
        high=None if row["high"] is None or opens else float(row["high"]),
        opens=opens,
        words=figure_in_words(row, localization),
        day=None if row["day"] is None else date.fromisoformat(str(row["day"])),
        time="" if row["time"] is None else localization.edtf(row["time"]),
        origin=", ".join(row["origins"] or row["said_by"]) or localization.gettext("Origin not known"),
        is_cumulative=row["cumulative"],
        status=row["status"],
    )


def by_metric(figures: Sequence[ChartFigure]) -> dict[tuple[str, str], list[ChartFigure]]:
    """The figures in panels: figures of two metrics or units never share one."""
    panels: dict[tuple[str, str], list[ChartFigure]] = {}
    for figure in figures:
        panels.setdefault((figure.metric, figure.unit), []).append(figure)
    return panels
