"""Numerals of Chinese, Japanese and Korean: 三百, 12万5千, 삼백, 3천만.

These scripts write numerals without spaces, and their characters are also parts of ordinary words. So numerals without
Arabic digits are certain only where they are longer than a syllable or a counter follows (三百人, 삼백 명).
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

UNITS: Mapping[str, int] = {
    **dict.fromkeys("십十", 10),
    **dict.fromkeys("백百", 100),
    **dict.fromkeys("천千", 1_000),
    **dict.fromkeys("만万萬", 10_000),
    **dict.fromkeys("억亿億", 10**8),
    **dict.fromkeys("조兆", 10**12),
}
"""The factor of a character."""

_DIGITS: Mapping[str, int] = {
    **{digit: value for value, digit in enumerate("〇一二三四五六七八九")},
    **dict.fromkeys("零영공", 0),
    **dict.fromkeys("两兩", 2),
    **{digit: value for value, digit in enumerate("일이삼사오육륙칠팔구", 1) if value <= 6},
    "륙": 6,
    "칠": 7,
    "팔": 8,
    "구": 9,
}

MAX_LENGTH = 24
"""Characters of a numeral at most; hostile files have longer ones."""

HAN_RUN = "[〇零一二两兩三四五六七八九十百千万萬亿億兆]+"
HANGUL_RUN = "[영공일이삼사오육륙칠팔구십백천만억조]+"

_HANGUL = re.compile("[가-힣]")
_VAGUE = frozenset("数數几幾多제")
"""Characters before a numeral that make it no figure: several hundred, article 5."""

_HANGUL_COUNTER = re.compile(
    " ?(?:여 ?)?(?:명|인|개|대|원|달러|발|톤|기|척|정|문|곳|건|채|마리|병력|군|위안|루블|유로|킬로|미터|㎞|km|회|차례"
    "|가구|세대|년|평|일|주|달|시간|분|초|%|퍼센트|배|점|포대|여단|사단|연대|대대|중대|소대|만 명|이상|이하)"
)
_HAN_COUNTER = re.compile(
    "[余餘多]?(?:[人名个個辆輛架门門艘枚发發件次年月日岁歲元円台両机機隻只头頭家户戶轩軒国國社校市县縣県倍周週时時分秒度箇ヶか所点點本"
    "具位支座栋棟箱吨噸公千平]|ドル|トン|キロ|%|以上|以下)"
)
_ARTICLE_NUMBER = re.compile(r"[제第] ?[0-9,]+ ?$")
_APPROXIMATE = re.compile(
    "([一二三四五六七八일이삼사오육칠팔])([二三四五六七八九이삼사오육칠팔구])(?=[十百千万萬亿億십백천만억])"
)
_AFTER_UNIT = re.compile(" ?여|[^가-힣]|$")


class HanNumeral(NamedTuple):
    """The numbers that a run of characters may stand for."""

    values: tuple[Decimal, ...]
    is_certain: bool


def is_unit_run(text: str, start: int, end: int) -> bool:
    """True if a run consists of factors that multiply the digits before it: 1만, 3천만, 3 천명 but not 3 만나."""
    if (
        end - start > MAX_LENGTH
        or any(character not in UNITS for character in text[start:end])
        or _ARTICLE_NUMBER.search(text, max(0, start - 16), start)
    ):
        return False
    before = text[start - 1 : start]
    if before.isdigit():
        return not text.startswith("큼", end)
    return bool(_AFTER_UNIT.match(text, end) or _HANGUL_COUNTER.match(text, end) or text[start] > "\ue000")


def parse_run(text: str, start: int, end: int) -> HanNumeral | None:
    """Read a match of HAN_RUN or HANGUL_RUN as a number; None if it is part of a word."""
    run, before = text[start:end], text[max(0, start - 1) : start]
    is_hangul = _HANGUL.match(run) is not None
    if end - start > MAX_LENGTH or before in _VAGUE or (is_hangul and _HANGUL.match(before)):
        return None
    has_counter = (_HANGUL_COUNTER if is_hangul else _HAN_COUNTER).match(text, end) is not None
    values = _evaluate(run)
    units = sum(character in UNITS for character in run)
    if not values or (len(run) == 1 and not has_counter):
        return None
    if units == 0 and (is_hangul or (len(run) > 1 and len(run) < 3)):
        return None  # 이, 일: words; 一二: a list
    if text[end : end + 1] in ("余", "餘", "多") and (unit := UNITS.get(text[end + 1 : end + 2])):
        return HanNumeral(tuple(value * unit for value in values), is_certain=False)  # 二十多万: more than 200,000
    if units == len(run):
        # 천만, 百万: also "must not", "in no case". 천 명 is a thousand.
        return HanNumeral(values, has_counter) if has_counter else None
    is_long = len(run) >= 3 or (not is_hangul and len(values) == 1)
    return HanNumeral(values, (has_counter or is_long) and len(values) == 1)


def _evaluate(run: str) -> tuple[Decimal, ...]:
    """The value of a numeral; two values for an approximate one (三四百: 300 or 400); none if it is malformed."""
    if not any(character in UNITS for character in run):
        return (Decimal("".join(str(_DIGITS[character]) for character in run)),)
    approximate = _APPROXIMATE.search(run)
    if approximate and _DIGITS[approximate[2]] == _DIGITS[approximate[1]] + 1:
        choices = [run[: approximate.start()] + approximate[part] + run[approximate.end() :] for part in (1, 2)]
    else:
        choices = [run]
    return tuple(Decimal(value) for choice in choices if (value := _value(choice)) is not None)


def _value(run: str) -> int | None:
    total = section = 0
    digit: int | None = None
    large, small = 10**16, 10_000
    for character in run:
        unit = UNITS.get(character)
        if unit is None:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[character]
        elif unit < 10_000:
            if unit >= small:
                return None
            section += (1 if digit in (None, 0) else digit or 0) * unit
            digit, small = None, unit
        else:
            # 万亿: a factor after another one multiplies it.
            multiplicand = section + (digit or 0)
            if not multiplicand and total and unit > large:
                total *= unit
            elif unit >= large:
                total = (total + multiplicand) * unit
            else:
                total += (multiplicand or 1) * unit
            section, digit, large, small = 0, None, unit, 10_000
    return total + section + (digit or 0)
