"""The difference between two wordings, word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_WORD = re.compile(r"\s+|\w+|[^\w\s]")

MAX_WORDS = 400
"""Longer texts are shown whole, before and after: comparing them takes too long, and nobody reads it."""


class Piece(NamedTuple):
    """A part of the text."""

    text: str
    kind: str
    """`same`, `removed` or `added`."""


def word_differences(before: str, after: str) -> Sequence[Piece]:
    """Return the new text with what was removed and what was added, in reading order."""
    first, second = _WORD.findall(before), _WORD.findall(after)
    if max(len(first), len(second)) > MAX_WORDS:
        return (Piece(before, "removed"), Piece(after, "added"))
    return tuple(_pieces(first, second))


def _pieces(first: Sequence[str], second: Sequence[str]) -> Iterator[Piece]:
    for kind, start, end, new_start, new_end in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("".join(first[start:end]), "same")
            continue
        if start < end:
            yield Piece("".join(first[start:end]), "removed")
        if new_start < new_end:
            yield Piece("".join(second[new_start:new_end]), "added")
