"""Greatest common divisors, inverses and Jacobi symbols against Python's integers and GMP, on every level."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import gmpy2
import numpy as np
import pytest

from assay.core.errors import InvalidInput, LimitError, WrongType
from assay.crypto.bigint import from_words, to_words
from assay.crypto.gcd import MAX_WORDS, batch_inverse, gcd, inverse, jacobi

WORDS = [1, 2, 3, 4, 5, 8, 16, 17, 32]


def edges(words: int) -> list[int]:
    bits = 64 * words
    full = 2**bits - 1
    return [0, 1, 2, 3, full, full - 1, 2 ** (bits - 1), 2 ** (bits - 1) - 1, 2 ** (bits // 2), 2**64 - 1]


def numbers(words: int, count: int, rng: random.Random) -> list[int]:
    """Of every length, among them long runs of zeros and ones."""
    out = []
    for _ in range(count):
        x = rng.getrandbits(rng.randrange(1, 64 * words + 1))
        out.append(rng.choice([x, x << rng.randrange(64) & 2 ** (64 * words) - 1, x | x >> 1 | x >> 2 | x >> 4]))
    return out


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("words", WORDS)
def test_inverse(isa: str, words: int, secret: bool) -> None:
    rng = random.Random(words)
    values = edges(words) + numbers(words, 40, rng)
    moduli = [1, 3, 2 ** (64 * words) - 1, 2 ** (64 * words - 1) + 1]
    moduli += [x | 1 for x in numbers(words, len(values) - len(moduli), rng)]
    for a, m in zip(values, moduli, strict=True):
        if math.gcd(a, m) == 1:
            assert from_words(inverse([a], [m], secret=secret)) == [int(gmpy2.invert(a, m)) if m > 1 else 0]
        else:
            with pytest.raises(InvalidInput, match="number 0 of 1 has no inverse"):
                inverse([a], [m], secret=secret)
    units = [(a, m) for a, m in zip(values, moduli, strict=True) if math.gcd(a, m) == 1 < m]
    got = inverse([a for a, _ in units], [m for _, m in units], secret=secret)
    assert from_words(got) == [pow(a, -1, m) for a, m in units]


def test_inverse_names_the_first_without_one(isa: str) -> None:
    p, q = 2**127 - 1, 2**89 - 1
    for secret in (True, False):
        with pytest.raises(InvalidInput, match="number 2 of 5"):
            inverse([1, 2, p, 0, 5], p * q, secret=secret)
        with pytest.raises(InvalidInput, match="number 4 of 5"):
            inverse([1, 2, 3, 4, 0], p, secret=secret)


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("words", WORDS)
def test_gcd(isa: str, words: int, secret: bool) -> None:
    rng = random.Random(words)
    a = edges(words) + numbers(words, 60, rng)
    b = edges(words)[::-1] + numbers(words, 60, rng)
    common = numbers(max(1, words // 2), len(a), rng)
    a += [x * y % 2 ** (64 * words) for x, y in zip(a, common, strict=True)]
    b += [(x >> (64 * words // 2 + 1)) * y for x, y in zip(b, common, strict=True)]
    if secret:
        b = [x | 1 for x in b]
    assert from_words(gcd(a, b, secret=secret)) == [int(gmpy2.gcd(x, y)) for x, y in zip(a, b, strict=True)]
    assert from_words(gcd(a, b[-1], secret=secret)) == [math.gcd(x, b[-1]) for x in a]


def test_gcd_of_fibonacci_neighbours(isa: str) -> None:
    """Euclid's worst case, and numbers that differ in one bit."""
    f = [int(gmpy2.fib(n)) for n in (93, 94, 187, 188, 369, 370, 2950, 2951)]
    for x, y in pairwise(f):
        assert from_words(gcd([x], [y], secret=False)) == [math.gcd(x, y)]
        odd = y if y % 2 else y + 1
        assert from_words(gcd([x], [odd])) == [math.gcd(x, odd)]


def slow_jacobi(a: int, n: int) -> int:
    """By the definition: the product of the Legendre symbols of the prime factors of a small n."""
    symbol = 1
    p = 3
    while n > 1:
        while n % p == 0:
            symbol *= 0 if a % p == 0 else 1 if pow(a, (p - 1) // 2, p) == 1 else -1
            n //= p
        p += 2
    return symbol


def test_jacobi_small(isa: str) -> None:
    pairs = [(a, n) for n in range(1, 60, 2) for a in range(70)]
    got = jacobi([a for a, _ in pairs], [n for _, n in pairs]).tolist()
    assert got == [slow_jacobi(a, n) for a, n in pairs]


@pytest.mark.parametrize("words", WORDS)
def test_jacobi(isa: str, words: int) -> None:
    rng = random.Random(words)
    a = edges(words) + numbers(words, 60, rng)
    n = [x | 1 for x in edges(words)[::-1] + numbers(words, 60, rng)]
    assert jacobi(a, n).tolist() == [int(gmpy2.jacobi(x, y)) for x, y in zip(a, n, strict=True)]
    half = rng.getrandbits(32 * words) | 1
    assert jacobi([half * 3, half, 0, half * half], half * half).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("bits", [256, 257, 1024, 2048, 4096])
def test_batch_inverse(isa: str, bits: int, secret: bool) -> None:
    rng = random.Random(bits)
    p = int(gmpy2.next_prime(rng.getrandbits(bits - 118) | 1 << (bits - 119)))
    q = int(gmpy2.next_prime(2**119))
    m = p * q
    units = [x for x in [1, 2, m - 1, m + 1, *(rng.getrandbits(bits + 60) for _ in range(300))] if math.gcd(x, m) == 1]
    for count in (0, 1, 2, 16, 17, len(units)):
        got = batch_inverse(units[:count], m, secret=secret)
        assert got.shape == (count, -(-m.bit_length() // 64))
        assert from_words(got) == [pow(x, -1, m) for x in units[:count]]
    for where in (0, 5, 299):
        for bad in (0, p, 3 * q, m, 2 * m):
            spoiled = units[:300]
            spoiled[where] = bad
            with pytest.raises(InvalidInput, match=f"number {where} of 300 has no inverse"):
                batch_inverse(spoiled, m, secret=secret)
    spoiled = units[:300]
    spoiled[17] = spoiled[250] = p
    with pytest.raises(InvalidInput, match="number 17 of 300"):
        batch_inverse(spoiled, m, secret=secret)


def test_what_is_refused() -> None:
    with pytest.raises(InvalidInput, match="row 1 of 2 of moduli is even"):
        inverse([3, 3], [5, 6])
    with pytest.raises(InvalidInput, match="row 0 of 1 of n is even"):
        jacobi([3], 0)
    with pytest.raises(InvalidInput, match="row 0 of 1 of b is even"):
        gcd([3], 4)
    with pytest.raises(InvalidInput, match="negative"):
        gcd([-3], 5)
    with pytest.raises(InvalidInput, match="there are 2 numbers in b for 3 rows"):
        gcd([1, 2, 3], [1, 3])
    with pytest.raises(LimitError, match="at most 16384 bits"):
        gcd(np.zeros((1, MAX_WORDS + 1), np.uint64), 3)
    with pytest.raises(WrongType, match="dtype"):
        inverse(np.ones((2, 4)), 5)
    with pytest.raises(InvalidInput, match="must be odd"):
        batch_inverse([3], 2**300)
    with pytest.raises(InvalidInput, match="at least 256 bits"):
        batch_inverse([3], 2**127 - 1)
    assert from_words(inverse(to_words([]), to_words([5]))) == []
