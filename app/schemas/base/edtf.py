"""Extended Date/Time Format (EDTF, ISO 8601-2:2019, Library of Congress levels 0 and 1).

The text is stored as given. The first and last day that it may cover are computed once and stored for filtering.

Attest has its own parser because a request or file may hold thousands of dates. A parser for a full EDTF grammar takes
about 5 ms for each, so a single request body could keep it busy for seconds.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 60

EXAMPLES = "2025-01-12, 2025-01, 2025-01~ (about), 2024-10/2025-01 (from, to), 2025-01-12/.. (open)"

_DATE = re.compile(
    r"""(?:
        (?P<vague>\d{3}X | \d\dXX)
      | (?P<year>\d{4}) (?: -(?P<season>2[1-4]) | -(?P<month>\d\d) (?: -(?P<day>\d\d) | (?:-XX)? ) | (?:-XX){0,2} )
    )[?~%]?""",
    re.VERBOSE | re.ASCII,
)
# The pattern excludes 24:00, which newer Python versions parse as the next day.
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:Z|[+-]\d\d(?::\d\d)?)?", re.ASCII)

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


@lru_cache(maxsize=65_536)
def bounds(text: str | None) -> Bounds:
    """Return the first and last day that an EDTF date may cover; all days for None.

    The qualifiers 'approximate' and 'uncertain' do not widen the bounds, because they do not say by how much. Raises
    ValueError, with examples of valid dates, for anything that is not EDTF or is outside the years 1 to 9999.
    """
    if text is None:
        return OPEN
    try:
        earliest, latest = _interval_bounds(text) if "/" in text else _timestamp_bounds(text)
    except ValueError:
        raise ValueError(f"is not an EDTF date in the years 1 to 9999; examples: {EXAMPLES}") from None
    if earliest > latest:
        raise ValueError("must not end before it begins")
    return Bounds(earliest, latest)


def _interval_bounds(text: str) -> Bounds:
    start, _slash, end = text.partition("/")
    if start in _OPEN_ENDS and end in _OPEN_ENDS and text != "../..":
        raise ValueError("an interval needs a start or an end")
    first = OPEN if start in _OPEN_ENDS else _date_bounds(start)
    last = OPEN if end in _OPEN_ENDS else _date_bounds(end)
    return Bounds(first.earliest, last.latest)


def _timestamp_bounds(text: str) -> Bounds:
    if not _TIMESTAMP.fullmatch(text):
        return _date_bounds(text)
    day = datetime.fromisoformat(text).date()
    return Bounds(day, day)


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
