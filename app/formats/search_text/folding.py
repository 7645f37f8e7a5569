"""Text without what writers leave out or add as they like: case, accents, vowel points."""

import re
import unicodedata
from functools import lru_cache

# Lower case is enough, as case is folded first.
_LATIN = dict(zip("łøđıħðŋŧĸɖɗɓƙə", "lodihdntqddbka", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
# Letters that Arabic and Persian writers interchange; the last is tatweel.
_ARABIC = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": ""}
# Letters by category, apostrophes by use: п'ять is also written пʼять, and Qur'an Qurʾan.
_APOSTROPHE_LETTERS = dict.fromkeys("ʹʺʻʼʽʾʿˈ", "")
_ACCENT_PLACES = {1, *range(10, 37), *range(200, 241)}
_VARIATION = re.compile("[\u034f\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LETTERS = str.maketrans(_LATIN | _ARABIC | _APOSTROPHE_LETTERS)


def fold(text: str) -> str:
    """The text without case, accents, vowel points, tatweel and invisible characters; digits in ASCII.

    Idempotent. Vowel signs of Indic and South-East Asian scripts and the voicing of kana stay, since they
    make another word; Hangul syllables stay syllables (NFC after NFKD).
    """
    return unicodedata.normalize("NFC", "".join(map(_plain, unicodedata.normalize("NFKD", text))))


@lru_cache(maxsize=16_384)
def _plain(char: str) -> str:
    if _is_accent(char) or _is_invisible(char):
        return ""
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return char.casefold().translate(_LETTERS)


def _is_accent(char: str) -> bool:
    """By canonical combining class: overlays, Hebrew and Arabic points, marks placed around a letter."""
    return unicodedata.combining(char) in _ACCENT_PLACES or unicodedata.category(char) == "Me"


def _is_invisible(char: str) -> bool:
    """Soft hyphens, joiners, direction marks and variation selectors; the zero width space parts words."""
    return char != "\u200b" and (unicodedata.category(char) == "Cf" or _VARIATION.match(char) is not None)
