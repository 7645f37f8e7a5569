"""Which figures cannot both hold. Pure functions over figures.

Only like is compared with like: the same metric, unit, population and way of counting, for times that overlap.
A bound that the source did not give is open; nothing is estimated.
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
    """Where a figure may lie by what its source says. None is open; an open end is not part of it."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False


class Figure(NamedTuple):
    """A figure as far as comparing it goes."""

    claim_id: str
    position: int
    comparable: tuple[object, ...]
    """Figures are compared only where this is equal: metric, unit, population, cumulative or not."""
    earliest: date
    latest: date
    interval: Interval | None
    """None where the source gives no number."""


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
"""Where a figure may lie, from low, best and high; 'about' has a rule of its own, 'vague' lies nowhere."""


def interval(qualifier: str, low: Number, best: Number, high: Number) -> Interval | None:
    """Where a figure may lie.

    'About 11,000' is rounded to its last significant digit, so it speaks of 10,500 to 11,500, unless the source gives
    bounds itself.
    """
    if qualifier == Qualifier.ABOUT and best is not None:
        half = _unit_of_last_digit(best) / 2
        # What rounds to 11,000 is less than 11,500.
        return Interval(
            best - half if low is None else low, best + half if high is None else high, high_open=high is None
        )
    bounds = _BOUNDS.get(qualifier)
    return None if bounds is None else bounds(low, best, high)


def _unit_of_last_digit(number: Decimal) -> Decimal:
    exponent = number.normalize().as_tuple().exponent
    return Decimal(1).scaleb(int(exponent)) if number else Decimal(1)


def by_time(figure: Figure) -> tuple[date, str, int]:
    """The order of figures."""
    return figure.earliest, figure.claim_id, figure.position


def conflicting(
    figures: Iterable[Figure], settled: Mapping[str, Collection[str]]
) -> Iterator[tuple[Figure, list[Figure]]]:
    """Each figure that cannot hold together with earlier ones, in the order of their time, and those, in no order.

    Figures without time or number conflict with none, nor do those of one claim, or of two of which `settled` says,
    both ways round, that they are not two accounts. Whoever only counts never has all pairs at once: of some thousand
    figures there may be millions.
    """
    groups: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.interval is not None and (figure.earliest, figure.latest) != (date.min, date.max):
            groups[figure.comparable].append(figure)
    for group in groups.values():
        if len({figure.interval for figure in group}) > 1:
            yield from _sweep(sorted(group, key=by_time), settled)


def _sweep(group: list[Figure], settled: Mapping[str, Collection[str]]) -> Iterator[tuple[Figure, list[Figure]]]:
    running = _Running()
    for place, figure in enumerate(group):
        running.end_before(figure.earliest)
        same = {figure.claim_id, *settled.get(figure.claim_id, ())}
        others = [group[other] for other in running.apart_from(figure) if group[other].claim_id not in same]
        if others:
            yield figure, others
        running.begin(place, figure)


Edge = tuple[Decimal, int]
"""An end of an interval, so that one lies wholly below another if its upper edge is smaller than the other's lower."""


def _lower(lies: Interval) -> Edge | None:
    return None if lies.low is None else (lies.low, 1 if lies.low_open else 0)


def _upper(lies: Interval) -> Edge | None:
    return None if lies.high is None else (lies.high, -1 if lies.high_open else 0)


class _Running:
    """Figures whose time is not over, by their place in the group; in order, so that nobody has to look at each."""

    def __init__(self) -> None:
        self._ends: list[tuple[date, int, Interval]] = []
        self._uppers: list[tuple[Edge, int]] = []
        self._lowers: list[tuple[Edge, int]] = []

    def apart_from(self, figure: Figure) -> list[int]:
        """The places of those that lie wholly below the figure, or wholly above it."""
        if figure.interval is None:
            return []
        low, high = _lower(figure.interval), _upper(figure.interval)
        below = [] if low is None else self._uppers[: bisect_left(self._uppers, low, key=_edge)]
        above = [] if high is None else self._lowers[bisect_right(self._lowers, high, key=_edge) :]
        return [place for _edge_of, place in (*below, *above)]

    def begin(self, place: int, figure: Figure) -> None:
        """The time of a figure begins."""
        if figure.interval is None:
            return
        heappush(self._ends, (figure.latest, place, figure.interval))
        for edges, edge in self._edges(figure.interval):
            insort(edges, (edge, place))

    def end_before(self, day: date) -> None:
        """Forget those whose time was over before a day."""
        while self._ends and self._ends[0][0] < day:
            _latest, place, lies = heappop(self._ends)
            for edges, edge in self._edges(lies):
                del edges[bisect_left(edges, (edge, place))]

    def _edges(self, lies: Interval) -> list[tuple[list[tuple[Edge, int]], Edge]]:
        both = ((self._uppers, _upper(lies)), (self._lowers, _lower(lies)))
        return [(edges, edge) for edges, edge in both if edge is not None]


def _edge(entry: tuple[Edge, int]) -> Edge:
    return entry[0]
