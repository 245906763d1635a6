"""The gate's built-in cases: names to functions that prepare one call of some milliseconds.

This file is loaded into the other revision's process too: it uses interfaces that stay, and imports them inside the
functions, so that a revision which lacks one case runs the others. A file for `--cases` looks the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def _random(n: int) -> np.ndarray:
    rows = np.random.default_rng(1).integers(0, 1 << 64, (n, 4), dtype=np.uint64)
    rows[:, 3] >>= np.uint64(3)  # below 2^253 < r
    return rows


def field_mul() -> Callable[[], object]:
    """2^18 multiplications in Fp."""
    from assay import _native

    x, y = _random(256), _random(256)[::-1].copy()
    return lambda: _native.field_mul_throughput(0, x, y, 1024)


def ntt() -> Callable[[], object]:
    """A transform of 2^14 points."""
    from assay.crypto import ntt as transforms

    values = _random(1 << 14)
    return lambda: transforms.ntt(values)


def msm_g1() -> Callable[[], object]:
    """A sum of 2^12 full-size multiples in G1."""
    from assay.crypto import bn254, msm

    points = msm.fixed_base_g1(bn254.G1_GENERATOR.reshape(-1), _random(1 << 12))
    scalars = _random(1 << 12)[::-1].copy()
    return lambda: msm.msm_g1(points, scalars)


def msm_g2() -> Callable[[], object]:
    """A sum of 2^11 full-size multiples in G2."""
    from assay.crypto import bn254, msm

    points = msm.fixed_base_g2(bn254.G2_GENERATOR.reshape(-1), _random(1 << 11))
    scalars = _random(1 << 11)[::-1].copy()
    return lambda: msm.msm_g2(points, scalars)


def pairing() -> Callable[[], object]:
    """One pairing."""
    from assay.crypto import bn254

    p, q = bn254.G1_GENERATOR.reshape(1, -1), bn254.G2_GENERATOR.reshape(1, -1)
    return lambda: bn254.pairing(p, q)


def poseidon() -> Callable[[], object]:
    """1024 hashes of two elements."""
    from assay.crypto import poseidon as hashes

    rows = _random(2048).reshape(1024, 2, 4)
    return lambda: hashes.poseidon(rows)


def groth16_prove() -> Callable[[], object]:
    """A proof of a chain of 500 squarings."""
    from assay.circuits import Builder, compile
    from assay.crypto import groth16

    c = Builder("chain")
    x = c.private("x")
    for _ in range(500):
        x = x * x + 7
    c.output("y", x)
    circuit = compile(c)
    key, witness = groth16.setup(circuit), circuit.witness({"x": 3})
    return lambda: groth16.prove(key, circuit, witness)


CASES: dict[str, Callable[[], Callable[[], object]]] = {
    "field-mul": field_mul,
    "ntt": ntt,
    "msm-g1": msm_g1,
    "msm-g2": msm_g2,
    "pairing": pairing,
    "poseidon": poseidon,
    "groth16-prove": groth16_prove,
}
