"""Days and EDTF dates (ISO 8601-2:2019, levels 0 and 1) in English: 'about January 2025', 'by 12 January 2025'."""

import re
from collections.abc import Sequence
from datetime import date

from app.formats.english.edtf_parts import EdtfEnd, split_end

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - as a list it takes twelve lines
)
SEASONS = ("spring", "summer", "autumn", "winter")

_OPEN_ENDS = ("", "..")
_DECADE = re.compile(r"(\d{3})X([?~%]?)")
_CENTURY = re.compile(r"(\d{2})XX([?~%]?)")
_OFFSET = re.compile(r"([+-])(\d\d)(?::(\d\d))?")


def format_day(day: date) -> str:
    """Return a day as an English sentence gives it: '3 November 2024'."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_edtf(edtf: str, *, with_times: bool = True) -> str:
    """Return an EDTF date in English; a date that cannot be put into words is returned unchanged.

    Without `with_times` the times of day are left out: '12 January 2025' instead of '18:00 on 12 January 2025'.
    """
    start, slash, end = edtf.partition("/")
    if slash and start in _OPEN_ENDS and end not in _OPEN_ENDS:
        return f"by {format_edtf(end, with_times=with_times)}"
    if slash and end in _OPEN_ENDS and start not in _OPEN_ENDS:
        return f"from {format_edtf(start, with_times=with_times)}"
    if match := _DECADE.fullmatch(edtf) or _CENTURY.fullmatch(edtf):
        return f"{'about ' if match[2] else ''}{match[1].ljust(4, '0')}s"
    ends = [split_end(text) for text in ([start, end] if slash else [start])]
    known = [part if with_times else part._replace(time=None, offset=None) for part in ends if part is not None]
    if len(known) < len(ends):
        return edtf
    about = "about " if any(part.uncertain for part in known) else ""
    first, last = known[0], known[-1]
    if last.time is not None and last.offset is None:
        last = last._replace(offset=first.offset)  # ISO 8601-1: the start's offset is that of the end too
    if first.time and last.time and first != last and first.numbers == last.numbers:
        # '18:00 to 23:30 on 12 January 2025': the day is not repeated, nor the offset.
        start_time = first.time if first.offset == last.offset else _format_time(first)
        return f"{start_time} to {_format_end(last)}"
    # 'October 2024 to January 2025': a dash is hard to read between dates of several words.
    return about + " to ".join(dict.fromkeys((_format_end(first), _format_end(last))))


def _format_end(part: EdtfEnd) -> str:
    """Return a date, or a time of day and its date, in English."""
    if part.season is not None:
        return f"{SEASONS[part.season - 1]} {part.numbers[0]}"
    day = _format_date(part.numbers)
    return day if part.time is None else f"{_format_time(part)} on {day}"


def _format_time(part: EdtfEnd) -> str:
    """Return a time of day with its offset: '18:00', '18:00 UTC', '18:00 UTC+2', '18:00 UTC+5:30'."""
    match = _OFFSET.fullmatch(part.offset or "")
    if match is None:
        return f"{part.time} UTC" if part.offset else part.time or ""
    minutes = "" if match[3] in {None, "00"} else f":{match[3]}"
    offset = f"{'−' if match[1] == '-' else '+'}{int(match[2])}{minutes}"
    return f"{part.time} UTC{'' if offset[1:] == '0' else offset}"


def _format_date(numbers: Sequence[int]) -> str:
    """Return a year, a year and month, or a year, month and day in English."""
    year, month, day = (*numbers, 0, 0)[:3]
    return " ".join(filter(None, (str(day or ""), MONTHS[month - 1] if month else "", str(year))))
