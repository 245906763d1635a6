"""Powers modulo squares, which work on pairs of numbers half as long, against GMP and whole rows, on every level."""

from __future__ import annotations

import random

import gmpy2
import pytest

from assay.core.errors import InvalidInput, LimitError
from assay.crypto.bigint import Moduli, Modulus, from_words

# of roots: words full and nearly empty, whole blocks of eight and not, with and without a square of twice as many words
SIZES = [128, 256, 449, 500, 512, 513, 545, 576, 640, 1000, 1023, 1024, 1025, 1088, 1536, 2048]
LARGE = [2080, 2560, 3072, 4095, 4096]


def roots(bits: int) -> list[int]:
    """Odd numbers of so many bits: the smallest and the largest, sparse, with words of ones and of zeros, random."""
    rng = random.Random(bits)
    top = 1 << (bits - 1)
    return [
        top + 1,
        2 * top - 1,
        top + (1 << bits // 2) - 1,
        2 * top - (1 << bits // 2) + 1,
        2 * top - (2 * rng.getrandbits(60) + 1),
        (rng.getrandbits(bits) | top) >> 128 << 128 | 1,
        rng.getrandbits(bits) | top | 1,
    ]


def edges(n: int) -> list[int]:
    """Values for a base modulo n^2, some of them not below n^2."""
    rng = random.Random(n)
    square = n * n
    return [
        0, 1, 2, n - 1, n, n + 1, 2 * n, square - n, square - 1, square, square + 1, square // 2, square // n * 7,
        (1 << -(-n.bit_length() // 64) * 64) - 1, (1 << 2 * n.bit_length()) - 1, (1 << 64) - 1, n**3, n**4 - 1,
        rng.randrange(n), rng.randrange(square), rng.randrange(square) // n * n,
    ]  # fmt: skip


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("bits", SIZES)
def test_power(isa: str, bits: int, secret: bool) -> None:
    rng = random.Random(bits)
    for n in roots(bits):
        if (n * n).bit_length() < 256:
            continue
        bases = edges(n)
        exponents = [0, 1, 2, 3, 15, 16, 33, rng.getrandbits(64), (1 << 64) - 1, 1 << 64, rng.getrandbits(70)]
        exponents = [exponents[i % len(exponents)] for i in range(len(bases))]
        got = from_words(Modulus(n, squared=True).power(bases, exponents, secret=secret))
        assert got == [int(gmpy2.powmod(b, e, n * n)) for b, e in zip(bases, exponents, strict=True)]
        for e in (1, 2, 5, rng.getrandbits(40)):
            got = from_words(Modulus(n, squared=True).power(bases, e, secret=secret))
            assert got == [int(gmpy2.powmod(b, e, n * n)) for b in bases]


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("bits", LARGE)
def test_power_large(isa: str, bits: int, secret: bool) -> None:
    rng = random.Random(bits)
    for n in roots(bits):
        bases = [n * n - 1, n, n * n - n, n + 1, rng.randrange(n * n)]
        exponent = rng.getrandbits(20)
        got = from_words(Modulus(n, squared=True).power(bases, exponent, secret=secret))
        assert got == [int(gmpy2.powmod(b, exponent, n * n)) for b in bases]


@pytest.mark.parametrize("secret", [True, False])
def test_the_order_of_the_group(isa: str, secret: bool) -> None:
    """(1 + N)^m = 1 + m N, and x^(p (p - 1)) = 1 modulo p^2: long exponents without another implementation."""
    p = 2**521 - 1
    m = Modulus(p, squared=True)
    assert from_words(m.power([1 + p], [p - 3], secret=secret)) == [1 + (p - 3) * p]
    assert from_words(m.power([3] * 8, [p * (p - 1)], secret=secret)) == [1] * 8


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("count", [1, 3, 4, 7, 8, 9, 17])
def test_moduli_that_differ(isa: str, count: int, secret: bool) -> None:
    """Of lengths that use pairs, and in `mixed` of some that do not."""
    rng = random.Random(count)
    for sizes in ([512, 640, 1024, 1500], [129, 300, 512, 513, 1024]):
        n = [rng.getrandbits(size) | 1 << size - 1 | 1 for size in rng.choices(sizes, k=count)]
        bases = [rng.getrandbits(3100) for _ in n]
        exponents = [rng.getrandbits(rng.choice([1, 5, 64, 130])) for _ in n]
        want = [pow(b, e, m * m) for b, e, m in zip(bases, exponents, n, strict=True)]
        assert from_words(Moduli(n, squared=True).power(bases, exponents, secret=secret)) == want


@pytest.mark.parametrize("bits", [500, 512, 1024, 1100])
def test_products_are_those_of_any_modulus(isa: str, bits: int) -> None:
    for n in roots(bits):
        a = edges(n)
        b = a[::-1]
        assert from_words(Modulus(n, squared=True).multiply(a, b)) == [
            x * y % (n * n) for x, y in zip(a, b, strict=True)
        ]


def test_what_is_refused() -> None:
    assert Modulus(2**521 - 1, squared=True).value == (2**521 - 1) ** 2
    for root, error in ((2**521, InvalidInput), (2**127 - 1, InvalidInput), (-(2**521) + 1, InvalidInput)):
        with pytest.raises(error):
            Modulus(root, squared=True)
    with pytest.raises(LimitError, match="at most 8192 bits, got a number of 8194"):
        Modulus(2**4097 - 1 >> 1 | 1 << 4096, squared=True)
    with pytest.raises(InvalidInput, match="modulus 1 of 2 must be odd"):
        Moduli([2**521 - 1, 2**521 - 2], squared=True)
