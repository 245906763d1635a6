"""Scalars to benchmark a multi-scalar multiplication with: how many of them are 0, 1 or small decides its time."""

from __future__ import annotations

from typing import Final

import numpy as np

from assay.core.errors import InvalidInput
from assay.crypto.field import Limbs

__all__ = ["KINDS", "scalars"]

KINDS: Final = ("random", "witness", "small", "sparse")
_SMALL_BITS: Final = 16
_FULL_SHARE: Final = 0.1
_TRANSACTION_WIRES: Final = 15_000
_LARGEST_BATCH: Final = 10


def scalars(kind: str, n: int) -> Limbs:
    """n scalars, `uint64[n, 4]`, the same at every call except for `witness`.

    random: full-size. small: uniform below 2^16. sparse: nine in ten are 0, the rest full-size. witness: the wires of a
    rollup batch of up to ten transactions (`assay.bench.rollup.sample_batch`), shuffled, and repeated beyond; about
    one in six is 0, 1 or below 2^16, the rest full-size.
    """
    rng = np.random.default_rng(1)
    if kind == "witness":
        return _witness(n)
    if kind == "small":
        rows = np.zeros((n, 4), dtype=np.uint64)
        rows[:, 0] = rng.integers(0, 1 << _SMALL_BITS, n, dtype=np.uint64)
        return rows
    if kind not in KINDS:
        raise InvalidInput(f"unknown scalars {kind!r}; known: {', '.join(KINDS)}")
    rows = rng.integers(0, 1 << 64, (n, 4), dtype=np.uint64)
    rows[:, 3] >>= np.uint64(3)  # below 2^253 < r
    if kind == "sparse":
        rows[rng.random(n) >= _FULL_SHARE] = 0
    return rows


def _witness(n: int) -> Limbs:
    from assay.bench.rollup import sample_batch
    from assay.circuits import compile as compile_circuit
    from assay.rollup.circuit import build_batch
    from assay.rollup.prover import witness_of
    from assay.rollup.witness import batch_carries, batch_inputs

    size = min(_LARGEST_BATCH, max(1, -(-n // _TRANSACTION_WIRES)))
    batch = sample_batch(size)
    plain = witness_of(batch, batch.public_inputs())
    witness = compile_circuit(build_batch(size)).witness(batch_inputs(plain), carries=batch_carries(plain))
    order = np.random.default_rng(1).permutation(len(witness.values))
    rows: Limbs = witness.values[np.resize(order, n)]
    return rows
