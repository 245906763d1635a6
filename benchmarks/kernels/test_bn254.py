"""Kernels under pytest-benchmark; `assay bench NAME` times the same calls beside their peers."""

from __future__ import annotations

import numpy as np
import pytest

from assay import _native
from assay.bench.scalars import KINDS, scalars
from assay.crypto import bn254, eddsa, msm, ntt, poseidon
from assay.crypto.field import Fr


@pytest.mark.parametrize("isa", _native.cpu_info()["available"])
@pytest.mark.parametrize("field", [0, 1], ids=["fp", "fr"])
def test_field_multiplication(benchmark, field, isa):
    before = _native.isa()
    _native.set_isa(isa)
    x, y = Fr.random(256), Fr.random(256)
    benchmark(_native.field_mul_throughput, field, x, y, 1000)
    _native.set_isa(before)


@pytest.mark.parametrize("coset", [None, 7], ids=["plain", "coset"])
@pytest.mark.parametrize("log_size", [12, 16, 18])
def test_ntt(benchmark, log_size, coset):
    values = Fr.random(1 << log_size)
    benchmark(ntt.ntt, values, coset=coset)


@pytest.mark.parametrize("group", ["g1", "g2"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log_size", [12, 16])
def test_msm(benchmark, group, log_size, kind):
    n = 1 << log_size
    curve, total = (bn254.G1, msm.msm_g1) if group == "g1" else (bn254.G2, msm.msm_g2)
    points = curve.mul_public(np.repeat(curve.generator.reshape(1, -1), n, axis=0), Fr.random(n))
    benchmark(total, points, scalars(kind, n))


@pytest.mark.parametrize("pairs", [1, 8])
def test_product_of_pairings(benchmark, pairs):
    p = bn254.G1.mul_public(np.repeat(bn254.G1_GENERATOR.reshape(1, -1), pairs, axis=0), Fr.random(pairs))
    q = bn254.G2.mul_public(np.repeat(bn254.G2_GENERATOR.reshape(1, -1), pairs, axis=0), Fr.random(pairs))
    benchmark(bn254.pairing_check, p, q)


def test_pairing(benchmark):
    benchmark(bn254.pairing, bn254.G1_GENERATOR.reshape(1, -1), bn254.G2_GENERATOR.reshape(1, -1))


@pytest.mark.parametrize("inputs", [2, 4])
def test_poseidon(benchmark, inputs):
    rows = Fr.random(1024 * inputs).reshape(1024, inputs, 4)
    benchmark(poseidon.poseidon, rows)


def test_eddsa_sign(benchmark):
    key = eddsa.PrivateKey.generate()
    benchmark(key.sign, 1)


def test_eddsa_verify(benchmark):
    key = eddsa.PrivateKey.generate()
    signature = key.sign(1)
    benchmark(key.public_key.verify, 1, signature)
