"""Arithmetic modulo odd numbers of 256 to 8192 bits, in batches: powers and products.

Vectors of numbers are arrays `uint64[n, words]`, C-contiguous, each row a natural number in little-endian words:
value = sum(row[i] * 2**(64 * i)). Python integers, and whatever else has `__index__` (gmpy2.mpz, numpy integers), enter
by `to_words` or are taken at the edges, and leave by `from_words`. The kernels run on all threads, without the GIL.

`power` and `multiply` are constant time in values and moduli, whose sizes are public; powers with `secret=False` look
at the exponents, for public ones. Conversion to and from integers is not constant time, and Python's integers and
arrays are not wiped; the kernels wipe what they hold. Source: Montgomery, Math. Comp. 44 (1985).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import index
from typing import Final, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, LimitError, WrongType

__all__ = [
    "MAX_BITS",
    "MIN_BITS",
    "Moduli",
    "Modulus",
    "Numbers",
    "Progress",
    "Words",
    "from_words",
    "multiply",
    "power",
    "require_words",
    "to_words",
]

Words: TypeAlias = npt.NDArray[np.uint64]
Numbers: TypeAlias = Words | Iterable[SupportsIndex]
"""A batch: rows of words, or integers."""
Progress: TypeAlias = Callable[[str, int, int], object]
"""Called with (stage, rows done, rows in all)."""

MIN_BITS: Final = 256
MAX_BITS: Final = 8192
_WORD_BYTES: Final = 8


def to_words(values: Iterable[SupportsIndex], words: int | None = None) -> Words:
    """Natural numbers to `uint64[n, words]`; `words` is by default what the largest needs, at least 1.

    Raises `InvalidInput` for a negative value or one that does not fit (naming its position and length, not the value:
    it may be a secret), `WrongType` for something that is not an integer.
    """
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise WrongType(f"to_words takes integers, got an array of shape {list(values.shape)}")
    try:
        integers = [index(value) for value in values]
    except TypeError as error:
        raise WrongType(f"numbers are integers: {error}") from None
    if integers and min(integers) < 0:
        where = next(i for i, value in enumerate(integers) if value < 0)
        raise InvalidInput(
            f"value {where} of {len(integers)} is negative (-, {integers[where].bit_length()} bits); "
            "reduce it modulo the modulus first"
        )
    longest = max((value.bit_length() for value in integers), default=0)
    if words is None:
        words = max(1, -(-longest // 64))
    elif words < 1:
        raise InvalidInput(f"a row has at least one word, got words = {words}")
    if longest > 64 * words:
        where = next(i for i, value in enumerate(integers) if value.bit_length() > 64 * words)
        raise InvalidInput(
            f"value {where} of {len(integers)} has {integers[where].bit_length()} bits, {words} words hold {64 * words}"
        )
    data = b"".join([value.to_bytes(_WORD_BYTES * words, "little") for value in integers])
    return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, words)


def from_words(rows: Words) -> list[int]:
    """`uint64[n, words]` to integers."""
    require_words(rows, "rows")
    width = _WORD_BYTES * rows.shape[1]
    data = rows.astype("<u8", copy=False).tobytes()
    return [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)]


def require_words(array: Words, name: str) -> int:
    """Returns the number of rows of `array` if it is uint64[n, words], C-contiguous, words >= 1.

    Raises `WrongType` if it is no array or has another dtype (nothing is cast), `InvalidInput` for another shape or
    layout.
    """
    if not isinstance(array, np.ndarray):
        raise WrongType(f"{name} must be a numpy array uint64[n, words], got {type(array).__name__}")
    if array.dtype != np.uint64:
        raise WrongType(
            f"{name} must have dtype uint64, got {array.dtype}; make it with to_words, a cast would hide errors"
        )
    if array.ndim != 2 or array.shape[1] < 1:
        raise InvalidInput(f"{name} must have shape [n, words] with words >= 1, got {list(array.shape)}")
    if not array.flags.c_contiguous:
        raise InvalidInput(f"{name} must be C-contiguous; pass numpy.ascontiguousarray({name})")
    return int(array.shape[0])


class Moduli:
    """One odd modulus of 256 to 8192 bits a row, in whatever sizes; copied into the kernels and wiped when freed.

    Args:
        values: `uint64[n, words]` or integers.
        squared: the moduli are the squares of the values, whose powers then take about 1.6 times less time.

    Raises:
        InvalidInput: a modulus that is negative, even or too short; names its position and its length. LimitError: one
            that is too long. WrongType: something that is not an integer.
    """

    def __init__(self, values: Numbers, *, squared: bool = False) -> None:
        if isinstance(values, np.ndarray) and values.ndim == 2:
            require_words(values, "moduli")
            rows = values
        else:
            rows = to_words(values)
        _check_moduli([value * value if squared else value for value in from_words(rows)])
        self._native: Final = _native.Moduli(rows, squared)

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(count={len(self)}, words={self.words})"

    def __reduce__(self) -> tuple[object, ...]:
        raise WrongType(f"a {type(self).__name__} may be secret and is not pickled; make it again from its integers")

    @property
    def words(self) -> int:
        """Words of the widest modulus, at least 1: the width of results."""
        return max(1, int(self._native.words))

    def power(
        self,
        bases: Numbers,
        exponents: Numbers | SupportsIndex,
        *,
        secret: bool = True,
        progress: Progress | None = None,
    ) -> Words:
        """base ^ exponent by rows, below the modulus.

        Args:
            bases: `uint64[n, w]` or integers, of any size.
            exponents: one integer or `uint64[1, k]` for all rows, or one each (`uint64[n, k]`, integers). x^0 is 1 for
                every x.
            secret: time and memory accesses depend on the sizes alone: of the exponents, the words of the longest. With
                False they depend on the exponents, which is faster.
            progress: told how many rows are done.

        Returns:
            `uint64[n, words]`.

        Raises:
            InvalidInput: negative numbers, shapes or counts that do not fit. WrongType: a wrong dtype.
        """
        rows = self._rows(bases, "bases")
        if isinstance(exponents, np.ndarray) and exponents.ndim == 2:
            require_words(exponents, "exponents")
            powers = exponents
        else:
            powers = to_words(exponents if isinstance(exponents, Iterable) else [exponents])
        return self._narrow(_native.bigint_power(self._native, rows, powers, not secret, progress))

    def multiply(self, a: Numbers, b: Numbers, *, progress: Progress | None = None) -> Words:
        """a b by rows, below the modulus: `uint64[n, words]`; operands of any size, constant time.

        Raises `InvalidInput` for negative numbers or different numbers of rows, `WrongType` for a wrong dtype.
        """
        x, y = self._rows(a, "a"), self._rows(b, "b")
        width = max(x.shape[1], y.shape[1])
        return self._narrow(_native.bigint_multiply(self._native, _widen(x, width), _widen(y, width), progress))

    def _rows(self, values: Numbers, name: str) -> Words:
        if isinstance(values, np.ndarray) and values.ndim == 2:
            require_words(values, name)
            return _widen(values, self.words)
        return _widen(to_words(values), self.words)

    def _narrow(self, result: Words) -> Words:
        return np.ascontiguousarray(result[:, : self.words])


class Modulus(Moduli):
    """An odd modulus of 256 to 8192 bits: `Modulus(n).power(bases, exponents)`.

    Args:
        value: the modulus. It may be secret: it is in no `repr`, and the kernels wipe their copy.
        squared: the modulus is the square of `value`, see `Moduli`.

    Raises:
        InvalidInput: negative, even or too short. LimitError: too long. WrongType: not an integer.
    """

    def __init__(self, value: SupportsIndex, *, squared: bool = False) -> None:
        try:
            root = index(value)
        except TypeError as error:
            raise WrongType(f"a modulus is an integer: {error}") from None
        if root < 0:
            _check_moduli([root])
        self.value: Final = root * root if squared else root
        _check_moduli([self.value])
        super().__init__([root], squared=squared)

    @property
    def bits(self) -> int:
        """The length of the modulus."""
        return self.value.bit_length()

    def __repr__(self) -> str:
        return f"Modulus(bits={self.bits})"


def power(
    bases: Numbers,
    exponents: Numbers | SupportsIndex,
    modulus: Moduli | SupportsIndex,
    *,
    secret: bool = True,
    progress: Progress | None = None,
) -> Words:
    """base ^ exponent mod modulus by rows; see `Moduli.power`."""
    return _moduli(modulus).power(bases, exponents, secret=secret, progress=progress)


def multiply(a: Numbers, b: Numbers, modulus: Moduli | SupportsIndex, *, progress: Progress | None = None) -> Words:
    """A b mod modulus by rows; see `Moduli.multiply`."""
    return _moduli(modulus).multiply(a, b, progress=progress)


def _moduli(modulus: Moduli | SupportsIndex) -> Moduli:
    return modulus if isinstance(modulus, Moduli) else Modulus(modulus)


def _widen(rows: Words, words: int) -> Words:
    return rows if rows.shape[1] >= words else np.pad(rows, ((0, 0), (0, words - rows.shape[1])))


def _check_moduli(values: list[int]) -> None:
    for i, value in enumerate(values):
        bits = value.bit_length()
        which = "the modulus" if len(values) == 1 else f"modulus {i} of {len(values)}"
        told = f"{value}" if bits <= 64 else f"a number of {bits} bits"  # a longer one may be somebody's secret
        if value < 0:
            raise InvalidInput(f"{which} must be positive, got {told if bits <= 64 else f'a negative of {bits} bits'}")
        if bits < MIN_BITS:
            raise InvalidInput(f"{which} must have at least {MIN_BITS} bits, got {told}")
        if bits > MAX_BITS:
            raise LimitError(f"{which} must have at most {MAX_BITS} bits, got {told}")
        if value % 2 == 0:
            raise InvalidInput(f"{which} must be odd, got an even number of {bits} bits")
