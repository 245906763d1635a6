"""Powers and products in eight lanes: that they run at all, and what their layout could get wrong."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import gmpy2
import pytest

from assay import _native
from assay.crypto.bigint import Moduli, Modulus, from_words, to_words


def edge(rng: random.Random, bits: int) -> int:
    """A number of at most so many bits: zeros and ones in a row, in digits of 52 bits, or random."""
    kind = rng.randrange(7)
    if kind == 0:
        return rng.randrange(3)
    if kind == 1:
        return (1 << bits) - 1 - rng.randrange(3)
    if kind == 2:
        return 1 << rng.randrange(bits)
    if kind == 3:
        return (1 << rng.randrange(1, bits + 1)) - 1
    if kind == 4:
        digits = sum(rng.choice([0, 1, (1 << 52) - 1, (1 << 52) - 2]) << at for at in range(0, bits, 52))
        return digits & (1 << bits) - 1
    return rng.getrandbits(bits)


def edge_modulus(rng: random.Random, bits: int) -> int:
    """Odd, of exactly so many bits: next to powers of two, or with runs of ones, or random."""
    top = 1 << (bits - 1)
    return rng.choice([top + 1 + 2 * rng.randrange(3), 2 * top - 1 - 2 * rng.randrange(3), top | 1 | edge(rng, bits)])


# Moduli whose digits just fit, or just do not: 52 n - 3 bits are the most that n digits take.
BITS = [256, 257, 258, 309, 310, 312, 320, 361, 416, 570, 572, 573, 829, 830, 832, 833, 1024, 1037, 1038, 1040]


def test_the_known_answer_holds(isa: str) -> None:
    """A kernel that fails it is left out with a line on standard error."""
    program = (
        "from assay.crypto.bigint import Modulus, from_words\n"
        "assert from_words(Modulus((1 << 300) + 1).power([3] * 8, 5)) == [243] * 8"
    )
    environment = os.environ | {"ASSAY_ISA": isa}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("bits", BITS)
def test_edge_values_in_lanes(isa: str, bits: int) -> None:
    rng = random.Random(bits)
    for mixed in (False, True):
        n = [edge_modulus(rng, rng.randrange(256, bits + 1) if mixed else bits) for _ in range(16)]
        words = -(-bits // 64) + rng.choice([0, 0, 1, 7, 20])
        bases = [rng.choice([edge(rng, 64 * words), m, m - 1, m + 1, 2 * m - 1]) & (1 << 64 * words) - 1 for m in n]
        exponents = [edge(rng, 128) for _ in n]
        rows = to_words(bases, words)
        want = [int(gmpy2.powmod(b, e, m)) for b, e, m in zip(bases, exponents, n, strict=True)]
        for secret in (True, False):
            assert from_words(Moduli(n).power(rows, to_words(exponents, 2), secret=secret)) == want
        others = [edge(rng, 64 * words) for _ in n]
        got = Moduli(n).multiply(rows, to_words(others, words))
        assert from_words(got) == [a * b % m for a, b, m in zip(bases, others, n, strict=True)]
        for m in n[:3]:
            assert from_words(Modulus(m).multiply(rows, to_words(others, words))) == [
                a * b % m for a, b in zip(bases, others, strict=True)
            ]


@pytest.mark.parametrize("secret", [True, False])
def test_very_different_moduli_in_one_group(isa: str, secret: bool) -> None:
    """256 and 8192 bits side by side: the small ones are padded to 158 digits."""
    rng = random.Random(8192)
    n = [edge_modulus(rng, bits) for bits in (256, 8192, 257, 3000, 6144, 300, 8191, 512)]
    bases = [edge(rng, 8192) for _ in n]
    exponents = [edge(rng, 20) for _ in n]
    want = [int(gmpy2.powmod(b, e, m)) for b, e, m in zip(bases, exponents, n, strict=True)]
    assert from_words(Moduli(n).power(to_words(bases, 128), to_words(exponents, 1), secret=secret)) == want
    assert from_words(Moduli(n).multiply(bases, bases)) == [b * b % m for b, m in zip(bases, n, strict=True)]


@pytest.mark.parametrize("bits", [256, 1037, 2048])
def test_short_groups(isa: str, bits: int) -> None:
    """Groups shorter than eight, filled up with their first row."""
    rng = random.Random(bits)
    n = edge_modulus(rng, bits)
    for count in range(1, 18):
        bases = [edge(rng, bits) for _ in range(count)]
        assert from_words(Modulus(n).power(bases, 3)) == [pow(b, 3, n) for b in bases]
        assert from_words(Modulus(n).multiply(bases, bases)) == [b * b % n for b in bases]


def test_levels_agree_on_full_exponents() -> None:
    rng = random.Random(52)
    before = _native.isa()
    for bits in (1024, 2048):
        n = edge_modulus(rng, bits)
        bases = to_words([edge(rng, bits) for _ in range(8)], bits // 64)
        exponents = to_words([edge(rng, bits) for _ in range(8)], bits // 64)
        results = []
        for level in _native.cpu_info()["available"]:
            _native.set_isa(level)
            results += [Modulus(n).power(bases, exponents, secret=secret).tobytes() for secret in (True, False)]
        _native.set_isa(before)
        assert len(set(results)) == 1
