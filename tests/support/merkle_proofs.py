"""A verifier of Merkle proofs (RFC 9162), with which the tests check the proofs that Attest makes."""

from collections.abc import Sequence

from app.formats.proofs.merkle import HASH_BYTES, node_hash


def verify_inclusion(proof: Sequence[bytes], *, leaf: bytes, index: int, size: int, root: bytes) -> bool:
    """True if the proof shows that the leaf hash `leaf` is at `index` among the `size` leaves under the root.

    RFC 9162, section 2.1.3.2, whose `fn` and `sn` are `node` and `last` here.
    """
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return not last and current == root


def verify_consistency(
    proof: Sequence[bytes], *, first: int, first_root: bytes, second: int, second_root: bytes
) -> bool:
    """True if the proof shows that the leaves under the first root are the first leaves under the second root.

    RFC 9162, section 2.1.4.2. False for an empty first tree, about which nothing can be proved.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if not _are_hashes(first_root, second_root, *proof):
        return False
    hashes = [first_root, *proof] if not first & (first - 1) else list(proof)
    if not hashes:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first_hash = second_hash = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            first_hash, second_hash = node_hash(sibling, first_hash), node_hash(sibling, second_hash)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second_hash = node_hash(second_hash, sibling)
        node, last = node >> 1, last >> 1
    return not last and first_hash == first_root and second_hash == second_root


def _are_hashes(*candidates: bytes) -> bool:
    return all(len(candidate) == HASH_BYTES for candidate in candidates)
