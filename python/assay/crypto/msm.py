"""Multi-scalar multiplication over BN254, and many multiples of one base.

Points are affine, `uint64[n, 8]` in G1 (x, y) and `uint64[n, 16]` in G2 (x.c0, x.c1, y.c0, y.c1), each coordinate a
canonical integer in four little-endian limbs; infinity is all zeros. Scalars are canonical elements of Fr,
`uint64[n, 4]`. Points are checked to be on the curve, not to be in the subgroup of G2: decoding does that. BN254 gives
about 100 bits of security. Everything here is variable time in scalars and points.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Final, SupportsIndex, TypeAlias

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.field import FIELD_LIMBS, Limbs, require_limbs

__all__ = [
    "G1_LIMBS",
    "G2_LIMBS",
    "Bases",
    "PrecomputedBases",
    "Progress",
    "estimate",
    "estimate_precomputed",
    "fixed_base_g1",
    "fixed_base_g2",
    "msm_g1",
    "msm_g2",
]

Progress: TypeAlias = Callable[[str, int, int], object]
"""Called with (stage, steps done, steps in all)."""

G1_LIMBS: Final = 8
G2_LIMBS: Final = 16

_ALL_WINDOWS: Final = 64  # no sum has more


class Bases:
    """Points checked and converted once, for many sums over them: `Bases(points).msm(scalars)`."""

    def __init__(self, points: Limbs) -> None:
        """`points`: `uint64[n, 8]` or `uint64[n, 16]`.

        Raises `EncodingError` for a coordinate not below p or a point off the curve.
        """
        self.limbs: Final = _limbs_of(points)
        self._count = require_limbs(points, self.limbs, "points")
        self._points: Limbs = _native.points_to_montgomery(points, self.limbs)

    def __len__(self) -> int:
        return self._count

    def msm(self, scalars: Limbs, *, progress: Progress | None = None) -> Limbs:
        """sum_i scalars[i] points[i], `uint64[8]` or `uint64[16]`."""
        n = require_limbs(scalars, FIELD_LIMBS, "scalars")
        if n != self._count:
            raise InvalidInput(f"{self._count} points, but {n} scalars")
        result: Limbs = _native.msm(self._points, scalars, self.limbs, progress)[0]
        return result


class PrecomputedBases:
    """Points whose multiples are kept, for sums over them that take less time and more memory than `Bases`.

    For points that serve hundreds of sums: the table takes as long as some twenty sums, each of which is then a fifth
    faster (docs/performance.md).
    """

    def __init__(
        self, points: Limbs, *, memory_factor: SupportsIndex | None = None, progress: Progress | None = None
    ) -> None:
        """`points`: `uint64[n, 8]` or `uint64[n, 16]`; errors as `Bases`.

        memory_factor: the table takes at most so many times the memory of the points, 1 or more; None for as much as is
        of use, 16 to 20 times for tens of thousands of points. `estimate_precomputed` tells in bytes.
        """
        factor = _factor(memory_factor)
        self.limbs: Final = _limbs_of(points)
        self._count = require_limbs(points, self.limbs, "points")
        self._table = _native.PrecomputedBases(points, self.limbs, factor, progress)

    def __len__(self) -> int:
        return self._count

    def msm(self, scalars: Limbs, *, progress: Progress | None = None) -> Limbs:
        """sum_i scalars[i] points[i], `uint64[8]` or `uint64[16]`."""
        n = require_limbs(scalars, FIELD_LIMBS, "scalars")
        if n != self._count:
            raise InvalidInput(f"{self._count} points, but {n} scalars")
        result: Limbs = self._table.msm(scalars, progress)[0]
        return result


def msm_g1(points: Limbs, scalars: Limbs, *, progress: Progress | None = None) -> Limbs:
    """sum_i scalars[i] points[i] in G1, `uint64[8]`; infinity, all zeros, for n = 0.

    Raises `InvalidInput` for shapes that do not fit, `EncodingError` for a coordinate not below p, a scalar not below r
    or a point off the curve, `WrongType` for a wrong dtype.
    """
    require_limbs(points, G1_LIMBS, "points")
    return Bases(points).msm(scalars, progress=progress)


def msm_g2(points: Limbs, scalars: Limbs, *, progress: Progress | None = None) -> Limbs:
    """sum_i scalars[i] points[i] in G2, `uint64[16]`; as `msm_g1` otherwise."""
    require_limbs(points, G2_LIMBS, "points")
    return Bases(points).msm(scalars, progress=progress)


def fixed_base_g1(base: Limbs, scalars: Limbs, *, progress: Progress | None = None) -> Limbs:
    """All multiples scalars[i] base of one point `uint64[8]` of G1: `uint64[n, 8]`. Errors as `msm_g1`.

    Table look-ups depend on the scalars: who shares the machine's caches may learn about them.
    """
    return _fixed_base(base, scalars, G1_LIMBS, progress)


def fixed_base_g2(base: Limbs, scalars: Limbs, *, progress: Progress | None = None) -> Limbs:
    """All multiples scalars[i] base of one point `uint64[16]` of G2: `uint64[n, 16]`; as `fixed_base_g1` otherwise."""
    return _fixed_base(base, scalars, G2_LIMBS, progress)


def estimate(n: int, *, g2: bool = False) -> int:
    """Peak memory of a sum of n points in bytes beyond points and scalars, at the present number of threads."""
    return int(_native.msm_memory_estimate(n, G2_LIMBS if g2 else G1_LIMBS))


def estimate_precomputed(n: int, *, g2: bool = False, memory_factor: SupportsIndex | None = None) -> tuple[int, int]:
    """Bytes of the table of `PrecomputedBases`, and those a sum takes at its peak beyond table and scalars."""
    table, peak = _native.precomputed_memory_estimate(n, G2_LIMBS if g2 else G1_LIMBS, _factor(memory_factor))
    return int(table), int(peak)


def _limbs_of(points: Limbs) -> int:
    limbs = points.shape[1] if getattr(points, "ndim", 0) == 2 else G1_LIMBS
    if limbs not in (G1_LIMBS, G2_LIMBS):
        raise InvalidInput(f"points must have shape [n, {G1_LIMBS}] or [n, {G2_LIMBS}], got {list(points.shape)}")
    return limbs


def _factor(memory_factor: SupportsIndex | None) -> int:
    if memory_factor is None:
        return _ALL_WINDOWS
    factor = index(memory_factor)
    if factor < 1:
        raise InvalidInput(f"memory_factor must be 1 or more, got {factor}")
    return min(factor, _ALL_WINDOWS)


def _fixed_base(base: Limbs, scalars: Limbs, limbs: int, progress: Progress | None) -> Limbs:
    if getattr(base, "shape", None) != (limbs,):
        raise InvalidInput(f"base must have shape [{limbs}]")
    rows = base.reshape(1, limbs)
    require_limbs(rows, limbs, "base")
    require_limbs(scalars, FIELD_LIMBS, "scalars")
    result: Limbs = _native.fixed_base(rows, scalars, limbs, progress)
    return result
