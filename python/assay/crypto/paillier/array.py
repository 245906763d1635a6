"""Arrays of encrypted numbers: `EncryptedArray`.

With c = Enc(a), d = Enc(b) and a plaintext w:  c d holds a + b,  c^-1 holds -a,  c (1 + w N) holds a + w,  c^w holds
a w, all modulo N. Plaintexts are integers of one fixed point (`FixedPoint`), of which the array carries scale and
bound:

    a + b   the larger scale (the other operand is scaled up, which costs a power), the sum of the bounds
    a w     the sum of the fraction bits, the product of the bounds
    sum     n times the bound

An operation whose result could leave (-N / 2, N / 2) raises `BoundError` and makes nothing. Weights and summands in
the clear are treated as secrets: their bound is that of their dtype unless an encoding is given, and the work does
not depend on their values. `public=True` says that they are known to all: less work, tight bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from assay.core.errors import InvalidInput, WrongType
from assay.crypto.paillier import arithmetic
from assay.crypto.paillier.encoding import FixedPoint, Plain, Rows
from assay.crypto.paillier.randomness import Progress
from assay.crypto.paillier.table import CipherTable, distinct

if TYPE_CHECKING:
    from assay.crypto.paillier.keys import PublicKey

__all__ = ["EncryptedArray", "concatenate"]


class EncryptedArray(CipherTable):
    """An array of encrypted fixed-point numbers. Made by `PublicKey.encrypt`, arithmetic, or `from_bytes`."""

    def __init__(self, public_key: PublicKey, rows: Rows, encoding: FixedPoint, *, fresh: bool) -> None:
        public_key.require_room(encoding.bound)
        super().__init__(public_key, rows, fresh=fresh)
        self._encoding = encoding

    @property
    def encoding(self) -> FixedPoint:
        """Scale and bound of every element; known to whoever holds the array."""
        return self._encoding

    @property
    def shape(self) -> tuple[int, ...]:
        """As numpy's."""
        return self._rows.shape[:-1]

    @property
    def ndim(self) -> int:
        """As numpy's."""
        return self._rows.ndim - 1

    @property
    def size(self) -> int:
        """Elements, and ciphertexts."""
        return math.prod(self.shape)

    def _with(self, rows: Rows, *, fresh: bool) -> EncryptedArray:
        return EncryptedArray(self._key, rows, self._encoding, fresh=fresh)

    def __repr__(self) -> str:
        return f"EncryptedArray(shape={self.shape}, {self._encoding}, {self._key!r})"

    # Form: as numpy's, without copying ciphertexts where numpy would not.

    def __len__(self) -> int:
        if not self.shape:
            raise WrongType("an encrypted number has no length")
        return self.shape[0]

    def __getitem__(self, key: Any) -> EncryptedArray:
        rows = self._pick(key, self.shape)[..., 0, :]
        return self._with(rows, fresh=self._fresh and distinct(rows))

    def __iter__(self) -> Iterator[EncryptedArray]:
        return (self[i] for i in range(len(self)))

    def reshape(self, *shape: SupportsIndex | Sequence[SupportsIndex]) -> EncryptedArray:
        """The same elements in C order; one dimension may be -1."""
        form = np.empty(self.shape, dtype=np.bool_)
        try:
            target = form.reshape(*shape).shape  # type: ignore[arg-type]
        except ValueError as error:
            raise InvalidInput(str(error)) from None
        return self._with(self._rows.reshape(*target, self._rows.shape[-1]), fresh=self._fresh)

    def ravel(self) -> EncryptedArray:
        """One dimension, C order."""
        return self.reshape(-1)

    def transpose(self, *axes: int) -> EncryptedArray:
        """The axes in the order given, by default reversed."""
        order = axes or tuple(reversed(range(self.ndim)))
        if sorted(order) != list(range(self.ndim)):
            raise InvalidInput(f"axes {order} do not permute the {self.ndim} axes of this array")
        return self._with(self._rows.transpose(*order, self.ndim), fresh=self._fresh)

    @property
    def T(self) -> EncryptedArray:  # noqa: N802
        """The axes reversed."""
        return self.transpose()

    def broadcast_to(self, shape: tuple[int, ...]) -> EncryptedArray:
        """As numpy's. Copies of a ciphertext share its blinding: the result counts as not fresh."""
        return self._with(arithmetic.broadcast(self._rows, shape), fresh=self._fresh and shape == self.shape)

    # Arithmetic.

    def __add__(self, other: EncryptedArray | Plain) -> EncryptedArray:
        if isinstance(other, EncryptedArray):
            return arithmetic.add(self, other)
        return self.add(other)

    __radd__ = __add__

    def __sub__(self, other: EncryptedArray | Plain) -> EncryptedArray:
        if isinstance(other, EncryptedArray):
            return arithmetic.add(self, -other)
        return arithmetic.add_plain(self, other, None, negate=True)

    def __rsub__(self, other: Plain) -> EncryptedArray:
        return (-self).add(other)

    def __neg__(self) -> EncryptedArray:
        rows = self._key.native.invert(self.flat_rows)
        return self._with(rows.reshape(self._rows.shape), fresh=False)

    def __mul__(self, weights: Plain) -> EncryptedArray:
        return self.multiply(weights)

    __rmul__ = __mul__

    def __matmul__(self, weights: Plain) -> EncryptedArray:
        return self.dot(weights)

    def __rmatmul__(self, weights: Plain) -> EncryptedArray:
        return arithmetic.dot_left(self, weights)

    def add(self, values: Plain, *, encoding: FixedPoint | None = None) -> EncryptedArray:
        """Self + values, broadcast; values are encoded with `encoding`, by default that of their dtype at this
        array's scale (floats in steps of 2^-32 if the array holds integers).

        Raises `BoundError` where a value does not fit its encoding, or the result could leave the plaintext space.
        """
        return arithmetic.add_plain(self, values, encoding)

    def multiply(
        self,
        weights: Plain,
        *,
        encoding: FixedPoint | None = None,
        public: bool = False,
        progress: Progress | None = None,
    ) -> EncryptedArray:
        """Self * weights by elements, broadcast.

        Args:
            weights: numbers in the clear.
            encoding: of the weights; by default that of their dtype (integers by width, floats |w| < 2^31 in steps of
                2^-32). A narrower one costs less: the work grows with the bits of its bound.
            public: the weights are known to all. Time then depends on them, and the bound is the largest of them.
            progress: told how many elements are done.

        Raises:
            BoundError: a weight does not fit its encoding, or the result could leave the plaintext space.
        """
        return arithmetic.multiply(self, weights, encoding, public=public, progress=progress)

    def dot(
        self,
        weights: Plain,
        *,
        encoding: FixedPoint | None = None,
        public: bool = False,
        progress: Progress | None = None,
    ) -> EncryptedArray:
        """Self @ weights: over the last axis of self and the first of `weights`, [n] or [n, m].

        Shape `self.shape[:-1] + weights.shape[1:]`; arguments and errors as for `multiply`.
        """
        return arithmetic.dot(self, weights, encoding, public=public, progress=progress)

    def sum(self, axis: int | None = None) -> EncryptedArray:
        """The sum over one axis or, by default, over all elements."""
        return arithmetic.total(self, axis)

    def rescale(self, fraction_bits: int) -> EncryptedArray:
        """The same numbers with more fraction bits. Fewer is refused: that would take a division."""
        return arithmetic.rescale(self, fraction_bits)

    def to_bytes(self) -> bytes:
        """The array with its encoding and the key's fingerprint, rerandomised if it is not fresh.

        See `assay.crypto.paillier.blobs`; `PublicKey.read_array` reads it.
        """
        from assay.crypto.paillier import blobs

        return blobs.array_to_bytes(self)


def concatenate(arrays: Sequence[EncryptedArray], axis: int = 0) -> EncryptedArray:
    """Arrays under one key side by side along `axis`; the largest scale and the largest bound hold for all."""
    return arithmetic.concatenate(arrays, axis)
