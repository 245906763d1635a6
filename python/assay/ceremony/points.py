"""Points as ceremony files hold them, and what is done with many of them at a time.

Arrays of points are uint64[n, 8] in G1 and uint64[n, 16] in G2 (x.c0, x.c1, y.c0, y.c1), coordinates in Montgomery
form with R = 2^256: the bytes of `.ptau` and `.zkey` files. `canonical` leads to the arrays of `assay.crypto.bn254`.
BN254 gives about 100 bits of security.
"""

from __future__ import annotations

import secrets
from typing import Final

import numpy as np

from assay import _native
from assay.ceremony.errors import CeremonyError
from assay.core.progress import SILENT, Progress, native_progress
from assay.crypto import bn254
from assay.crypto.field import Limbs, require_limbs

__all__ = ["CHUNK", "G1", "G2", "PointGroup", "random_coefficients", "same_ratio"]

CHUNK: Final = 1 << 14
"""Points that long jobs read, compute and write at a time."""

_REASONS: Final = {
    2: "out of range",
    3: "has a coordinate that is not below p",
    4: "is not on the curve",
    5: "is not in the subgroup of order r",
    6: "is the point at infinity",
}
_COEFFICIENT_BYTES: Final = 16


class PointGroup:
    """One of the two groups, `G1` or `G2`."""

    def __init__(self, number: int, group: bn254.Group) -> None:
        self.name: Final = group.name
        self.limbs: Final = group.limbs
        """Columns of an array of points."""
        self.bytes: Final = 8 * group.limbs
        """Bytes of a point in a file."""
        self._number: Final = number
        self.generator: Final[Limbs] = _native.points_to_montgomery(group.generator, group.limbs)
        """One row; read-only."""
        self.generator.flags.writeable = False

    def __repr__(self) -> str:
        return f"ceremony.{self.name}"

    def check(self, points: Limbs, where: str, *, first: int = 0) -> None:
        """Raises `CeremonyError` unless every point is in the group and none is infinity; rows count from `first`."""
        require_limbs(points, self.limbs, "points")
        status = _native.ceremony_check(self._number, points)
        if status.any():
            row = int(np.flatnonzero(status)[0])
            name = f"point {first + row}" if first + len(points) > 1 else "the point"
            raise CeremonyError(where, f"{name} {_REASONS[int(status[row])]}")

    def encode(self, points: Limbs, *, compressed: bool = False) -> bytes:
        """The bytes that the ceremony's hashes take: big-endian coordinates, in G2 the imaginary part first.

        Compressed is x alone, its top bit set for the larger y. Infinity is the caller's to have refused.
        """
        require_limbs(points, self.limbs, "points")
        data: bytes = _native.ceremony_encode(self._number, compressed, points)
        return data

    def canonical(self, points: Limbs) -> Limbs:
        """Points as canonical integers, for `assay.crypto.bn254`."""
        require_limbs(points, self.limbs, "points")
        result: Limbs = _native.points_from_montgomery(points, self.limbs)
        return result

    def from_canonical(self, points: Limbs) -> Limbs:
        """The inverse of `canonical`. Raises `EncodingError` for a point off the curve."""
        require_limbs(points, self.limbs, "points")
        result: Limbs = _native.points_to_montgomery(points, self.limbs)
        return result

    def sum(self, points: Limbs, scalars: Limbs) -> Limbs:
        """sum_i scalars[i] points[i], uint64[1, limbs]; scalars uint64[n, 4], canonical. Variable time."""
        result: Limbs = _native.msm(points, scalars, self.limbs, None)
        return self.from_canonical(result)

    def add(self, a: Limbs, b: Limbs) -> Limbs:
        """a + b, row by row."""
        result: Limbs = _native.bn254_add(self._number, self.canonical(a), self.canonical(b))
        return self.from_canonical(result)

    def scale(self, points: Limbs, factor: _native.SecretScalar) -> Limbs:
        """factor points[i], constant time in the secret."""
        require_limbs(points, self.limbs, "points")
        result: Limbs = factor.scale(self._number, points)
        return result

    def scale_powers(
        self, points: Limbs, first: _native.SecretScalar, step: _native.SecretScalar, *, start: int = 0
    ) -> Limbs:
        """first step^(start + i) points[i], constant time in the secrets."""
        require_limbs(points, self.limbs, "points")
        result: Limbs = first.scale_powers(self._number, points, step, start)
        return result

    def draw(self, generator: _native.CeremonyGenerator) -> Limbs:
        """A point that nobody knows a relation for, uint64[1, limbs]."""
        result: Limbs = generator.point(self._number)
        return result

    def lagrange(self, points: Limbs, *, label: str = "transform", progress: Progress = SILENT) -> Limbs:
        """[tau^i] to [L_j(tau)] over the domain of len(points) = 2^k: sum_i w^(-i j) points[i] / n for each j."""
        require_limbs(points, self.limbs, "points")
        with native_progress(progress, label) as report:
            result: Limbs = _native.ceremony_lagrange(self._number, points, report)
        return result


G1: Final = PointGroup(1, bn254.G1)
G2: Final = PointGroup(2, bn254.G2)


def random_coefficients(count: int) -> Limbs:
    """`count` scalars of 128 bits from the operating system, uint64[count, 4]: a false sum passes once in 2^128."""
    out = np.zeros((count, 4), dtype=np.uint64)
    drawn = np.frombuffer(secrets.token_bytes(_COEFFICIENT_BYTES * count), dtype="<u8")
    out[:, :2] = drawn.reshape(count, 2)
    return out


def same_ratio(a1: Limbs, b1: Limbs, a2: Limbs, b2: Limbs) -> bool:
    """Whether b1 = k a1 and b2 = k a2 for one k: e(a1, b2) = e(b1, a2). a1, b1 in G1, a2, b2 in G2, checked points.

    False if any of them is infinity, which would make the question empty.
    """
    if not all(point.any() for point in (a1, b1, a2, b2)):
        return False
    p = G1.canonical(np.concatenate([a1, b1]))
    q = G2.canonical(np.concatenate([b2, a2]))
    p[1:] = bn254.G1.neg(p[1:])
    return bn254.pairing_check(p, q)
