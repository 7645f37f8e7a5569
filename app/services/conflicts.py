"""Which figures cannot both hold. Pure functions over figures.

Only like is compared with like: the same metric, unit, population and way of counting, for times that overlap.
A bound that the source did not give is open; nothing is estimated.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.vocabulary import Qualifier


class Interval(NamedTuple):
    """Where a figure may lie by what its source says. None is open; an open end is not part of it."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure as far as comparing it goes."""

    claim_id: str
    position: int
    comparable: tuple[object, ...]
    """Figures are compared only where this is equal: metric, unit, population, cumulative or not."""
    earliest: date
    latest: date
    interval: Interval | None
    """None where the source gives no number."""


def interval(qualifier: str, low: Decimal | None, best: Decimal | None, high: Decimal | None) -> Interval | None:
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
    bounds = {
        Qualifier.EXACT: Interval(best, best),
        Qualifier.AT_LEAST: Interval(low, None),
        Qualifier.MORE_THAN: Interval(low, None, low_open=True),
        Qualifier.AT_MOST: Interval(None, high),
        Qualifier.UP_TO: Interval(None, high),
        Qualifier.FEWER_THAN: Interval(None, high, high_open=True),
        Qualifier.BETWEEN: Interval(low, high),
    }
    return bounds.get(Qualifier(qualifier))


def _unit_of_last_digit(number: Decimal) -> Decimal:
    exponent = number.normalize().as_tuple().exponent
    return Decimal(1).scaleb(int(exponent)) if number else Decimal(1)


def exclude(first: Interval, second: Interval) -> bool:
    """True if no number lies in both."""
    return _below(first, second) or _below(second, first)


def _below(first: Interval, second: Interval) -> bool:
    if first.high is None or second.low is None:
        return False
    return first.high < second.low or (first.high == second.low and (first.high_open or second.low_open))


def conflicting(figures: Iterable[Figure]) -> Iterator[tuple[Figure, Figure]]:
    """The pairs of figures of different claims that cannot both hold, in the order of their time.

    Figures without time or number conflict with none.
    """
    groups: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.interval is not None and (figure.earliest, figure.latest) != (date.min, date.max):
            groups[figure.comparable].append(figure)
    for group in groups.values():
        group.sort(key=lambda figure: (figure.earliest, figure.claim_id, figure.position))
        yield from _sweep(group)


def _sweep(group: list[Figure]) -> Iterator[tuple[Figure, Figure]]:
    if len({figure.interval for figure in group}) == 1:
        return
    running: list[Figure] = []
    for figure in group:
        running = [other for other in running if other.latest >= figure.earliest]
        for other in running:
            apart = (
                other.interval is not None and figure.interval is not None and exclude(other.interval, figure.interval)
            )
            if apart and other.claim_id != figure.claim_id:
                yield other, figure
        running.append(figure)
