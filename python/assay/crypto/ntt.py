"""Number-theoretic transforms over the scalar field Fr of BN254.

The domain of size n = 2^k, k <= 28, is H = {1, w, ..., w^(n-1)} with w = 5^((r-1)/n), the roots of unity of snarkjs.
Arrays hold canonical elements, `uint64[n, 4]`, as in `assay.crypto.field`; anything else is refused. Source: Cooley and
Tukey, Math. Comp. 19 (1965); Harvey, J. Symb. Comp. 60 (2014), for the lazy butterflies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.field import FIELD_LIMBS, Fr, Limbs, require_limbs

__all__ = ["MAX_LOG_SIZE", "Progress", "estimate", "extend", "lagrange", "ntt", "root_of_unity"]

Progress: TypeAlias = Callable[[str, int, int], object]
"""Called with (stage, steps done, steps in all)."""

MAX_LOG_SIZE: Final = 28
"""The largest domain has 2^28 points: r - 1 is 2^28 times an odd number."""


def root_of_unity(n: int) -> int:
    """The generator w of the domain of size n. Raises `InvalidInput` unless n is a power of two up to 2^28."""
    if n < 1 or n & (n - 1) or n > 1 << MAX_LOG_SIZE:
        raise InvalidInput(f"the size of a domain must be a power of two up to 2^{MAX_LOG_SIZE}, got {n}")
    return pow(5, (Fr.modulus - 1) // n, Fr.modulus)


def ntt(
    values: Limbs,
    *,
    inverse: bool = False,
    coset: int | None = None,
    bit_reversed: bool = False,
    progress: Progress | None = None,
) -> Limbs:
    """The values sum_j a_j x^j at the n points x = s w^i, or with `inverse` the coefficients a_j from the values.

    Args:
        values: `uint64[n, 4]`, n a power of two up to 2^28.
        inverse: from values to coefficients.
        coset: s, not zero; 1 if None.
        bit_reversed: the values of the polynomial (not its coefficients) are in bit-reversed order: the permutation is
            saved.
        progress: told how far the transform is.

    Returns:
        A new array of the same shape. Constant time in the values.

    Raises:
        InvalidInput: wrong shape, size or coset. EncodingError: a value not below r. WrongType: a wrong dtype.
    """
    require_limbs(values, FIELD_LIMBS, "values")
    kind = ("inverse" if inverse else "forward") + ("" if bit_reversed else "_natural")
    result: Limbs = _native.ntt(values, kind, None if coset is None else _shift(coset), progress)
    return result


def extend(values: Limbs, coset: int, *, progress: Progress | None = None) -> Limbs:
    """The values of a polynomial on H become those on the coset s H: `uint64[n, 4]`, both in bit-reversed order."""
    require_limbs(values, FIELD_LIMBS, "values")
    result: Limbs = _native.ntt(values, "extend", _shift(coset), progress)
    return result


def lagrange(tau: int, n: int, *, progress: Progress | None = None) -> Limbs:
    """All L_i(tau) of the domain of size n, `uint64[n, 4]`: L_i is 1 at w^i and 0 at the other points.

    tau may lie in the domain. Raises `InvalidInput` if it is outside Fr, or for another n than `root_of_unity` takes.
    """
    result: Limbs = _native.ntt_lagrange(Fr.to_limbs([tau]), n, progress)
    return result


def estimate(n: int) -> int:
    """Peak memory of a transform of n values in bytes, its result included."""
    return int(_native.ntt_memory_estimate(n)) + 8 * FIELD_LIMBS * n


def _shift(coset: int) -> Limbs:
    if coset == 0:
        raise InvalidInput("the coset 0 H has one point only; shift by a non-zero element")
    return Fr.to_limbs([coset])
