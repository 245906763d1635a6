"""Ed25519 signatures made and verified under pytest-benchmark, beside OpenSSL's one by one; messages of 32 bytes."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import assay
from assay import _native
from assay.crypto import ed25519


def signed(count):
    """`count` public keys, messages and signatures, by 16 keys."""
    keys = [Ed25519PrivateKey.from_private_bytes(hashlib.sha256(bytes([i])).digest()) for i in range(16)]
    messages = [hashlib.sha256(i.to_bytes(4, "big")).digest() for i in range(count)]
    public = [keys[i % 16].public_key().public_bytes_raw() for i in range(count)]
    return public, messages, [keys[i % 16].sign(message) for i, message in enumerate(messages)]


@pytest.mark.parametrize("isa", _native.cpu_info()["available"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [1, 8, 10, 16, 64, 1024])
def test_verify_many(benchmark, isa, threads, count):
    before = _native.isa(), assay.num_threads()
    _native.set_isa(isa)
    assay.set_num_threads(threads)
    verdicts = benchmark(ed25519.verify_many, *signed(count))
    assert verdicts.all()
    benchmark.extra_info["us_a_signature"] = benchmark.stats["min"] / count * 1e6
    _native.set_isa(before[0])
    assay.set_num_threads(before[1])


def test_openssl(benchmark):
    ((public,), (message,), (signature,)) = signed(1)
    benchmark(lambda: Ed25519PublicKey.from_public_bytes(public).verify(signature, message))


@pytest.mark.parametrize("isa", ["portable", "adx"])
def test_sign(benchmark, isa):
    if isa not in _native.cpu_info()["available"]:
        pytest.skip(f"the processor lacks {isa}")
    before = _native.isa()
    _native.set_isa(isa)
    benchmark(ed25519.PrivateKey(bytes(32)).sign, bytes(32))
    _native.set_isa(before)


def test_openssl_sign(benchmark):
    benchmark(Ed25519PrivateKey.from_private_bytes(bytes(32)).sign, bytes(32))
