"""`assay bench ntt`: forward transforms over BN254's Fr, natural order in and out, beside ffjavascript."""

from __future__ import annotations

from functools import partial

import numpy as np

from assay import _native
from assay.bench.harness import Report, measure, sizes
from assay.bench.peers import peer_seconds
from assay.crypto import ntt

__all__ = ["SIZES", "run"]

SIZES = (1 << 16, 1 << 18)
_PEER_LIMIT = 1 << 20


def run(report: Report, size: int | None) -> None:
    """Rows `ntt` and `ntt_coset`; size = points, a power of two. The array is converted to and from canonical limbs
    inside the time."""
    for n in sizes(SIZES, size):
        rng = np.random.default_rng(0)
        values = rng.integers(0, 1 << 60, (n, 4), dtype=np.uint64)
        theirs = peer_seconds("ntt", _native.num_threads(), size=n) if n <= _PEER_LIMIT else None
        why = None if n <= _PEER_LIMIT else f"ffjavascript is not run above {_PEER_LIMIT} points"
        report.add("ntt", n, measure(partial(ntt.ntt, values)), "ffjavascript", theirs, why)
        report.add("ntt_coset", n, measure(partial(ntt.ntt, values, coset=7)))
