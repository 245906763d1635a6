"""Greatest common divisors, Jacobi symbols and modular inverses of many numbers.

Numbers are rows of little-endian words, `uint64[n, words]`, or integers (see `assay.crypto.bigint`). With
`secret=True`, the default where there is a choice, time and memory accesses depend on the widths of the rows alone;
whether a number is invertible is told all the same. Widths are at most 16384 bits. Sources: Bernstein, Yang, TCHES
2019(3); Montgomery's trick for many inverses of one modulus, Math. Comp. 48 (1987).
"""

from __future__ import annotations

from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, LimitError
from assay.crypto.bigint import Modulus, Numbers, Progress, Words, require_words, to_words

__all__ = ["MAX_WORDS", "batch_inverse", "gcd", "inverse", "jacobi", "rows_of"]

MAX_WORDS = 256
"""Words of a row: numbers of up to 16384 bits."""


def rows_of(values: Numbers | SupportsIndex, name: str, words: int = 1) -> Words:
    """`values` as rows of at least `words` words; a single integer is one row. Errors as `to_words`."""
    if isinstance(values, np.ndarray) and values.ndim == 2:
        require_words(values, name)
        rows = values
    else:
        rows = to_words([values] if isinstance(values, SupportsIndex) else values)
    if rows.shape[1] >= words:
        return rows
    return np.pad(rows, ((0, 0), (0, words - rows.shape[1])))


def gcd(a: Numbers, b: Numbers | SupportsIndex, *, secret: bool = True, progress: Progress | None = None) -> Words:
    """gcd(a, b) by rows; gcd(0, 0) = 0.

    Args:
        a: `uint64[n, w]` or integers.
        b: one number for all, or one each. With `secret` they must be odd: swap a and b if only a is.
        secret: constant time for the width of the rows; with False the time depends on the numbers.
        progress: told how many rows are done.

    Returns:
        `uint64[n, words]`, words the larger width.

    Raises:
        InvalidInput: a negative number, counts that do not fit, an even b with `secret`. LimitError: rows of more than
            256 words. WrongType: a wrong dtype.
    """
    x, y = _pair(a, b, "b")
    if secret:
        _require_odd(y, "b", "only one of the two may be even: pass it as a; for two even numbers use secret=False")
    out: Words = _native.bigint_gcd(x, y, not secret, progress)
    return out


def jacobi(a: Numbers, n: Numbers | SupportsIndex, *, progress: Progress | None = None) -> npt.NDArray[np.int8]:
    """The Jacobi symbols (a / n) by rows: `int8[n]` of -1, 0 (a common factor) and 1. Variable time.

    n: odd and positive, one for all or one each. Raises `InvalidInput` for an even n; otherwise as `gcd`.
    """
    x, y = _pair(a, n, "n")
    _require_odd(y, "n", "the Jacobi symbol is defined for odd n")
    out: npt.NDArray[np.int8] = _native.bigint_jacobi(x, y, progress)
    return out


def inverse(
    values: Numbers, moduli: Numbers | SupportsIndex, *, secret: bool = True, progress: Progress | None = None
) -> Words:
    """values^-1 mod moduli by rows, for odd moduli of any size: `uint64[n, words]`, words the larger width.

    For many numbers modulo one, `batch_inverse` is ten times as fast.

    Raises:
        InvalidInput: an even modulus, or a number that has no inverse; names its position. Otherwise as `gcd`.
    """
    x, m = _pair(values, moduli, "moduli")
    _require_odd(m, "moduli", "inverses are computed modulo odd numbers")
    out, bad = _native.bigint_inverse(x, m, not secret, progress)
    _require_units(bad, len(x))
    result: Words = out
    return result


def batch_inverse(
    values: Numbers, modulus: Modulus | SupportsIndex, *, secret: bool = True, progress: Progress | None = None
) -> Words:
    """values^-1 modulo one odd modulus of 256 to 8192 bits: `uint64[n, words]`, words those of the modulus.

    Raises `InvalidInput` for a number that has a factor in common with the modulus (zero has), naming its position, and
    for a modulus that `Modulus` refuses.
    """
    one = modulus if isinstance(modulus, Modulus) else Modulus(modulus)
    rows = rows_of(values, "values", one.words)
    out, bad = _native.bigint_batch_inverse(rows, to_words([one.value], rows.shape[1]), not secret, progress)
    _require_units(bad, len(rows))
    return np.ascontiguousarray(out[:, : one.words])


def _pair(a: Numbers, b: Numbers | SupportsIndex, name: str) -> tuple[Words, Words]:
    x, y = rows_of(a, "a"), rows_of(b, name)
    words = max(x.shape[1], y.shape[1])
    if words > MAX_WORDS:
        raise LimitError(f"numbers have at most {64 * MAX_WORDS} bits, got rows of {words} words")
    if len(y) not in (1, len(x)):
        raise InvalidInput(f"there are {len(y)} numbers in {name} for {len(x)} rows; pass one, or one each")
    return rows_of(x, "a", words), rows_of(y, name, words)


def _require_odd(rows: Words, name: str, what_to_do: str) -> None:
    even = np.flatnonzero(rows[:, 0] % 2 == 0)
    if even.size:
        raise InvalidInput(f"row {even[0]} of {len(rows)} of {name} is even; {what_to_do}")


def _require_units(bad: int | None, count: int) -> None:
    if bad is not None:
        raise InvalidInput(
            f"number {bad} of {count} has no inverse: it shares a factor with the modulus (zero does); "
            "their greatest common divisor tells which"
        )
