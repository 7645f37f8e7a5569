"""Merkle trees: the public vectors of other implementations, and what must hold of any tree."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from app.formats.proofs.merkle import (
    EMPTY,
    Frontier,
    Node,
    consistency_proof,
    fold,
    inclusion_proof,
    join,
    leaf_hash,
    node_hash,
    proves_consistency,
    proves_inclusion,
    subtrees,
)

DATA = Path(__file__).parents[2] / "data" / "merkle"


def vectors(kind: str) -> list[Any]:
    """The public vectors, named as their files are."""
    found = map(json.loads, (DATA / f"{kind}.jsonl").read_text().splitlines())
    return [pytest.param(vector, id=vector["name"].removeprefix(f"{kind}/")) for vector in found]


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def as_unsigned(number: int) -> int:
    """What the vectors call minus one is the largest number of 64 bits."""
    return number % 2**64


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_public_vectors_of_inclusion(vector: dict[str, Any]) -> None:
    proves = proves_inclusion(
        [decoded(one) for one in vector["proof"] or []],
        leaf=decoded(vector["leafHash"]),
        index=as_unsigned(vector["leafIdx"]),
        size=as_unsigned(vector["treeSize"]),
        root=decoded(vector["root"]),
    )

    assert proves is not vector["wantErr"]


def test_what_is_not_as_long_as_a_hash_proves_nothing() -> None:
    """Nodes of other lengths would let somebody choose where one hash ends and the next begins."""
    short, whole = bytes(31), bytes(32)
    for left, right in ((short, whole), (whole, short), (bytes(33), whole)):
        root = node_hash(left, right)
        assert not proves_inclusion([right], leaf=left, index=0, size=2, root=root)
        assert not proves_consistency([right], first=1, first_root=left, second=2, second_root=root)
    assert proves_inclusion([whole], leaf=whole, index=0, size=2, root=node_hash(whole, whole))


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_public_vectors_of_consistency(vector: dict[str, Any]) -> None:
    proves = proves_consistency(
        [decoded(one) for one in vector["proof"] or []],
        first=as_unsigned(vector["size1"]),
        first_root=decoded(vector["root1"]),
        second=as_unsigned(vector["size2"]),
        second_root=decoded(vector["root2"]),
    )

    assert proves is not vector["wantErr"]


# --- any tree ---


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(count)]


def root_of(hashes: list[bytes]) -> bytes:
    """The root as RFC 9162, section 2.1.1, defines it, word for word."""
    if not hashes:
        return EMPTY
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def hash_of(hashes: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda begin, end: root_of(hashes[begin:end])


def test_the_hashes_of_the_standard() -> None:
    """RFC 6962, section 2.1: what is hashed begins with 0 for a leaf and with 1 for a node."""
    assert sha256(b"").digest() == EMPTY == Frontier().root()
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert node_hash(b"a", b"b") == sha256(b"\x01ab").digest()


@configured(deadline=None)
@given(st.integers(0, 300), st.lists(st.integers(0, 40), max_size=6))
def test_a_tree_that_grows_in_any_steps_has_the_root_of_its_leaves(count: int, steps: list[int]) -> None:
    hashes = leaves(count)
    growing, done = Frontier(), 0
    for step in [*steps, count]:
        growing.extend(hashes[done : done + step])
        done = min(done + step, count)
        growing = Frontier.of(growing.size, growing.to_bytes())
        assert growing.size == done
        assert growing.root() == root_of(hashes[:done])


def test_growing_tells_of_the_subtrees_that_are_worth_keeping() -> None:
    hashes = leaves(256 * 256 + 300)
    growing = Frontier()

    kept = [*growing.extend(hashes[:1000]), *growing.extend(hashes[1000:])]

    assert kept[0] == Node(8, 0, root_of(hashes[:256]))
    assert [node[:2] for node in kept] == [*((8, at) for at in range(256)), (16, 0), (8, 256)]
    assert kept[-2].hash == fold([node.hash for node in kept[:256]]) == root_of(hashes[: 256 * 256])


@pytest.mark.parametrize(("size", "stored"), [(1, b""), (0, b"a" * 32), (3, b"a" * 63), (-1, b"a" * 32)])
def test_a_frontier_of_another_tree_is_refused(size: int, stored: bytes) -> None:
    with pytest.raises(ValueError, match="another number of subtrees"):
        Frontier.of(size, stored)


@configured(deadline=None)
@given(st.data())
def test_every_leaf_is_proved_and_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 140), label="size")
    index = data.draw(st.integers(0, size - 1), label="index")
    other = data.draw(st.integers(0, size + 5), label="other")
    hashes = leaves(size)
    root = root_of(hashes)

    proof = inclusion_proof(index, size, hash_of(hashes))

    assert proves_inclusion(proof, leaf=hashes[index], index=index, size=size, root=root)
    assert proves_inclusion(proof, leaf=hashes[index], index=other, size=size, root=root) is (other == index)
    assert not proves_inclusion(proof, leaf=leaf_hash(b"x"), index=index, size=size, root=root)
    assert not proves_inclusion([*proof, root], leaf=hashes[index], index=index, size=size, root=root)
    if proof:
        assert not proves_inclusion(proof[:-1], leaf=hashes[index], index=index, size=size, root=root)


@configured(deadline=None)
@given(st.data())
def test_every_beginning_is_proved_and_no_other(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, 140), label="second")
    first = data.draw(st.integers(1, second), label="first")
    hashes = leaves(second)
    roots = {"first_root": root_of(hashes[:first]), "second_root": root_of(hashes)}

    proof = consistency_proof(first, second, hash_of(hashes))

    assert proves_consistency(proof, first=first, second=second, **roots)
    assert not proves_consistency([*proof, roots["first_root"]], first=first, second=second, **roots)
    forged = root_of([*hashes[: first - 1], leaf_hash(b"x")])
    assert not proves_consistency(
        proof, first=first, first_root=forged, second=second, second_root=roots["second_root"]
    )
    if proof:
        assert not proves_consistency(proof[:-1], first=first, second=second, **roots)


def test_every_beginning_of_small_trees_is_proved() -> None:
    hashes = leaves(20)
    roots = [root_of(hashes[:size]) for size in range(21)]

    for second in range(1, 21):
        for first in range(1, second + 1):
            proof = consistency_proof(first, second, hash_of(hashes))
            assert proves_consistency(
                proof, first=first, first_root=roots[first], second=second, second_root=roots[second]
            )


@configured(deadline=None)
@given(st.data())
def test_what_proofs_ask_for_is_made_of_complete_subtrees(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300), label="size")
    index = data.draw(st.integers(0, size - 1), label="index")
    hashes = leaves(size)

    def joined(begin: int, end: int) -> bytes:
        parts = [(index << level, index + 1 << level) for level, index in subtrees(begin, end)]
        assert all(right - left == 1 << (right - left).bit_length() - 1 for left, right in parts)
        return join([fold(hashes[left:right]) for left, right in parts])

    assert inclusion_proof(index, size, joined) == inclusion_proof(index, size, hash_of(hashes))
    assert consistency_proof(index + 1, size, joined) == consistency_proof(index + 1, size, hash_of(hashes))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="has no leaf number"):
        inclusion_proof(index, size, hash_of(leaves(3)))


@pytest.mark.parametrize(("first", "second"), [(0, 1), (-1, 3), (3, 2), (0, 0)])
def test_no_proof_leads_from_nothing_or_back(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="no smaller"):
        consistency_proof(first, second, hash_of(leaves(3)))
