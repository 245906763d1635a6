"""Primality and the generation of primes against GMP and sympy, on every level."""

from __future__ import annotations

import random

import gmpy2
import numpy as np
import pytest

from assay import _native
from assay.core.errors import CancelledError, InvalidInput, LimitError, WrongType
from assay.crypto.bigint import to_words
from assay.crypto.primes import estimate, generate_prime, is_prime

# Exponents of Mersenne primes, and primes next to powers of two: 2^b - c (Caldwell, The Prime Pages, "Primes just less
# than a power of two")
MERSENNE = [2, 3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127, 521, 607, 1279, 2203]
BELOW_POWERS = [(32, 5), (64, 59), (128, 159), (192, 237), (256, 189), (255, 19), (320, 197), (384, 317), (512, 569)]


def test_all_small_numbers(isa: str) -> None:
    values = [*range(5000), *range(2**20 - 2000, 2**20 + 5000), *range(2**32 - 500, 2**32 + 500)]
    assert is_prime(values).tolist() == [bool(gmpy2.is_prime(n)) for n in values]


@pytest.mark.parametrize("bits", [21, 63, 64, 65, 127, 128, 255, 256, 257, 320, 521, 1024])
def test_numbers_of_each_length(isa: str, bits: int) -> None:
    rng = random.Random(bits)
    near = [2**bits - 2 * i - 1 for i in range(40)] + [2 ** (bits - 1) + 2 * i + 1 for i in range(40)]
    values = near + [rng.getrandbits(bits) | 1 for _ in range(150)]
    values += [int(gmpy2.next_prime(rng.getrandbits(bits) | 1 << (bits - 1))) for _ in range(10)]
    assert is_prime(values, rounds=8).tolist() == [bool(gmpy2.is_prime(n)) for n in values]


def test_known_primes(isa: str) -> None:
    values = [2**e - 1 for e in MERSENNE] + [2**b - c for b, c in BELOW_POWERS]
    assert is_prime(values, rounds=8).all()
    assert not is_prime([2**e - 1 for e in range(2, 130) if e not in MERSENNE], rounds=8).any()
    assert not is_prime([2**b - c + 2 for b, c in BELOW_POWERS] + [2**256 - 191, 2**1024 - 1], rounds=8).any()


def test_miller_rabin_follows_its_definition(isa: str) -> None:
    odd = [*range(5, 20_000, 2)]
    rng = random.Random(5)
    for n_bits in (100, 256, 300):
        odd += [rng.getrandbits(n_bits) | 1 for _ in range(60)]
        odd += [int(gmpy2.next_prime(rng.getrandbits(n_bits))) for _ in range(6)]
    odd += [257 * 2**k + 1 for k in range(8, 80)]  # many twos in n - 1
    for draw in (lambda n: 2, lambda n: 3 if n % 3 else 2, lambda n: rng.randrange(2, n - 1)):
        bases = [draw(n) for n in odd]
        words = to_words(odd)
        for variable in (True, False):
            got = _native.miller_rabin(words, to_words(bases, words.shape[1]), variable)
            want = [strong_probable_prime(n, b) for n, b in zip(odd, bases, strict=True)]
            assert got.astype(bool).tolist() == want


def strong_probable_prime(n: int, base: int) -> bool:
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    x = pow(base, d, n)
    return x == 1 or any(pow(x, 2**r, n) == n - 1 for r in range(s))


def test_strong_lucas_follows_gmp(isa: str) -> None:
    # the test is for numbers that have no very small factor: |D| must not reach n
    odd = [*range(101, 60_000, 2)]
    rng = random.Random(3)
    for bits in (64, 130, 256, 257, 512):
        odd += [rng.getrandbits(bits) | 1 for _ in range(40)]
        odd += [int(gmpy2.next_prime(rng.getrandbits(bits))) for _ in range(5)]
        odd += [int(gmpy2.next_prime(rng.getrandbits(bits // 2))) ** 2 for _ in range(3)]
    want = [bool(gmpy2.is_strong_selfridge_prp(n)) for n in odd]
    for variable in (False, True):
        assert _native.strong_lucas(to_words(odd), variable).astype(bool).tolist() == want


def test_squares(isa: str) -> None:
    rng = random.Random(9)
    roots = [0, 1, 2, 3, 2**32 - 1, 2**32, 2**64 - 1, 2**64, *(rng.getrandbits(b) for b in range(3, 700, 13))]
    values = [r * r + d for r in roots for d in (-2, -1, 0, 1, 2) if r * r + d >= 0]
    assert _native.is_square(to_words(values)).astype(bool).tolist() == [bool(gmpy2.is_square(n)) for n in values]


def test_lengths_of_a_batch_may_differ(isa: str) -> None:
    rng = random.Random(11)
    values = [int(gmpy2.next_prime(rng.getrandbits(b))) * (1 + i % 2 * 6) for i, b in enumerate(range(30, 1100, 25))]
    assert is_prime(values, rounds=2).tolist() == [bool(gmpy2.is_prime(n)) for n in values]
    assert is_prime(np.zeros((0, 3), np.uint64)).shape == (0,)


@pytest.mark.parametrize("bits", [256, 257, 319, 320, 511, 512, 768])
def test_generated_primes(isa: str, bits: int) -> None:
    seen = set()
    for _ in range(3):
        p = generate_prime(bits)
        assert p.bit_length() == bits
        assert p >> (bits - 2) == 3
        assert gmpy2.is_prime(p, 40)
        seen.add(p)
    assert len(seen) == 3
    assert (generate_prime(bits) * generate_prime(bits)).bit_length() == 2 * bits
    p = generate_prime(bits, top_two=False, three_mod_four=True)
    assert p.bit_length() == bits
    assert p % 4 == 3
    assert gmpy2.is_prime(p, 40)


@pytest.mark.parametrize("bits", [256, 257, 384])
def test_safe_primes(isa: str, bits: int) -> None:
    p = generate_prime(bits, safe=True)
    assert p.bit_length() == bits
    assert p >> (bits - 2) == 3
    assert gmpy2.is_prime(p, 40)
    assert gmpy2.is_prime(p // 2, 40)


def test_top_bits_vary() -> None:
    """With one bit set on top, the next one is a random bit: of twelve primes not all agree but for 2^-11."""
    second = {generate_prime(256, top_two=False) >> 254 for _ in range(12)}
    assert second == {2, 3}


def test_a_search_is_told_and_stopped() -> None:
    told: list[tuple[str, int, int]] = []

    def stop(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        if len(told) >= 3 and stage == "candidates tested":
            raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        generate_prime(4096, safe=True, progress=stop)
    assert any(stage == "candidates tested" for stage, _, _ in told)


def test_estimates() -> None:
    assert 50 < estimate(2048).tests < 65  # ln(2^2048) / 2 times 2 e^-gamma / ln 2^20 = 57.5
    assert 3000 < estimate(2048, safe=True).tests < 3600
    small, large = estimate(512), estimate(2048)
    assert 0 < small.seconds < large.seconds


def test_what_is_refused() -> None:
    for bits in (0, 255, 4097, -1):
        with pytest.raises(InvalidInput, match=f"256 to 4096 bits here, got {bits}"):
            generate_prime(bits)
    with pytest.raises(WrongType, match="bits is an integer"):
        generate_prime("512")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="negative"):
        is_prime([-7])
    with pytest.raises(LimitError, match="number 1 of 2 has more than 8192 bits"):
        is_prime([7, 2**8192 + 1])
    with pytest.raises(InvalidInput, match="rounds must be 0 to 256"):
        is_prime([7], rounds=257)
    with pytest.raises(WrongType):
        is_prime(np.array([[7.0]]))
    with pytest.raises(WrongType):
        is_prime([7.5])  # type: ignore[list-item]
