"""`assay bench field`: multiplications in Fp and Fr of BN254, one after another in Montgomery form, beside
ffjavascript (WebAssembly)."""

from __future__ import annotations

import secrets
from functools import partial

import numpy as np

from assay import _native
from assay.bench.harness import Report, measure, sizes
from assay.bench.peers import peer_seconds
from assay.crypto import field

__all__ = ["SIZES", "run"]

SIZES = (1_000_000,)
_BLOCK = 256


def run(report: Report, size: int | None) -> None:
    """Rows `fp_mul` and `fr_mul`; size = multiplications, seconds for all of them."""
    for count in sizes(SIZES, size):
        rounds = max(1, count // _BLOCK)
        for name, domain, number in (("fp", field.Fp, 0), ("fr", field.Fr, 1)):
            x = domain.to_limbs([secrets.randbelow(domain.modulus) for _ in range(_BLOCK)])
            y = np.copy(x)
            multiply = partial(_native.field_mul_throughput, number, x, y, rounds)
            theirs = peer_seconds("field_mul", 1, field=name, rounds=rounds * _BLOCK)
            report.add(f"{name}_mul", rounds * _BLOCK, measure(multiply), "ffjavascript", theirs)
