"""How fast this machine multiplies points, measured once a process: what the forecasts of time rest on."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from assay import _native
from assay.crypto import bn254

__all__ = ["Speed", "measured"]

_POINTS_LOG: Final = 12
_ROWS_LOG: Final = 14
_MOST_WINDOW: Final = 16  # bits; cpp/msm/digits.h
_TABLE_BLOCK: Final = 64  # points that a thread takes at a time; cpp/msm/precomputed_kernel.h


@dataclass(frozen=True)
class Speed:
    """Seconds on the present threads and level: of a point in the samples (a sum, multiples of one base, a table of
    multiples), of a butterfly of a transform."""

    msm_g1: float
    msm_g2: float
    fixed_g1: float
    fixed_g2: float
    expand_g1: float
    expand_g2: float
    butterfly: float

    def msm(self, n: int, per_point: float) -> float:
        """Seconds of a sum of n points: larger sums have wider windows, about log2 n - 3 bits."""
        return n * per_point * _bits(_POINTS_LOG - 3) / _bits(math.log2(max(n, 2)) - 3)

    def fixed(self, n: int, per_point: float) -> float:
        """Seconds of n multiples of a base: more multiples have wider tables, about log2 n - 2 bits."""
        return n * per_point * _bits(_POINTS_LOG - 2) / _bits(math.log2(max(n, 2)) - 2)

    def transform(self, log_n: int) -> float:
        """Seconds of one transform of size 2^log_n."""
        return self.butterfly * log_n * (1 << log_n) / 2


def _bits(window: float) -> float:
    return min(max(window, 4), _MOST_WINDOW)


def measured() -> Speed:
    """The speed at the present number of threads and level; takes about a tenth of a second the first time."""
    return _measured(_native.num_threads(), _native.isa())


@functools.cache
def _measured(_threads: int, _isa: str) -> Speed:
    rng = np.random.default_rng(1)
    n = 1 << _POINTS_LOG
    scalars = rng.integers(0, 1 << 61, (n, 4), dtype=np.uint64)
    values = rng.integers(0, 1 << 61, (1 << _ROWS_LOG, 4), dtype=np.uint64)
    per_point: list[float] = []
    fixed: list[float] = []
    expand: list[float] = []
    blocks = min(n, _TABLE_BLOCK * _native.num_threads())
    for group in (bn254.G1, bn254.G2):
        base = group.generator.reshape(1, -1)
        multiples = _native.fixed_base(base, scalars, group.limbs)
        points = _native.points_to_montgomery(multiples, group.limbs)
        fixed.append(_seconds(partial(_native.fixed_base, base, scalars, group.limbs)) / n)
        expand.append(_seconds(partial(_native.PrecomputedBases, multiples[:blocks], group.limbs, 8)) / blocks)
        per_point.append(_seconds(partial(_native.msm, points, scalars, group.limbs)) / n)
    butterflies = _ROWS_LOG << (_ROWS_LOG - 1)
    transform = _seconds(partial(_native.ntt_in_place, values, False))
    return Speed(per_point[0], per_point[1], fixed[0], fixed[1], expand[0], expand[1], transform / butterflies)


def _seconds(body: Callable[[], object]) -> float:
    """The better of two runs."""
    best = math.inf
    for _ in range(2):
        started = time.perf_counter()
        body()
        best = min(best, time.perf_counter() - started)
    return best
