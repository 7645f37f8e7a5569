"""Extended Date/Time Format (EDTF, ISO 8601-2:2019, Library of Congress levels 0 and 1).

The text is kept as given; for filtering, the first and the last day that it may speak of are worked out from it once.
"""

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 60

EXAMPLES = "2025-01-12, 2025-01, 2025-01~ (about), 2024-10/2025-01 (from, to), 2025-01-12/.. (open)"

_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?[?~%]?")


_FAULTS = (ValueError, OverflowError, TypeError, AttributeError, RecursionError)
"""What comes of what is no date, or none of the calendar."""


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
    if len(text) > MAX_LENGTH or not text.isascii():
        raise ValueError(f"is not an EDTF date; write for example {EXAMPLES}")
    try:
        earliest, latest = _of_dates(text) or _of_grammar(text)
    except _FAULTS:
        raise ValueError(f"is not an EDTF date of the years 1 to 9999; write for example {EXAMPLES}") from None
    if earliest > latest:
        raise ValueError("ends before it begins")
    return Bounds(earliest, latest)


def _of_dates(text: str) -> Bounds | None:
    """Bounds of a year, month or day, or of a span of two: nearly all there is, and a thousand times faster so."""
    start, slash, end = text.partition("/")
    first = OPEN if slash and start == ".." else _of_date(start)
    last = (OPEN if end == ".." else _of_date(end)) if slash else first
    return first and last and Bounds(first.earliest, last.latest)


def _of_date(text: str) -> Bounds | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    earliest = date(year or 0, month or 1, day or 1)
    latest = date(earliest.year, month or 12, day or monthrange(earliest.year, month or 12)[1])
    return Bounds(earliest, latest)


def _of_grammar(text: str) -> Bounds:
    """Bounds of anything else in EDTF."""
    # Not before it is needed, which is hardly ever: the grammar takes as long to build as all our shapes.
    from edtf import parse_edtf  # noqa: PLC0415 - as above
    from edtf.parser import parser_classes  # noqa: PLC0415 - as above
    from edtf.parser.edtf_exceptions import EDTFParseException  # noqa: PLC0415 - as above

    # Of what it cannot make a date of it prints its own arguments, among what a command prints for programs.
    vars(parser_classes)["print"] = lambda *_words: None

    try:
        parsed = parse_edtf(text)
    except EDTFParseException as error:
        raise ValueError(text) from error
    start, _, end = text.partition("/")
    earliest = date.min if start in ("", "..") else _day(parsed.lower_strict())
    latest = date.max if "/" in text and end in ("", "..") else _day(parsed.upper_strict())
    return Bounds(earliest, latest)


def _day(moment: object) -> date:
    year, month, day = moment[:3]  # type: ignore[index]  # a time.struct_time; infinities raise and are refused
    return date(year, month, day)
