"""`assay bench msm`: sum_i k_i P_i in G1 and G2 of BN254, for scalars of several kinds, beside ffjavascript.

ffjavascript sums full-size random scalars only.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from assay import _native
from assay.bench.harness import Report, measure, sizes
from assay.bench.peers import peer_seconds
from assay.bench.scalars import scalars
from assay.crypto import bn254, msm

__all__ = ["SIZES", "run"]

SIZES = (1 << 14, 1 << 16)
_PEER_LIMIT = 1 << 18


def run(report: Report, size: int | None, kind: str = "random") -> None:
    """Rows `g1` and `g2`, with the kind after a colon unless it is `random`; size = points. `kind`: see
    `assay.bench.scalars`. Points and scalars are converted from canonical limbs inside the time."""
    for n in sizes(SIZES, size):
        ours = scalars(kind, n)
        multiples = scalars("random", n)[::-1].copy()
        for group, curve, total in (("g1", bn254.G1, msm.msm_g1), ("g2", bn254.G2, msm.msm_g2)):
            generators = np.repeat(curve.generator.reshape(1, -1), n, axis=0)
            points = curve.mul_public(generators, multiples)
            theirs = why = None
            if kind != "random":
                why = "the peer is measured with random scalars"
            elif n > _PEER_LIMIT:
                why = f"ffjavascript is not run above {_PEER_LIMIT} points"
            else:
                theirs = peer_seconds("msm", _native.num_threads(), group=group, size=n)
            timing = measure(partial(total, points, ours))
            report.add(group if kind == "random" else f"{group}:{kind}", n, timing, "ffjavascript", theirs, why)
