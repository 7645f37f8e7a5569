"""Regular expressions for words in folded text.

They are compiled on first use, because compiling takes long and not every process tokenizes text.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise


def _ranges(codes: list[int]) -> Iterator[str]:
    """Code points as ranges for a character class, which compile in a third of the time of single characters."""
    first = codes[0]
    for code, following in pairwise([*codes, -1]):
        if following != code + 1:
            yield f"{chr(first)}-{chr(code)}"
            first = following


@cache
def _marks() -> str:
    """All combining marks, since `re` has no \\p{M}. Without them a Hindi word would be split into its consonants."""
    return "".join(_ranges([code for code in range(0x300, 0x1F000) if unicodedata.category(chr(code)) in ("Mn", "Mc")]))


# What composes to one character: a decomposed Hangul syllable, or any character with its marks and half-width voicing
# marks (at most 30, as in the Stream-Safe Text Format of UAX #15).
_HANGUL = r"[\u1100-\u115f\uac00-\ud7a3][\u1160-\u11ff]{1,2}"


@cache
def piece_pattern() -> re.Pattern[str]:
    """A sequence of characters that is folded as one unit."""
    return re.compile(rf"{_HANGUL}|.[{_marks()}\uff9e\uff9f]{{0,30}}", re.DOTALL)


_UNSPACED = "".join(
    (
        r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0edf",  # Thai, Lao
        r"\u1000-\u103f\u1050-\u109d\ua9e0-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f",  # Myanmar
        r"\u1780-\u17d3\u17d7\u17dc\u17dd",  # Khmer
        r"\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb",  # Hangul
        r"\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f",  # kana
        r"\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3105-\u312f\u31a0-\u31bf",  # Bopomofo
        r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",  # Han
    )
)


@cache
def _unspaced_unit() -> str:
    return rf"(?=\w)[{_UNSPACED}][{_marks()}]*"


@cache
def unit_pattern() -> re.Pattern[str]:
    """One character of a script that puts no spaces between words, with its marks."""
    return re.compile(_unspaced_unit())


FIXED_SPACES = "\u00a0\u2007\u2009\u202f"
_APOSTROPHES = "'’‘`׳״"
_THOUSANDS = (r"[,\u066c\u060c]", r"\.", "['’]", "\u00a0", " ")

# Groups of exactly three digits are one number unless more digits adjoin: "1,5,300", "5 300 6 400" and the "25 300" of
# "Su-25 300 km" are several numbers, but a year may precede. A plain space joins groups too, because most people type
# "11 000"; this misreads the rare "on May 13 300 men". "0.125" and "044 123" are not joined.
_NUMBER = "|".join(
    rf"(?:(?<!\d{sep})|(?<=\d{{4}}{sep}))[1-9]\d{{0,2}}(?:{sep}\d{{3}})+(?!{sep}?\d)" for sep in _THOUSANDS
)
_LETTER = r"[^\W\d_]"
_APOSTROPHE = rf"(?:(?<={_LETTER})[{_APOSTROPHES}](?={_LETTER})|(?<=[א-ת])\"(?=[א-ת]))"


def _words(run: str, spaced: str) -> re.Pattern[str]:
    number = rf"(?=[1-9])(?<!{_LETTER}-)(?:{_NUMBER})"  # the lookahead saves time, since most words are not numbers
    return re.compile(rf"{number}|(?P<run>{run})|{spaced}(?:{_APOSTROPHE}{spaced})*")


@cache
def word_pattern() -> re.Pattern[str]:
    """A word, a number, or a run of characters of a script without spaces."""
    spaced = rf"[^\W_{_UNSPACED}]+(?:[{_marks()}][^\W_{_UNSPACED}]*)*"
    return _words(rf"(?:{_unspaced_unit()})+", spaced)


@cache
def ascii_word_pattern() -> re.Pattern[str]:
    """A word or a number in ASCII text. It is faster, because it needs none of the large character classes."""
    return _words("(?!)", "[A-Za-z0-9]+")


INNER_PUNCTUATION = str.maketrans("", "", _APOSTROPHES + '"., \u00a0\u066c\u060c')
