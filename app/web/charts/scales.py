"""Scales: from values and days to positions, with round numbers for ticks."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date


def round_ticks(highest: float, wanted: int = 4) -> list[float]:
    """Round values from 0 to the first one that is not below `highest`: about `wanted` steps of 1, 2 or 5 times a power
    of ten."""
    if highest <= 0:
        return [0, 1]
    raw = highest / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [number * step for number in range(math.ceil(highest / step - 1e-9) + 1)]


@dataclass(frozen=True)
class Scale:
    """A linear scale."""

    lowest: float
    highest: float
    start: float
    """Position of the lowest value."""
    end: float
    """Position of the highest value."""

    def __call__(self, value: float) -> float:
        """The position of a value."""
        span = self.highest - self.lowest
        share = 0.5 if span == 0 else (value - self.lowest) / span
        return round(self.start + share * (self.end - self.start), 1)


def date_ticks(first: date, last: date, wanted: int) -> Iterator[tuple[date, str]]:
    """Days at which an axis of time is labelled, with the kind of label: `year`, `month` or `day`."""
    days = (last - first).days
    if days > 366 * 2:
        step = max(1, math.ceil((last.year - first.year) / wanted))
        for year in range(first.year + 1, last.year + 1, step):
            yield date(year, 1, 1), "year"
    elif days > 62:  # noqa: PLR2004 - two months
        months = [(first.year * 12 + first.month + offset) for offset in range(days // 28 + 1)]
        starts = [date(month // 12, month % 12 + 1, 1) for month in months]
        shown = [day for day in starts if first <= day <= last]
        yield from ((day, "month") for day in shown[:: max(1, math.ceil(len(shown) / wanted))])
    else:
        step = max(1, math.ceil(days / wanted))
        for offset in range(0, days + 1, step):
            yield date.fromordinal(first.toordinal() + offset), "day"


def simplify(points: Sequence[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    """The points of a line without those that lie no further than `tolerance` from it (Douglas and Peucker, 1973)."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        distance, furthest = max(
            ((_distance(points[index], points[first], points[last]), index) for index in range(first + 1, last)),
            default=(0.0, first),
        )
        if distance > tolerance:
            keep.add(furthest)
            spans += [(first, furthest), (furthest, last)]
    return [points[index] for index in sorted(keep)]


def _distance(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """The distance of a point from the line through two others."""
    width, height = end[0] - start[0], end[1] - start[1]
    length = math.hypot(width, height)
    if length == 0:
        return math.hypot(point[0] - start[0], point[1] - start[1])
    return abs(width * (start[1] - point[1]) - (start[0] - point[0]) * height) / length
