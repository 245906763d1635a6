"""Baby Jubjub: the twisted Edwards curve 168700 x^2 + y^2 = 1 + 168696 x^2 y^2 over BN254's Fr (EIP-2494).

Points are pairs (x, y) of integers. The group has order 8 l; `BASE8` generates the subgroup of prime order `ORDER` = l.
All functions here take public values and run in variable time, except `multiply_base`. About 125 bits of security.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.field import Fr, Limbs

__all__ = [
    "BASE8",
    "COFACTOR",
    "IDENTITY",
    "ORDER",
    "A",
    "D",
    "Point",
    "add",
    "multiply",
    "multiply_base",
    "pack",
    "point_limbs",
    "require_prime_order",
    "unpack",
]

Point: TypeAlias = tuple[int, int]

A: Final = 168700
D: Final = 168696
ORDER: Final = 2736030358979909402780800718157159386076813972158567259200215660948447373041
COFACTOR: Final = 8
IDENTITY: Final[Point] = (0, 1)
BASE8: Final[Point] = (
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)


def point_limbs(point: Point) -> Limbs:
    """uint64[8] of (x, y): what the kernels take. InvalidInput unless both are in [0, r)."""
    return Fr.to_limbs(point).reshape(8)


def _point(limbs: Limbs) -> Point:
    x, y = Fr.from_limbs(limbs.reshape(2, 4))
    return x, y


def _scalar(k: int) -> Limbs:
    if not 0 <= k < 2**256:
        raise InvalidInput("a scalar must be in [0, 2^256)")
    return np.frombuffer(k.to_bytes(32, "little"), dtype="<u8").astype(np.uint64)


def add(p: Point, q: Point) -> Point:
    """p + q. EncodingError for a point off the curve."""
    return _point(_native.babyjubjub_add(point_limbs(p), point_limbs(q)))


def multiply(k: int, p: Point) -> Point:
    """k p for public k in [0, 2^256), p anywhere on the curve. EncodingError for a point off the curve."""
    return _point(_native.babyjubjub_multiply(_scalar(k), point_limbs(p)))


def multiply_base(k: int) -> Point:
    """k Base8 for k in [0, l); constant-time in the kernel (Python's integers are not). InvalidInput for k >= l."""
    return _point(_native.babyjubjub_multiply_base(_scalar(k)))


def require_prime_order(p: Point) -> None:
    """EncodingError unless p is on the curve and has order l (the identity has not)."""
    _native.babyjubjub_check(point_limbs(p))


def pack(p: Point) -> bytes:
    """32 bytes: y little-endian, the top bit set when x > (r - 1) / 2; as circomlibjs packPoint."""
    out: bytes = _native.babyjubjub_pack(point_limbs(p))
    return out


def unpack(data: bytes) -> Point:
    """The point of 32 bytes. EncodingError unless they are what `pack` gives for a point on the curve.

    Says nothing of the subgroup: see `require_prime_order`.
    """
    return _point(_native.babyjubjub_unpack(data))
