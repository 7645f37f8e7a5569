"""Extended Date/Time Format (EDTF, ISO 8601-2:2019, Library of Congress levels 0 and 1).

The text is kept as given; for filtering, the first and the last day that it may speak of are worked out from it once.

Read by ourselves: dates come by the thousand in one file or request, and a grammar of all of EDTF takes some 5 ms over
each, which one body could make seconds of.
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
# Later Pythons read 24:00 as well, and make it the next day.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:Z|[+-]\d\d(?::\d\d)?)?", re.ASCII)

_SEASONS: Mapping[str, tuple[int, int]] = {"21": (3, 5), "22": (6, 8), "23": (9, 11), "24": (12, 12)}
"""First and last month of spring, summer, autumn and winter in the north, as far as they lie in the year named."""

_OPEN_ENDS = ("", "..")
"""An end that is not known, and one that is open."""


class Bounds(NamedTuple):
    """The first and the last day that a date may speak of, both included; open ends reach to those of the calendar."""

    earliest: date
    latest: date


OPEN = Bounds(date.min, date.max)
"""Bounds of a date that is not given."""


@lru_cache(maxsize=65_536)
def bounds(text: str | None) -> Bounds:
    """The days that an EDTF text may speak of; all days for None.

    'About' and 'uncertain' do not widen it: nobody said by how much.
    Raises ValueError, with examples of what would be right, for anything that is not EDTF or lies outside the
    years 1 to 9999.
    """
    if text is None:
        return OPEN
    try:
        earliest, latest = _of_span(text) if "/" in text else _of_moment(text)
    except ValueError:
        raise ValueError(f"is not an EDTF date of the years 1 to 9999; write for example {EXAMPLES}") from None
    if earliest > latest:
        raise ValueError("ends before it begins")
    return Bounds(earliest, latest)


def _of_span(text: str) -> Bounds:
    start, _slash, end = text.partition("/")
    if start in _OPEN_ENDS and end in _OPEN_ENDS and text != "../..":
        raise ValueError("says nothing")
    first = OPEN if start in _OPEN_ENDS else _of_date(start)
    last = OPEN if end in _OPEN_ENDS else _of_date(end)
    return Bounds(first.earliest, last.latest)


def _of_moment(text: str) -> Bounds:
    if not _MOMENT.fullmatch(text):
        return _of_date(text)
    day = datetime.fromisoformat(text).date()
    return Bounds(day, day)


def _of_date(text: str) -> Bounds:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("is none")
    vague, year, season, month, day = found.group("vague", "year", "season", "month", "day")
    if vague:
        return Bounds(date(int(vague.replace("X", "0")), 1, 1), date(int(vague.replace("X", "9")), 12, 31))
    first, last = _SEASONS[season] if season else (int(month), int(month)) if month else (1, 12)
    earliest = date(int(year), first, int(day or 1))
    return Bounds(earliest, earliest if day else date(earliest.year, last, monthrange(earliest.year, last)[1]))
