"""SHA-256 trees against a definition in Python over hashlib, at every level; paths that must and must not verify."""

from __future__ import annotations

import hashlib
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import _native
from assay.core.errors import InvalidInput, ProofError, WrongType
from assay.crypto import sha256_tree
from assay.crypto.sha256_tree import Rule, Sha256Tree

RULES: list[Rule] = ["counted", "rfc6962"]
SIZES = [1, 2, 3, 4, 5, 7, 8, 31, 33, 63, 64, 65, 100, 511, 512, 513, 2047, 2048, 2049, 4096, 4131]


def leaves_of(n: int, seed: int = 1) -> np.ndarray:
    return np.frombuffer(random.Random(f"{seed}/{n}").randbytes(32 * n), dtype=np.uint8).reshape(n, 32)


def levels_of(rule: Rule, leaves: np.ndarray) -> list[list[bytes]]:
    prefix = b"\x01" if rule == "rfc6962" else b""
    levels = [[row.tobytes() for row in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [prefix + below[i] + below[i + 1] for i in range(0, len(below) - 1, 2)]
        levels.append([hashlib.sha256(pair).digest() for pair in pairs] + below[2 * len(pairs) :])
    return levels


def root_of(rule: Rule, leaves: np.ndarray) -> bytes:
    top = levels_of(rule, leaves)[-1][0]
    return top if rule == "rfc6962" else hashlib.sha256(top + len(leaves).to_bytes(32, "little")).digest()


def recursive(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + recursive(entries[:k]) + recursive(entries[k:])).digest()


@pytest.mark.parametrize("rule", RULES)
def test_roots_follow_the_definition(isa: str, rule: Rule) -> None:
    for n in SIZES:
        leaves = leaves_of(n)
        expected = root_of(rule, leaves)
        assert sha256_tree.root(leaves, rule) == expected, n
        tree = Sha256Tree(leaves, rule)
        assert (tree.root, len(tree)) == (expected, n)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_large_tree_is_the_same_on_any_number_of_threads(isa: str, threads: int) -> None:
    before = _native.num_threads()
    _native.set_num_threads(threads)
    try:
        leaves = leaves_of(9_001)
        expected = root_of("counted", leaves)
        assert sha256_tree.root(leaves) == Sha256Tree(leaves).root == expected
    finally:
        _native.set_num_threads(before)


def test_the_root_over_entries_of_any_lengths(isa: str) -> None:
    assert sha256_tree.rfc6962_root([]) == hashlib.sha256().digest()
    for n in (1, 2, 3, 10, 33, 100):
        for most in (1, 50, 9000):
            source = random.Random(n * most)
            entries = [source.randbytes(source.randrange(most)) for _ in range(n)]
            assert sha256_tree.rfc6962_root(entries) == recursive(entries), (n, most)
    with pytest.raises(WrongType, match="bytes"):
        sha256_tree.rfc6962_root([b"a", "b"])  # type: ignore[list-item]


def test_the_rfc_by_its_recursion(isa: str) -> None:
    for n in (1, 2, 3, 6, 7, 21, 130):
        entries = [random.Random(i).randbytes(i % 50) for i in range(n)]
        leaves = np.frombuffer(b"".join(map(sha256_tree.rfc6962_leaf, entries)), dtype=np.uint8).reshape(-1, 32)
        assert sha256_tree.root(leaves, "rfc6962") == recursive(entries)


def test_published_roots_of_the_rfc() -> None:
    # Google's certificate-transparency reference implementation, merkle_tree_test.cc: roots of its first entries
    entries = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43", bytes(range(0x50, 0x58)),
               bytes(range(0x60, 0x70))]  # fmt: skip
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for n, expected in roots.items():
        leaves = np.frombuffer(b"".join(map(sha256_tree.rfc6962_leaf, entries[:n])), dtype=np.uint8).reshape(-1, 32)
        assert sha256_tree.root(leaves, "rfc6962").hex() == expected


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13, 64, 65, 200])
def test_every_path_leads_to_the_root(isa: str, rule: Rule, n: int) -> None:
    leaves = leaves_of(n)
    tree, levels = Sha256Tree(leaves, rule), levels_of(rule, leaves)
    for index in range(n):
        place, siblings = index, []
        for level in levels[:-1]:
            if place ^ 1 < len(level):
                siblings.append(level[place ^ 1])
            place >>= 1
        path = tree.path(index)
        assert [bytes(row) for row in path] == siblings
        assert tree.leaf(index) == leaves[index].tobytes()
        sha256_tree.verify_path(tree.root, n, index, tree.leaf(index), path, rule)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.sampled_from(RULES), st.data())
def test_what_is_forged_does_not_verify(n: int, rule: Rule, data: st.DataObject) -> None:
    leaves = leaves_of(n)
    tree = Sha256Tree(leaves, rule)
    index = data.draw(st.integers(0, n - 1))
    leaf, path = tree.leaf(index), tree.path(index)

    def refused(root: bytes, size: int, at: int, leaf: bytes, path: np.ndarray) -> None:
        with pytest.raises((ProofError, InvalidInput)):
            sha256_tree.verify_path(root, size, at, leaf, path, rule)

    bit = data.draw(st.integers(0, 255))
    refused(tree.root, n, index, (int.from_bytes(leaf, "big") ^ 1 << bit).to_bytes(32, "big"), path)
    refused((int.from_bytes(tree.root, "big") ^ 1 << bit).to_bytes(32, "big"), n, index, leaf, path)
    refused(tree.root, n, n, leaf, path)
    refused(tree.root, n, index, leaf, np.vstack([path, leaves[:1]]))
    refused(tree.root[:31], n, index, leaf, path)
    if n > 1:
        refused(tree.root, n, (index + 1) % n, leaf, path)
        changed = path.copy()
        changed[data.draw(st.integers(0, len(path) - 1)), bit % 32] ^= 1
        refused(tree.root, n, index, leaf, changed)
        refused(tree.root, n, index, leaf, path[:-1])
        refused(tree.root, n, index, leaf, path[1:])
    if len(path) > 1 and bytes(path[0]) != bytes(path[1]):
        refused(tree.root, n, index, leaf, path[[1, 0, *range(2, len(path))]])


def test_a_counted_root_binds_the_number_of_leaves() -> None:
    leaves = leaves_of(4)
    levels = levels_of("counted", leaves)
    nodes = np.frombuffer(b"".join(levels[1]), dtype=np.uint8).reshape(2, 32)
    assert sha256_tree.root(nodes) != sha256_tree.root(leaves)  # second preimage: inner nodes as leaves
    promoted = np.vstack([leaves[:1], leaves[1:2], leaves[1:2]])
    assert sha256_tree.root(promoted) != sha256_tree.root(leaves[:2])  # nothing is duplicated at odd sizes
    tree = Sha256Tree(leaves)
    with pytest.raises(ProofError):  # the path of an inner node, as if it were a leaf of the tree of two
        sha256_tree.verify_path(tree.root, 2, 0, levels[1][0], nodes[1:])


def test_a_tree_of_one_leaf(isa: str) -> None:
    leaves = leaves_of(1)
    tree = Sha256Tree(leaves)
    assert tree.root == hashlib.sha256(leaves.tobytes() + (1).to_bytes(32, "little")).digest()
    assert tree.path(0).shape == (0, 32)
    assert Sha256Tree(leaves, "rfc6962").root == leaves.tobytes()


def test_what_is_no_tree_is_refused() -> None:
    leaves = leaves_of(5)
    for make in (sha256_tree.root, Sha256Tree):
        with pytest.raises(InvalidInput, match="0 leaves"):
            make(np.empty((0, 32), dtype=np.uint8))
        with pytest.raises(InvalidInput, match="32"):
            make(np.zeros((4, 31), dtype=np.uint8))
        with pytest.raises(InvalidInput, match="32"):
            make(np.zeros(32, dtype=np.uint8))
        with pytest.raises(WrongType, match="int8"):
            make(np.zeros((4, 32), dtype=np.int8))
        with pytest.raises(InvalidInput, match="bitcoin"):
            make(leaves, "bitcoin")
    tree = Sha256Tree(leaves)
    for index in (-1, 5, 2**63, 2**70):
        with pytest.raises(InvalidInput):
            tree.path(index)
        with pytest.raises(InvalidInput):
            tree.leaf(index)
        with pytest.raises(InvalidInput):
            sha256_tree.verify_path(tree.root, 5, index, tree.leaf(0), tree.path(0))
    with pytest.raises(InvalidInput, match="31"):
        sha256_tree.verify_path(tree.root, 5, 0, tree.leaf(0)[:31], tree.path(0))
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(tree)
    assert tree.root.hex() in repr(tree)


def test_leaves_stay_as_they_are_and_may_lie_anywhere(isa: str) -> None:
    whole = np.frombuffer(random.Random(2).randbytes(32 * 4000 + 5), dtype=np.uint8)
    leaves = whole[5:].reshape(4000, 32)
    copy = leaves.copy()
    assert sha256_tree.root(leaves) == root_of("counted", copy)
    assert (leaves == copy).all()
    assert sha256_tree.root(leaves[::3]) == root_of("counted", copy[::3])
