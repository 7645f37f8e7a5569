"""Days and EDTF dates (ISO 8601-2:2019, levels 0 and 1) in English: 'about January 2025', 'by 12 January 2025'."""

import re
from collections.abc import Sequence
from datetime import date

from app.formats.english.edtf_parts import split_edtf

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - as a list it takes twelve lines
)
SEASONS = ("spring", "summer", "autumn", "winter")

_OPEN_ENDS = ("", "..")
_DECADE = re.compile(r"(\d{3})X([?~%]?)")
_CENTURY = re.compile(r"(\d{2})XX([?~%]?)")


def format_day(day: date) -> str:
    """Return a day as an English sentence gives it: '3 November 2024'."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_edtf(edtf: str) -> str:
    """Return an EDTF date in English; a date that cannot be put into words is returned unchanged."""
    start, slash, end = edtf.partition("/")
    if slash and start in _OPEN_ENDS and end not in _OPEN_ENDS:
        return f"by {format_edtf(end)}"
    if slash and end in _OPEN_ENDS and start not in _OPEN_ENDS:
        return f"from {format_edtf(start)}"
    if match := _DECADE.fullmatch(edtf) or _CENTURY.fullmatch(edtf):
        return f"{'about ' if match[2] else ''}{match[1].ljust(4, '0')}s"
    parts = split_edtf(edtf)
    if parts is None:
        return edtf
    phrases = [_format_date(numbers) for numbers in parts.dates]
    if parts.season is not None:
        phrases = [f"{SEASONS[parts.season - 1]} {parts.dates[0][0]}"]
    # 'October 2024 to January 2025': a dash is hard to read between dates of several words.
    return ("about " if parts.uncertain else "") + " to ".join(phrases)


def _format_date(numbers: Sequence[int]) -> str:
    """Return a year, a year and month, or a year, month and day in English."""
    year, month, day = (*numbers, 0, 0)[:3]
    return " ".join(filter(None, (str(day or ""), MONTHS[month - 1] if month else "", str(year))))
