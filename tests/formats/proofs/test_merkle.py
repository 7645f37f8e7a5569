"""Merkle trees: public test vectors of other implementations, and properties of any tree."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.proofs.merkle import (
    EMPTY_ROOT,
    Frontier,
    Subtree,
    combine_subtrees,
    complete_subtrees,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    subtree_root,
)
from tests.support.merkle_proofs import verify_consistency, verify_inclusion

DATA = Path(__file__).parents[2] / "data" / "merkle"


def vectors(kind: str) -> list[Any]:
    """Read the public test vectors of a kind; each has the name of its original file."""
    parsed = map(json.loads, (DATA / f"{kind}.jsonl").read_text().splitlines())
    return [pytest.param(vector, id=vector["name"].removeprefix(f"{kind}/")) for vector in parsed]


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def as_unsigned(number: int) -> int:
    """Read a number as unsigned with 64 bits: the vectors write the largest one as -1."""
    return number % 2**64


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_public_vectors_of_inclusion(vector: dict[str, Any]) -> None:
    is_proved = verify_inclusion(
        [decoded(node) for node in vector["proof"] or []],
        leaf=decoded(vector["leafHash"]),
        index=as_unsigned(vector["leafIdx"]),
        size=as_unsigned(vector["treeSize"]),
        root=decoded(vector["root"]),
    )

    assert is_proved is not vector["wantErr"]


def test_hashes_of_another_length_prove_nothing() -> None:
    """Nodes of other lengths would let an attacker choose where one hash ends and the next begins."""
    short, whole = bytes(31), bytes(32)
    for left, right in ((short, whole), (whole, short), (bytes(33), whole)):
        root = node_hash(left, right)
        assert not verify_inclusion([right], leaf=left, index=0, size=2, root=root)
        assert not verify_consistency([right], first=1, first_root=left, second=2, second_root=root)
    assert verify_inclusion([whole], leaf=whole, index=0, size=2, root=node_hash(whole, whole))


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_public_vectors_of_consistency(vector: dict[str, Any]) -> None:
    is_proved = verify_consistency(
        [decoded(node) for node in vector["proof"] or []],
        first=as_unsigned(vector["size1"]),
        first_root=decoded(vector["root1"]),
        second=as_unsigned(vector["size2"]),
        second_root=decoded(vector["root2"]),
    )

    assert is_proved is not vector["wantErr"]


# --- any tree ---


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(count)]


def root_of(hashes: list[bytes]) -> bytes:
    """The root of a tree by the recursive definition of RFC 9162, section 2.1.1."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def subtree_hasher(hashes: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda begin, end: root_of(hashes[begin:end])


def test_leaves_and_nodes_are_hashed_as_the_standard_says() -> None:
    """RFC 6962, section 2.1: what is hashed begins with 0 for a leaf and with 1 for a node."""
    assert sha256(b"").digest() == EMPTY_ROOT == Frontier().root()
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert node_hash(b"a", b"b") == sha256(b"\x01ab").digest()


@settings(deadline=None)
@given(st.integers(0, 300), st.lists(st.integers(0, 40), max_size=6))
def test_a_tree_that_grows_in_any_steps_has_the_root_of_its_leaves(count: int, steps: list[int]) -> None:
    hashes = leaves(count)
    frontier, done = Frontier(), 0
    for step in [*steps, count]:
        frontier.extend(hashes[done : done + step])
        done = min(done + step, count)
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes())
        assert frontier.size == done
        assert frontier.root() == root_of(hashes[:done])


def test_extending_a_tree_returns_the_completed_subtrees_to_store() -> None:
    hashes = leaves(256 * 256 + 300)
    frontier = Frontier()

    stored = [*frontier.extend(hashes[:1000]), *frontier.extend(hashes[1000:])]

    assert stored[0] == Subtree(8, 0, root_of(hashes[:256]))
    assert [node[:2] for node in stored] == [*((8, at) for at in range(256)), (16, 0), (8, 256)]
    assert stored[-2].hash == subtree_root([node.hash for node in stored[:256]]) == root_of(hashes[: 256 * 256])


@pytest.mark.parametrize(("size", "stored"), [(1, b""), (0, b"a" * 32), (3, b"a" * 63), (-1, b"a" * 32)])
def test_a_frontier_with_the_wrong_number_of_subtrees_is_refused(size: int, stored: bytes) -> None:
    with pytest.raises(ValueError, match="the stored frontier has a different number"):
        Frontier.from_bytes(size, stored)


@settings(deadline=None)
@given(st.data())
def test_an_inclusion_proof_proves_its_leaf_and_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 140), label="size")
    index = data.draw(st.integers(0, size - 1), label="index")
    other_index = data.draw(st.integers(0, size + 5), label="other_index")
    hashes = leaves(size)
    root = root_of(hashes)

    proof = inclusion_proof(index, size, subtree_hasher(hashes))

    assert verify_inclusion(proof, leaf=hashes[index], index=index, size=size, root=root)
    assert verify_inclusion(proof, leaf=hashes[index], index=other_index, size=size, root=root) is (
        other_index == index
    )
    assert not verify_inclusion(proof, leaf=leaf_hash(b"x"), index=index, size=size, root=root)
    assert not verify_inclusion([*proof, root], leaf=hashes[index], index=index, size=size, root=root)
    if proof:
        assert not verify_inclusion(proof[:-1], leaf=hashes[index], index=index, size=size, root=root)


@settings(deadline=None)
@given(st.data())
def test_a_consistency_proof_proves_its_earlier_tree_and_no_other(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, 140), label="second")
    first = data.draw(st.integers(1, second), label="first")
    hashes = leaves(second)
    roots = {"first_root": root_of(hashes[:first]), "second_root": root_of(hashes)}

    proof = consistency_proof(first, second, subtree_hasher(hashes))

    assert verify_consistency(proof, first=first, second=second, **roots)
    assert not verify_consistency([*proof, roots["first_root"]], first=first, second=second, **roots)
    forged = root_of([*hashes[: first - 1], leaf_hash(b"x")])
    assert not verify_consistency(
        proof, first=first, first_root=forged, second=second, second_root=roots["second_root"]
    )
    if proof:
        assert not verify_consistency(proof[:-1], first=first, second=second, **roots)


def test_consistency_of_all_small_trees_is_proved() -> None:
    hashes = leaves(20)
    roots = [root_of(hashes[:size]) for size in range(21)]

    for second in range(1, 21):
        for first in range(1, second + 1):
            proof = consistency_proof(first, second, subtree_hasher(hashes))
            assert verify_consistency(
                proof, first=first, first_root=roots[first], second=second, second_root=roots[second]
            )


@settings(deadline=None)
@given(st.data())
def test_proofs_can_be_built_from_complete_subtrees(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300), label="size")
    index = data.draw(st.integers(0, size - 1), label="index")
    hashes = leaves(size)

    def joined(begin: int, end: int) -> bytes:
        parts = [(index << level, index + 1 << level) for level, index in complete_subtrees(begin, end)]
        assert all(right - left == 1 << (right - left).bit_length() - 1 for left, right in parts)
        return combine_subtrees([subtree_root(hashes[left:right]) for left, right in parts])

    assert inclusion_proof(index, size, joined) == inclusion_proof(index, size, subtree_hasher(hashes))
    assert consistency_proof(index + 1, size, joined) == consistency_proof(index + 1, size, subtree_hasher(hashes))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_a_missing_leaf_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="has no leaf number"):
        inclusion_proof(index, size, subtree_hasher(leaves(3)))


@pytest.mark.parametrize(("first", "second"), [(0, 1), (-1, 3), (3, 2), (0, 0)])
def test_an_empty_or_larger_first_tree_has_no_consistency_proof(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="must not be smaller"):
        consistency_proof(first, second, subtree_hasher(leaves(3)))
