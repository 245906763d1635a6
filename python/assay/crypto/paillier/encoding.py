"""Numbers as integers of one fixed point: x = m / 2^fraction_bits with |m| <= bound.

The encoding belongs to the whole array, never to a single number: an exponent for each number would tell its size,
and would cost an exponentiation in every addition of two numbers of different size. Scale and bound travel in the
clear, so they come from what is declared (or from the dtype), not from the values. A value that is not finite or does
not fit is refused here, when it is encoded; each operation on ciphertexts works out the bound of its result and
refuses before the plaintext space could be left. What is decrypted therefore fits, unless somebody else made the
ciphertext and lied about its bound: that is refused too.

Plaintexts cross to the kernels as *signed rows*, uint64[n, words]: m in two's complement, little-endian words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import index
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from assay.core.errors import InvalidInput, WrongType
from assay.crypto.paillier.errors import BoundError

__all__ = ["MAX_FRACTION_BITS", "FixedPoint", "Plain", "Rows", "as_plain_array"]

Rows: TypeAlias = npt.NDArray[np.uint64]
Plain: TypeAlias = npt.NDArray[Any] | int | float
"""What is encoded: an array of integers or floats (or of Python ints, dtype object), or one number."""

MAX_FRACTION_BITS: Final = 960
"""Of an encoding, so that each decoded number but 0 is a normal double."""
_FLOAT_BITS: Final = 1023
_INT64: Final = 2**63


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """x = m / 2^fraction_bits, |m| <= bound. Integers have no fraction bits."""

    fraction_bits: int
    bound: int

    def __post_init__(self) -> None:
        if type(self.fraction_bits) is not int or type(self.bound) is not int:
            raise WrongType("fraction_bits and bound of a FixedPoint are ints")
        if not 0 <= self.fraction_bits <= MAX_FRACTION_BITS:
            raise BoundError(f"{self.fraction_bits} fraction bits; between 0 and {MAX_FRACTION_BITS} can be carried")
        if self.bound < 0:
            raise InvalidInput("the bound of a FixedPoint is a magnitude, and not negative")
        if self.fraction_bits and self.bound.bit_length() > self.fraction_bits + _FLOAT_BITS:
            raise BoundError("numbers of this encoding would not fit a float64; use integers (no fraction bits)")

    @classmethod
    def of_bits(cls, integer_bits: int, fraction_bits: int = 0) -> FixedPoint:
        """|x| < 2^integer_bits, in steps of 2^-fraction_bits; the sign comes on top."""
        if not (type(integer_bits) is int and type(fraction_bits) is int):
            raise WrongType("integer_bits and fraction_bits are ints")
        if integer_bits < 0 or not 0 <= fraction_bits <= MAX_FRACTION_BITS:
            raise BoundError(f"{integer_bits} integer bits and {fraction_bits} fraction bits; neither may be negative")
        return cls(fraction_bits, 2 ** (integer_bits + fraction_bits) - 1)

    @classmethod
    def default_for(cls, values: npt.NDArray[Any], fraction_bits: int | None = None) -> FixedPoint:
        """By dtype alone: integers by their width, floats |x| < 2^31 in steps of 2^-32, objects 64 bits."""
        kind, width = values.dtype.kind, 8 * values.dtype.itemsize
        if kind == "f":
            return cls.of_bits(31, 32 if fraction_bits is None else fraction_bits)
        shift = fraction_bits or 0
        bound = 2**width - 1 if kind == "u" else 2 ** (width - 1) if kind == "i" else _INT64
        return cls(shift, bound << shift)

    @property
    def magnitude(self) -> float:
        """The largest |x|, rounded down to a float (inf where it is an integer beyond all floats)."""
        whole, shift = self.bound, self.fraction_bits
        try:
            nearest = whole / (1 << shift)
        except OverflowError:
            return math.inf
        return math.nextafter(nearest, 0) if int(math.ldexp(nearest, shift)) > whole else nearest

    def encode(self, values: npt.NDArray[Any]) -> Rows:
        """Signed rows uint64[size, words] of `values` in C order, rounded to nearest, ties to even.

        Raises `BoundError` for a number that is not finite or lies outside the bound, naming its position and not its
        value; `WrongType` for a dtype that is neither integer nor float.
        """
        flat = as_plain_array(values).ravel()
        if self.bound < _INT64 and flat.dtype.kind in "iuf":
            return self._encode_words(flat)
        if flat.dtype.kind == "i" and not self.fraction_bits:  # every int64 fits
            return flat.astype(np.int64).view(np.uint64).reshape(-1, 1)
        return self._encode_integers(flat)

    def _encode_words(self, flat: npt.NDArray[Any]) -> Rows:
        if flat.dtype.kind == "f":
            wide = flat.astype(np.float64)
            _require(np.isfinite(wide), "is not finite")
            with np.errstate(over="ignore", under="ignore"):
                scaled = np.rint(np.ldexp(wide, self.fraction_bits))
            limit = float(self.bound)
            if int(limit) > self.bound:
                limit = math.nextafter(limit, 0)
            _require(np.abs(scaled) <= limit, self._beyond)
            return scaled.astype(np.int64).view(np.uint64).reshape(-1, 1)
        largest = self.bound >> self.fraction_bits
        if flat.dtype.kind == "u":
            _require(flat <= np.uint64(largest), self._beyond)
        else:
            wide = flat.astype(np.int64)
            _require((wide >= -largest) & (wide <= largest), self._beyond)
        return (flat.astype(np.int64) << self.fraction_bits).view(np.uint64).reshape(-1, 1)

    def encode_integers(self, values: npt.NDArray[Any]) -> list[int]:
        """`encode` to Python ints."""
        return signed_integers(self.encode(values))

    def _encode_integers(self, flat: npt.NDArray[Any]) -> Rows:
        if flat.dtype.kind == "f":
            _require(np.isfinite(flat), "is not finite")
        integers = [_scaled(value, self.fraction_bits) for value in flat.tolist()]
        for where, m in enumerate(integers):
            if abs(m) > self.bound:
                raise BoundError(f"value {where} of {len(integers)} {self._beyond}")
        return signed_rows(integers, self.words)

    @property
    def _beyond(self) -> str:
        return f"lies outside the encoding {self}"

    @property
    def words(self) -> int:
        """Words of a signed row: 64 bits each, the sign among them."""
        return self.bound.bit_length() // 64 + 1

    def decode(self, rows: Rows, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The numbers of signed rows uint64[size, words], of `shape`: float64 with fraction bits, else int64 or, where
        the bound asks for more, Python ints (dtype object). Raises `BoundError` for a row beyond the bound.
        """
        if self.bound < _INT64:
            low = rows[:, 0].view(np.int64)
            fits = (rows[:, 1:] == (low >> 63).view(np.uint64)[:, None]).all(axis=1)
            _require(fits & (low >= -self.bound) & (low <= self.bound), self._false)
            if not self.fraction_bits:
                return low.reshape(shape).copy()
            return np.ldexp(low.astype(np.float64), -self.fraction_bits).reshape(shape)
        return self.decode_integers(signed_integers(rows), shape)

    def decode_integers(self, integers: list[int], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """`decode` for integers m."""
        _require(np.array([abs(m) <= self.bound for m in integers], dtype=np.bool_), self._false)
        if self.fraction_bits:
            unit = 1 << self.fraction_bits
            return np.array([m / unit for m in integers], dtype=np.float64).reshape(shape)
        if self.bound < _INT64 or (self.bound == _INT64 and _INT64 not in integers):
            return np.array(integers, dtype=np.int64).reshape(shape)
        out = np.empty(len(integers), dtype=object)
        out[:] = integers
        return out.reshape(shape)

    @property
    def _false(self) -> str:
        return f"does not lie in the declared encoding {self}: whoever made the ciphertext did not keep its bound"

    def __str__(self) -> str:
        bits = self.bound.bit_length()
        return f"FixedPoint(fraction_bits={self.fraction_bits}, |m| of {bits} bits)"


def as_plain_array(values: Plain) -> npt.NDArray[Any]:
    """`values` as an array of integers, floats, or Python ints; `WrongType` for anything else (nothing is cast)."""
    if isinstance(values, np.ndarray):
        array = values
    elif type(values) is int:
        array = np.array(values, dtype=np.int64 if -_INT64 <= values < _INT64 else object)
    elif type(values) is float or isinstance(values, np.generic):
        array = np.asarray(values)
    else:
        raise WrongType(f"plaintexts are a numpy array, an int or a float, not {type(values).__name__}")
    if array.dtype.kind in "iu" or (array.dtype.kind == "f" and array.dtype.itemsize <= 8):
        return array
    if array.dtype.kind == "O":
        for value in array.flat:
            if type(value) is not int:
                raise WrongType(f"an array of dtype object may hold ints only, not {type(value).__name__}")
        return array
    raise WrongType(f"plaintexts of dtype {array.dtype} are not taken; convert to integers or floats of up to 64 bits")


def signed_rows(integers: list[int], words: int) -> Rows:
    """Two's complement uint64[n, words] of integers that fit."""
    data = b"".join([m.to_bytes(8 * words, "little", signed=True) for m in integers])
    return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, words)


def signed_integers(rows: Rows) -> list[int]:
    """The integers of two's complement rows uint64[n, words]."""
    data, size = rows.astype("<u8", copy=False).tobytes(), 8 * rows.shape[1]
    return [int.from_bytes(data[i : i + size], "little", signed=True) for i in range(0, len(data), size)]


def _scaled(value: int | float, fraction_bits: int) -> int:
    if isinstance(value, float):
        numerator, denominator = value.as_integer_ratio()
        quotient, rest = divmod(numerator << fraction_bits, denominator)
        twice = 2 * rest
        return quotient + (twice > denominator or (twice == denominator and quotient & 1))
    return index(value) << fraction_bits


def _require(good: npt.NDArray[np.bool_], complaint: str) -> None:
    if not good.all():
        where = int(np.flatnonzero(~good)[0])
        raise BoundError(f"value {where} of {good.size} {complaint}")
