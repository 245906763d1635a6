"""Products of powers, and many powers of one base.

`multi_power` computes prod_j base_j^exponent_ij, as dot products of ciphertexts with plaintext weights need them:
Straus for few terms, Pippenger's buckets for many, whichever takes fewer products. Public exponents only. `FixedBase`
keeps a table of one base, with which a power takes no squarings; constant time in the exponents unless told otherwise.
Moduli are odd, of 256 to 8192 bits.
"""

from __future__ import annotations

from operator import index
from typing import Final, SupportsIndex

import numpy as np

from assay import _native
from assay.core.errors import InvalidInput, LimitError, WrongType
from assay.crypto.bigint import Modulus, Numbers, Progress, Words, to_words
from assay.crypto.gcd import rows_of

__all__ = ["FixedBase", "multi_power", "table_bytes"]

MAX_EXPONENT_BITS: Final = 16384
MAX_WINDOW: Final = 12
_TABLE_BYTES: Final = 64 << 20


def multi_power(
    modulus: Modulus | SupportsIndex, bases: Words, exponents: Words, *, progress: Progress | None = None
) -> Words:
    """prod_j base_j ^ exponent_ij mod modulus, one for each i. Variable time: public bases and exponents.

    Args:
        modulus: odd, 256 to 8192 bits.
        bases: `uint64[terms, w]`, the same for all outputs, or `uint64[n, terms, w]`; need not be below the modulus.
        exponents: `uint64[n, terms, k]`, not negative: for signed ones pass inverses of bases (`batch_inverse`).
        progress: told how far it is.

    Returns:
        `uint64[n, words]`, words those of the modulus; 1 where there are no terms.

    Raises:
        InvalidInput: shapes that do not fit. WrongType: a wrong dtype.
    """
    one = modulus if isinstance(modulus, Modulus) else Modulus(modulus)
    for name, array, dimensions in (("bases", bases, (2, 3)), ("exponents", exponents, (3,))):
        if not isinstance(array, np.ndarray) or array.dtype != np.uint64:
            raise WrongType(f"{name} must be a numpy array of dtype uint64; make its rows with to_words")
        if array.ndim not in dimensions or array.shape[-1] < 1:
            shape = "[terms, w] or [n, terms, w]" if name == "bases" else "[n, terms, k]"
            raise InvalidInput(f"{name} must have shape {shape}, got {list(array.shape)}")
    outputs, terms = exponents.shape[:2]
    if bases.shape[-2] != terms or (bases.ndim == 3 and bases.shape[0] != outputs):
        raise InvalidInput(f"bases {list(bases.shape)} do not fit exponents {list(exponents.shape)}")
    missing = max(0, one.words - bases.shape[-1])
    wide = np.ascontiguousarray(np.pad(bases, [(0, 0)] * (bases.ndim - 1) + [(0, missing)]))
    row = to_words([one.value], one.words)
    out: Words = _native.bigint_multi_power(row, wide, np.ascontiguousarray(exponents), progress)
    return np.ascontiguousarray(out[:, : one.words])


def table_bytes(modulus_bits: int, exponent_bits: int, window: int) -> int:
    """Memory of the table of a `FixedBase` with windows of `window` bits."""
    return int(_native.fixed_base_table_bytes(modulus_bits, exponent_bits, _window(window)))


class FixedBase:
    """A table of powers of one base.

    Args:
        modulus: odd, 256 to 8192 bits.
        base: any natural number.
        exponent_bits: the longest exponent, 1 to 16384 bits.
        window: bits of an exponent that one entry serves, 1 to 12; by default what is fastest in constant time within
            64 MiB. `table_bytes` tells the memory.
        progress: told how far the table is.

    Raises:
        InvalidInput: a modulus that `Modulus` refuses, a negative base, numbers out of range.
    """

    def __init__(
        self,
        modulus: Modulus | SupportsIndex,
        base: SupportsIndex,
        exponent_bits: int,
        *,
        window: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        one = modulus if isinstance(modulus, Modulus) else Modulus(modulus)
        if not 1 <= index(exponent_bits) <= MAX_EXPONENT_BITS:
            raise LimitError(f"exponents of a table have 1 to {MAX_EXPONENT_BITS} bits, got {exponent_bits}")
        if window is None:
            window = int(_native.fixed_base_window(one.bits, exponent_bits, False, _TABLE_BYTES))
        self.exponent_bits: Final = index(exponent_bits)
        row = to_words([one.value], one.words)
        self._native = _native.FixedBaseTable(row, rows_of(base, "base"), exponent_bits, _window(window), progress)

    def __repr__(self) -> str:
        return f"FixedBase(exponent_bits={self.exponent_bits}, window={self.window}, bytes={self.nbytes})"

    def __reduce__(self) -> tuple[object, ...]:
        raise WrongType("a FixedBase may hold a secret base and is not pickled; make it again")

    @property
    def window(self) -> int:
        """Bits of an exponent that one entry serves."""
        return int(self._native.window)

    @property
    def nbytes(self) -> int:
        """Memory of the table."""
        return int(self._native.bytes)

    def power(self, exponents: Numbers, *, secret: bool = True, progress: Progress | None = None) -> Words:
        """base ^ exponent by rows: `uint64[n, words]`, words those of the modulus.

        exponents: `uint64[n, k]` or integers. secret: constant time in them; with False faster, for public ones. Raises
        `InvalidInput` for a negative exponent or one of more than `exponent_bits` bits.
        """
        out: Words = self._native.power(rows_of(exponents, "exponents"), not secret, progress)
        return out


def _window(window: int) -> int:
    if not 1 <= index(window) <= MAX_WINDOW:
        raise InvalidInput(f"windows have 1 to {MAX_WINDOW} bits, got {window}")
    return index(window)
