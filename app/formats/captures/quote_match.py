"""Matching of quotes in a text whose typography or extraction differs from the copied quote.

Both sides are normalized: Unicode NFKC, one kind of quotation mark, apostrophe and dash, single spaces, no invisible
characters. Letters and case stay as they are, because the search is for these very words, not for similar ones. Prefix
and suffix are those of the TextQuoteSelector (W3C Web Annotation Data Model, section 4.2.4).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

EXCERPT_CONTEXT = 80
"""Characters that an excerpt shows before and after the match."""

MIN_LOOSE_LENGTH = 12
"""Letters and digits that a quote needs to be searched for without its spaces; shorter ones would match by chance."""

_EQUIVALENTS = str.maketrans(
    {
        **dict.fromkeys("„“”‟«»＂〝〞〟「」『』", '"'),
        **dict.fromkeys("‘’‚‛′`´ʼʻ＇", "'"),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        "\u066b": ".",  # Arabic decimal point
        "\u066c": ",",  # Arabic thousands separator
        # Soft hyphens and characters without width, which readers do not see.
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None),
        # Footnote marks, which NFKC would turn into digits: 300² is not 3002.
        **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", " "),
    }
)
_WHITESPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_IGNORED_IF_LOOSE = re.compile(r"[\s\"'-]+")


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
    """Normalize a text for matching; see the module docstring."""
    # Twice, because NFKC can produce characters of the table again.
    translated = unicodedata.normalize("NFKC", text.translate(_EQUIVALENTS)).translate(_EQUIVALENTS)
    return _WHITESPACE.sub(" ", translated)


def find_quote(text: str, quote: TextQuote, *, match_context: bool = True) -> QuoteMatch | None:
    """Return the first match of a quote in a normalized text; None if there is none.

    With `match_context`, prefix and suffix must match too. A number at either end of the quote must be complete in the
    text: 300 does not match in 1,300.
    """
    exact = normalize(quote.exact).strip()
    context = [normalize(words or "").strip() if match_context else "" for words in (quote.prefix, quote.suffix)]
    for start in _positions(text, exact, *context):
        return QuoteMatch(excerpt(text, start, start + len(exact)), is_loose=False)
    loose_exact = _IGNORED_IF_LOOSE.sub("", exact)
    if len(loose_exact) < MIN_LOOSE_LENGTH:
        return None
    loose_text = _IGNORED_IF_LOOSE.sub("", text)
    loose_context = [_IGNORED_IF_LOOSE.sub("", words) for words in context]
    for start in _positions(loose_text, loose_exact, *loose_context):
        return QuoteMatch(excerpt(loose_text, start, start + len(loose_exact)), is_loose=True)
    return None


def excerpt(text: str, start: int, end: int) -> str:
    """Return a span of a text with EXCERPT_CONTEXT characters on either side."""
    return text[max(0, start - EXCERPT_CONTEXT) : end + EXCERPT_CONTEXT].strip()


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
