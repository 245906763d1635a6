"""`assay bench pairing`: e(P, Q) on BN254 and products of pairings, beside ffjavascript; always on one thread a
pair."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from assay.bench.harness import Report, Timing, alternate, measure, sizes
from assay.bench.peers import peer_seconds
from assay.crypto import bn254
from assay.crypto.field import Fr, Limbs

__all__ = ["SIZES", "run"]

SIZES = (1, 4, 8)
_RUNS = 25  # half a millisecond each


def run(report: Report, size: int | None) -> None:
    """Rows `pairing` (one pair, final exponentiation included), `pairing_check` (a product of size pairs) and, for each
    product, `further_pair`: what a pair beyond the first adds, (product - pairing) / (size - 1), both timed in turn. A
    difference: where the machine is busy it may come out as anything."""
    one = _pairs(1)
    for n in sizes(SIZES, size):
        if n == 1:
            timing = measure(partial(bn254.pairing, *one), runs=_RUNS)
            report.add("pairing", 1, timing, "ffjavascript", peer_seconds("pairing", 1))
            continue
        product, single = alternate(
            partial(_seconds, bn254.pairing_check, *_pairs(n)),
            partial(_seconds, bn254.pairing, *one),
            runs=_RUNS,
        )
        report.add("pairing_check", n, product)
        further = (product.seconds - single) / (n - 1)
        report.add("further_pair", n, Timing(further, product.runs, product.peak_mib))


def _pairs(n: int) -> tuple[Limbs, Limbs]:
    p = bn254.G1.mul_public(np.repeat(bn254.G1_GENERATOR.reshape(1, -1), n, axis=0), Fr.random(n))
    return p, bn254.G2.mul_public(np.repeat(bn254.G2_GENERATOR.reshape(1, -1), n, axis=0), Fr.random(n))


def _seconds(run: Callable[[Limbs, Limbs], object], p: Limbs, q: Limbs) -> float:
    started = perf_counter()
    run(p, q)
    return perf_counter() - started
