"""The parts of numbers in a text: digits, fractions, number words, multipliers and numerals of East Asia."""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from app.formats.numbers import han_numerals, multipliers
from app.formats.numbers.digit_notations import DIGIT_RUN, split_run
from app.formats.numbers.multipliers import Multiplier
from app.formats.numbers.numeral_words import ADDENDS, DECIMALS, HALVES, POINTS, QUARTERS, STANDALONE, WHOLES
from app.formats.numbers.text_language import TextLanguages

# Letters, with the vowel signs and marks of scripts in which Unicode does not count them as letters.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0970-\u109f\u1780-\u17ff\ua8e0-\ua8ff"
)
_CJK = "\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LETTER = rf"[^\W\d_{_CJK}]"
_WORD = rf"{_LETTER}+(?:[{_MARKS}]+{_LETTER}*)*(?:'{_LETTER}+)*"
_ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Burmese and Khmer write no spaces between words."""
_AREA = re.compile(r"(?<![^\W\d_])(?:[ckdm]?m|[кс]?м|ft|CO|H)\Z")
_ARTICLE = re.compile(r"[ \t](?:hundred|thousand|million|billion|trillion|dozen)s?\b", re.IGNORECASE)


_MAX_FORM_LENGTH = 30

_FIRST_COMPLEX = "\u0590"
"""Words from here on may have marks, or may not be separated by spaces."""


class Kind(Enum):
    """What a token does in a number."""

    DIGITS = auto()
    FRACTION = auto()
    NUMERAL = auto()
    """A whole number in Han or Hangul characters."""
    WORD = auto()
    MULTIPLIER = auto()
    LEADING_MULTIPLIER = auto()
    HALF = auto()
    POINT = auto()
    DECIMALS = auto()


class NumberToken(NamedTuple):
    """A part of a number, with its position as character offsets."""

    kind: Kind
    start: int
    end: int
    values: tuple[Decimal, ...] = ()
    """The readings; for DECIMALS the number of decimals."""
    addend_limit: Decimal = Decimal(1)
    """After a WORD, the next one must be less than this."""
    multiplier: Multiplier | None = None
    is_certain: bool = True
    word: str = ""
    """Case-folded."""


@cache
def _pattern() -> re.Pattern[str]:
    # Compiled on first use, because compiling takes long.
    return re.compile(
        rf"(?P<word>{_WORD})"
        r"|(?P<fraction>(?<![0-9\u2044])[0-9]{1,3}\u2044[0-9]{1,3}(?![0-9\u2044]))"
        r"|(?P<quotient>(?<![0-9/.,:-])[1-9]/(?:[2-68]|10)(?![0-9/.,]))"
        rf"|(?P<digits>{DIGIT_RUN})"
        rf"|(?P<han>{han_numerals.HAN_RUN})|(?P<hangul>{han_numerals.HANGUL_RUN})"
    )


@cache
def _words() -> frozenset[str]:
    """All words of which numbers are made, case-folded."""
    forms = (form.casefold() for form in multipliers.all_forms())
    return frozenset(("a", "an", *ADDENDS, *WHOLES, *HALVES, *QUARTERS, *POINTS, *DECIMALS, *forms))


def tokenize(text: str, languages: TextLanguages) -> Iterator[NumberToken]:
    """Yield the parts of numbers in a normalized text, in text order."""
    words = _words()
    for match in _pattern().finditer(text):
        group = match.lastgroup
        if group == "word":
            word = match[0]
            # Most words are of no interest; this decides how fast a page is read.
            if word.casefold() in words or word[0] >= _FIRST_COMPLEX:
                yield from _word_tokens(text, word, match.start(), match.end(), languages)
            continue
        start, end = match.span()
        if group == "digits":
            if match[0] in ("2", "3") and _AREA.search(text, max(0, start - 3), start):
                continue  # km²
            for first, last, readings in split_run(match[0]):
                yield NumberToken(Kind.DIGITS, start + first, start + last, readings)
        elif group in ("fraction", "quotient"):
            numerator, denominator = map(int, re.split("[/\u2044]", match[0]))
            if denominator:
                yield NumberToken(
                    Kind.FRACTION, start, end, (Decimal(numerator) / denominator,), is_certain=group == "fraction"
                )
        elif group in ("han", "hangul"):
            yield from _east_asian_tokens(text, start, end)


def _word_tokens(text: str, word: str, start: int, end: int, languages: TextLanguages) -> Iterator[NumberToken]:
    folded = word.casefold()
    follows_digit = text[start - 1 : start].isdecimal()
    if (addend := ADDENDS.get(folded)) is not None and not follows_digit:
        # The next addend must fit into the trailing zeros: "twenty one", but not "twenty thirty".
        zeros = len(str(addend)) - len(str(addend).rstrip("0")) if addend else 0
        yield NumberToken(Kind.WORD, start, end, (Decimal(addend),), Decimal(10**zeros), word=folded)
    elif folded in ("a", "an") and _ARTICLE.match(text, end):
        yield NumberToken(Kind.WORD, start, end, (Decimal(1),), word=folded)
    elif (whole := WHOLES.get(folded)) is not None:
        yield NumberToken(Kind.WORD, start, end, (whole,), Decimal(0), word=folded)
    elif folded in HALVES or folded in QUARTERS:
        value = Decimal("0.25") if folded in QUARTERS else Decimal("0.5")
        yield NumberToken(Kind.HALF, start, end, (value,), word=folded)
    elif folded in POINTS:
        yield NumberToken(Kind.POINT, start, end, word=folded)
    elif folded in DECIMALS:
        yield NumberToken(Kind.DECIMALS, start, end, (Decimal(DECIMALS[folded]),), word=folded)
    else:
        yield from _multiplier_tokens(text, word, start, end, languages)


def _multiplier_tokens(text: str, word: str, start: int, end: int, languages: TextLanguages) -> Iterator[NumberToken]:
    is_attached = text[start - 1 : start].isdecimal()
    if not multipliers.is_multiplier_word(word):
        if is_attached and _UNSPACED.match(word):
            lengths = range(min(len(word) - 1, _MAX_FORM_LENGTH), 0, -1)
            end = next((start + n for n in lengths if multipliers.is_multiplier_word(word[:n])), start)
        bare = _ARABIC_MARKS.sub("", word)
        word = word[: end - start] if bare == word else bare
        if not multipliers.is_multiplier_word(word):
            if multipliers.is_leading_multiplier(word):
                multiplier = multipliers.find_leading_multiplier(word, languages)
                yield NumberToken(Kind.LEADING_MULTIPLIER, start, end, multiplier=multiplier, word=word.casefold())
            return
    multiplier = multipliers.find_multiplier(word, languages, is_attached=is_attached)
    if multiplier is None or text[end : end + 1].isdecimal():
        return  # M1A1
    if multiplier.is_symbol and not is_attached and text.startswith("-", end):
        return  # 5 T-72
    folded = word.casefold()
    values = (Decimal(STANDALONE[folded]),) if folded in STANDALONE else ()
    yield NumberToken(Kind.MULTIPLIER, start, end, values, multiplier=multiplier, word=folded)


def _east_asian_tokens(text: str, start: int, end: int) -> Iterator[NumberToken]:
    before = text[max(0, start - 2) : start].rstrip(" \t")
    if before[-1:].isdecimal() and han_numerals.is_unit_run(text, start, end):
        for position in range(start, end):
            factor = Decimal(han_numerals.UNITS[text[position]])
            multiplier = Multiplier((factor,), is_certain=True, is_symbol=False, is_abbreviation=False)
            yield NumberToken(Kind.MULTIPLIER, position, position + 1, multiplier=multiplier, word=text[position])
    elif (numeral := han_numerals.parse_run(text, start, end)) is not None:
        yield NumberToken(Kind.NUMERAL, start, end, numeral.values, is_certain=numeral.is_certain)
