"""Product trees and remainders against Python's integers and GMP, on every level."""

from __future__ import annotations

import math
import random

import gmpy2
import numpy as np
import pytest

from assay import num_threads, set_num_threads
from assay.core.errors import CancelledError, InvalidInput
from assay.crypto.bigint import from_words, to_words
from assay.crypto.product_tree import ProductTree, estimate


def numerators(values: list[int], rng: random.Random) -> list[int]:
    root = math.prod(values)
    bits = root.bit_length()
    return [
        0, 1, root - 1, root, root + 1, root * root, root * root - 1, root * 12345, root // 2, min(values), 2**bits,
        2**bits - 1, rng.getrandbits(bits), rng.getrandbits(bits // 2 + 1), rng.getrandbits(3 * bits + 70),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "bits"),
    [(1, 64), (1, 300), (2, 64), (3, 128), (5, 256), (7, 1), (8, 255), (33, 200), (129, 333), (300, 256)],
)
def test_root_and_remainders(isa: str, count: int, bits: int) -> None:
    rng = random.Random(count)
    families = [
        [rng.getrandbits(bits) | 1 for _ in range(count)],
        [2**bits - 1] * count,
        [1 << (bits - 1)] * count,
        [max(1, rng.getrandbits(rng.randrange(1, bits + 1))) for _ in range(count)],  # of all lengths
        [1] * count,
    ]
    for values in families:
        tree = ProductTree(values)
        assert tree.root == math.prod(values)
        assert len(tree) == count
        for x in numerators(values, rng):
            assert from_words(tree.remainders(x)) == [x % v for v in values]


def test_thousands(isa: str) -> None:
    rng = random.Random(4)
    values = [rng.getrandbits(256) | 1 for _ in range(3000)]
    tree = ProductTree(to_words(values))
    assert tree.root == int(math.prod(map(gmpy2.mpz, values)))
    x = rng.getrandbits(256 * 3000)
    assert from_words(tree.remainders(x)) == [gmpy2.mpz(x) % v for v in values]
    assert from_words(tree.remainders(tree.root)) == [0] * len(values)
    assert from_words(tree.remainders(tree.root - 1)) == [v - 1 for v in values]


def test_factors_in_common(isa: str) -> None:
    """Bernstein's batch gcd: the product modulo the squares finds the moduli that share a prime."""
    rng = random.Random(8)
    primes = [int(gmpy2.next_prime(rng.getrandbits(128))) for _ in range(41)]
    moduli = [primes[2 * i] * primes[2 * i + 1] for i in range(20)] + [primes[0] * primes[40]]
    squares = from_words(ProductTree([n * n for n in moduli]).remainders(ProductTree(moduli).root))
    shared = [math.gcd(n, r // n) for n, r in zip(moduli, squares, strict=True)]
    assert shared == [primes[0], *[1] * 19, primes[0]]


def test_threads_agree(isa: str) -> None:
    values = [random.Random(i).getrandbits(256) | 1 for i in range(257)]
    before = num_threads()
    try:
        results = []
        for threads in (1, 3):
            set_num_threads(threads)
            tree = ProductTree(values)
            results.append((tree.root, tree.remainders(tree.root // 3).tobytes()))
    finally:
        set_num_threads(before)
    assert results[0] == results[1]


def test_estimate_is_what_is_held() -> None:
    for count, bits in ((1, 64), (2, 256), (1000, 256), (1025, 300)):
        tree = ProductTree([2**bits - 1] * count)
        assert estimate(count, bits).tree == tree.nbytes
        assert estimate(count, bits).remainders > 0


def test_what_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one number"):
        ProductTree([])
    with pytest.raises(InvalidInput, match="negative"):
        ProductTree([3, -5])
    tree = ProductTree([3, 0, 5, 0])
    assert tree.root == 0
    with pytest.raises(InvalidInput, match="number 1 of 4 is zero"):
        tree.remainders(7)
    with pytest.raises(InvalidInput, match="remainders are those of one number, got 2"):
        ProductTree([3]).remainders(to_words([1, 2]))
    with pytest.raises(InvalidInput, match="negative"):
        ProductTree([3]).remainders(-1)


def test_a_tree_is_stopped() -> None:
    def stop(stage: str, done: int, total: int) -> None:
        raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        ProductTree(np.full((4096, 8), 2**64 - 1, np.uint64), progress=stop)
