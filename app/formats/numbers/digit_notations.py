"""Numbers in digits: separators of thousands and decimals, and the readings of an ambiguous number.

Thousands may be separated by a comma, point, space, apostrophe or the Arabic separator, in groups of three or as in
India (1,00,000). An ambiguous number has all its readings, except implausible ones: 1.125 may be a decimal, 11.000 is
not. Digits that are no single number are several: a date (12.05.2024), a list (1,2,3), an address of a network.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

MAX_DIGITS = 15
"""The limit of digits in a number; a longer one is an identifier, not a figure."""

ARABIC_DECIMAL, ARABIC_THOUSANDS = "\u066b", "\u066c"

DIGIT_RUN = (
    rf"(?<![0-9])(?:[1-9][0-9]{{0,2}}(?: [0-9]{{3}})+(?![0-9])(?:[.,{ARABIC_DECIMAL}][0-9]+)*"
    rf"|[0-9]+(?:[.,'{ARABIC_DECIMAL}{ARABIC_THOUSANDS}][0-9]+)*)"
)
"""The pattern of a run of digits and separators, in a text normalized by `quote_match.normalize`."""

_GROUPED = re.compile(rf"([1-9]\d{{0,2}}([,.' {ARABIC_THOUSANDS}])\d{{3}}(?:\2\d{{3}})*)(?:[.,{ARABIC_DECIMAL}](\d+))?")
_INDIAN = re.compile(rf"([1-9]\d?(?:([,{ARABIC_THOUSANDS}])\d\d)(?:\2\d\d)*\2\d{{3}})(?:[.{ARABIC_DECIMAL}](\d+))?")
_DECIMAL = re.compile(rf"(\d+)([.,{ARABIC_DECIMAL}])(\d+)")


def split_run(run: str) -> Iterator[tuple[int, int, tuple[Decimal, ...]]]:
    """Yield the numbers in a match of DIGIT_RUN: start and end within it, and the readings, the likelier first."""
    if readings := _parse(run):
        yield 0, len(run), readings
        return
    start = 0
    # A date such as 5.11.2024, or a list: each component is a number by itself.
    for component in re.split(r"[^0-9 ]", run):
        readings = _parse(component)
        if readings:
            yield start, start + len(component), readings
        start += len(component) + 1


def _parse(digits: str) -> tuple[Decimal, ...]:
    if sum(map(str.isdigit, digits)) > MAX_DIGITS:
        return ()
    if digits.isdigit():
        return (Decimal(digits),)
    readings: list[Decimal] = []
    separator = ""
    if (match := _GROUPED.fullmatch(digits) or _INDIAN.fullmatch(digits)) and not _has_one_separator(match):
        separator = match[2]
        readings.append(Decimal(f"{re.sub(r'[^0-9]', '', match[1])}.{match[3] or 0}"))
    decimal = _DECIMAL.fullmatch(digits)
    # 11.000 is eleven thousand: nobody writes a figure with three decimals that are all zero.
    if decimal and separator != ARABIC_THOUSANDS and (not readings or decimal[3].strip("0")):
        readings.append(Decimal(f"{decimal[1]}.{decimal[3]}"))
    return tuple(readings)


def _has_one_separator(match: re.Match[str]) -> bool:
    """True if the same sign would separate both thousands and decimals, as in 1,234,5."""
    return match[3] is not None and match.string[match.end(1)] == match[2]
