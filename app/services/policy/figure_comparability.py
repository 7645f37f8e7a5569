"""What makes two figures comparable: the same thing counted in the same way at the same time. Pure functions.

Figures are grouped by a comparison key. Only figures with equal keys are compared, and only if their times overlap.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from app.db.compiled_reads import PlainRow
from app.schemas.base import edtf
from app.services.policy.figure_intervals import Interval, interval_of
from app.vocabulary import Metric


class CountingMode(Enum):
    """How a figure relates to its time, which decides whether figures of two times can be compared."""

    STATE = "What there was at that time. Compared if the times overlap."
    PERIOD = (
        "What happened in that time: an incident, a day's count or a month's. Compared only for the same period, "
        "because a count of a day or of one incident does not contradict that of a month."
    )
    RUNNING_TOTAL = (
        "What had happened since a beginning, by the end of that time. Compared only for the same beginning and the "
        "same end, as precisely as it is given, because totals grow. Never compared with a count of the other modes."
    )


COUNTING_MODES: Mapping[str, CountingMode] = {
    Metric.PRESENT: CountingMode.STATE,
    Metric.DEPLOYED_TOTAL: CountingMode.RUNNING_TOTAL,
    Metric.KILLED: CountingMode.PERIOD,
    Metric.WOUNDED: CountingMode.PERIOD,
    Metric.KILLED_AND_WOUNDED: CountingMode.PERIOD,
    Metric.MISSING: CountingMode.PERIOD,
    Metric.CAPTURED: CountingMode.PERIOD,
    Metric.SURRENDERED: CountingMode.PERIOD,
    Metric.IRRECOVERABLE: CountingMode.PERIOD,
    Metric.CASUALTIES_UNSPECIFIED: CountingMode.PERIOD,
    Metric.EQUIPMENT_DESTROYED: CountingMode.PERIOD,
    Metric.EQUIPMENT_DAMAGED: CountingMode.PERIOD,
    Metric.EQUIPMENT_ABANDONED: CountingMode.PERIOD,
    Metric.EQUIPMENT_CAPTURED: CountingMode.PERIOD,
    Metric.EQUIPMENT_LOST: CountingMode.PERIOD,
    Metric.AREA: CountingMode.STATE,
    Metric.OTHER: CountingMode.PERIOD,
}
"""How the figures of each metric are counted, unless they are marked as cumulative: these are running totals."""

MAX_INCIDENT = timedelta(days=1)
"""The longest time of an incident. Two times with hours up to this length are compared if they overlap: one source may
say 18:00 to 23:30, and another 20:00, of the same incident."""


class StatedFigure(NamedTuple):
    """A figure with its claim. The first three fields are the order of figures on pages."""

    earliest: str
    """First day of the claim's time."""
    claim_id: str
    position: int
    claim: PlainRow
    """At least `time` and `place`."""
    quantity: PlainRow
    """The fields of `QuantityRead`."""


class ComparableFigure(NamedTuple):
    """The parts of a figure that a comparison needs."""

    claim_id: str
    position: int
    comparable: tuple[object, ...]
    """Comparison key. Only figures with equal keys are compared."""
    mode: CountingMode
    span: edtf.Span
    interval: Interval
    """The range of values that the figure allows."""


def comparable_figures(figures: Iterable[StatedFigure], topic_start: date) -> Iterator[ComparableFigure]:
    """Yield the figures that may conflict with others: with a number and a time, and not all of one thing alike.

    `topic_start` is the first day of the topic's period.
    """
    # Most figures of large topics agree with all others of the same thing. They are left out before dates are read.
    things: dict[tuple[object, ...], list[tuple[StatedFigure, Interval]]] = defaultdict(list)
    modes: dict[tuple[object, ...], CountingMode] = {}
    for stated in figures:
        quantity, claim = stated.quantity, stated.claim
        interval = _interval(quantity["qualifier"], quantity["low"], quantity["best"], quantity["high"])
        if interval is not None and claim["time"] is not None:
            metric = quantity["metric"]
            mode = CountingMode.RUNNING_TOTAL if quantity["cumulative"] else COUNTING_MODES[metric]
            # When claims are about events, the event will be a part of this: figures conflict only within one event.
            thing: tuple[object, ...] = (
                *(metric, mode.name, _same_text(quantity["unit"])),
                *(_same_text(quantity["population"]), _same_text(claim["place"])),
            )
            things[thing].append((stated, interval))
            modes[thing] = mode
    for shared, members in things.items():
        if len(members) > 1 and len({interval for _stated, interval in members}) > 1:
            for stated, interval in members:
                text = stated.claim["time"]
                time = time_key(modes[shared], text, topic_start)
                if time is not None:
                    key = *shared, *time
                    yield ComparableFigure(
                        stated.claim_id, stated.position, key, modes[shared], edtf.span(text), interval
                    )


@lru_cache(maxsize=4096)
def _same_text(text: str | None) -> str | None:
    """A text for comparison: letter case and spaces make no difference."""
    return None if text is None else " ".join(text.casefold().split())


@lru_cache(maxsize=4096)
def _interval(qualifier: str, *numbers: float | None) -> Interval | None:
    # repr() gives the shortest digits, which are those that the source gave: comparisons of bounds must be exact.
    return interval_of(qualifier, *(None if number is None else Decimal(repr(number)) for number in numbers))


@lru_cache(maxsize=16_384)
def time_key(mode: CountingMode, time: str, topic_start: date) -> tuple[object, ...] | None:
    """The part of a comparison key that is about time (EDTF); None if figures of that time cannot be compared.

    `topic_start` is the first day of the topic's period. A running total without a beginning counts from there.
    """
    days, span = edtf.bounds(time), edtf.span(time)
    if days == edtf.OPEN:
        return None
    if mode is CountingMode.STATE:
        return ()
    if mode is CountingMode.PERIOD:
        return ("incident",) if span.has_hours and span.length <= MAX_INCIDENT else span
    if days.latest == date.max:
        return None  # a total by an unknown day
    start, slash, end = time.partition("/")
    since = edtf.bounds(start).earliest if slash and not edtf.is_open_end(start) else topic_start
    return since if since != topic_start else None, *_end_key(end or start, span, is_interval=bool(slash))


def _end_key(end: str, span: edtf.Span, *, is_interval: bool) -> tuple[object, ...]:
    """When a running total ends: a moment, or a day, month or year."""
    if not edtf.has_hours(end):
        return edtf.bounds(end)
    return (span.end if is_interval else span.start), span.is_zoned
