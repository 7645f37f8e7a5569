"""Ranges and lists of numbers whose multiplier follows the last one: "between 10 and 12 thousand", "10-12 тис."."""

import re
from collections.abc import Sequence

from app.formats.captures.partial_numbers import PartialNumber, multiply

MAX_GAP = 16
"""Characters between two numbers of a range at most."""

_PREPOSITION_LENGTH = 14

# Between the ends of a range, where the multiplier may follow the second number only: "10 to 12 thousand", "10-12 тис."
_RANGE = re.compile(
    r"[ \t]?(?:-|~|\u2026|\.\.\.?)[ \t]?"
    r"|[ \t](?:to|or|through|up to|до|або|чи|или|bis|oder|à|ou|a|o|ó|do|lub|albo|až|nebo|alebo|ali|ili|tot|of|till|til"
    r"|eller|tai|vai|või|ar|iki|la|sau|vagy|veya|hingga|sampai|atau|đến|hoặc|au|hadi|إلى|الى|أو|او|تا|یا|से|या|থেকে|বা"
    r"|έως|ή|עד|או|ถึง|หรือ|至|到|或|から|에서|내지)[ \t]"
    r"|(?:至|到|或|から|에서)[ \t]?",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(
    r",?[ \t](?:and|і|й|та|и|und|et|y|e|i|a|en|och|og|ja|és|ir|un|și|ve|ile|dan|và|na|και|و|और|এবং|และ|및|과|와)[ \t]"
    r"|[ \t]و|[和与及、]|,[ \t]",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:between|from|між|від|між|между|от|zwischen|von|entre|de|da|tra|fra|między|od|mezi|medzi|tussen|van|mellan|mellem"
    r"|mellom|fra|från|arasında|antara|giữa|بين|من|بین|από|între|között|välillä)[ \t]$",
    re.IGNORECASE,
)


def share_multiplier(text: str, numbers: Sequence[PartialNumber]) -> None:
    """Apply the multiplier at the end of a range to its start as well: "10 to 12 thousand"."""
    for position in range(len(numbers) - 1, 0, -1):
        first, second = numbers[position - 1], numbers[position]
        multipliers = second.multipliers or second.shared_multipliers
        if first.multipliers or first.shared_multipliers or not multipliers or first.is_numeral:
            continue
        if first.start == second.start or second.start - first.end > MAX_GAP:
            continue
        gap = text[first.end : second.start]
        is_range, is_list = _RANGE.fullmatch(gap), _CONJUNCTION.fullmatch(gap)
        low, high = max(first.bare), min(second.bare)
        if not (is_range or is_list) or not high / 100 <= low:
            continue
        is_between = _BETWEEN.search(text, max(0, first.start - _PREPOSITION_LENGTH), first.start) is not None
        values, doubts = multiply(first.bare, multipliers)
        first.doubts |= {*first.bare} | doubts
        if low <= high and (is_range or is_between) and not second.may_be_separate:
            first.readings = values
        elif low <= high:
            first.readings, first.doubts = (), first.doubts | {*values}
        else:
            first.doubts |= {*values}
        first.shared_multipliers = multipliers
