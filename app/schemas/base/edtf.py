"""Extended Date/Time Format (EDTF, ISO 8601-2:2019, Library of Congress levels 0 and 1), and intervals with hours.

EDTF has times of day only in single moments. Attest also accepts them without seconds, and in intervals, as ISO 8601-1
(2019, section 5.5.2) writes these: `2025-01-12T18:00/2025-01-12T23:30`.

The text is stored as given. The first and last day that it may cover are computed once and stored for filtering. The
exact times are computed when figures are compared (`span`).

Attest has its own parser because a request or file may hold thousands of dates. A parser for a full EDTF grammar takes
about 5 ms for each, so a single request body could keep it busy for seconds.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 60

EXAMPLES = (
    "2025-01-12, 2025-01, 2025-01~ (about), 2024-10/2025-01 (from, to), 2025-01-12/.. (open), "
    "2025-01-12T23:00 (local time), 2025-01-12T18:00Z/2025-01-12T23:30Z (UTC)"
)

_DATE = re.compile(
    r"""(?:
        (?P<vague>\d{3}X | \d\dXX)
      | (?P<year>\d{4}) (?: -(?P<season>2[1-4]) | -(?P<month>\d\d) (?: -(?P<day>\d\d) | (?:-XX)? ) | (?:-XX){0,2} )
    )[?~%]?""",
    re.VERBOSE | re.ASCII,
)
# The pattern excludes 24:00, which newer Python versions parse as the next day.
_MOMENT = re.compile(
    r"(?P<local>\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d(?P<seconds>:\d\d)?)"
    r"(?P<offset>Z|[+-](?P<hours>\d\d)(?::(?P<minutes>[0-5]\d))?)?",
    re.ASCII,
)

FIRST_MOMENT, LAST_MOMENT = datetime.min, datetime.max  # noqa: DTZ901 - times without a zone are local, see Span
"""The ends of the calendar: the bounds of open intervals."""

_EASTERNMOST, _WESTERNMOST = timedelta(hours=14), timedelta(hours=12)
"""How far local time is ahead of UTC, and behind it, at most."""

_SEASONS: Mapping[str, tuple[int, int]] = {"21": (3, 5), "22": (6, 8), "23": (9, 11), "24": (12, 12)}
"""First and last month of spring, summer, autumn and winter (northern hemisphere) within the year that is named."""

_OPEN_ENDS = ("", "..")
"""An unknown end (empty) and an open end of an interval."""


class Bounds(NamedTuple):
    """First and last day that a date may cover, both inclusive; open ends reach to `date.min` and `date.max`."""

    earliest: date
    latest: date


OPEN = Bounds(date.min, date.max)
"""Bounds of a missing date."""


class Span(NamedTuple):
    """The time that a date may cover, to the minute or second; the end is not part of it."""

    start: datetime
    """Without a time zone: in UTC if `is_zoned`, otherwise in local time."""
    end: datetime
    is_zoned: bool
    """True if the date has an offset from UTC. Otherwise it is in local time, and nobody knows which."""
    has_hours: bool
    """True if the date has a time of day."""

    def overlaps(self, other: "Span") -> bool:
        """False only if the two certainly have no moment in common.

        Two local times are compared as if they had the same time zone, because figures are compared only for the same
        place. A local time may be any from 14 hours before to 12 hours after the same time in UTC.
        """
        first, second = (self, other) if self.is_zoned == other.is_zoned else (self.in_utc(), other.in_utc())
        return first.start < second.end and second.start < first.end

    def ends_before(self, other: "Span") -> bool:
        """True if this certainly ends before the other begins."""
        return not self.overlaps(other) and self.start < other.start

    @property
    def length(self) -> timedelta:
        """How long the time is."""
        return self.end - self.start

    def in_utc(self) -> "Span":
        """This time in UTC; a local time is widened to all that it may be."""
        if self.is_zoned:
            return self
        return Span(_shift(self.start, -_EASTERNMOST), _shift(self.end, _WESTERNMOST), True, self.has_hours)


@lru_cache(maxsize=65_536)
def bounds(text: str | None) -> Bounds:
    """Return the first and last day that a date may cover, as it writes them; all days for None.

    The qualifiers 'approximate' and 'uncertain' do not widen the bounds, because they do not say by how much. Raises
    ValueError, with examples of valid dates, for anything that is not EDTF or is outside the years 1 to 9999.
    """
    if text is None:
        return OPEN
    try:
        ends = _parse(text)
    except ValueError as error:
        if isinstance(error, _HelpfulError):
            raise
        raise ValueError(f"is not an EDTF date in the years 1 to 9999; examples: {EXAMPLES}") from None
    first, last = ends
    ends_too_early = first.start > (last.start if last.has_hours else last.end)
    if first.zone is not None and last.zone is not None:
        if ends_too_early:
            raise ValueError("must not end before it begins")
        # The days are those that are written, which may be in different time zones.
        return Bounds(min(first.days.earliest, last.days.latest), max(first.days.earliest, last.days.latest))
    if first.days.earliest > last.days.latest or (first.zone is last.zone and ends_too_early):
        raise ValueError("must not end before it begins")
    return Bounds(first.days.earliest, last.days.latest)


@lru_cache(maxsize=16_384)
def span(text: str | None) -> Span:
    """Return the time that a date may cover, to the minute or second where it says so; all times for None.

    Raises ValueError like `bounds`.
    """
    bounds(text)
    first, last = (_OPEN_END, _OPEN_END) if text is None else _parse(text)
    is_zoned = first.zone is not None or last.zone is not None
    start, end = first.start, last.end
    if is_zoned and first.zone is None:
        start = _shift(start, -_EASTERNMOST)
    if first is not last and last.has_hours:
        # An interval ends at the moment at which it says that it ends. It lasts at least as long as its first moment.
        end = max(last.start, first.end if first.has_hours else first.start)
    return Span(start, end, is_zoned, first.has_hours or last.has_hours)


def has_hours(text: str) -> bool:
    """True for a valid date with a time of day."""
    return "T" in text


def is_open_end(text: str) -> bool:
    """True for the end of an interval that is open or unknown."""
    return text in _OPEN_ENDS


# --- parsing ---


class _HelpfulError(ValueError):
    """A fault for which there is a better message than the list of examples."""


class _End(NamedTuple):
    """A single date or moment: an end of an interval, or both."""

    days: Bounds
    start: datetime
    """In UTC if it has an offset."""
    end: datetime
    zone: timezone | None
    """Offset from UTC."""
    has_hours: bool


def _parse(text: str) -> tuple[_End, _End]:
    """The start and the end of a date; the same object twice if it is not an interval. Raises ValueError."""
    start, slash, end = text.partition("/")
    if not slash:
        single = _parse_end(start, None)
        return single, single
    if start in _OPEN_ENDS and end in _OPEN_ENDS and text != "../..":
        raise ValueError("an interval needs a start or an end")
    first = _OPEN_END if start in _OPEN_ENDS else _parse_end(start, None)
    last = _OPEN_END if end in _OPEN_ENDS else _parse_end(end, first.zone)
    if first.has_hours and first.zone is None and last.zone is not None:
        raise _HelpfulError(
            "must give the offset from UTC at the start of an interval too, as in "
            "2025-01-12T18:00+02:00/2025-01-12T23:30+02:00"
        )
    return first, last


def _parse_end(text: str, zone: timezone | None) -> _End:
    """A date or moment; `zone` is the offset of the interval's start, which also applies to its end (ISO 8601-1)."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        days = _date_bounds(text)
        end = LAST_MOMENT if days.latest == date.max else _midnight(days.latest + timedelta(days=1))
        return _End(days, _to_utc(_midnight(days.earliest), zone), _to_utc(end, zone), zone, has_hours=False)
    zone = _parse_offset(match) or zone
    local = datetime.fromisoformat(match["local"])
    day = local.date()
    precision = timedelta(seconds=1) if match["seconds"] else timedelta(minutes=1)
    start = _to_utc(local, zone)
    return _End(Bounds(day, day), start, _shift(start, precision), zone, has_hours=True)


def _parse_offset(match: re.Match[str]) -> timezone | None:
    if match["offset"] is None:
        return None
    if match["offset"] == "Z":
        return UTC
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if offset > _EASTERNMOST:
        raise ValueError("no time zone has this offset")
    return timezone(-offset if match["offset"].startswith("-") else offset)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - times without a zone are local, see Span


def _to_utc(local: datetime, zone: timezone | None) -> datetime:
    offset = None if zone is None else zone.utcoffset(None)
    return local if offset is None else _shift(local, -offset)


def _shift(moment: datetime, by: timedelta) -> datetime:
    """A moment moved by some time, but not beyond the ends of the calendar."""
    if by < timedelta(0):
        return FIRST_MOMENT if moment - FIRST_MOMENT < -by else moment + by
    return LAST_MOMENT if LAST_MOMENT - moment < by else moment + by


def _date_bounds(text: str) -> Bounds:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("is not a date")
    vague, year, season, month, day = match.group("vague", "year", "season", "month", "day")
    if vague:
        return Bounds(date(int(vague.replace("X", "0")), 1, 1), date(int(vague.replace("X", "9")), 12, 31))
    first, last = _SEASONS[season] if season else (int(month), int(month)) if month else (1, 12)
    earliest = date(int(year), first, int(day or 1))
    return Bounds(earliest, earliest if day else date(earliest.year, last, monthrange(earliest.year, last)[1]))


_OPEN_END = _End(OPEN, FIRST_MOMENT, LAST_MOMENT, None, has_hours=False)
