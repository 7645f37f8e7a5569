"""The text that the full-text index stores, and its size."""

import re
from collections.abc import Iterator
from functools import lru_cache

from app.formats.search_text.tokens import fold_in_place, split

# PostgreSQL gives all words after position 16,383 that same position, so that phrases of them match by accident, and it
# refuses a tsvector of more than 1,048,575 bytes.
MAX_TOKENS = 16_000
MAX_INDEX_BYTES = 1_000_000
# The overhead of a word in a tsvector: alignment, count, position, and the prefix with its segment number.
BYTES_PER_POSITION = 6 + len("99999/")


def index_bytes(words: str) -> int:
    """Return the size in PostgreSQL's tsvector, in bytes, of words separated by spaces."""
    spaces = words.count(" ")
    return len(words.encode()) - spaces + BYTES_PER_POSITION * (spaces + 1)


def index_text(text: str, max_bytes: int = MAX_INDEX_BYTES) -> str:
    """Return the folded tokens of a text, separated by one space, as the index stores them.

    At most MAX_TOKENS tokens and `max_bytes` bytes in PostgreSQL's tsvector; tokens beyond that cannot be searched.
    """
    indexed = " ".join(_fold_and_split(text))
    if indexed.count(" ") < MAX_TOKENS and index_bytes(indexed) <= max_bytes:
        return indexed
    words: list[str] = []
    for word in indexed.split(" ")[:MAX_TOKENS]:
        max_bytes -= len(word.encode()) + BYTES_PER_POSITION
        if max_bytes < 0:
            break
        words.append(word)
    return " ".join(words)


# Only numbers continue across a space, so the tokens of a chunk without digits do not depend on its neighbours and can
# be cached.
_CHUNK = re.compile(r" ?[^ ]+| ")
_MAX_CACHED_CHUNK = 40  # characters
_DIGIT = re.compile(r"\d")


def _fold_and_split(text: str) -> Iterator[str]:
    """The tokens of a text, a few at a time: most chunks are in the cache, because other texts had them too."""
    numeric = ""
    for chunk in _CHUNK.findall(text):
        folded, words = _cached_chunk_tokens(chunk) if len(chunk) <= _MAX_CACHED_CHUNK else _chunk_tokens(chunk)
        if words is None:
            numeric += folded
            continue
        if numeric:
            yield from (word for word, _, _ in split(numeric))
            numeric = ""
        if words:
            yield words
    yield from (word for word, _, _ in split(numeric))


def _chunk_tokens(chunk: str) -> tuple[str, str | None]:
    """A chunk, folded, and its tokens; None if it has digits, which may belong to a number across chunks."""
    folded = fold_in_place(chunk)[0]
    return folded, None if _DIGIT.search(folded) else " ".join(word for word, _, _ in split(folded))


_cached_chunk_tokens = lru_cache(maxsize=65_536)(_chunk_tokens)
