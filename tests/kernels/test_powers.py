"""Products of powers and fixed-base tables against Python's pow, on every level."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest

from assay import num_threads, set_num_threads
from assay.core.errors import InvalidInput, LimitError, WrongType
from assay.crypto.bigint import Modulus, from_words, to_words
from assay.crypto.powers import FixedBase, multi_power, table_bytes


def slow(bases: list[int], exponents: list[int], n: int) -> int:
    product = 1
    for base, exponent in zip(bases, exponents, strict=True):
        product = product * pow(base, exponent, n) % n
    return product


def random_modulus(bits: int, rng: random.Random) -> int:
    return rng.getrandbits(bits) | 1 << (bits - 1) | 1


# Straus with windows of all widths, buckets of all widths, single terms, tasks cut for the threads
SHAPES = [
    (1, 1, 64), (1, 2, 1), (3, 5, 100), (1, 30, 256), (16, 30, 60), (40, 3, 17), (2, 200, 64), (1, 700, 40),
    (1, 1500, 8), (1, 3, 700),
]  # fmt: skip


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("outputs", "terms", "bits"), SHAPES)
@pytest.mark.parametrize("modulus_bits", [256, 320, 1000])
def test_multi_power(isa: str, threads: int, outputs: int, terms: int, bits: int, modulus_bits: int) -> None:
    rng = random.Random(outputs * terms + bits)
    n = random_modulus(modulus_bits, rng)
    words = -(-modulus_bits // 64)
    some = [0, 1, n - 1, n, 2 ** (64 * words) - 1]

    def base() -> int:
        return rng.choice(some) if rng.random() < 0.1 else rng.getrandbits(64 * words)

    def exponent() -> int:
        return rng.choice([0, 1, 2**bits - 1, 1 << (bits - 1)]) if rng.random() < 0.2 else rng.getrandbits(bits)

    shared = [base() for _ in range(terms)]
    own = [[base() for _ in range(terms)] for _ in range(outputs)]
    if n.bit_length() > 256:  # zeros make most products zero: leave them to the first size
        own = [[b or 2 for b in row] for row in own]
        shared = [b or 2 for b in shared]
    weights = [[exponent() for _ in range(terms)] for _ in range(outputs)]
    rows = to_words([e for row in weights for e in row], -(-bits // 64)).reshape(outputs, terms, -1)
    before = num_threads()
    try:
        set_num_threads(threads)
        got = multi_power(n, to_words(shared, words), rows)
        assert from_words(got) == [slow(shared, e, n) for e in weights]
        mine = to_words([b for row in own for b in row], words).reshape(outputs, terms, -1)
        assert from_words(multi_power(n, mine, rows)) == [slow(b, e, n) for b, e in zip(own, weights, strict=True)]
    finally:
        set_num_threads(before)


def test_no_terms_no_outputs_no_bits(isa: str) -> None:
    n = 2**256 + 1 | 1
    rows = np.zeros((0, 5), np.uint64)
    assert from_words(multi_power(n, rows, np.zeros((3, 0, 1), np.uint64))) == [1, 1, 1]
    assert multi_power(n, rows, np.zeros((0, 0, 1), np.uint64)).shape == (0, 5)
    bases = to_words([0, 5], 5)
    assert from_words(multi_power(n, bases, np.zeros((2, 2, 2), np.uint64))) == [1, 1]


def test_multi_power_takes_bases_wider_or_narrower_than_the_modulus(isa: str) -> None:
    n = random_modulus(512, random.Random(3))
    exponents = to_words([7, 9]).reshape(1, 2, 1)
    for words in (1, 8, 11):
        bases = [2 ** (64 * words) - 3, 2**63 + 1]
        assert from_words(multi_power(n, to_words(bases, words), exponents)) == [slow(bases, [7, 9], n)]


@pytest.mark.parametrize("window", [None, 1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize(("bits", "exponent_bits"), [(256, 256), (257, 1), (1024, 130), (1536, 200)])
def test_fixed_base(isa: str, bits: int, exponent_bits: int, window: int | None) -> None:
    rng = random.Random(bits)
    n = random_modulus(bits, rng)
    for base in (rng.randrange(n), 0, n - 1, n + 5):
        table = FixedBase(n, base, exponent_bits, window=window)
        top = 2**exponent_bits - 1
        exponents = [0, 1, top, top - 1 if top > 1 else 0, top // 2 + 1, *(rng.randrange(top + 1) for _ in range(15))]
        want = [pow(base, e, n) for e in exponents]
        for secret in (True, False):
            assert from_words(table.power(exponents, secret=secret)) == want
            wide = to_words(exponents, exponent_bits // 64 + 3)
            assert from_words(table.power(wide, secret=secret)) == want
        assert table.nbytes == table_bytes(bits, exponent_bits, table.window)


def test_fixed_base_is_refused_and_silent() -> None:
    n = random_modulus(300, random.Random(1))
    table = FixedBase(Modulus(n), 3, 100, window=4)
    for secret in (True, False):
        with pytest.raises(InvalidInput, match="more than the table's 100 bits"):
            table.power([1, 2**100], secret=secret)
        with pytest.raises(InvalidInput, match="more than the table's 100 bits"):
            table.power([2**190], secret=secret)
    with pytest.raises(InvalidInput, match="negative"):
        table.power([-1])
    with pytest.raises(LimitError, match="1 to 16384 bits, got 0"):
        FixedBase(n, 3, 0)
    with pytest.raises(InvalidInput, match="windows have 1 to 12 bits, got 13"):
        FixedBase(n, 3, 100, window=13)
    with pytest.raises(InvalidInput, match="odd"):
        FixedBase(2**300, 3, 100)
    assert repr(table) == f"FixedBase(exponent_bits=100, window=4, bytes={25 * 16 * 5 * 8})"
    with pytest.raises(WrongType, match="not pickled"):
        pickle.dumps(table)


def test_multi_power_is_refused() -> None:
    n = random_modulus(256, random.Random(2))
    bases, exponents = to_words([1, 2], 4), to_words([1, 2]).reshape(1, 2, 1)
    with pytest.raises(WrongType, match="dtype uint64"):
        multi_power(n, bases.astype(np.int64), exponents)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"exponents must have shape \[n, terms, k\]"):
        multi_power(n, bases, to_words([1, 2]))
    with pytest.raises(InvalidInput, match="do not fit"):
        multi_power(n, bases, to_words([1, 2, 3]).reshape(1, 3, 1))
    with pytest.raises(InvalidInput, match="do not fit"):
        multi_power(n, bases.reshape(1, 2, 4), to_words([1, 2, 3, 4]).reshape(2, 2, 1))
