"""Poseidon trees against a recursive definition in Python, over every arity; proofs that must and must not verify."""

from __future__ import annotations

import pickle
import random
import threading
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.core.errors import EncodingError, InvalidInput, LimitError, ProofError, WrongType
from assay.crypto.field import Fr
from assay.crypto.merkle import DenseTree, Shape, SparseTree
from assay.crypto.poseidon import domain_tag, hash_ints

TAG = domain_tag("assay/test/node/v1")
EMPTY = 5
R = Fr.modulus
SHAPES = [(2, 1), (2, 5), (3, 3), (4, 3), (5, 2), (7, 2), (16, 2), (2, 16), (4, 8), (2, 62), (16, 15)]


@cache
def empty(arity: int, level: int) -> int:
    return EMPTY if level == 0 else hash_ints([empty(arity, level - 1)] * arity, TAG)


def node(leaves: dict[int, int], arity: int, level: int, index: int) -> int:
    """The definition, descending only where there are leaves."""
    if level == 0:
        return leaves.get(index, EMPTY)
    span = arity**level
    if not any(index * span <= i < (index + 1) * span for i in leaves):
        return empty(arity, level)
    return hash_ints([node(leaves, arity, level - 1, arity * index + c) for c in range(arity)], TAG)


def filled(arity: int, depth: int, count: int = 12, seed: int = 1) -> tuple[SparseTree, dict[int, int]]:
    rng = random.Random(seed)
    slots = arity**depth
    leaves = {i % slots: rng.randrange(R) for i in (0, 1, slots - 1, *(rng.randrange(slots) for _ in range(count)))}
    tree = SparseTree(arity, depth, TAG, EMPTY)
    tree.update_many(list(leaves), Fr.to_limbs(leaves.values()))
    return tree, leaves


@pytest.mark.parametrize(("arity", "depth"), SHAPES)
def test_roots_leaves_and_paths_follow_the_definition(isa: str, arity: int, depth: int) -> None:
    tree, leaves = filled(arity, depth)
    root = node(leaves, arity, depth, 0)
    assert tree.root == root
    absent = next(i for i in range(1, 100) if i not in leaves) if tree.shape.slots > 20 else 0
    for index in [*leaves, absent]:
        leaf = leaves.get(index, EMPTY)
        assert tree.get(index) == leaf
        path, digits = tree.path(index), tree.shape.digits(index)
        assert path.shape == (depth, arity - 1, 4)
        for level, digit in enumerate(digits):
            parent = index // arity ** (level + 1)
            children = [node(leaves, arity, level, parent * arity + c) for c in range(arity)]
            assert Fr.from_limbs(path[level]) == children[:digit] + children[digit + 1 :]
        tree.verify_path(root, index, leaf, path)


@pytest.mark.parametrize(("arity", "depth"), SHAPES)
def test_one_by_one_and_in_batches_give_one_tree(arity: int, depth: int) -> None:
    tree, leaves = filled(arity, depth)
    single = SparseTree(arity, depth, TAG, EMPTY)
    assert single.root == empty(arity, depth)
    for index, leaf in leaves.items():
        root = single.update(index, leaf)
    assert root == single.root == tree.root
    for index in leaves:
        single.update(index, EMPTY)
    assert single.root == empty(arity, depth)


@pytest.mark.parametrize(("arity", "depth"), [s for s in SHAPES if s[0] ** s[1] < 2**17])
def test_dense_trees_equal_sparse_ones(arity: int, depth: int) -> None:
    slots = arity**depth
    for count in sorted({0, 1, 2, arity - 1, arity, arity + 1, slots - 1, slots}):
        if count > min(slots, 3000):
            continue
        values = Fr.to_limbs([(7 * i * i + 1) % R for i in range(count)])
        dense = DenseTree(arity, depth, TAG, values, EMPTY)
        sparse = SparseTree(arity, depth, TAG, EMPTY)
        assert dense.root == sparse.update_many(list(range(count)), values)
        for index in {0, count // 2, max(count - 1, 0), slots - 1}:
            assert dense.get(index) == sparse.get(index)
            assert (dense.path(index) == sparse.path(index)).all()
        picks = sorted({0, count // 3, slots - 1})
        assert (dense.prove_many(picks) == sparse.prove_many(picks)).all()
    with pytest.raises(LimitError):
        DenseTree(arity, depth, TAG, np.zeros((slots + 1, 4), dtype=np.uint64))


@pytest.mark.parametrize(("arity", "depth"), [(2, 8), (3, 4), (4, 4), (16, 2), (4, 20)])
def test_multiproofs(arity: int, depth: int) -> None:
    tree, leaves = filled(arity, depth, 40)
    rng = random.Random(2)
    for size in (1, 2, 5, len(leaves)):
        chosen = sorted(rng.sample(sorted(leaves), size))
        values = Fr.to_limbs([leaves[i] for i in chosen])
        proof = tree.prove_many(chosen)
        tree.verify_many(tree.root, chosen, values, proof)
        assert len(proof) <= size * depth * (arity - 1)
        if size == 1:
            assert (proof == tree.path(chosen[0]).reshape(-1, 4)).all()
        wrong = values.copy()
        wrong[-1, 0] ^= np.uint64(1)
        refusals = [
            (ProofError, tree.root + 1, chosen, values, proof),
            (ProofError, tree.root, chosen, wrong, proof),
            (InvalidInput, tree.root, chosen, values, proof[:-1]),
            (InvalidInput, tree.root, chosen, values, np.concatenate([proof, proof[:1]])),
            (EncodingError, tree.root, chosen[::-1] + chosen[:1], np.concatenate([values[::-1], values[:1]]), proof),
            (InvalidInput, tree.root, chosen[1:], values, proof),
        ]
        for error, *arguments in refusals:
            with pytest.raises(error):
                tree.verify_many(*arguments)
        for position in range(0, len(proof), max(1, len(proof) // 8)):
            changed = proof.copy()
            changed[position, 0] ^= np.uint64(1)
            with pytest.raises(ProofError):
                tree.verify_many(tree.root, chosen, values, changed)
    with pytest.raises(InvalidInput):
        tree.prove_many([])
    with pytest.raises(EncodingError):
        tree.prove_many([1, 1])


def test_a_full_multiproof_needs_no_sibling() -> None:
    tree, leaves = filled(4, 2)
    values = Fr.to_limbs([leaves.get(i, EMPTY) for i in range(16)])
    proof = tree.prove_many(list(range(16)))
    assert proof.shape == (0, 4)
    tree.verify_many(tree.root, list(range(16)), values, proof)


@pytest.mark.parametrize(("arity", "depth"), [(2, 5), (4, 3), (16, 2)])
def test_forged_paths_are_refused(isa: str, arity: int, depth: int) -> None:
    tree, leaves = filled(arity, depth)
    index, root = 1, tree.root
    leaf, path = leaves[index], tree.path(index)
    other = next(i for i in leaves if leaves[i] != leaf)
    for arguments in [
        (root + 1, index, leaf, path),
        (0, index, leaf, path),
        (root, index, leaf + 1, path),
        (root, index, EMPTY, path),
        (root, other, leaf, path),
        (root, index ^ 1, leaf, path),
        (root, other, leaves[other], path),
        (root, index, leaf, path[::-1].copy()),
    ]:
        with pytest.raises(ProofError):
            tree.verify_path(*arguments)
    for level in range(depth):
        for sibling in range(arity - 1):
            changed = path.copy()
            changed[level, sibling, 0] ^= np.uint64(1)
            with pytest.raises(ProofError):
                tree.verify_path(root, index, leaf, changed)
    for shape in [(depth - 1, arity - 1, 4), (depth + 1, arity - 1, 4), (depth, arity, 4), (depth * (arity - 1), 4)]:
        with pytest.raises(InvalidInput, match="shape"):
            tree.verify_path(root, index, leaf, np.zeros(shape, dtype=np.uint64))


def test_an_inner_node_is_no_leaf() -> None:
    # a shorter path from an inner node leads to the root, but not in a tree of this depth
    tree, leaves = filled(2, 5)
    inner = node(leaves, 2, 1, 0)
    assert Shape(2, 4, TAG).path_root(0, inner, tree.path(0)[1:].copy()) == tree.root
    with pytest.raises(InvalidInput, match="shape"):
        tree.verify_path(tree.root, 0, inner, tree.path(0)[1:].copy())
    with pytest.raises(ProofError):
        Shape(2, 5, TAG + 1).verify_path(tree.root, 0, tree.get(0), tree.path(0))


def test_siblings_and_leaves_at_or_above_the_modulus_are_refused() -> None:
    tree, leaves = filled(4, 3)
    before = tree.root
    path = tree.path(0)
    limbs = [(int.from_bytes(path[0, 0].tobytes(), "little") + R) >> (64 * i) & (2**64 - 1) for i in range(4)]
    path[0, 0] = np.array(limbs, dtype=np.uint64)
    with pytest.raises(EncodingError, match="canonical"):
        tree.verify_path(before, 0, leaves[0], path)
    full = np.full((1, 4), 2**64 - 1, dtype=np.uint64)
    with pytest.raises(EncodingError, match="canonical"):
        tree.update_many([0], full)
    with pytest.raises(EncodingError, match="canonical"):
        DenseTree(4, 3, TAG, full)
    with pytest.raises(EncodingError, match="canonical"):
        tree.verify_many(before, [0], full, tree.prove_many([0]))
    assert tree.root == before


def test_a_refused_batch_changes_nothing() -> None:
    tree, leaves = filled(4, 3)
    before = tree.root
    for indices, values in [
        ([0, 64], Fr.to_limbs([1, 2])),
        ([0], Fr.to_limbs([1, 2])),
        ([-1], Fr.to_limbs([1])),
        ([2**63], Fr.to_limbs([1])),
        ([2**64], Fr.to_limbs([1])),
        (np.array([0, 2**64 - 1], dtype=np.uint64), Fr.to_limbs([1, 2])),
    ]:
        with pytest.raises(InvalidInput):
            tree.update_many(indices, values)
    with pytest.raises(WrongType):
        tree.update_many(np.array([0], dtype=np.int64), Fr.to_limbs([1]))
    with pytest.raises(InvalidInput):
        tree.update(0, R)
    assert tree.root == before
    assert {i: tree.get(i) for i in leaves} == leaves


def test_the_last_of_equal_indices_counts() -> None:
    tree = SparseTree(4, 3, TAG, EMPTY)
    tree.update_many([9, 3, 9, 9], Fr.to_limbs([1, 2, 3, 4]))
    assert (tree.get(9), tree.get(3)) == (4, 2)
    assert tree.root == node({9: 4, 3: 2}, 4, 3, 0)
    assert tree.update_many([], Fr.to_limbs([])) == tree.root


def test_snapshots_nest() -> None:
    tree, _ = filled(4, 5)
    roots = [tree.root]
    numbers = []
    for step in range(4):
        numbers.append(tree.snapshot())
        tree.update_many([step, 100 + step, 7], Fr.to_limbs([step + 1, 2, step]))
        roots.append(tree.root)
    tree.rollback(numbers[3])
    assert tree.root == roots[3]
    tree.release(numbers[2])
    assert tree.root == roots[3]
    tree.update(0, 99)
    tree.rollback(numbers[0])
    assert tree.root == roots[0]
    for number in (0, 1, numbers[3]):
        with pytest.raises(InvalidInput):
            tree.rollback(number)
        with pytest.raises(InvalidInput):
            tree.release(number)


def test_a_transaction_that_raises_is_undone() -> None:
    tree, leaves = filled(2, 6)
    before = tree.root

    def fail() -> None:
        with tree.transaction():
            tree.update(3, 1)
            assert tree.root != before
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert tree.root == before == node(leaves, 2, 6, 0)
    with tree.transaction():
        after = tree.update(3, 1)
    assert tree.root == after


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([(2, 6), (3, 4), (4, 3)]),
    st.lists(st.tuples(st.sampled_from("usrk"), st.integers(0, 63), st.integers(0, R - 1)), max_size=25),
)
def test_any_history_equals_a_model(shape: tuple[int, int], steps: list[tuple[str, int, int]]) -> None:
    arity, depth = shape
    tree = SparseTree(arity, depth, TAG, EMPTY)
    model: dict[int, int] = {}
    saved: list[dict[int, int]] = []
    for what, index, value in steps:
        if what == "u":
            tree.update(index, value)
            model[index] = value
        elif what == "s":
            assert tree.snapshot() == len(saved) + 1
            saved.append(dict(model))
        elif saved:
            number = index % len(saved) + 1
            if what == "r":
                tree.rollback(number)
                model = saved[number - 1]
            else:
                tree.release(number)
            del saved[number - 1 :]
    assert tree.root == node(model, arity, depth, 0)


def test_threads_share_a_tree() -> None:
    tree = SparseTree(4, 4, TAG, EMPTY)

    def work(start: int) -> None:
        for index in range(start, 256, 4):
            tree.update(index, index)
            tree.path(index)

    threads = [threading.Thread(target=work, args=(s,)) for s in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tree.root == DenseTree(4, 4, TAG, Fr.to_limbs(range(256)), EMPTY).root


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_does_not_matter(threads: int) -> None:
    before = assay.num_threads()
    assay.set_num_threads(threads)
    try:
        values = Fr.to_limbs(range(300))
        assert DenseTree(4, 5, TAG, values, EMPTY).root == node(dict(enumerate(range(300))), 4, 5, 0)
        assert SparseTree(4, 5, TAG, EMPTY).update_many(list(range(300)), values) == node(
            dict(enumerate(range(300))), 4, 5, 0
        )
    finally:
        assay.set_num_threads(before)


@pytest.mark.parametrize(("arity", "depth"), [(1, 3), (0, 1), (17, 2), (2, 0), (2, 63), (16, 16), (4, 32), (2, -1)])
def test_impossible_shapes_are_refused(arity: int, depth: int) -> None:
    with pytest.raises(InvalidInput, match="no tree"):
        SparseTree(arity, depth, TAG)


def test_trees_are_not_pickled_and_show_their_root() -> None:
    tree = SparseTree(4, 3, TAG)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(tree)
    assert f"{tree.root:#x}" in repr(tree)
    for index in (64, -1, 2**64):
        for read in (tree.get, tree.path, tree.shape.digits):
            with pytest.raises(InvalidInput, match="outside"):
                read(index)
    with pytest.raises(InvalidInput):
        Shape(4, 3, R)
