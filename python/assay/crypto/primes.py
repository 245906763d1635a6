"""Primality, and secret random primes.

`is_prime` is for public numbers: trial division, Baillie-PSW, then Miller's test to bases drawn from the operating
system after the numbers are fixed, so that a number chosen to deceive passes `rounds` of them with probability
4^-rounds at most. `generate_prime` draws from the operating system, tests in constant time and wipes what it held; the
Python integer it returns is not wiped, and neither are copies of it. Sources: Baillie, Wagstaff, Math. Comp. 35 (1980);
Rabin, J. Number Theory 12 (1980); Damgard, Landrock, Pomerance, Math. Comp. 61 (1993).
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from operator import index
from typing import Final, SupportsIndex

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, LimitError, WrongType
from assay.crypto.bigint import MAX_BITS, Modulus, Numbers, Progress
from assay.crypto.gcd import rows_of

__all__ = ["MAX_PRIME_BITS", "MIN_PRIME_BITS", "Estimate", "estimate", "generate_prime", "is_prime"]

MIN_PRIME_BITS: Final = 256
MAX_PRIME_BITS: Final = 4096
_MAX_ROUNDS: Final = 256


def is_prime(
    values: Numbers | SupportsIndex, *, rounds: int = 64, progress: Progress | None = None
) -> npt.NDArray[np.bool_]:
    """Whether each number is prime: `bool[n]`. Variable time.

    Args:
        values: `uint64[n, words]`, or integers, of up to 8192 bits. 0 and 1 are not prime.
        rounds: random bases after Baillie-PSW, 0 to 256. The default leaves 2^-128 to numbers chosen to deceive.
        progress: told how many numbers are tested.

    Raises:
        InvalidInput: a negative number, or rounds out of range. LimitError: more than 8192 bits. WrongType: a wrong
            dtype.
    """
    rows = rows_of(values, "values")
    if not 0 <= index(rounds) <= _MAX_ROUNDS:
        raise InvalidInput(f"rounds must be 0 to {_MAX_ROUNDS}, got {rounds}")
    too_long = np.flatnonzero(rows[:, MAX_BITS // 64 :].any(axis=1))
    if too_long.size:
        raise LimitError(f"number {too_long[0]} of {len(rows)} has more than {MAX_BITS} bits")
    flags: npt.NDArray[np.uint8] = _native.is_prime(rows, index(rounds), progress)
    return flags.astype(np.bool_)


def generate_prime(
    bits: SupportsIndex,
    *,
    safe: bool = False,
    top_two: bool = True,
    three_mod_four: bool = False,
    progress: Progress | None = None,
) -> int:
    """A secret random prime of exactly `bits` bits, 256 to 4096.

    Args:
        bits: the length.
        safe: p = 2 q + 1 with q prime. `estimate` tells how long that may last.
        top_two: both top bits are set, so that two of them multiply to exactly twice the bits; else one.
        three_mod_four: p = 3 mod 4, as safe primes are anyhow.
        progress: called with ("candidates tested", tested, expected); the search may take several times what is
            expected. An exception it raises, and Ctrl-C, stop the search.

    Raises:
        InvalidInput: bits out of range. WrongType: not an integer.
    """
    length = _prime_bits(bits)
    data: bytes = _native.generate_prime(length, bool(safe), bool(top_two), bool(three_mod_four), progress)
    return int.from_bytes(data, "little")


@dataclass(frozen=True)
class Estimate:
    """What `generate_prime` takes on average; one search in seven takes twice as long, one in fifty four times."""

    tests: float
    """Candidates that outlive the sieve and are put to a power."""
    seconds: float
    """On one thread of this machine, at the level in force."""


def estimate(bits: SupportsIndex, *, safe: bool = False) -> Estimate:
    """The cost of `generate_prime(bits, safe=safe)`, from a sample of powers on this machine (milliseconds)."""
    length = _prime_bits(bits)
    tests = float(_native.expected_prime_tests(length, bool(safe)))
    modulus = Modulus(secrets.randbits(length) | 1 << (length - 1) | 1)
    exponent = (1 << length) - 1
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        modulus.power([2] * 8, exponent)
        best = min(best, (time.perf_counter() - begin) / 8)
    return Estimate(tests, tests * best)


def _prime_bits(bits: SupportsIndex) -> int:
    try:
        length = index(bits)
    except TypeError as error:
        raise WrongType(f"bits is an integer: {error}") from None
    if not MIN_PRIME_BITS <= length <= MAX_PRIME_BITS:
        raise InvalidInput(f"primes have {MIN_PRIME_BITS} to {MAX_PRIME_BITS} bits here, got {length}")
    return length
