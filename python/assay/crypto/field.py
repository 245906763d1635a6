"""The prime fields of BN254: `Fp`, over which the curve is defined, and `Fr`, the field of its scalars and of circuits.

Vectors of elements are arrays `uint64[n, 4]`, C-contiguous, each row a canonical integer below the modulus in four
little-endian limbs: value = sum(row[i] * 2**(64 * i)). Python integers, and whatever else has `__index__` (gmpy2.mpz,
numpy integers), enter by `to_limbs` and leave by `from_limbs`. Operations on vectors run in the compiled kernels, on
all threads, without the GIL. BN254 gives about 100 bits of security (see `assay.crypto.bn254`).

Arithmetic is constant-time except where a docstring says otherwise; conversion to and from integers is not.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from operator import index
from typing import Final, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, WrongType

__all__ = ["FIELD_LIMBS", "Field", "Fp", "Fr", "Limbs", "require_limbs"]

Limbs: TypeAlias = npt.NDArray[np.uint64]

FIELD_LIMBS: Final = 4
_BYTES: Final = 8 * FIELD_LIMBS


def require_limbs(array: Limbs, columns: int, name: str) -> int:
    """Returns the number of rows of `array` if it is uint64[n, columns], C-contiguous.

    Raises `WrongType` if it is no array or has another dtype (nothing is cast), `InvalidInput` for another shape or
    layout.
    """
    if not isinstance(array, np.ndarray):
        raise WrongType(f"{name} must be a numpy array uint64[n, {columns}], got {type(array).__name__}")
    if array.dtype != np.uint64:
        raise WrongType(
            f"{name} must have dtype uint64, got {array.dtype}; make it with to_limbs, a cast would hide errors"
        )
    if array.ndim != 2 or array.shape[1] != columns:
        raise InvalidInput(f"{name} must have shape [n, {columns}], got {list(array.shape)}")
    if not array.flags.c_contiguous:
        raise InvalidInput(f"{name} must be C-contiguous; pass numpy.ascontiguousarray({name})")
    return int(array.shape[0])


class Field:
    """A prime field in the kernels. There are two instances, `Fp` and `Fr`."""

    def __init__(self, name: str, native_id: int, modulus: int) -> None:
        self.name: Final = name
        self.modulus: Final = modulus
        self._id: Final = native_id

    def __repr__(self) -> str:
        return f"{self.name}(modulus={self.modulus:#x})"

    def to_limbs(self, values: Iterable[SupportsIndex], *, reduce: bool = False) -> Limbs:
        """Integers to uint64[n, 4]. With `reduce` any integer is taken modulo p, else all must be in [0, p).

        Raises `InvalidInput` for a value outside the field (naming its position, not the value: it may be a secret),
        `WrongType` for something that is not an integer.
        """
        try:
            integers = [index(value) for value in values]
        except TypeError as error:
            raise WrongType(f"elements of {self.name} are integers: {error}") from None
        if reduce:
            integers = [value % self.modulus for value in integers]
        elif integers and not (min(integers) >= 0 and max(integers) < self.modulus):
            where = next(i for i, value in enumerate(integers) if not 0 <= value < self.modulus)
            raise InvalidInput(f"value {where} of {len(integers)} is not in [0, p) of {self.name}; reduce it first")
        data = b"".join([value.to_bytes(_BYTES, "little") for value in integers])
        return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, FIELD_LIMBS)

    def from_limbs(self, array: Limbs) -> list[int]:
        """uint64[n, 4] to integers. Raises `InvalidInput` if a row is not below the modulus."""
        require_limbs(array, FIELD_LIMBS, "array")
        data = array.astype("<u8", copy=False).tobytes()
        values = [int.from_bytes(data[i : i + _BYTES], "little") for i in range(0, len(data), _BYTES)]
        if values and max(values) >= self.modulus:
            where = next(i for i, value in enumerate(values) if value >= self.modulus)
            raise InvalidInput(f"row {where} of {len(values)} is not a canonical element of {self.name}")
        return values

    def random(self, count: int) -> Limbs:
        """`count` independent uniform elements, uint64[count, 4], from the operating system's randomness."""
        return self.to_limbs([secrets.randbelow(self.modulus) for _ in range(count)])

    def add(self, a: Limbs, b: Limbs) -> Limbs:
        """a + b, row by row: uint64[n, 4] each."""
        return self._binary(0, a, b)

    def sub(self, a: Limbs, b: Limbs) -> Limbs:
        """a - b, row by row: uint64[n, 4] each."""
        return self._binary(1, a, b)

    def mul(self, a: Limbs, b: Limbs) -> Limbs:
        """a * b, row by row: uint64[n, 4] each."""
        return self._binary(2, a, b)

    def square(self, a: Limbs) -> Limbs:
        """a * a, row by row: uint64[n, 4]."""
        return self._unary(3, a)

    def neg(self, a: Limbs) -> Limbs:
        """-a, row by row: uint64[n, 4]."""
        return self._unary(4, a)

    def inverse(self, a: Limbs) -> Limbs:
        """1 / a, row by row: uint64[n, 4]; one inversion a block (Montgomery's trick). Variable time.

        Raises `InvalidInput` if a row is zero.
        """
        require_limbs(a, FIELD_LIMBS, "a")
        if not a.any(axis=1).all():
            where = int(np.flatnonzero(~a.any(axis=1))[0])
            raise InvalidInput(f"row {where} of {len(a)} is zero, which has no inverse")
        return self._unary(5, a)

    def sqrt(self, a: Limbs) -> Limbs:
        """A square root of each row: uint64[n, 4]; which of the two is not specified. Variable time.

        Raises `InvalidInput` if a row has none.
        """
        return self._unary(6, a)

    def _unary(self, op: int, a: Limbs) -> Limbs:
        require_limbs(a, FIELD_LIMBS, "a")
        result: Limbs = _native.field_vector_op(self._id, op, a)
        return result

    def _binary(self, op: int, a: Limbs, b: Limbs) -> Limbs:
        if require_limbs(a, FIELD_LIMBS, "a") != require_limbs(b, FIELD_LIMBS, "b"):
            raise InvalidInput(f"a and b must have the same number of rows, got {len(a)} and {len(b)}")
        result: Limbs = _native.field_vector_op(self._id, op, a, b)
        return result


Fp: Final = Field("Fp", 0, 21888242871839275222246405745257275088696311157297823662689037894645226208583)
"""The base field of BN254 (alt_bn128)."""

Fr: Final = Field("Fr", 1, 21888242871839275222246405745257275088548364400416034343698204186575808495617)
"""The scalar field of BN254: the order of its groups, and the field of circuits."""
