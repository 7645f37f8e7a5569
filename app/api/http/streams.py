"""Answers that are sent while they are made."""

from collections.abc import Iterable, Iterator
from typing import AnyStr

BLOCK = 65_536
"""Characters or bytes that leave at once, at least."""


def blocks(pieces: Iterable[AnyStr]) -> Iterator[AnyStr]:
    """The same in large pieces: each is handed from thread to thread, which takes longer than to make a line."""
    block: list[AnyStr] = []
    size = 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield block[0][:0].join(block)
            block.clear()
            size = 0
    if block:
        yield block[0][:0].join(block)
