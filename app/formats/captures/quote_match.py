"""Passages, found again in a text that was set, typed or extracted otherwise than they were copied.

Both sides are brought into one plain form: Unicode NFKC, one kind of quotation mark, of apostrophe and of dash, single
blanks, nothing invisible. Letters and case stay as they are: what is looked for are these words, not ones like them.
The surroundings are those of the W3C Web Annotation Data Model's TextQuoteSelector (prefix and suffix).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

AROUND = 80
"""Characters that an excerpt shows on either side."""

SHORTEST_LOOSE = 12
"""Letters and digits from which on a passage is also looked for without its blanks: shorter ones stand anywhere."""

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("„“”‟«»＂〝〞〟「」『』", '"'),
        **dict.fromkeys("‘’‚‛′`´ʼʻ＇", "'"),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        "\u066b": ".",  # Arabic decimal point
        "\u066c": ",",  # Arabic separator of thousands
        # Soft hyphens, and what has no width: of no meaning to a reader.
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None),
        # Footnote marks, which NFKC would make digits of: 300² is not 3002.
        **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", " "),
    }
)
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_LEFT_OUT = re.compile(r"[\s\"'-]+")


@dataclass(frozen=True)
class Passage:
    """The words to be found, and those right before and after them where they are known."""

    exact: str
    prefix: str | None = None
    suffix: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a passage stands."""

    excerpt: str
    """The words with some before and after, in their plain form."""
    loose: bool
    """Only if blanks, hyphens and quotation marks are left out of account, as at the ends of lines."""


def plain(text: str) -> str:
    """The plain form of a text; see above."""
    same = unicodedata.normalize("NFKC", text.translate(_ALIKE)).translate(_ALIKE)
    return _BLANKS.sub(" ", same)


def find(text: str, passage: Passage, *, surrounded: bool = True) -> Place | None:
    """Where a passage first stands in a text that is in plain form; None if it does not.

    Unless it need not be `surrounded`, prefix and suffix must stand there, too. A number at an end of the passage must
    end there in the text as well: 300 does not stand in 1,300.
    """
    exact = plain(passage.exact).strip()
    around = [plain(words or "").strip() if surrounded else "" for words in (passage.prefix, passage.suffix)]
    for start in _places(text, exact, *around):
        return Place(excerpt(text, start, start + len(exact)), loose=False)
    tight = _LEFT_OUT.sub("", exact)
    if len(tight) < SHORTEST_LOOSE:
        return None
    squeezed = _LEFT_OUT.sub("", text)
    for start in _places(squeezed, tight, *(_LEFT_OUT.sub("", words) for words in around)):
        return Place(excerpt(squeezed, start, start + len(tight)), loose=True)
    return None


def excerpt(text: str, start: int, end: int) -> str:
    """A piece of a text with some of what stands around it."""
    return text[max(0, start - AROUND) : end + AROUND].strip()


def _places(text: str, exact: str, prefix: str, suffix: str) -> Iterator[int]:
    if not exact:
        return
    start = text.find(exact)
    while start >= 0:
        end = start + len(exact)
        before, after = text[max(0, start - len(prefix) - 2) : start], text[end : end + len(suffix) + 2]
        surrounded = before.rstrip().endswith(prefix) and after.lstrip().startswith(suffix)
        if surrounded and _ends_numbers(exact, before, after):
            yield start
        start = text.find(exact, start + 1)


_NUMBER_BEFORE = re.compile(r"\d[.,']?\Z")
_NUMBER_AFTER = re.compile(r"[.,']?\d")


def _ends_numbers(exact: str, before: str, after: str) -> bool:
    cut_before = exact[0].isdigit() and _NUMBER_BEFORE.search(before)
    return not cut_before and not (exact[-1].isdigit() and _NUMBER_AFTER.match(after))
