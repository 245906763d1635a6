"""Product trees: the product of thousands of numbers, and one number modulo each of them.

Numbers are rows `uint64[n, words]` or integers. Variable time: for public numbers. Source: Bernstein, "Scaled remainder
trees" (2004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.bigint import Numbers, Progress, Words, from_words
from assay.crypto.gcd import rows_of

__all__ = ["Estimate", "ProductTree", "estimate"]


class ProductTree:
    """The products of neighbours, of neighbours' neighbours, and so on up to the product of all."""

    def __init__(self, values: Numbers, *, progress: Progress | None = None) -> None:
        """`values`: `uint64[n, words]` or integers, n >= 1; `InvalidInput` for none or a negative one."""
        rows = rows_of(values, "values")
        if not len(rows):
            raise InvalidInput("a product tree needs at least one number")
        zero = np.flatnonzero(~rows.any(axis=1))
        self._zero = int(zero[0]) if zero.size else None
        self._native = _native.ProductTree(rows, progress)

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"ProductTree(count={len(self)}, bytes={self.nbytes})"

    @property
    def nbytes(self) -> int:
        """Memory the tree holds."""
        return int(self._native.bytes)

    @property
    def root(self) -> int:
        """The product of all numbers."""
        return from_words(self._native.root())[0]

    def remainders(self, x: SupportsIndex | Words, *, progress: Progress | None = None) -> Words:
        """X modulo each number: `uint64[n, words]`. x: an integer or `uint64[1, k]`, of any length.

        Raises `InvalidInput` if one of the numbers is zero (naming its position) or x is negative.
        """
        if self._zero is not None:
            raise InvalidInput(f"number {self._zero} of {len(self)} is zero: there are no remainders modulo zero")
        rows = rows_of(x, "x")
        if len(rows) != 1:
            raise InvalidInput(f"remainders are those of one number, got {len(rows)}")
        out: Words = self._native.remainders(rows, progress)
        return out


@dataclass(frozen=True)
class Estimate:
    """Memory in bytes."""

    tree: int
    """Held by the tree."""
    remainders: int
    """Taken at the peak of `remainders` beside it, of a number as long as the product of all."""


def estimate(count: int, bits: int) -> Estimate:
    """Memory of a tree of `count` numbers of `bits` bits."""
    words = max(1, -(-bits // 64))
    return Estimate(
        int(_native.product_tree_bytes(count, words)),
        int(_native.product_tree_remainder_bytes(count, words, count * words)),
    )
