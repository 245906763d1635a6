"""Which numbers are taken for a Paillier modulus N.

A public key comes from somebody else. That N is the product of two large primes cannot be seen from N alone; what can
be seen to be wrong is refused: a length outside 2048 to 4096 bits, an even number or one with a factor below 2^16, a
prime, a perfect power. Variable time: N is public.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

from assay.core.errors import InvalidInput, WrongType
from assay.crypto.primes import is_prime

__all__ = ["MAX_BITS", "MIN_BITS", "require_factors", "require_modulus"]

MIN_BITS: Final = 2048
MAX_BITS: Final = 4096
_SIEVE: Final = 1 << 16


def require_modulus(n: int) -> None:
    """Raises `InvalidInput` (`WrongType` for no int) if `n` cannot be a Paillier modulus that is safe to use."""
    if type(n) is not int:
        raise WrongType(f"a Paillier modulus is an int, not {type(n).__name__}")
    _require_length(n.bit_length() if n > 0 else 0)
    if not n & 1:
        raise InvalidInput("a Paillier modulus is odd; this one is even")
    if math.gcd(n, _small_primes_product()) != 1:
        raise InvalidInput("this number has a factor below 65536 and is no Paillier modulus")
    if is_prime(n)[0]:
        raise InvalidInput("this number is prime; a Paillier modulus is the product of two primes")
    if (degree := _power_degree(n)) > 1:
        raise InvalidInput(f"this number is a perfect power (exponent {degree}) and no Paillier modulus")


def require_factors(p: int, q: int) -> None:
    """Raises `InvalidInput` if p and q, once they are found to be prime, make no key that is safe to use.

    Neither more than 8 bits longer than the other, and |p - q| > 2^(bits(N) / 2 - 100) (FIPS 186-5,
    A.1.3), as close primes are found by Fermat's method. The primes are in no error text.
    """
    for name, value in (("p", p), ("q", q)):
        if type(value) is not int:
            raise WrongType(f"{name} is an int, not {type(value).__name__}")
        if value < 3:
            raise InvalidInput(f"{name} is not prime")
    if abs(p.bit_length() - q.bit_length()) > 8:
        raise InvalidInput(f"p and q of {p.bit_length()} and {q.bit_length()} bits must be of nearly the same length")
    _require_length((p * q).bit_length())
    if abs(p - q) >> ((p * q).bit_length() // 2 - 100) == 0:
        raise InvalidInput("p and q are equal or too close to each other")


def _require_length(bits: int) -> None:
    if bits < MIN_BITS:
        raise InvalidInput(f"a Paillier modulus of {bits} bits is too short, {MIN_BITS} to {MAX_BITS} are taken")
    if bits > MAX_BITS:
        raise InvalidInput(f"a Paillier modulus of {bits} bits is too long, {MIN_BITS} to {MAX_BITS} are taken")


@cache
def _small_primes_product() -> int:
    return math.prod(_primes_below(_SIEVE))


def _primes_below(limit: int) -> list[int]:
    flags = bytearray([1]) * limit
    flags[:2] = b"\x00\x00"
    for i in range(2, math.isqrt(limit) + 1):
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, limit, i)))
    return [i for i, flag in enumerate(flags) if flag]


def _power_degree(n: int) -> int:
    """The least k > 1 with n = b^k, else 1. No factor of n is below 2^16, so that k is below bits(n) / 16."""
    for k in _primes_below(n.bit_length() // 16 + 1):
        root = _integer_root(n, k)
        if root**k == n:
            return k
    return 1


def _integer_root(n: int, k: int) -> int:
    """floor(n^(1/k)) by Newton's method from above."""
    if k == 2:
        return math.isqrt(n)
    x = 1 << -(-n.bit_length() // k)
    while True:
        y = ((k - 1) * x + n // x ** (k - 1)) // k
        if y >= x:
            return x
        x = y
