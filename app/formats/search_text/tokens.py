"""Tokenization: the words of a text, folded, with their positions in it."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.formats.search_text import patterns
from app.formats.search_text.folding import fold
from app.formats.search_text.patterns import FIXED_SPACES, INNER_PUNCTUATION

MAX_TOKEN_LENGTH = 64  # characters of a folded token


class Token(NamedTuple):
    """A word: `text` is folded; `start` and `end` are code point offsets in the original text.

    `text` has 1 to 64 characters; the offsets span the whole word even if `text` was truncated.
    """

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Return the words of a text, in text order.

    A word is a run of letters, digits and their marks. Apostrophes inside a word and thousands separators are dropped:
    "11,000", "11 000" and "11.000" are all `11000`. Superscripts, fractions and letter-like symbols (¹ ½ ㎞ №) are
    separate words, so that a footnote mark does not change a figure.

    In scripts written without spaces, each character with its marks forms a token with the next one, and the last one
    is a token by itself: 사상자 is 사상, 상자, 자. Lucene omits the last one. With it, every character begins a token,
    so a single character can be searched for as a prefix.
    """
    return list(_scan(text))


def _scan(text: str) -> Iterator[Token]:
    folded, starts, ends = fold_in_place(text)
    for word, first, last in split(folded):
        yield Token(word, starts[first], ends[last])


def split(folded: str) -> Iterator[tuple[str, int, int]]:
    """Iterate over the words of a folded text, each with the offsets of its first and its last character."""
    if folded.isascii():
        for word in patterns.ascii_word_pattern().finditer(folded):
            text = word[0]
            stripped = text if text.isalnum() else text.translate(INNER_PUNCTUATION)
            yield stripped[:MAX_TOKEN_LENGTH], word.start(), word.end() - 1
        return
    for word in patterns.word_pattern().finditer(folded):
        first, last = word.start(), word.end() - 1
        if word["run"]:
            units = [unit.span() for unit in patterns.unit_pattern().finditer(word[0])]
            for (begin, _), (_, end) in zip(units, units[1:] + units[-1:], strict=True):
                yield _compose(word[0][begin:end]), first + begin, first + end - 1
        else:
            yield _compose(word[0].translate(INNER_PUNCTUATION)), first, last


def _compose(word: str) -> str:
    # Composed again, because folding may have dropped an invisible character between two marks.
    return unicodedata.normalize("NFC", word)[:MAX_TOKEN_LENGTH]


def fold_in_place(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Return the folded text, and for each of its characters the start and end of its origin in `text`."""
    if text.isascii():
        return text.lower(), range(len(text)), range(1, len(text) + 1)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    for piece in patterns.piece_pattern().findall(text):
        folded_piece = _fold_piece(piece)
        end = start + len(piece)
        folded.append(folded_piece)
        starts += [start] * len(folded_piece)
        ends += [end] * len(folded_piece)
        start = end
    return "".join(folded), starts, ends


@lru_cache(maxsize=16_384)
def _fold_piece(piece: str) -> str:
    if piece in FIXED_SPACES:
        return "\u00a0"
    folded = fold(piece)
    is_separate = unicodedata.category(piece[0]) in ("No", "So") or " " in folded.strip()
    return f"\n{folded}\n" if is_separate else folded


def is_unit(word: str) -> bool:
    """True for one character of a script written without spaces, with its marks."""
    return patterns.unit_pattern().fullmatch(word) is not None
