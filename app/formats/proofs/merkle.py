"""Merkle trees as transparency logs have them: RFC 9162, section 2.1 (and RFC 6962, which has the same trees).

A tree is a list of leaves that only grows. Its root stands for all of them in their order; an inclusion proof shows
that a leaf is under a root, a consistency proof that one root stands for the beginning of what another one stands for.
Nothing here stores anything: a tree that grows is a `Frontier`, and proofs ask for the hashes of subtrees.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple, TypeAlias

HASH_BYTES = 32

EMPTY = sha256().digest()
"""The root of a tree without leaves."""

KEPT_LEVELS = 8
"""Every so many levels the hashes of complete subtrees are worth keeping: 256 of the next lower ones are under each."""

HashOf: TypeAlias = Callable[[int, int], bytes]
"""The root of the tree of the leaves from one index up to, and without, another one."""


class Node(NamedTuple):
    """A complete subtree."""

    level: int
    """It has 2^level leaves."""
    number: int
    """0 for the first of its level."""
    hash: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root of a complete subtree, from the hashes of its parts on one level; their number is a power of two."""
    level = hashes
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


@dataclass
class Frontier:
    """What a tree needs in order to grow: its size, and the roots of its complete subtrees, the largest first."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, stored: bytes) -> "Frontier":
        """As `stored` was given by `to_bytes`. Raises ValueError if it cannot be a frontier of a tree of this size."""
        if size < 0 or len(stored) != HASH_BYTES * size.bit_count():
            raise ValueError(f"a tree of {size} leaves has another number of subtrees")
        return cls(size, [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """All hashes in one."""
        return b"".join(self.hashes)

    def extend(self, leaves: Iterable[bytes]) -> list[Node]:
        """Append leaves, given by their hashes; the subtrees worth keeping that this has completed."""
        completed = []
        hashes, size, digest = self.hashes, self.size, sha256
        for leaf in leaves:
            hashes.append(leaf)
            level, carried = 0, size
            while carried & 1:
                right = hashes.pop()
                hashes[-1] = digest(b"\x01" + hashes[-1] + right).digest()
                level, carried = level + 1, carried >> 1
                if not level % KEPT_LEVELS:
                    completed.append(Node(level, size >> level, hashes[-1]))
            size += 1
        self.size = size
        return completed

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.hashes:
            return EMPTY
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


# --- proofs ---


def _split(size: int) -> int:
    """How many leaves are in the left part of a tree: the largest power of two below its size."""
    return 1 << (size - 1).bit_length() - 1


def subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees (level, index) that the leaves from `begin` up to `end` are made of, from the left.

    `begin` is where a subtree of a tree begins, as in what proofs ask for.
    """
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def join(hashes: Sequence[bytes]) -> bytes:
    """The root of the parts that `subtrees` names."""
    return Frontier(hashes=list(hashes)).root()


def inclusion_proof(index: int, size: int, hash_of: HashOf) -> list[bytes]:
    """The proof that leaf number `index` (from 0) is in the tree of the first `size` leaves.

    Raises ValueError if that tree has no such leaf.
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


def consistency_proof(first: int, second: int, hash_of: HashOf) -> list[bytes]:
    """The proof that the tree of the first `first` leaves is the beginning of that of the first `second`.

    Raises ValueError unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError("a consistency proof leads from a tree with leaves to one that is no smaller")
    proof: list[bytes] = []
    begin, end, whole = 0, second, True
    while first < end:
        middle = begin + _split(end - begin)
        if first <= middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin, whole = middle, False
    if not whole:
        proof.append(hash_of(begin, end))
    return proof[::-1]


def proves_inclusion(proof: Sequence[bytes], *, leaf: bytes, index: int, size: int, root: bytes) -> bool:
    """True if the proof shows that the leaf with this hash is number `index` of the `size` leaves under the root.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    at, last, known = index, size - 1, leaf
    for step in proof:
        if not last:
            return False
        if at & 1 or at == last:
            known = node_hash(step, known)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            known = node_hash(known, step)
        at, last = at >> 1, last >> 1
    return not last and known == root


def proves_consistency(
    proof: Sequence[bytes], *, first: int, first_root: bytes, second: int, second_root: bytes
) -> bool:
    """True if the proof shows that the leaves under the first root are the first ones of those under the second.

    RFC 9162, section 2.1.4.2. Of an empty tree nothing can be shown.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if not _are_hashes(first_root, second_root, *proof):
        return False
    steps = [first_root, *proof] if not first & (first - 1) else list(proof)
    if not steps:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return not last and before == first_root and after == second_root


def _are_hashes(*candidates: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in candidates)
