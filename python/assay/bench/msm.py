"""`assay bench msm`: sum_i k_i P_i for full-size random scalars in G1 and G2 of BN254, beside ffjavascript."""

from __future__ import annotations

from functools import partial

import numpy as np

from assay import _native
from assay.bench.harness import Report, measure, sizes
from assay.bench.peers import peer_seconds
from assay.crypto import bn254, msm

__all__ = ["SIZES", "run"]

SIZES = (1 << 14, 1 << 16)
_PEER_LIMIT = 1 << 18


def _scalars(n: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    scalars = rng.integers(0, 1 << 64, (n, 4), dtype=np.uint64)
    scalars[:, 3] >>= np.uint64(3)  # below 2^253 < r
    return scalars


def run(report: Report, size: int | None) -> None:
    """Rows `g1` and `g2`; size = points. Points and scalars are converted from canonical limbs inside the time."""
    for n in sizes(SIZES, size):
        scalars = _scalars(n)
        for group, curve, total in (("g1", bn254.G1, msm.msm_g1), ("g2", bn254.G2, msm.msm_g2)):
            generators = np.repeat(curve.generator.reshape(1, -1), n, axis=0)
            points = curve.mul_public(generators, np.ascontiguousarray(scalars[::-1]))
            theirs = peer_seconds("msm", _native.num_threads(), group=group, size=n) if n <= _PEER_LIMIT else None
            timing = measure(partial(total, points, scalars))
            report.add(group, n, timing, "ffjavascript", theirs)
