"""Hashing to primes against its definition in Python with GMP's primality test, on every level."""

from __future__ import annotations

import hashlib
import random

import gmpy2
import pytest

from assay import _native
from assay.core.errors import InvalidInput, VerificationError, WrongType
from assay.crypto.bigint import from_words
from assay.crypto.hash_to_prime import hash_to_prime, hash_to_primes, reference, verify


def gmp_is_prime(n: int) -> bool:
    return bool(gmpy2.is_prime(n, 25))


@pytest.mark.parametrize("bits", [64, 65, 127, 128, 255, 256, 257, 320, 512, 513, 1000])
def test_follows_the_definition(isa: str, bits: int) -> None:
    count = 20 if bits <= 320 else 3
    messages = [[b"block", i.to_bytes(8, "big"), b"x" * i] for i in range(count)]
    primes, counters = hash_to_primes("test", messages, bits=bits)
    want = [reference("test", *fields, bits=bits, is_prime=gmp_is_prime) for fields in messages]
    assert list(zip(from_words(primes), counters.tolist(), strict=True)) == want
    assert all(p.bit_length() == bits and p % 2 for p, _ in want)


def test_a_batch_gives_what_one_by_one_gives(isa: str) -> None:
    messages = [[i.to_bytes(4, "big")] for i in range(600)]  # more than are searched together
    primes, counters = hash_to_primes("batch", messages)
    assert len(set(from_words(primes))) == 600
    for i in (0, 1, 17, 511, 512, 599):
        assert (from_words(primes[i : i + 1])[0], int(counters[i])) == hash_to_prime("batch", *messages[i])
    assert all(gmp_is_prime(p) for p in from_words(primes))


def test_a_vector() -> None:
    """Fixed, so that the encoding cannot change in silence; the seed is spelled out byte by byte."""
    message = (
        b"\x16\0\0\0\0\0\0\0assay/hash-to-prime/v1" + b"\x06\0\0\0\0\0\0\0vector" + b"\x02\0\0\0\0\0\0\0"
        b"\x03\0\0\0\0\0\0\0one" + b"\0\0\0\0\0\0\0\0"
    )
    seed = hashlib.sha256(message).digest()
    assert _native.hash_to_prime_seeds("vector", [[b"one", b""]]).tobytes() == seed
    prime, counter = hash_to_prime("vector", b"one", b"")
    digest = hashlib.sha256(seed + b"\0\x01\0\0" + counter.to_bytes(8, "little") + b"\0\0\0\0").digest()
    assert prime == int.from_bytes(digest, "big") | 1 << 255 | 1
    assert (prime, counter) == reference("vector", b"one", b"", is_prime=gmp_is_prime)


def test_messages_that_run_together_are_different() -> None:
    messages = [[b"ab", b"c"], [b"a", b"bc"], [b"abc"], [b"abc", b""], [b"", b"abc"], [b"a", b"b", b"c"], [], [b""]]
    primes = from_words(hash_to_primes("t", messages)[0])
    primes += [*from_words(hash_to_primes("t2", messages)[0]), hash_to_prime("t", b"ab", b"c", bits=255)[0]]
    assert len(set(primes)) == 17
    assert hash_to_primes("t", [])[0].shape == (0, 4)


def test_verify() -> None:
    fields = [b"member", b"7"]
    prime, counter = hash_to_prime("acc", *fields)
    verify("acc", fields, prime, counter)
    later = reference("acc", *fields, is_prime=gmp_is_prime, start=counter + 1)
    for p, c in [later, (prime, counter + 1), (prime + 2, counter), (later[0], counter), (prime - (1 << 255), counter)]:
        with pytest.raises(VerificationError, match="does not hash to this prime"):
            verify("acc", fields, p, c)
    for tag, wrong in [("acc2", fields), ("acc", [b"7", b"member"]), ("acc", [b"member7"]), ("acc", [*fields, b""])]:
        with pytest.raises(VerificationError):
            verify(tag, wrong, prime, counter)


def test_what_is_refused() -> None:
    for bits in (0, 63, 2049, -5):
        with pytest.raises(InvalidInput, match=f"64 to 2048 bits, got {bits}"):
            hash_to_prime("t", b"x", bits=bits)
    with pytest.raises(WrongType, match="a tag is a str"):
        hash_to_prime(b"t", b"x")  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="wrap a single one in a list"):
        hash_to_primes("t", [b"x"])  # type: ignore[list-item]
    with pytest.raises(WrongType, match="field 1 must be bytes, got str"):
        hash_to_prime("t", b"x", "y")  # type: ignore[arg-type]


def test_counters_are_spread_as_primes_are(isa: str) -> None:
    """0.347 bits odd numbers a prime: 88.7 at 256 bits, with a standard deviation of as much a number."""
    rng = random.Random(1)
    _, counters = hash_to_primes("spread", [[rng.randbytes(9)] for _ in range(1500)])
    assert 75 < counters.mean() < 103  # six standard deviations of the mean
