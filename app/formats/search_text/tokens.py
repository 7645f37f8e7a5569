"""A text cut into its words, and where in it they stand."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.formats.search_text import patterns
from app.formats.search_text.folding import fold
from app.formats.search_text.patterns import FIXED_SPACES, INNER

LONGEST_TOKEN = 64  # characters of a folded token


class Token(NamedTuple):
    """One word: `text` is folded, `start` and `end` are code point offsets into the original text.

    `text` has 1 to 64 characters; the offsets span the whole word, also where `text` was cut.
    """

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a text in their order.

    A word is a run of letters, digits and their marks. Apostrophes inside it are dropped, and so are
    separators of thousands ("11,000", "11 000" and "11.000" are `11000`). Superscripts, fractions and
    symbols that stand for letters (¹ ½ ㎞ №) are words of their own, lest a footnote mark change a figure.

    In scripts written without spaces each character (with its marks) makes a token with the one after it, and
    the last one stands alone: 사상자 is 사상, 상자, 자. Lucene omits that last one; with it, every character
    begins some token, and one character can be looked for as a prefix.
    """
    return list(_scan(text))


def _scan(text: str) -> Iterator[Token]:
    folded, starts, ends = fold_in_place(text)
    for word, first, last in split(folded):
        yield Token(word, starts[first], ends[last])


def split(folded: str) -> Iterator[tuple[str, int, int]]:
    """The words of a folded text, each with the places of its first and its last character."""
    if folded.isascii():
        for word in patterns.ascii_word().finditer(folded):
            text = word[0]
            plain = text if text.isalnum() else text.translate(INNER)
            yield plain[:LONGEST_TOKEN], word.start(), word.end() - 1
        return
    for word in patterns.word().finditer(folded):
        first, last = word.start(), word.end() - 1
        if word["run"]:
            units = [unit.span() for unit in patterns.unit().finditer(word[0])]
            for (begin, _), (_, end) in zip(units, units[1:] + units[-1:], strict=True):
                yield _composed(word[0][begin:end]), first + begin, first + end - 1
        else:
            yield _composed(word[0].translate(INNER)), first, last


def _composed(word: str) -> str:
    # Composed once more, for marks between which something invisible was dropped.
    return unicodedata.normalize("NFC", word)[:LONGEST_TOKEN]


def fold_in_place(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The folded text, and for each of its characters where the original of it starts and ends."""
    if text.isascii():
        return text.lower(), range(len(text)), range(1, len(text) + 1)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    for piece in patterns.piece().findall(text):
        plain = _fold_piece(piece)
        end = start + len(piece)
        folded.append(plain)
        starts += [start] * len(plain)
        ends += [end] * len(plain)
        start = end
    return "".join(folded), starts, ends


@lru_cache(maxsize=16_384)
def _fold_piece(piece: str) -> str:
    if piece in FIXED_SPACES:
        return "\u00a0"
    plain = fold(piece)
    apart = unicodedata.category(piece[0]) in ("No", "So") or " " in plain.strip()
    return f"\n{plain}\n" if apart else plain


def is_unit(word: str) -> bool:
    """True for one character of a script written without spaces, with its marks."""
    return patterns.unit().fullmatch(word) is not None
