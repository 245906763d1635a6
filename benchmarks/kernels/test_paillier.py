"""Encrypted arrays under pytest-benchmark; `assay bench paillier` times the same calls beside python-paillier."""

from __future__ import annotations

import numpy as np
import pytest

from assay.crypto import paillier

BATCH, TERMS = 8, 30


@pytest.fixture(scope="module", params=[2048, 3072])
def key(request):
    return paillier.generate(request.param)


@pytest.fixture(scope="module")
def floats():
    return np.random.default_rng(1).standard_normal((BATCH, TERMS))


@pytest.mark.parametrize("how", ["exact", "short", "keyholder"])
def test_encrypt(benchmark, key, floats, how):
    column = floats[:, 0]
    encrypt = key.encrypt_keyholder if how == "keyholder" else getattr(key.public_key, f"encrypt_{how}")
    encrypt(column)  # makes the table of short exponents
    benchmark(encrypt, column)


def test_decrypt(benchmark, key, floats):
    benchmark(key.decrypt, key.encrypt_keyholder(floats[:, 0]))


def test_add(benchmark, key, floats):
    column = key.encrypt_keyholder(floats[:, 0])
    benchmark(lambda: column + column)


def test_dot(benchmark, key, floats):
    table = key.encrypt_keyholder(floats)
    benchmark(lambda: table @ floats[0])
