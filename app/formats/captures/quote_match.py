"""Matching of quotes in a text whose typography or extraction differs from the copied quote.

Both sides are normalized: Unicode NFKC, one kind of quotation mark, apostrophe, dash and digit, single spaces, no
invisible characters. Letters and case stay as they are, because the search is for these very words, not for similar
ones. Prefix and suffix are those of the TextQuoteSelector (W3C Web Annotation Data Model, section 4.2.4).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

EXCERPT_CONTEXT = 80
"""Characters that an excerpt shows before and after the match."""

MIN_LOOSE_LENGTH = 12
"""Letters and digits that a quote needs to be searched for without its spaces; shorter ones would match by chance."""

_ZERO_DIGITS = (
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x11066, 0x1E950,
)  # fmt: skip
"""The zeros of the decimal digits of other scripts; the digits follow them."""

_EQUIVALENTS = str.maketrans(
    {
        **dict.fromkeys("„“”‟«»＂〝〞〟「」『』", '"'),
        **dict.fromkeys("‘’‚‛′`´ʼʻ＇", "'"),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        "\u060c": ",",  # Arabic comma
        # Soft hyphens and characters without width, which readers do not see.
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff", None),
        # Footnote marks, which NFKC would turn into digits: 300² is not 3002. A tab joins no groups of digits.
        **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "\t"),
        # Fractions, which NFKC would join to the digits before them: 2½ is not 21/2.
        **{fraction: f" {unicodedata.normalize('NFKC', fraction)}" for fraction in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"},
        **{chr(zero + digit): str(digit) for zero in _ZERO_DIGITS for digit in range(10)},
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
# Not footnote marks: km², CO₂, and a half set as ¹/₂.
_EXPONENT = re.compile(r"(?<![^\W\d_])((?:[ckdm]?m|[кс]?м|ft)[²³]|CO₂|H₂O)(?!\w)")
_SMALL_FRACTION = re.compile("(?<![¹²³⁴⁵⁶⁷])[¹²³⁴⁵⁶⁷]{1,2}[/⁄][₀₁₂₃₄₅₆₇₈₉]{1,2}")

# Written so that a search stops at few places: a text has many single spaces.
_CONTROLS = "\\x00-\\x08\\x0e-\\x1b\\x7f"
_SPACES = re.compile(rf"(?:[^\S \n\r\t\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|[{_CONTROLS}])[ \u00a0{_CONTROLS}]*|  +")
_HARD_BREAK = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2029]\s*")
_BREAKS = str.maketrans("\n\t\u2028", "   ")

_IGNORED_IF_LOOSE = re.compile(r"[\s\"'-]+")
_HYPHEN = re.compile(r"-(?<=[^\W\d_]-)\s*(?=[^\W\d_])")
_HYPHEN_AT_LINE_END = re.compile(r"-(?<=\w-)[\n\u2028](?=\w)")
_UNSPACED_SCRIPTS = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
_FIRST_EAST_ASIAN = "\u3000"
_HANGUL = "\uac00-\ud7af"


@cache
def _line_end() -> re.Pattern[str]:
    # Compiled on first use, because compiling takes long.
    return re.compile(
        rf"\s(?<=[{_UNSPACED_SCRIPTS}]\s)(?=[{_UNSPACED_SCRIPTS}])|[\n\u2028](?<=[{_HANGUL}]\s)(?=[{_HANGUL}])"
    )


@dataclass(frozen=True)
class TextQuote:
    """The words to find, and the words right before and after them if known (TextQuoteSelector)."""

    exact: str
    prefix: str | None = None
    suffix: str | None = None


@dataclass(frozen=True)
class QuoteMatch:
    """An occurrence of a quote in a text."""

    excerpt: str
    """The words with context before and after them, normalized."""
    is_loose: bool
    """True if it matches only without spaces, hyphens and quotation marks, as across line breaks."""


def normalize(text: str) -> str:
    """Normalize a text for matching; see the module docstring.

    Four kinds of white space remain: a line break between blocks, U+2028 where only a line ends, a tab between two
    elements of a page, and the space. Numbers need the difference; quotes are matched as if all were spaces.
    """
    if _EXPONENT.search(text) or _SMALL_FRACTION.search(text):
        text = _EXPONENT.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
        text = _SMALL_FRACTION.sub(lambda match: " " + match[0].translate(_SUPERSCRIPTS).replace("/", "⁄"), text)
    # Twice, because NFKC can produce characters of the table again.
    translated = unicodedata.normalize("NFKC", text.translate(_EQUIVALENTS)).translate(_EQUIVALENTS)
    spaced = _SPACES.sub(" ", translated)
    for mark, weaker in (("\t", " "), ("\u2028", " \t")):
        if mark in spaced:
            spaced = _absorb(spaced, mark, weaker)
    return _absorb(_HARD_BREAK.sub("\n", spaced), "\n", " \t\u2028")


def _absorb(text: str, mark: str, weaker: str) -> str:
    """Remove the spaces beside a break."""
    for space in weaker:
        text = text.replace(space + mark, mark).replace(mark + space, mark)
    while mark + mark in text:
        text = text.replace(mark + mark, mark)
    return text


@lru_cache(maxsize=2_048)
def _flat(text: str) -> str:
    """A normalized text with spaces for all breaks; its offsets are the same."""
    return text.translate(_BREAKS)


@lru_cache(maxsize=2_048)
def _typeset(text: str) -> str:
    """A normalized text without what typesetting adds: spaces at quotation marks, hyphens and breaks within words."""
    if '"' in text:
        text = _absorb(text, '"', " \t\u2028\n")
    if "-" in text:
        # The name T-72 keeps its hyphen at the end of a line; a word that was divided there does not.
        text = _HYPHEN.sub("", _HYPHEN_AT_LINE_END.sub("-", text))
    if max(text, default="") >= _FIRST_EAST_ASIAN:
        text = _line_end().sub("", text)
    return _flat(text)


@lru_cache(maxsize=2_048)
def _loose(text: str) -> str:
    """A normalized text without spaces, hyphens and quotation marks."""
    return _IGNORED_IF_LOOSE.sub("", text)


def find_quote(text: str, quote: TextQuote, *, match_context: bool = True) -> QuoteMatch | None:
    """Return the first match of a quote in a normalized text; None if there is none.

    With `match_context`, prefix and suffix must match too. A number at either end of the quote must be complete in the
    text: 300 does not match in 1,300.
    """
    exact = normalize(quote.exact).strip()
    context = [normalize(words or "").strip() if match_context else "" for words in (quote.prefix, quote.suffix)]
    for form, min_length in ((_flat, 0), (_typeset, 0), (_loose, MIN_LOOSE_LENGTH)):
        form_exact = form(exact).strip()
        if form is _typeset and not _may_be_typeset(exact):
            continue
        if len(form_exact) < min_length:
            return None
        form_text = form(text)
        for start in _positions(form_text, form_exact, *(form(words).strip() for words in context)):
            return QuoteMatch(excerpt(form_text, start, start + len(form_exact)), is_loose=form is not _flat)
    return None


def _may_be_typeset(exact: str) -> bool:
    """True if a quote has letters: signs alone match by chance."""
    return any(character.isalpha() for character in exact)


def excerpt(text: str, start: int, end: int) -> str:
    """Return a span of a text with EXCERPT_CONTEXT characters on either side."""
    return text[max(0, start - EXCERPT_CONTEXT) : end + EXCERPT_CONTEXT].translate(_BREAKS).strip()


def _positions(text: str, exact: str, prefix: str, suffix: str) -> Iterator[int]:
    if not exact:
        return
    start = text.find(exact)
    while start >= 0:
        end = start + len(exact)
        before, after = text[max(0, start - len(prefix) - 2) : start], text[end : end + len(suffix) + 2]
        has_context = before.rstrip().endswith(prefix) and after.lstrip().startswith(suffix)
        if has_context and _has_whole_numbers(exact, before, after):
            yield start
        start = text.find(exact, start + 1)


_NUMBER_BEFORE = re.compile(r"\d[.,']?\Z")
_NUMBER_AFTER = re.compile(r"[.,']?\d")


def _has_whole_numbers(exact: str, before: str, after: str) -> bool:
    is_cut_before = exact[0].isdigit() and _NUMBER_BEFORE.search(before)
    return not is_cut_before and not (exact[-1].isdigit() and _NUMBER_AFTER.match(after))
