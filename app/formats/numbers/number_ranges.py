"""Ranges and lists of numbers whose multiplier follows the last one: "between 10 and 12 thousand", "10-12 тис."."""

from collections.abc import Sequence

from app.formats.numbers.partial_numbers import PartialNumber, multiply

MAX_GAP = 16
"""Characters between two numbers of a range at most."""

_PREPOSITION_LENGTH = 14

_RANGE_SIGNS = frozenset(("-", "~", "\u2026", "..", "...", "至", "到", "或", "から", "에서"))
_RANGE_WORDS = frozenset(
    "to or through до або чи или bis oder à ou a o ó do lub albo až nebo alebo ali ili tot of till til eller tai vai"
    " või ar iki la sau vagy veya hingga sampai atau đến hoặc au hadi إلى الى أو او تا یا से या থেকে বা έως ή עד או ถึง"
    " หรือ 至 到 或 から 에서 내지".split()
)
"""Words between the ends of a range, where the multiplier may follow the second number only."""

_LIST_SIGNS = frozenset(("和", "与", "及", "、"))
_LIST_WORDS = frozenset(
    ", and і й та и und et y e i a en och og ja és ir un și ve ile dan và na και و और এবং และ 및 과 와".split()
)
"""Words between the numbers of a list, which is a range if a preposition precedes it."""

_PREPOSITIONS = frozenset(
    "between from між від между от zwischen von entre de da tra fra między od mezi medzi tussen van mellan mellem"
    " mellom från arasında antara giữa بين من بین از között välillä".split()
)


def _is_range(gap: str) -> bool:
    word = gap.strip(" \t").casefold()
    return word in _RANGE_SIGNS or (word in _RANGE_WORDS and gap[0] in " \t" and gap[-1] in " \t")


def _is_list(gap: str) -> bool:
    word = gap.strip(" \t").removeprefix(", ").casefold()
    if word in _LIST_SIGNS or gap in (" و", "\tو"):
        return True
    return word in _LIST_WORDS and gap[-1] in " \t" and (gap[0] in " \t,")


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
        is_range, is_list = _is_range(gap), _is_list(gap)
        low, high = max(first.bare), min(second.bare)
        if not (is_range or is_list) or not high / 100 <= low:
            continue
        before = text[max(0, first.start - _PREPOSITION_LENGTH) : first.start].split()
        is_between = bool(before) and before[-1].casefold() in _PREPOSITIONS
        values, doubts = multiply(first.bare, multipliers)
        first.doubts |= {*first.bare} | doubts
        if low <= high and (is_range or is_between) and not second.may_be_separate:
            first.readings = values
        elif low <= high:
            first.readings, first.doubts = (), first.doubts | {*values}
        else:
            first.doubts |= {*values}
        first.shared_multipliers = multipliers
