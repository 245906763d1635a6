"""BN254 (alt_bn128): the groups G1 and G2, their encodings and the pairing.

    G1   y^2 = x^3 + 3 over F_p, of prime order r, generator (1, 2)
    G2   the subgroup of order r of y^2 = x^3 + 3 / (9 + i) over F_p[i] / (i^2 + 1)
    GT   the subgroup of order r of F_{p^12}*; e: G1 x G2 -> GT is the optimal ate pairing

Security: about 100 bits (Kim, Barbulescu, CRYPTO 2016; Barbulescu, Duquesne, J. Cryptology 2019). It is the curve of
the EVM's precompiles (EIP-196, EIP-197) and of today's circuits; do not choose it for anything new.

Arrays of points are C-contiguous uint64, canonical little-endian limbs: G1 `[n, 8]` = x, y; G2 `[n, 16]` = x.c0, x.c1,
y.c0, y.c1 for c0 + c1 i; infinity is a row of zeros. An element of GT is `[1, 48]`, the coefficients of the tower
F_p -> F_{p^2} -> F_{p^6} (v^3 = 9 + i) -> F_{p^12} (w^2 = v), lowest first. Every function checks that its points have
canonical coordinates and lie on the curve, and raises `EncodingError`, naming the row, if not. Kernels run on all
threads without the GIL, and in variable time except `Group.mul`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, WrongType
from assay.crypto.field import FIELD_LIMBS, Fp, Fr, Limbs, require_limbs

__all__ = [
    "G1",
    "G1_GENERATOR",
    "G2",
    "G2_GENERATOR",
    "GT_LIMBS",
    "Group",
    "gt_mul",
    "gt_pow",
    "pairing",
    "pairing_check",
]

Coordinate: TypeAlias = int | tuple[int, int]
"""An element of F_p, or (c0, c1) for c0 + c1 i in F_{p^2}."""
Point: TypeAlias = tuple[Coordinate, Coordinate] | None
"""(x, y), or None for infinity."""

GT_LIMBS: Final = 48
_OK, _NOT_IN_SUBGROUP = 0, 5  # of the kernels' Status


class Group:
    """One of the two groups, `G1` or `G2`."""

    def __init__(self, name: str, number: int, generator: Point) -> None:
        self.name: Final = name
        self.order: Final = Fr.modulus
        self.limbs: Final = 2 * FIELD_LIMBS * number
        """Columns of an array of points."""
        self._number: Final = number
        self.generator: Final = self.from_coordinates([generator])
        """The generator, one row; read-only."""
        self.generator.flags.writeable = False

    def __repr__(self) -> str:
        return f"bn254.{self.name}"

    def from_coordinates(self, points: Iterable[Point]) -> Limbs:
        """Coordinates as integers to an array of points; None is infinity. They need not be on the curve.

        Raises `InvalidInput` for a coordinate outside [0, p), `WrongType` for one that is not an integer or has the
        wrong number of parts.
        """
        flat: list[int] = []
        for point in points:
            if point is None:
                flat += [0] * (2 * self._number)
                continue
            for coordinate in point:
                parts = coordinate if isinstance(coordinate, tuple) else (coordinate,)
                if len(parts) != self._number:
                    raise WrongType(f"a coordinate of {self.name} has {self._number} parts, got {len(parts)}")
                flat += parts
        return Fp.to_limbs(flat).reshape(-1, self.limbs)

    def to_coordinates(self, points: Limbs) -> list[Point]:
        """An array of points to coordinates as integers; infinity is None."""
        n = require_limbs(points, self.limbs, "points")
        flat = Fp.from_limbs(points.reshape(-1, FIELD_LIMBS))
        if self._number == 1:
            rows: list[tuple[Coordinate, Coordinate]] = [(flat[2 * i], flat[2 * i + 1]) for i in range(n)]
        else:
            rows = [((flat[4 * i], flat[4 * i + 1]), (flat[4 * i + 2], flat[4 * i + 3])) for i in range(n)]
        finite = (points != 0).any(axis=1).tolist()
        return [row if there else None for row, there in zip(rows, finite, strict=True)]

    def infinity(self, count: int = 1) -> Limbs:
        """`count` times the neutral element."""
        return np.zeros((count, self.limbs), dtype=np.uint64)

    def is_on_curve(self, points: Limbs) -> npt.NDArray[np.bool_]:
        """bool[n]: canonical coordinates that satisfy the equation, or infinity."""
        status = self._membership(points)
        return np.isin(status, (_OK, _NOT_IN_SUBGROUP))

    def in_subgroup(self, points: Limbs) -> npt.NDArray[np.bool_]:
        """bool[n]: on the curve and of order r, or infinity."""
        return np.equal(self._membership(points), _OK, dtype=np.bool_)

    def add(self, a: Limbs, b: Limbs) -> Limbs:
        """a + b, row by row."""
        require_limbs(a, self.limbs, "a")
        require_limbs(b, self.limbs, "b")
        result: Limbs = _native.bn254_add(self._number, a, b)
        return result

    def neg(self, a: Limbs) -> Limbs:
        """-a, row by row."""
        require_limbs(a, self.limbs, "a")
        result: Limbs = _native.bn254_neg(self._number, a)
        return result

    def mul(self, points: Limbs, scalars: Limbs) -> Limbs:
        """scalars[i] * points[i], constant-time in the scalars: for secrets.

        `scalars` is uint64[n, 4], any integers below 2^256. `points` has n rows, or one that serves all scalars.
        """
        return self._mul(points, scalars, open_scalars=False)

    def mul_public(self, points: Limbs, scalars: Limbs) -> Limbs:
        """As `mul`, 1.3 to 1.6 times faster, in time that depends on the scalars: for public values only."""
        return self._mul(points, scalars, open_scalars=True)

    def encode(self, points: Limbs, *, compressed: bool = False) -> bytes:
        """Points as bytes, one after another.

        By default as in EIP-196 and EIP-197: x then y, 32 bytes big-endian each, in G2 the imaginary part before the
        real one; 64 bytes a point of G1, 128 of G2; infinity is all zeros. Compressed, the form of gnark-crypto: x
        alone with two flag bits on top, 32 or 64 bytes.
        """
        require_limbs(points, self.limbs, "points")
        data: bytes = _native.bn254_encode(self._number, compressed, points)
        return data

    def decode(self, data: bytes, *, compressed: bool = False) -> Limbs:
        """Bytes to points of the group. The bytes may be hostile.

        Raises `EncodingError`, naming a row that is wrong: a length that is no multiple of a point's, a coordinate
        >= p, stray or unknown flag bits, a point off the curve or outside the subgroup.
        """
        if not isinstance(data, bytes):
            raise WrongType(f"data must be bytes, got {type(data).__name__}")
        result: Limbs = _native.bn254_decode(self._number, compressed, data)
        return result

    def _mul(self, points: Limbs, scalars: Limbs, *, open_scalars: bool) -> Limbs:
        require_limbs(points, self.limbs, "points")
        require_limbs(scalars, FIELD_LIMBS, "scalars")
        result: Limbs = _native.bn254_mul(self._number, points, scalars, open_scalars)
        return result

    def _membership(self, points: Limbs) -> npt.NDArray[np.uint8]:
        require_limbs(points, self.limbs, "points")
        status: npt.NDArray[np.uint8] = _native.bn254_membership(self._number, points)
        return status


G1: Final = Group("G1", 1, (1, 2))
G2: Final = Group(
    "G2",
    2,
    (
        (
            10857046999023057135944570762232829481370756359578518086990519993285655852781,
            11559732032986387107991004021392285783925812861821192530917403151452391805634,
        ),
        (
            8495653923123431417604973247489272438418190587263600148770280649306958101930,
            4082367875863433681332203403145435568316851327593401208105741076214120093531,
        ),
    ),
)
G1_GENERATOR: Final = G1.generator
G2_GENERATOR: Final = G2.generator


def pairing(p: Limbs, q: Limbs) -> Limbs:
    """The product of e(p[i], q[i]) over all rows: an element of GT, uint64[1, 48]. No rows give 1.

    `p` is uint64[n, 8], `q` uint64[n, 16]; a point at infinity contributes 1. Raises `EncodingError` for a point
    outside its group.
    """
    if require_limbs(p, G1.limbs, "p") != require_limbs(q, G2.limbs, "q"):
        raise InvalidInput(f"p and q must have the same number of rows, got {len(p)} and {len(q)}")
    result: Limbs = _native.bn254_pairing(p, q)
    return result


def pairing_check(p: Limbs, q: Limbs) -> bool:
    """Whether the product of e(p[i], q[i]) is 1 (the question that EIP-197 answers). Raises as `pairing`."""
    product = pairing(p, q)
    return bool(product[0, 0] == 1 and not product[0, 1:].any())


def gt_mul(a: Limbs, b: Limbs) -> Limbs:
    """a * b, elements of GT: uint64[1, 48] each."""
    require_limbs(a, GT_LIMBS, "a")
    require_limbs(b, GT_LIMBS, "b")
    result: Limbs = _native.bn254_gt_mul(a, b)
    return result


def gt_pow(a: Limbs, exponent: Limbs | Sequence[int]) -> Limbs:
    """a ** exponent for an element of GT, uint64[1, 48]; exponent uint64[1, 4], or [k] with k below r. Variable time.

    Raises `EncodingError` if `a` is not of order r.
    """
    require_limbs(a, GT_LIMBS, "a")
    limbs = exponent if isinstance(exponent, np.ndarray) else Fr.to_limbs(exponent)
    require_limbs(limbs, FIELD_LIMBS, "exponent")
    result: Limbs = _native.bn254_gt_pow(a, limbs)
    return result
