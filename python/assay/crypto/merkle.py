"""Merkle trees over Poseidon, of any arity 2 to 16.

node(l + 1, i) = Poseidon(node tag; its `arity` children), leaves at level 0, arity**depth slots. The node tag sits in
Poseidon's capacity. Leaves are field elements that the caller has hashed under another tag: then no inner node passes
for a leaf. Elements are integers in [0, r) one at a time, uint64[n, 4] in bulk.

A path is uint64[depth, arity - 1, 4]: from the leaves up, the siblings of each node in order; `Shape.digits(index)`
says where the node itself stands. A multiproof of strictly increasing indices is uint64[m, 4]: level by level and left
to right, the siblings that cannot be computed, each once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import index as integer
from typing import Any, Final, NoReturn, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, ProofError, WrongType
from assay.crypto.field import Fr, Limbs, require_limbs

__all__ = ["DenseTree", "Indices", "Shape", "SparseTree"]

Indices: TypeAlias = Sequence[int] | npt.NDArray[np.uint64]


def _element(value: SupportsIndex) -> Limbs:
    return Fr.to_limbs([value]).reshape(4)


def _value(limbs: Limbs) -> int:
    return Fr.from_limbs(limbs.reshape(1, 4))[0]


def _slot(value: SupportsIndex) -> int:
    slot = integer(value)
    if not 0 <= slot < 2**63:
        raise InvalidInput(f"index {slot} is outside every tree")
    return slot


def _indices(values: Indices) -> npt.NDArray[np.uint64]:
    if isinstance(values, np.ndarray):
        if values.dtype != np.uint64 or values.ndim != 1:
            raise WrongType(f"indices must be integers or uint64[n], got {values.dtype}{list(values.shape)}")
        return np.ascontiguousarray(values)
    return np.array([_slot(value) for value in values], dtype=np.uint64)


@dataclass(frozen=True)
class Shape:
    """Arity 2 to 16, depth at least 1, arity**depth below 2^63, and the node tag: all that a verifier needs."""

    arity: int
    depth: int
    node_tag: int

    def __post_init__(self) -> None:
        if not (2 <= self.arity <= 16 and 1 <= self.depth <= 62 and self.arity**self.depth < 2**63):
            raise InvalidInput(
                f"no tree has arity {self.arity} and depth {self.depth}: arity 2 to 16, below 2^63 slots"
            )
        _element(self.node_tag)

    @property
    def slots(self) -> int:
        """The number of leaves the tree has room for."""
        slots: int = self.arity**self.depth
        return slots

    def digits(self, index: int) -> list[int]:
        """The position among its siblings of the node above slot `index`, for each level from the leaves up."""
        if not 0 <= index < self.slots:
            raise InvalidInput(f"index {index} is outside the tree's {self.slots} slots")
        return [index // self.arity**level % self.arity for level in range(self.depth)]

    def path_root(self, index: int, leaf: int, path: Limbs) -> int:
        """The root that a leaf and its path lead to."""
        root: Limbs = _native.merkle_path_root(
            self.arity, self.depth, _element(self.node_tag), _slot(index), _element(leaf), path
        )
        return _value(root)

    def verify_path(self, root: int, index: int, leaf: int, path: Limbs) -> None:
        """Returns None if `leaf` stands at slot `index` under `root`, else raises ProofError.

        A path of another shape or an index outside the tree is InvalidInput, a sibling not below r EncodingError.
        """
        if self.path_root(index, leaf, path) != root:
            raise ProofError(f"the Merkle path does not lead from leaf {index} to the root")

    def verify_many(self, root: int, indices: Indices, leaves: Limbs, siblings: Limbs) -> None:
        """Returns None if the leaves uint64[n, 4] stand at their slots under `root`, else raises ProofError.

        Indices must be strictly increasing (EncodingError) and the siblings exactly those needed (InvalidInput).
        """
        require_limbs(leaves, 4, "leaves")
        found: Limbs = _native.merkle_multiproof_root(
            self.arity, self.depth, _element(self.node_tag), _indices(indices), leaves, siblings
        )
        if _value(found) != root:
            raise ProofError(f"the multiproof of {len(leaves)} leaves does not lead to the root")


class _Tree:
    """What sparse and dense trees have in common."""

    def __init__(self, shape: Shape, native: Any) -> None:
        self.shape: Final = shape
        self._native: Final = native

    @property
    def root(self) -> int:
        """The root, an integer in [0, r)."""
        return _value(self._native.root())

    def get(self, index: int) -> int:
        """The leaf at slot `index`."""
        return _value(self._native.get(_slot(index)))

    def path(self, index: int) -> Limbs:
        """The siblings on the way from slot `index` to the root: uint64[depth, arity - 1, 4]."""
        path: Limbs = self._native.path(_slot(index))
        return path

    def prove_many(self, indices: Indices) -> Limbs:
        """The multiproof of at least one, strictly increasing indices: uint64[m, 4]."""
        siblings: Limbs = self._native.prove(_indices(indices))
        return siblings

    def verify_path(self, root: int, index: int, leaf: int, path: Limbs) -> None:
        """As `Shape.verify_path`."""
        self.shape.verify_path(root, index, leaf, path)

    def verify_many(self, root: int, indices: Indices, leaves: Limbs, siblings: Limbs) -> None:
        """As `Shape.verify_many`."""
        self.shape.verify_many(root, indices, leaves, siblings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(arity={self.shape.arity}, depth={self.shape.depth}, root={self.root:#x})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Merkle tree is not pickled: store its leaves")


class SparseTree(_Tree):
    """A tree in which only what differs from the empty tree is stored. An update costs `depth` hashes.

    Every change either succeeds or leaves the tree as it was. Safe to use from several threads, one at a time.
    """

    def __init__(self, arity: int, depth: int, node_tag: int, empty_leaf: int = 0) -> None:
        shape = Shape(arity, depth, node_tag)
        super().__init__(shape, _native.SparseMerkleTree(arity, depth, _element(node_tag), _element(empty_leaf)))

    def update(self, index: int, leaf: int) -> int:
        """Sets the leaf at slot `index`; returns the new root."""
        return self.update_many([index], Fr.to_limbs([leaf]))

    def update_many(self, indices: Indices, leaves: Limbs) -> int:
        """Sets leaves uint64[n, 4] at n slots, in parallel; of several with one index the last counts. The new root."""
        self._native.update(_indices(indices), leaves)
        return self.root

    def snapshot(self) -> int:
        """Remembers the present state until `rollback` or `release`; returns its number. Snapshots nest."""
        number: int = self._native.snapshot()
        return number

    def rollback(self, number: int) -> None:
        """Back to snapshot `number`, which is closed together with those taken after it."""
        self._native.rollback(number)

    def release(self, number: int) -> None:
        """Keeps the changes and closes snapshot `number` together with those taken after it."""
        self._native.release(number)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Changes inside are kept if the block ends, and undone if it raises."""
        number = self.snapshot()
        try:
            yield
        except BaseException:
            self.rollback(number)
            raise
        self.release(number)


class DenseTree(_Tree):
    """A read-only tree over leaves uint64[n, 4], built at once in parallel; slots beyond n hold `empty_leaf`."""

    def __init__(self, arity: int, depth: int, node_tag: int, leaves: Limbs, empty_leaf: int = 0) -> None:
        shape = Shape(arity, depth, node_tag)
        require_limbs(leaves, 4, "leaves")
        super().__init__(shape, _native.DenseMerkleTree(arity, depth, _element(node_tag), _element(empty_leaf), leaves))
