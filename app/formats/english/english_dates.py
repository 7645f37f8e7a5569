"""Dates in EDTF (ISO 8601-2:2019, levels 0 and 1) in English words: 'about January 2025', 'by 12 January 2025'."""

import re
from collections.abc import Sequence

from app.formats.english.edtf_parts import parts

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - as a list it takes twelve lines
)
SEASONS = ("spring", "summer", "autumn", "winter")

_OPEN = ("", "..")
_DECADE = re.compile(r"(\d{3})X([?~%]?)")
_CENTURY = re.compile(r"(\d{2})XX([?~%]?)")


def date_words(edtf: str) -> str:
    """A date in words; one that has none is given as it is."""
    first, span, last = edtf.partition("/")
    if span and first in _OPEN and last not in _OPEN:
        return f"by {date_words(last)}"
    if span and last in _OPEN and first not in _OPEN:
        return f"from {date_words(first)}"
    if found := _DECADE.fullmatch(edtf) or _CENTURY.fullmatch(edtf):
        return f"{'about ' if found[2] else ''}{found[1].ljust(4, '0')}s"
    taken = parts(edtf)
    if taken is None:
        return edtf
    words = [_one(date) for date in taken.dates]
    if taken.season is not None:
        words = [f"{SEASONS[taken.season - 1]} {taken.dates[0][0]}"]
    # 'October 2024 to January 2025' rather than a dash, which stands badly between words of several dates.
    return ("about " if taken.uncertain else "") + " to ".join(words)


def _one(date: Sequence[int]) -> str:
    year, month, day = (*date, 0, 0)[:3]
    return " ".join(filter(None, (str(day or ""), MONTHS[month - 1] if month else "", str(year))))
