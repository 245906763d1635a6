"""`assay bench pairing`: e(P, Q) on BN254 and products of pairings, beside ffjavascript; always on one thread a
pair."""

from __future__ import annotations

from functools import partial

import numpy as np

from assay.bench.harness import Report, measure, sizes
from assay.bench.peers import peer_seconds
from assay.crypto import bn254
from assay.crypto.field import Fr

__all__ = ["SIZES", "run"]

SIZES = (1, 4)


def run(report: Report, size: int | None) -> None:
    """Rows `pairing` (one pair, final exponentiation included) and `pairing_check` (a product of size pairs)."""
    for n in sizes(SIZES, size):
        p = bn254.G1.mul_public(np.repeat(bn254.G1_GENERATOR.reshape(1, -1), n, axis=0), Fr.random(n))
        q = bn254.G2.mul_public(np.repeat(bn254.G2_GENERATOR.reshape(1, -1), n, axis=0), Fr.random(n))
        if n == 1:
            report.add("pairing", 1, measure(partial(bn254.pairing, p, q)), "ffjavascript", peer_seconds("pairing", 1))
        else:
            report.add("pairing_check", n, measure(partial(bn254.pairing_check, p, q)))
