"""Answers that are sent while they are made."""

from collections.abc import Iterable, Iterator

BLOCK = 65_536
"""Characters that leave at once, at least."""


def blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in large pieces: each is handed from thread to thread, which takes longer than to make a line."""
    block: list[str] = []
    size = 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield "".join(block)
            block.clear()
            size = 0
    yield "".join(block)
