"""EDTF dates (ISO 8601-2:2019, levels 0 and 1) split into years, months and days for formats without EDTF."""

import re
from typing import NamedTuple

_DATE = re.compile(r"(\d{4})(?:-(?:(\d{2})|XX)(?:-(?:(\d{2})|XX))?)?([?~%]?)")
_MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}(?::\d{2})?)?")
_FIRST_SEASON, _LAST_SEASON = 21, 24
_OPEN_ENDS = ("", "..")


class EdtfParts(NamedTuple):
    """The parts of a date, or of an interval between two dates."""

    dates: tuple[tuple[int, ...], ...]
    """One date, or the start and end of an interval; each is a year, a year and month, or a year, month and day.

    An interval within one day, or one season or year, and an interval with an open end have one date.
    """
    season: int | None
    """Season of that year, from 1 (spring) to 4 (winter); None if the date is not a single season."""
    uncertain: bool
    """True if any date is uncertain (`?`), approximate (`~`) or both (`%`)."""
    is_open: bool
    """True for an interval with an open or unknown end, whose other end is the only date."""
    is_exact: bool
    """True if `dates` say all that the text says."""


class EdtfEnd(NamedTuple):
    """A single date or moment, as an interval has two."""

    numbers: tuple[int, ...]
    """A year, a year and month, or a year, month and day."""
    season: int | None
    """Season of the year, from 1 (spring) to 4 (winter)."""
    time: str | None
    """Time of day as 18:00."""
    offset: str | None
    """Offset of that time from UTC as `Z`, `+02` or `+02:00`."""
    uncertain: bool
    """True if the date is uncertain or approximate."""
    is_whole: bool
    """True if the numbers say all that the text says."""


def split_edtf(edtf: str) -> EdtfParts | None:
    """Split an EDTF date into its parts; None for a decade or century (202X), and for anything that is not a date."""
    texts = edtf.split("/")
    known = [text for text in texts if text not in _OPEN_ENDS] if len(texts) == 2 else texts  # noqa: PLR2004 - an interval
    ends = [split_end(text) for text in known]
    parsed = [end for end in ends if end is not None]
    if not parsed or len(parsed) < len(ends) or len(parsed) > 2:  # noqa: PLR2004 - an interval has two ends
        return None
    dates = tuple(end.numbers for end in parsed)
    is_season = len(parsed) == 1 and len(texts) == 1
    return EdtfParts(
        dates[:1] if dates[0] == dates[-1] else dates,
        parsed[0].season if is_season else None,
        any(end.uncertain for end in parsed),
        len(parsed) < len(texts),
        len(parsed) == len(texts) and all(end.is_whole for end in parsed) and dates[0] != (dates[1:] or (None,))[0],
    )


def split_end(text: str) -> EdtfEnd | None:
    """Split a single date or moment; None for anything else."""
    if moment := _MOMENT.fullmatch(text):
        year, month, day, time, _seconds, offset = moment.groups()
        return EdtfEnd((int(year), int(month), int(day)), None, time, offset, uncertain=False, is_whole=False)
    match = _DATE.fullmatch(text)
    if match is None or int(match[3] or 1) > 31:  # noqa: PLR2004 - days
        return None
    year, month, day, mark = match.groups()
    number = int(month or 1)
    if number > _LAST_SEASON or 12 < number < _FIRST_SEASON or (day and not month):  # noqa: PLR2004 - months
        return None
    season = number - _FIRST_SEASON + 1 if number >= _FIRST_SEASON else None
    numbers = (int(year),) if season else tuple(int(part) for part in (year, month, day) if part)
    return EdtfEnd(numbers, season, None, None, bool(mark), is_whole=season is None and not mark and "X" not in text)


def with_seconds(edtf: str) -> str:
    """The date with the seconds, and the minutes of the offset, of its moments, for readers of the strict format."""

    def complete(moment: re.Match[str]) -> str:
        year, month, day, time, seconds, offset = moment.groups()
        zone = f"{offset}:00" if offset and len(offset) == len("+02") else offset or ""
        return f"{year}-{month}-{day}T{time}{seconds or ':00'}{zone}"

    return "/".join(_MOMENT.sub(complete, text) for text in edtf.split("/"))
