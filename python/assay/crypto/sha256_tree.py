"""Binary Merkle trees over SHA-256, of any number of leaves of 32 bytes.

A level has half as many nodes as the one below, rounded up; a last node without a sibling moves up unchanged. Rules:

    counted    node = SHA-256(left || right)            root = SHA-256(top || number of leaves, 32 bytes little-endian)
    rfc6962    node = SHA-256(0x01 || left || right)    root = top (RFC 6962, section 2.1, over leaf hashes)

`counted` binds the number of leaves, hence the shape: two lists with one root give a collision of SHA-256. With
`rfc6962` the leaves must be digests under the prefix 0x00 (`rfc6962_leaf`), else a node passes for a leaf. Leaves are
digests, or data of exactly 32 bytes.

A path is uint8[k, 32]: the siblings from the leaf up, without the levels where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as integer
from typing import Final, Literal, NoReturn, SupportsIndex, TypeAlias

import numpy as np

from assay import _native
from assay.core.errors import InvalidInput, ProofError
from assay.crypto import sha256
from assay.crypto.sha256 import Bytes

__all__ = ["Rule", "Sha256Tree", "rfc6962_leaf", "rfc6962_root", "root", "verify_path"]

Rule: TypeAlias = Literal["counted", "rfc6962"]


def rfc6962_leaf(data: bytes) -> bytes:
    """The leaf hash of RFC 6962: SHA-256(0x00 || data)."""
    return sha256.digest(b"\x00" + data)


def _place(value: SupportsIndex, name: str) -> int:
    number = integer(value)
    if not 0 <= number < 2**63:
        raise InvalidInput(f"{name} {number} is outside every tree")
    return number


def root(leaves: Bytes, rule: Rule = "counted") -> bytes:
    """The root over leaves uint8[n, 32], n >= 1, in the pool; 2^20 leaves take about 40 ms of one thread with AVX-512.

    Raises:
        WrongType: another dtype.
        InvalidInput: another shape, no leaves, or an unknown rule.
    """
    sha256.require_rows(leaves, 32, "leaves")
    out: bytes = _native.sha256_tree_root(rule, np.ascontiguousarray(leaves))
    return out


def rfc6962_root(entries: Sequence[bytes]) -> bytes:
    """The root of RFC 6962, section 2.1, over entries of any lengths; SHA-256("") where there are none.

    Raises:
        WrongType: an entry that is not bytes.
    """
    out: bytes = _native.sha256_rfc6962_root(list(entries))
    return out


def verify_path(
    root: bytes, size: SupportsIndex, index: SupportsIndex, leaf: bytes, path: Bytes, rule: Rule = "counted"
) -> None:
    """Returns None if `leaf` stands at `index` among the `size` leaves under `root`, else raises ProofError.

    With `rfc6962` the root does not bind `size`: take it from where the root comes from.
    An index outside the tree, or a path longer or shorter than its place needs, is InvalidInput.
    """
    sha256.require_rows(path, 32, "a path")
    found = _native.sha256_path_root(
        rule, _place(size, "size"), _place(index, "index"), leaf, np.ascontiguousarray(path)
    )
    if found != root:
        raise ProofError(f"the Merkle path does not lead from leaf {index} of {size} to the root")


class Sha256Tree:
    """All levels of a tree over leaves uint8[n, 32], n >= 1, built at once in the pool. Takes 64 n bytes."""

    def __init__(self, leaves: Bytes, rule: Rule = "counted") -> None:
        sha256.require_rows(leaves, 32, "leaves")
        self.rule: Final = rule
        self._native: Final = _native.Sha256Tree(rule, np.ascontiguousarray(leaves))

    def __len__(self) -> int:
        return len(self._native)

    @property
    def root(self) -> bytes:
        """The root, 32 bytes."""
        out: bytes = self._native.root()
        return out

    def leaf(self, index: SupportsIndex) -> bytes:
        """The leaf at `index`, 32 bytes."""
        out: bytes = self._native.leaf(_place(index, "index"))
        return out

    def path(self, index: SupportsIndex) -> Bytes:
        """The siblings from the leaf at `index` up: uint8[k, 32]."""
        out: Bytes = self._native.path(_place(index, "index"))
        return out

    def __repr__(self) -> str:
        return f"Sha256Tree({len(self)} leaves, {self.rule}, root={self.root.hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Merkle tree is not pickled: store its leaves")
