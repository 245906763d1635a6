"""Composites that were found or built to pass for primes."""

from __future__ import annotations

from functools import cache

import gmpy2
import pytest

from assay import _native
from assay.crypto.bigint import to_words
from assay.crypto.primes import is_prime

# Korselt: squarefree, p - 1 | n - 1 for each prime factor (OEIS A002997)
CARMICHAEL = [561, 1105, 1729, 2465, 2821, 6601, 8911, 10585, 15841, 29341, 41041, 46657, 52633, 62745, 63973,
              75361, 101101, 115921, 126217, 162401, 172081, 188461, 252601, 278545, 294409, 314821]  # fmt: skip
# Strong pseudoprimes to base 2 (OEIS A001262), and the least ones to the first k prime bases (A014233)
STRONG_BASE_TWO = [2047, 3277, 4033, 4681, 8321, 15841, 29341, 42799, 49141, 52633, 65281, 74665, 80581, 85489, 88357]
STRONG_FIRST_BASES = [2047, 1373653, 25326001, 3215031751, 2152302898747, 3474749660383, 341550071728321,
                      3825123056546413051, 318665857834031151167461, 3317044064679887385961981]  # fmt: skip
# Lucas (OEIS A217120), strong Lucas (A217255) and extra strong Lucas (A217719) pseudoprimes
LUCAS = [323, 377, 1159, 1829, 3827, 5459, 5777, 9071, 9179, 10877, 11419, 11663, 13919, 14839, 16109, 16211, 18407]
STRONG_LUCAS = [5459, 5777, 10877, 16109, 18971, 22499, 24569, 25199, 40309, 58519, 75077, 97439, 100127, 113573]
EXTRA_STRONG_LUCAS = [989, 3239, 5777, 10877, 27971, 29681, 30739, 31631, 39059, 72389, 73919, 75077, 100127, 113573]
# Arnault, Constructing Carmichael numbers which are strong pseudoprimes to several bases, J. Symb. Comput. 20 (1995):
# p1 (313 (p1 - 1) + 1) (353 (p1 - 1) + 1) of 397 digits passes to every prime base below 307
ARNAULT_P1 = int(
    "2967449566868551055015417464290533273077199179985304335099507553127683875317177019959423859642812118"
    "8033664754218345562493168782883"
)
ARNAULT = ARNAULT_P1 * (313 * (ARNAULT_P1 - 1) + 1) * (353 * (ARNAULT_P1 - 1) + 1)


def chernick(k: int) -> int | None:
    """(6 k + 1)(12 k + 1)(18 k + 1), a Carmichael number where all three are prime."""
    factors = [6 * k + 1, 12 * k + 1, 18 * k + 1]
    return factors[0] * factors[1] * factors[2] if all(gmpy2.is_prime(p) for p in factors) else None


@cache
def large_carmichael(bits: int) -> list[int]:
    found, k = [], 1 << (bits // 3 - 4)
    while len(found) < 2:
        if (n := chernick(k)) is not None:
            found.append(n)
        k += 1
    return found


@pytest.mark.parametrize(
    "composites",
    [CARMICHAEL, STRONG_BASE_TWO, STRONG_FIRST_BASES, LUCAS, STRONG_LUCAS, EXTRA_STRONG_LUCAS],
    ids=["carmichael", "base two", "first bases", "lucas", "strong lucas", "extra strong lucas"],
)
def test_known_pseudoprimes(isa: str, composites: list[int]) -> None:
    assert not is_prime(composites, rounds=0).any()


def test_they_are_what_they_claim(isa: str) -> None:
    """The lists do pass the one test they were found for: without that, refusing them shows nothing."""
    strong = STRONG_BASE_TWO + STRONG_FIRST_BASES
    assert _native.miller_rabin(to_words(strong), to_words([2] * len(strong), 2), True).all()
    assert _native.strong_lucas(to_words(STRONG_LUCAS)).all()


def test_arnault(isa: str) -> None:
    assert ARNAULT.bit_length() == 1318
    assert gmpy2.is_prime(ARNAULT_P1)
    bases = [b for b in range(2, 307) if gmpy2.is_prime(b)]
    rows = to_words([ARNAULT] * len(bases))
    assert _native.miller_rabin(rows, to_words(bases, rows.shape[1]), True).all()  # base by base it looks prime
    assert not is_prime([ARNAULT], rounds=0)[0]  # the Lucas test sees it
    assert not _native.strong_lucas(to_words([ARNAULT]))[0]


@pytest.mark.parametrize("bits", [90, 256, 300, 640])
def test_large_carmichael_numbers(isa: str, bits: int) -> None:
    numbers = large_carmichael(bits)
    assert all(pow(2, n - 1, n) == 1 for n in numbers)
    assert not is_prime(numbers, rounds=0).any()


@pytest.mark.parametrize("bits", [32, 128, 200, 512])
def test_squares_cubes_and_products_of_neighbours(isa: str, bits: int) -> None:
    p = int(gmpy2.next_prime(1 << bits))
    q = int(gmpy2.next_prime(p))
    # Wieferich: 1093^2 and 3511^2 are pseudoprimes to base 2
    values = [p * p, p**3, p * q, p * (2 * p - 1), p**4, 1093**2, 3511**2, 1093**2 * 3511**2]
    assert not is_prime(values, rounds=0).any()


def test_strong_to_two_and_lucas_for_some_parameter(isa: str) -> None:
    """No number below 10^6 passes both halves of Baillie-PSW but the primes."""
    odd = [n for n in range(3, 1_000_000, 2) if pow(2, n - 1, n) == 1 and not gmpy2.is_prime(n)]
    assert len(odd) > 200
    assert not is_prime(odd, rounds=0).any()


def test_zero_one_even() -> None:
    assert (
        is_prime([0, 1, 2, 3, 4, 2**64, 2**256, 2**300 + 2, 2**521 - 2]).tolist()
        == [False] * 2 + [True] * 2 + [False] * 5
    )
