"""Finds figures that cannot both be true. Pure functions over figures.

Two figures are compared only if they have the same metric, unit, population and way of counting, and their time spans
overlap. A bound that the source did not give is open; nothing is estimated.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from app.vocabulary import Qualifier


class Interval(NamedTuple):
    """The range of values that a figure allows. None means unbounded; an open end is not part of the interval."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False


class ComparableFigure(NamedTuple):
    """The parts of a figure that a comparison needs."""

    claim_id: str
    position: int
    comparable: tuple[object, ...]
    """Comparison key: metric, unit, population, cumulative or not. Only figures with equal keys are compared."""
    earliest: date
    latest: date
    interval: Interval | None
    """None if the source gives no number."""


Number: TypeAlias = Decimal | None

_BOUNDS: Mapping[str, Callable[[Number, Number, Number], Interval]] = {
    Qualifier.EXACT: lambda _low, best, _high: Interval(best, best),
    Qualifier.AT_LEAST: lambda low, _best, _high: Interval(low, None),
    Qualifier.MORE_THAN: lambda low, _best, _high: Interval(low, None, low_open=True),
    Qualifier.AT_MOST: lambda _low, _best, high: Interval(None, high),
    Qualifier.UP_TO: lambda _low, _best, high: Interval(None, high),
    Qualifier.FEWER_THAN: lambda _low, _best, high: Interval(None, high, high_open=True),
    Qualifier.BETWEEN: lambda low, _best, high: Interval(low, high),
}
"""The interval for each qualifier, from low, best and high. `interval_of` handles 'about'; 'vague' has no interval."""


def interval_of(qualifier: str, low: Number, best: Number, high: Number) -> Interval | None:
    """The range of values that a figure allows, or None if the source gives no number.

    'About 11,000' is taken as rounded to its last significant digit, so it means 10,500 up to but not including 11,500,
    unless the source gives bounds itself.
    """
    if qualifier == Qualifier.ABOUT and best is not None:
        half = _unit_of_last_digit(best) / 2
        # 11,500 would round to 12,000, so the upper end is open.
        return Interval(
            best - half if low is None else low, best + half if high is None else high, high_open=high is None
        )
    bounds = _BOUNDS.get(qualifier)
    return None if bounds is None else bounds(low, best, high)


def _unit_of_last_digit(number: Decimal) -> Decimal:
    exponent = number.normalize().as_tuple().exponent
    return Decimal(1).scaleb(int(exponent)) if number else Decimal(1)


def time_sort_key(figure: ComparableFigure) -> tuple[date, str, int]:
    """Sort key: by start of the time span, then claim, then position in the claim."""
    return figure.earliest, figure.claim_id, figure.position


def find_conflicts(
    figures: Iterable[ComparableFigure], settled: Mapping[str, Collection[str]]
) -> Iterator[tuple[ComparableFigure, list[ComparableFigure]]]:
    """Yield each figure that conflicts with earlier ones, in time order, together with those, in no particular order.

    Figures without a time or a number never conflict, and neither do figures of one claim. `settled` maps a claim to
    the claims that do not compete with it (in both directions); their figures do not conflict either. This is a
    generator, so that a caller who only counts never holds all pairs: a few thousand figures may have millions.
    """
    groups: dict[tuple[object, ...], list[ComparableFigure]] = defaultdict(list)
    for figure in figures:
        if figure.interval is not None and (figure.earliest, figure.latest) != (date.min, date.max):
            groups[figure.comparable].append(figure)
    for group in groups.values():
        if len({figure.interval for figure in group}) > 1:
            yield from _sweep_by_time(sorted(group, key=time_sort_key), settled)


def _sweep_by_time(
    group: list[ComparableFigure], settled: Mapping[str, Collection[str]]
) -> Iterator[tuple[ComparableFigure, list[ComparableFigure]]]:
    # A sweep line over time: each figure is compared only with those whose time span is still running.
    active = _ActiveFigures()
    for index, figure in enumerate(group):
        active.remove_ended_before(figure.earliest)
        compatible_claims = {figure.claim_id, *settled.get(figure.claim_id, ())}
        conflicts = [
            group[other] for other in active.disjoint_from(figure) if group[other].claim_id not in compatible_claims
        ]
        if conflicts:
            yield figure, conflicts
        active.add(index, figure)


Endpoint = tuple[Decimal, int]
"""A sortable end of an interval; the number is 1 or -1 for an open end and 0 for a closed one.

An interval lies wholly below another exactly if its upper endpoint is smaller than the other's lower endpoint.
"""


def _lower_endpoint(interval: Interval) -> Endpoint | None:
    return None if interval.low is None else (interval.low, 1 if interval.low_open else 0)


def _upper_endpoint(interval: Interval) -> Endpoint | None:
    return None if interval.high is None else (interval.high, -1 if interval.high_open else 0)


class _ActiveFigures:
    """Figures whose time span has not ended, by index in their group.

    Their endpoints are kept sorted, so that disjoint intervals are found by bisection instead of a full scan.
    """

    def __init__(self) -> None:
        self._ends: list[tuple[date, int, Interval]] = []
        self._uppers: list[tuple[Endpoint, int]] = []
        self._lowers: list[tuple[Endpoint, int]] = []

    def disjoint_from(self, figure: ComparableFigure) -> list[int]:
        """The indexes of the figures whose interval lies wholly below or wholly above that of `figure`."""
        if figure.interval is None:
            return []
        low, high = _lower_endpoint(figure.interval), _upper_endpoint(figure.interval)
        below = [] if low is None else self._uppers[: bisect_left(self._uppers, low, key=_endpoint)]
        above = [] if high is None else self._lowers[bisect_right(self._lowers, high, key=_endpoint) :]
        return [index for _, index in (*below, *above)]

    def add(self, index: int, figure: ComparableFigure) -> None:
        """Add a figure whose time span begins."""
        if figure.interval is None:
            return
        heappush(self._ends, (figure.latest, index, figure.interval))
        for endpoints, endpoint in self._sorted_lists(figure.interval):
            insort(endpoints, (endpoint, index))

    def remove_ended_before(self, day: date) -> None:
        """Remove the figures whose time span ended before `day`."""
        while self._ends and self._ends[0][0] < day:
            _latest, index, interval = heappop(self._ends)
            for endpoints, endpoint in self._sorted_lists(interval):
                del endpoints[bisect_left(endpoints, (endpoint, index))]

    def _sorted_lists(self, interval: Interval) -> list[tuple[list[tuple[Endpoint, int]], Endpoint]]:
        """The sorted lists that an interval belongs to, each with its endpoint there."""
        both = ((self._uppers, _upper_endpoint(interval)), (self._lowers, _lower_endpoint(interval)))
        return [(endpoints, endpoint) for endpoints, endpoint in both if endpoint is not None]


def _endpoint(entry: tuple[Endpoint, int]) -> Endpoint:
    return entry[0]
