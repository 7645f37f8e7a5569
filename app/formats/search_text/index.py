"""What the full-text index stores of a text."""

import re
from collections.abc import Iterator
from functools import lru_cache

from app.formats.search_text.tokens import fold_in_place, split

# PostgreSQL counts positions up to 16,383 and gives all later words that one, where phrases match by
# accident; and it refuses a tsvector above 1,048,575 bytes.
MOST_TOKENS = 16_000
MOST_INDEX_BYTES = 1_000_000
# What is added to each word in a tsvector: alignment, count and position, and the segment that it begins with.
BYTES_PER_POSITION = 6 + len("99999/")


def index_bytes(words: str) -> int:
    """The bytes that PostgreSQL takes for words with spaces between them."""
    spaces = words.count(" ")
    return len(words.encode()) - spaces + BYTES_PER_POSITION * (spaces + 1)


def index_text(text: str, room: int = MOST_INDEX_BYTES) -> str:
    """What the index stores: the folded tokens, one space between them.

    At most 16,000 tokens, and bytes as there is `room`, as PostgreSQL counts them; what comes later is not found.
    """
    found = " ".join(_in_stretches(text))
    if found.count(" ") < MOST_TOKENS and index_bytes(found) <= room:
        return found
    words: list[str] = []
    for word in found.split(" ")[:MOST_TOKENS]:
        room -= len(word.encode()) + BYTES_PER_POSITION
        if room < 0:
            break
        words.append(word)
    return " ".join(words)


# Nothing goes on over a space but numbers, so that the words of a stretch without a digit are always the same.
_STRETCH = re.compile(r" ?[^ ]+| ")
_LONGEST_STRETCH = 40  # that is remembered
_DIGIT = re.compile(r"\d")


def _in_stretches(text: str) -> Iterator[str]:
    """The words of a text, some at a time: most of them have been folded and split before, in another text."""
    numeric = ""
    for stretch in _STRETCH.findall(text):
        folded, words = _remembered(stretch) if len(stretch) <= _LONGEST_STRETCH else _read_stretch(stretch)
        if words is None:
            numeric += folded
            continue
        if numeric:
            yield from (word for word, _, _ in split(numeric))
            numeric = ""
        if words:
            yield words
    yield from (word for word, _, _ in split(numeric))


def _read_stretch(stretch: str) -> tuple[str, str | None]:
    """A stretch, folded, and its words; None if it has digits, which may belong to those around it."""
    folded = fold_in_place(stretch)[0]
    return folded, None if _DIGIT.search(folded) else " ".join(word for word, _, _ in split(folded))


_remembered = lru_cache(maxsize=65_536)(_read_stretch)
