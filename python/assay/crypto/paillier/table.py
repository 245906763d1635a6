"""What every table of ciphertexts has: a key, rows, a shape, and whether the blindings are its own.

Rows are uint64[*shape, 2 k], never written to after they are made. A table is *fresh* while each ciphertext carries a
blinding that was drawn for it. A result of arithmetic is not: who knows the operands can test guesses of the weights
and summands against it. Whatever leaves the process (`to_bytes`, a conversion) is therefore rerandomised first if it
is not fresh.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from assay.core.errors import InvalidInput, StateError, WrongKeyError, WrongType
from assay.crypto.paillier.encoding import Rows
from assay.crypto.paillier.randomness import Progress, Randomness

if TYPE_CHECKING:
    from assay.crypto.paillier.keys import PublicKey

__all__ = ["CipherTable", "distinct"]


def distinct(rows: Rows) -> bool:
    """No ciphertext of uint64[..., 2 k] occurs twice: what was fresh before indices repeated it no longer is."""
    flat = rows.reshape(-1, rows.shape[-1])
    return len({row.tobytes() for row in flat}) == len(flat)


class CipherTable(ABC):
    """Ciphertexts under one key; the base of `EncryptedArray` and `PackedArray`."""

    __array_ufunc__ = None  # numpy's operators leave the work to ours
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, public_key: PublicKey, rows: Rows, *, fresh: bool) -> None:
        self._key = public_key
        self._rows = np.ascontiguousarray(rows)
        self._rows.flags.writeable = False
        self._fresh = fresh

    @property
    def public_key(self) -> PublicKey:
        """The key these are encrypted under."""
        return self._key

    @property
    def fresh(self) -> bool:
        """Has each ciphertext a blinding of its own, drawn when it was encrypted or rerandomised?"""
        return self._fresh

    @property
    def ciphertexts(self) -> Rows:
        """The ciphertexts as they are, uint64[*table, 2 k], read-only; not rerandomised."""
        return self._rows

    @property
    def nbytes(self) -> int:
        """Bytes of the ciphertexts."""
        return self._rows.nbytes

    @abstractmethod
    def _with(self, rows: Rows, *, fresh: bool) -> Self:
        """The same table, encoding and layout included, with other ciphertexts."""

    def rerandomize(self, randomness: Randomness | None = None, *, progress: Progress | None = None) -> Self:
        """The same plaintexts under blindings of their own: nothing links the result to what it was computed from.

        `randomness` is by default `ExactRandomness`. Raises `WrongKeyError` if it belongs to another key.
        """
        flat = self.flat_rows
        blindings = self._key.blindings(len(flat), randomness, progress)
        rows: Rows = self._key.native.multiply(flat, blindings)
        blindings[:] = 0
        return self._with(rows.reshape(self._rows.shape), fresh=True)

    @property
    def flat_rows(self) -> Rows:
        """The ciphertexts as uint64[n, 2 k]."""
        return self._rows.reshape(-1, self._rows.shape[-1])

    def _pick(self, key: Any, leading: tuple[int, ...], width: int = 1) -> Rows:
        """Rows at `key`, a numpy index into a table of shape `leading` whose entries are `width` ciphertexts."""
        numbers = np.arange(math.prod(leading), dtype=np.intp).reshape(leading)
        try:
            chosen = numbers[key]
        except IndexError as error:
            raise InvalidInput(f"index into a shape of {leading}: {error}") from None
        entries = self.flat_rows.reshape(numbers.size, width * self._rows.shape[-1])
        picked: Rows = entries[np.asarray(chosen).ravel()]
        return picked.reshape(*np.shape(chosen), width, self._rows.shape[-1])

    def _same_key(self, other: CipherTable) -> None:
        if self._key != other._key:
            raise WrongKeyError(f"the operands are encrypted under {self._key!r} and {other._key!r}")

    def __bool__(self) -> NoReturn:
        raise WrongType("what is encrypted has no truth value; decrypt it first")

    def __eq__(self, other: object) -> NoReturn:
        raise WrongType("what is encrypted cannot be compared; decrypt it first")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError(f"a {type(self).__name__} is not pickled; use to_bytes and from_bytes")
