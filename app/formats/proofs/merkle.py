"""Merkle trees of transparency logs: RFC 9162, section 2.1 (RFC 6962 has the same trees).

A tree is an append-only list of leaves, and its root hash commits to all of them in order. An inclusion proof shows
that a leaf is under a root; a consistency proof shows that one root commits to the first leaves of another. Nothing is
stored here: `Frontier` is the state of a growing tree, and the proof functions get subtree hashes from a callback.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple, TypeAlias

HASH_BYTES = 32

EMPTY_ROOT = sha256().digest()
"""The root hash of a tree without leaves."""

STORED_LEVEL_STEP = 8
"""The hashes of complete subtrees are stored at every eighth level; each covers 256 of the stored level below."""

RangeRoot: TypeAlias = Callable[[int, int], bytes]
"""A function that returns the root hash of the leaves from index `begin` up to, but excluding, `end`."""


class Subtree(NamedTuple):
    """A complete subtree."""

    level: int
    """The subtree has 2^level leaves."""
    number: int
    """The index of the subtree in its level, from 0."""
    hash: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 with the prefix 0x00."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the parent of two subtrees: SHA-256 with the prefix 0x01."""
    return sha256(b"\x01" + left + right).digest()


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root hash of a complete subtree from the hashes of one level; their number must be a power of two."""
    level = hashes
    while len(level) > 1:
        level = [node_hash(level[index], level[index + 1]) for index in range(0, len(level), 2)]
    return level[0]


@dataclass
class Frontier:
    """The state of a growing tree: its size, and the root hashes of its complete subtrees, the largest first."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> "Frontier":
        """Restore the result of `to_bytes`. Raises ValueError if its length does not fit a tree of this size."""
        if size < 0 or len(stored) != HASH_BYTES * size.bit_count():
            raise ValueError(
                f"a tree of {size} leaves has {size.bit_count()} subtree hashes, but the stored frontier has a "
                "different number"
            )
        return cls(size, [stored[start : start + HASH_BYTES] for start in range(0, len(stored), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """Return the hashes as one byte string."""
        return b"".join(self.hashes)

    def extend(self, leaves: Iterable[bytes]) -> list[Subtree]:
        """Append leaves by their hashes. Returns the subtrees that are now complete and at a level to be stored."""
        completed = []
        hashes, size, digest = self.hashes, self.size, sha256
        for leaf in leaves:
            hashes.append(leaf)
            # Like a carry in binary addition: each trailing 1 bit of the size is a complete subtree to merge with.
            level, carry = 0, size
            while carry & 1:
                right = hashes.pop()
                hashes[-1] = digest(b"\x01" + hashes[-1] + right).digest()
                level, carry = level + 1, carry >> 1
                if not level % STORED_LEVEL_STEP:
                    completed.append(Subtree(level, size >> level, hashes[-1]))
            size += 1
        self.size = size
        return completed

    def root(self) -> bytes:
        """Return the root hash of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


# --- proofs ---


def _split(size: int) -> int:
    """The number of leaves in the left subtree: the largest power of two below the size of the tree."""
    return 1 << (size - 1).bit_length() - 1


def complete_subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """Return the complete subtrees (level, number) that make up the leaves from `begin` up to `end`, from the left.

    `begin` must be the first leaf of a subtree, as in the ranges that proofs need.
    """
    subtrees = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        subtrees.append((level, begin >> level))
        begin += 1 << level
    return subtrees


def combine_subtrees(hashes: Sequence[bytes]) -> bytes:
    """Return the root hash of the leaf range whose `complete_subtrees` have these hashes."""
    return Frontier(hashes=list(hashes)).root()


def inclusion_proof(index: int, size: int, hash_of: RangeRoot) -> list[bytes]:
    """Return the proof that leaf `index` (from 0) is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1).

    Raises ValueError if the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf number {index}")
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, hash_of: RangeRoot) -> list[bytes]:
    """Return the proof that the tree of `second` leaves begins with the tree of `first` leaves (RFC 9162, 2.1.4.1).

    Raises ValueError unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError("the earlier tree must have at least one leaf, and the later tree must not be smaller")
    proof: list[bytes] = []
    begin, end, is_whole_tree = 0, second, True
    while first < end:
        middle = begin + _split(end - begin)
        if first <= middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin, is_whole_tree = middle, False
    if not is_whole_tree:
        proof.append(hash_of(begin, end))
    return proof[::-1]
