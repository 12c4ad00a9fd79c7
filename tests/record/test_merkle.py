"""The tree, against the reference vectors of certificate transparency, and its laws."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.record.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
)

# Leaf inputs and roots of the reference implementation of RFC 6962 (certificate
# transparency, merkle_tree_test: kInputs, kSHA256Roots); RFC 9162 hashes alike.
INPUTS = [
    bytes.fromhex(x)
    for x in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
L01 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
L11 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
L21 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
L04 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
L13 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
L12 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
# kSHA256Paths: leaf (from 1), size, path; kSHA256Proofs: two sizes, proof.
PATHS = [
    (1, 1, []),
    (1, 8, [L01, L11, L21]),
    (6, 8, [L04, L13, ROOTS[3]]),
    (3, 3, [ROOTS[1]]),
    (2, 5, [ROOTS[0], L11, L04]),
]
PROOFS = [
    (1, 1, []),
    (1, 8, [L01, L11, L21]),
    (6, 8, [L12, L13, ROOTS[3]]),
    (2, 5, [L11, L04]),
]
LEAVES = [leaf_hash(x) for x in INPUTS]


def test_roots_are_those_of_the_reference() -> None:
    tree = Frontier()
    assert tree.root() == hashlib.sha256(b"").digest()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.add(leaf)
        assert tree.root().hex() == root


@pytest.mark.parametrize(("leaf", "size", "path"), PATHS)
def test_inclusion_paths_are_those_of_the_reference(leaf, size, path) -> None:
    found = inclusion_proof(LEAVES[:size], leaf - 1)
    assert [h.hex() for h in found] == path
    root = bytes.fromhex(ROOTS[size - 1])
    assert is_included(LEAVES[leaf - 1], leaf - 1, size, found, root)


@pytest.mark.parametrize(("first", "size", "path"), PROOFS)
def test_consistency_proofs_are_those_of_the_reference(first, size, path) -> None:
    found = consistency_proof(LEAVES[:size], first)
    assert [h.hex() for h in found] == path
    old, new = (bytes.fromhex(ROOTS[n - 1]) for n in (first, size))
    assert is_consistent(first, size, found, old, new)


def slow_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162, 2.1.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    left, right = slow_root(leaves[:k]), slow_root(leaves[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


some_leaves = st.integers(1, 70).map(
    lambda n: [leaf_hash(i.to_bytes(2, "big")) for i in range(n)]
)


@given(some_leaves)
def test_the_running_root_is_the_definition(leaves: list[bytes]) -> None:
    assert root_of(leaves) == slow_root(leaves)


@given(some_leaves, st.data())
def test_an_edge_that_was_kept_goes_on_as_if_never_put_down(leaves, data) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    tree = Frontier()
    for leaf in leaves[:cut]:
        tree.add(leaf)
    again = Frontier.from_text(cut, tree.to_text())
    for leaf in leaves[cut:]:
        again.add(leaf)
    assert again.root() == slow_root(leaves)


@given(some_leaves, st.data())
def test_a_proof_holds_and_no_other_does(leaves: list[bytes], data) -> None:
    n = len(leaves)
    i = data.draw(st.integers(0, n - 1))
    root, path = root_of(leaves), inclusion_proof(leaves, i)
    assert is_included(leaves[i], i, n, path, root)
    assert len(path) <= (n - 1).bit_length()
    old, proof = root_of(leaves[: i + 1]), consistency_proof(leaves, i + 1)
    assert is_consistent(i + 1, n, proof, old, root)
    # Anything else is refused: another leaf, place, root, or a changed path.
    assert not is_included(leaf_hash(b"other"), i, n, path, root)
    assert not is_included(leaves[i], i, n, path, leaf_hash(b"other"))
    assert not is_included(leaves[i], i, n, [*path, root], root)
    if n > 1:
        assert not is_included(leaves[i], (i + 1) % n, n, path, root)
        assert not is_included(leaves[i], i, n, path[:-1], root)
        k = data.draw(st.integers(0, len(path) - 1))
        wrong = [*path[:k], leaf_hash(b"other"), *path[k + 1 :]]
        assert not is_included(leaves[i], i, n, wrong, root)
    assert not is_consistent(i + 1, n, proof, leaf_hash(b"other"), root)
    assert not is_consistent(i + 1, n, proof, old, leaf_hash(b"other"))
    if proof:
        k = data.draw(st.integers(0, len(proof) - 1))
        wrong = [*proof[:k], leaf_hash(b"other"), *proof[k + 1 :]]
        assert not is_consistent(i + 1, n, wrong, old, root)
        assert not is_consistent(i + 1, n, proof[:-1], old, root)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    for bad in (-1, 8):
        with pytest.raises(InputError, match="8 leaves"):
            inclusion_proof(LEAVES, bad)
    for bad in (0, 9):
        with pytest.raises(InputError, match="the tree has 8"):
            consistency_proof(LEAVES, bad)
    with pytest.raises(InputError, match="another frontier"):
        Frontier(3, [LEAVES[0]])
