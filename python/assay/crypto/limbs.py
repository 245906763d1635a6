"""Integers and native vectors of field elements: uint64[..., 4], little-endian limbs, canonical (below the modulus)."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

import numpy as np
import numpy.typing as npt

from assay.core.errors import InvalidInput

__all__ = ["FR", "LimbArray", "from_limbs", "to_limb", "to_limbs"]

FR = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order of BN254's groups: the field of Poseidon, Baby Jubjub's coordinates and all circuits."""

LimbArray = npt.NDArray[np.uint64]


def to_limbs(values: Iterable[int], modulus: int = FR) -> LimbArray:
    """uint64[n, 4] of n integers in [0, modulus); InvalidInput outside that range, TypeError for non-integers."""
    raw = bytearray()
    for position, value in enumerate(values):
        number = index(value)
        if not 0 <= number < modulus:
            raise InvalidInput(f"element {position} is outside [0, modulus); reduce it first if that is meant")
        raw += number.to_bytes(32, "little")
    return np.frombuffer(bytes(raw), dtype="<u8").astype(np.uint64).reshape(-1, 4)


def to_limb(value: int, modulus: int = FR) -> LimbArray:
    """uint64[4] of one integer in [0, modulus)."""
    row: LimbArray = to_limbs((value,), modulus)[0]
    return row


def from_limbs(limbs: LimbArray) -> list[int]:
    """The integers of uint64[..., 4], flattened in C order."""
    if limbs.dtype != np.uint64 or limbs.ndim < 1 or limbs.shape[-1] != 4:
        raise InvalidInput(f"expected uint64[..., 4], got {limbs.dtype}{list(limbs.shape)}")
    raw = np.ascontiguousarray(limbs).astype("<u8").tobytes()
    return [int.from_bytes(raw[i : i + 32], "little") for i in range(0, len(raw), 32)]
