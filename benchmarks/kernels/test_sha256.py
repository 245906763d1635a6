"""SHA-256 under pytest-benchmark; `assay bench merkle` times the same calls beside hashlib and hashtree."""

from __future__ import annotations

import numpy as np
import pytest

from assay import _native
from assay.crypto import sha256, sha256_tree


@pytest.mark.parametrize("isa", _native.cpu_info()["available"])
@pytest.mark.parametrize("log_size", [10, 16])
def test_root(benchmark, isa, log_size):
    before = _native.isa()
    _native.set_isa(isa)
    leaves = np.random.default_rng(0).integers(0, 256, (1 << log_size, 32), dtype=np.uint8)
    benchmark(sha256_tree.root, leaves)
    _native.set_isa(before)


@pytest.mark.parametrize("length", [65, 1000])
def test_messages(benchmark, length):
    messages = np.random.default_rng(0).integers(0, 256, (1 << 14, length), dtype=np.uint8)
    benchmark(sha256.digest_many, messages)


def test_stream(benchmark):
    benchmark(_native.sha256, bytes(1 << 20))
