"""Powers, products and natural numbers against Python's integers and GMP, on every level."""

from __future__ import annotations

import pickle
import random

import gmpy2
import numpy as np
import pytest

from assay import _native
from assay.core.errors import CancelledError, InvalidInput, LimitError, WrongType
from assay.crypto import bigint
from assay.crypto.bigint import Moduli, Modulus, from_words, to_words

SIZES = [256, 257, 319, 320, 321, 512, 1000, 1024, 1025, 2048]
LARGE = [3072, 4096, 6144, 8191, 8192]


def moduli(bits: int) -> list[int]:
    """Odd numbers of so many bits: the smallest, the largest, sparse, dense, random."""
    rng = random.Random(bits)
    top = 1 << (bits - 1)
    return [
        top + 1,
        2 * top - 1,
        top + (1 << bits // 2) - 1,
        2 * top - (1 << bits // 2) + 1,
        rng.getrandbits(bits) | top | 1,
    ]


def edges(n: int) -> list[int]:
    """Values for an operand modulo n, among them some that are not below n."""
    bits = n.bit_length()
    full = (1 << -(-bits // 64) * 64) - 1
    rng = random.Random(n)
    return [
        0, 1, 2, n - 1, n, n + 1 & full, n // 2, 1 << (bits - 1), (1 << (bits - 1)) - 1, full, full - 1,
        full & ~0xFFFF, (1 << 64) - 1, 1 << 64, rng.randrange(n),
    ]  # fmt: skip


# --- powers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("bits", SIZES)
def test_power(isa: str, bits: int, secret: bool) -> None:
    rng = random.Random(bits)
    for n in moduli(bits):
        bases = edges(n)
        exponents = [0, 1, 2, 3, 15, 16, 31, 32, 33, (1 << 64) - 1, 1 << 64, (1 << 127) + 1, n - 1, n, rng.randrange(n)]
        got = from_words(Modulus(n).power(bases, exponents, secret=secret))
        assert got == [pow(b, e, n) for b, e in zip(bases, exponents, strict=True)]
        assert got == [int(gmpy2.powmod(b, e, n)) for b, e in zip(bases, exponents, strict=True)]


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("bits", LARGE)
def test_power_large(isa: str, bits: int, secret: bool) -> None:
    rng = random.Random(bits)
    for n in moduli(bits)[1:]:
        bases = [n - 1, (1 << -(-bits // 64) * 64) - 1, rng.randrange(n)]
        exponents = [(1 << 200) - 1, n - 1 >> bits - 130, rng.getrandbits(150)]
        got = from_words(Modulus(n).power(bases, exponents, secret=secret))
        assert got == [int(gmpy2.powmod(b, e, n)) for b, e in zip(bases, exponents, strict=True)]


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("count", [*range(18), 37])
def test_batches_of_any_length(isa: str, threads: int, count: int, secret: bool) -> None:
    """Different moduli of different sizes, bases, exponents; no row looks at another."""
    rng = random.Random(count)
    n = [rng.getrandbits(rng.choice([256, 300, 320, 512, 700, 1024])) | 1 << 255 | 1 for _ in range(count)]
    bases = [rng.getrandbits(1024) for _ in n]
    exponents = [rng.getrandbits(rng.choice([1, 5, 64, 65, 256])) for _ in n]
    want = [pow(b, e, m) for b, e, m in zip(bases, exponents, n, strict=True)]
    assert from_words(Moduli(n).power(bases, exponents, secret=secret)) == want
    if count:
        want = [pow(b, e, n[0]) for b, e in zip(bases, exponents, strict=True)]
        assert from_words(Modulus(n[0]).power(bases, exponents, secret=secret)) == want
        want = [pow(b, exponents[0], n[0]) for b in bases]
        assert from_words(Modulus(n[0]).power(bases, exponents[0], secret=secret)) == want


@pytest.mark.parametrize("secret", [True, False])
def test_bases_longer_than_the_modulus(isa: str, secret: bool) -> None:
    for n in moduli(320):
        for words in (5, 6, 9, 10, 11, 15, 40):
            ones = (1 << 64 * words) - 1
            bases = [ones, ones - n, ones // n * n, 1 << 64 * words - 1, 0]
            got = Modulus(n).power(to_words(bases, words), 65537, secret=secret)
            assert got.shape == (5, 5)
            assert from_words(got) == [pow(b, 65537, n) for b in bases]


@pytest.mark.parametrize("secret", [True, False])
def test_every_exponent_of_few_bits(isa: str, secret: bool) -> None:
    """All values of the last windows, and of windows that straddle words."""
    n = moduli(256)[4]
    base = 3
    for shift in (0, 59, 61, 120):
        exponents = [e << shift for e in range(300)]
        got = from_words(Modulus(n).power([base] * 300, exponents, secret=secret))
        assert got == [pow(base, e, n) for e in exponents]


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize(
    "bits", [7, 8, 23, 24, 79, 80, 239, 240, 671, 672, 1791, 1792, 1799, 1800, 4607, 4608, 6499, 6500]
)
def test_every_window(isa: str, bits: int, secret: bool) -> None:
    n = moduli(257)[4]
    rng = random.Random(bits)
    exponents = [(1 << bits) - 1, 1 << (bits - 1), rng.getrandbits(bits) | 1 << (bits - 1)]
    got = from_words(Modulus(n).power([5, 5, 5], exponents, secret=secret))
    assert got == [pow(5, e, n) for e in exponents]


def test_exponent_rows(isa: str) -> None:
    n = moduli(512)[4]
    bases = to_words([2, 3, 4], 8)
    assert from_words(Modulus(n).power(bases, to_words([5]))) == [2**5, 3**5, 4**5]
    assert from_words(Modulus(n).power(bases, to_words([5, 6, 7], 3))) == [2**5, 3**6, 4**7]
    assert from_words(bigint.power([2, 3], 10, n)) == [2**10, 3**10]


# --- products ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", SIZES + LARGE)
def test_multiply(isa: str, bits: int) -> None:
    for n in moduli(bits):
        a = [x for x in edges(n) for _ in edges(n)]
        b = edges(n) * len(edges(n))
        assert from_words(Modulus(n).multiply(a, b)) == [x * y % n for x, y in zip(a, b, strict=True)]


def test_multiply_of_mixed_sizes(isa: str, threads: int) -> None:
    rng = random.Random(7)
    n = [rng.getrandbits(rng.choice([256, 512, 2048])) | 1 << 255 | 1 for _ in range(203)]
    a, b = [rng.getrandbits(2500) for _ in n], [rng.getrandbits(2048) for _ in n]
    assert from_words(Moduli(n).multiply(a, b)) == [x * y % m for x, y, m in zip(a, b, n, strict=True)]
    assert from_words(bigint.multiply(a, b, n[0])) == [x * y % n[0] for x, y in zip(a, b, strict=True)]


def test_operands_stay_as_they_are(isa: str) -> None:
    n = moduli(1024)[4]
    a, b = to_words(edges(n), 16), to_words(edges(n)[::-1], 16)
    before = a.copy(), b.copy()
    Modulus(n).multiply(a, b)
    Modulus(n).power(a, b)
    assert (a == before[0]).all()
    assert (b == before[1]).all()


# --- natural numbers --------------------------------------------------------------------------------------------------


def naturals(words: int) -> list[int]:
    rng = random.Random(words)
    ones = (1 << 64 * words) - 1
    half = 64 * (words // 2)
    return [0, 1, ones, ones - 1, 1 << 64 * words - 1, ones >> half, ones >> half << half, ones & ~(1 << half),
            rng.getrandbits(64 * words), rng.getrandbits(64 * words)]  # fmt: skip


@pytest.mark.parametrize("words", [*range(1, 35), 39, 40, 41, 47, 63, 64, 65, 79, 80, 81, 127, 128, 129, 160, 200, 256])
def test_natural_product_and_square(isa: str, words: int) -> None:
    a = [x for x in naturals(words) for _ in naturals(words)]
    b = naturals(words) * len(naturals(words))
    rows = to_words(a, words)
    assert from_words(_native.natural_mul(rows, to_words(b, words))) == [x * y for x, y in zip(a, b, strict=True)]
    assert from_words(_native.natural_sqr(to_words(naturals(words), words))) == [x * x for x in naturals(words)]


@pytest.mark.parametrize(
    ("an", "bn"), [(1, 7), (9, 2), (64, 63), (100, 40), (41, 163), (200, 45), (300, 128), (350, 81)]
)
def test_natural_product_of_different_lengths(isa: str, an: int, bn: int) -> None:
    a = [x for x in naturals(an) for _ in naturals(bn)]
    b = naturals(bn) * len(naturals(an))
    assert from_words(_native.natural_mul(to_words(a, an), to_words(b, bn))) == [
        x * y for x, y in zip(a, b, strict=True)
    ]


@pytest.mark.parametrize(("an", "dn"), [(1, 1), (2, 1), (9, 1), (2, 2), (3, 2), (8, 4), (64, 32), (65, 33), (100, 7)])
def test_natural_division(isa: str, an: int, dn: int) -> None:
    """Divisors with a full and with a low top word; digits that are estimated one and two too large."""
    divisors = [d for d in naturals(dn) if d >> 64 * dn - 64] + [1 << 64 * dn - 64, (1 << 64 * dn - 63) - 1]
    dividends = naturals(an)
    for d in divisors:
        top = (1 << 64 * an) // d * d
        dividends += [top - 1, *([top] if top >> 64 * an == 0 else []), *([d - 1, d] if an >= dn else [])]
    pairs = [(a, d) for a in dividends for d in divisors]
    q, r = _native.natural_divrem(to_words([a for a, _ in pairs], an), to_words([d for _, d in pairs], dn))
    assert from_words(q) == [a // d for a, d in pairs]
    assert from_words(r) == [a % d for a, d in pairs]


def test_natural_division_adds_back() -> None:
    """Knuth's rare step D6: the digit is one too large even after two words were compared (cases after Warren)."""
    top = 1 << 63
    d = to_words([top << 128 | 3, top << 128 | 1], 3)
    a = to_words([(top - 1 << 192) + (top << 128)] * 2, 4)
    q, r = _native.natural_divrem(a, d)
    pairs = list(zip(from_words(a), from_words(d), strict=True))
    assert list(zip(from_words(q), from_words(r), strict=True)) == [divmod(x, y) for x, y in pairs]


def test_natural_division_refuses_a_zero_top_word() -> None:
    with pytest.raises(InvalidInput):
        _native.natural_divrem(to_words([5], 2), to_words([5], 2))


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0, InvalidInput, "at least 256 bits, got 0"),
        (15, InvalidInput, "at least 256 bits, got 15"),
        (-7, InvalidInput, "must be positive, got -7"),
        (-(1 << 300) - 1, InvalidInput, "must be positive, got a negative of 301 bits"),
        ((1 << 255) - 19, InvalidInput, "at least 256 bits, got a number of 255 bits"),
        (1 << 1023, InvalidInput, "must be odd, got an even number of 1024 bits"),
        ((1 << 8192) + 1, LimitError, "at most 8192 bits, got a number of 8193 bits"),
        (2.0, WrongType, "a modulus is an integer"),
        ("7", WrongType, "a modulus is an integer"),
    ],
)
def test_moduli_that_are_refused(value: int, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Modulus(value)
    if isinstance(value, int) and value >= 0:
        good = (1 << 256) + 1
        with pytest.raises(error, match=text.split(",")[0]) as caught:
            Moduli([good, value])
        assert "modulus 1 of 2" in str(caught.value)
        with pytest.raises(InvalidInput):  # the kernel refuses it too
            _native.Moduli(to_words([good, value]))


def test_operands_that_are_refused() -> None:
    n = Modulus((1 << 255) + 95)
    with pytest.raises(InvalidInput, match=r"value 1 of 2 is negative \(-, 3 bits\)"):
        n.power([1, -5], 3)
    with pytest.raises(InvalidInput, match="value 0 of 1 is negative"):
        n.power([1, 5], -1)
    with pytest.raises(InvalidInput, match="value 0 of 1 is negative"):
        n.multiply([1], [-1])
    with pytest.raises(InvalidInput, match="value 1 of 2 has 65 bits, 1 words hold 64"):
        to_words([1, 1 << 64], 1)
    with pytest.raises(InvalidInput, match="at least one word"):
        to_words([1], 0)
    with pytest.raises(InvalidInput, match="3 exponents for 2 bases"):
        n.power([1, 2], [1, 2, 3])
    with pytest.raises(InvalidInput, match="same shape"):
        n.multiply([1, 2], [1])
    with pytest.raises(InvalidInput, match="2 moduli for 3 rows"):
        Moduli([n.value, n.value]).power([1, 2, 3], 1)
    for wrong in (np.zeros((2, 4), np.int64), np.zeros((2, 4), np.float64), np.zeros((2, 4), object)):
        with pytest.raises(WrongType, match="dtype"):
            n.power(wrong, 1)
        with pytest.raises(WrongType, match="dtype"):
            n.power([1, 2], wrong)
    with pytest.raises(InvalidInput, match="contiguous"):
        n.power(np.zeros((4, 8), np.uint64)[:, ::2], 1)
    with pytest.raises(WrongType):
        n.power([1.5], 1)
    with pytest.raises(InvalidInput, match="shape"):
        from_words(np.zeros(4, np.uint64))


def test_the_kernel_refuses_rows_narrower_than_the_modulus() -> None:
    native = _native.Moduli(to_words([(1 << 512) + 1]))
    with pytest.raises(InvalidInput):
        _native.bigint_power(native, to_words([1], 8), to_words([1]), True)
    with pytest.raises(InvalidInput):
        _native.bigint_multiply(native, to_words([1], 8), to_words([1], 8))


def test_a_modulus_shows_its_length_only() -> None:
    n = (1 << 511) + 111
    assert repr(Modulus(n)) == "Modulus(bits=512)"
    assert str(n) not in repr(Moduli([n, n]))
    with pytest.raises(WrongType, match="not pickled"):
        pickle.dumps(Modulus(n))


def test_words_there_and_back() -> None:
    values = [0, 1, (1 << 64) - 1, 1 << 64, (1 << 192) - 1]
    rows = to_words([gmpy2.mpz(v) for v in values])
    assert rows.shape == (5, 3)
    assert rows.dtype == np.uint64
    assert from_words(rows) == values
    assert from_words(to_words([])) == []
    assert to_words(np.array([3, 4], np.int32)).tolist() == [[3], [4]]


# --- long jobs --------------------------------------------------------------------------------------------------------


def test_progress_and_stop(isa: str, threads: int) -> None:
    n = moduli(2048)[4]
    calls: list[tuple[str, int, int]] = []
    Modulus(n).power([3] * 20, n - 1, progress=lambda *told: calls.append(told))
    assert calls
    assert all(stage == "power" and 0 < done <= 20 and total == 20 for stage, done, total in calls)

    def stop(stage: str, done: int, total: int) -> None:
        raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        Modulus(n).power([3] * 200, n - 1, progress=stop)
