"""Modular arithmetic in batches under pytest-benchmark; `assay bench modexp` times powers beside their peers."""

from __future__ import annotations

import secrets

import pytest

from assay import _native
from assay.crypto.bigint import Modulus, to_words

BATCH = 8


@pytest.fixture(params=_native.cpu_info()["available"])
def level(request):
    before = _native.isa()
    _native.set_isa(request.param)
    yield request.param
    _native.set_isa(before)


def batch(bits):
    modulus = Modulus(secrets.randbits(bits) | 1 | 1 << (bits - 1))
    return modulus, to_words([secrets.randbelow(modulus.value) for _ in range(BATCH)], modulus.words)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("secret", [True, False], ids=["secret", "public"])
@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_power(benchmark, bits, secret):
    modulus, bases = batch(bits)
    benchmark(modulus.power, bases, secrets.randbits(bits), secret=secret)


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("bits", [2048, 6144])
def test_multiply(benchmark, bits):
    modulus, factors = batch(bits)
    benchmark(modulus.multiply, factors, factors)
