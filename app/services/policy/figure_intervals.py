"""Figures as the ranges of values that they allow. A bound that the source did not give is open."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from app.vocabulary import Qualifier


class Interval(NamedTuple):
    """The range of values that a figure allows. None means unbounded; an open end is not part of the interval."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False


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


Endpoint = tuple[Decimal, int]
"""A sortable end of an interval; the number is 1 or -1 for an open end and 0 for a closed one.

An interval lies wholly below another exactly if its upper endpoint is smaller than the other's lower endpoint.
"""


def lower_endpoint(interval: Interval) -> Endpoint | None:
    """The sortable lower end of an interval; None if it is unbounded."""
    return None if interval.low is None else (interval.low, 1 if interval.low_open else 0)


def upper_endpoint(interval: Interval) -> Endpoint | None:
    """The sortable upper end of an interval; None if it is unbounded."""
    return None if interval.high is None else (interval.high, -1 if interval.high_open else 0)


def are_disjoint(first: Interval, second: Interval) -> bool:
    """True if no value is in both intervals."""
    return _is_below(first, second) or _is_below(second, first)


def _is_below(lower: Interval, upper: Interval) -> bool:
    high, low = upper_endpoint(lower), lower_endpoint(upper)
    return high is not None and low is not None and high < low
