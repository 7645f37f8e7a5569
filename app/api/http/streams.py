"""Streamed responses."""

from collections.abc import Iterable, Iterator
from typing import AnyStr

BLOCK_SIZE = 65_536
"""The smallest block that is sent at once, in characters or bytes; only the last one may be smaller."""


def in_blocks(chunks: Iterable[AnyStr]) -> Iterator[AnyStr]:
    """Join the lines of a text into large blocks: handing a block to another thread costs more than writing a line."""
    block: list[AnyStr] = []
    size = 0
    for chunk in chunks:
        block.append(chunk)
        size += len(chunk)
        if size >= BLOCK_SIZE:
            yield block[0][:0].join(block)
            block.clear()
            size = 0
    if block:
        yield block[0][:0].join(block)
