"""Folding: removes the differences that writers make or omit freely, such as case, accents and vowel points."""

import re
import unicodedata
from functools import lru_cache

# Lower-case letters are enough, because case is folded first.
_LATIN = dict(zip("łøđıħðŋŧĸɖɗɓƙə", "lodihdntqddbka", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
# Letters that Arabic and Persian writers use interchangeably; the last one is tatweel.
_ARABIC = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": ""}
# Unicode classifies these as letters, but they serve as apostrophes: п'ять is also written пʼять, and Qur'an Qurʾan.
_APOSTROPHE_LETTERS = dict.fromkeys("ʹʺʻʼʽʾʿˈ", "")
_ACCENT_CLASSES = {1, *range(10, 37), *range(200, 241)}
_VARIATION = re.compile("[\u034f\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LETTERS = str.maketrans(_LATIN | _ARABIC | _APOSTROPHE_LETTERS)


def fold(text: str) -> str:
    """Return the text without case, accents, vowel points, tatweel and invisible characters, and with ASCII digits.

    Idempotent. Vowel signs of Indic and South-East Asian scripts and the voicing of kana stay, because they distinguish
    words. Hangul syllables stay composed (NFC after NFKD).
    """
    return unicodedata.normalize("NFC", "".join(map(_fold_char, unicodedata.normalize("NFKD", text))))


@lru_cache(maxsize=16_384)
def _fold_char(char: str) -> str:
    if _is_accent(char) or _is_invisible(char):
        return ""
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return char.casefold().translate(_LETTERS)


def _is_accent(char: str) -> bool:
    """True for overlays, Hebrew and Arabic points and marks around a letter, by canonical combining class."""
    return unicodedata.combining(char) in _ACCENT_CLASSES or unicodedata.category(char) == "Me"


def _is_invisible(char: str) -> bool:
    """True for soft hyphens, joiners, direction marks and variation selectors. A zero width space separates words."""
    return char != "\u200b" and (unicodedata.category(char) == "Cf" or _VARIATION.match(char) is not None)
