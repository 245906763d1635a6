"""Tests and order. Field elements have no order of their own: operands are integers of a stated number of bits."""

from __future__ import annotations

from collections.abc import Sequence

from assay.circuits import Builder, Scalar, Signal
from assay.circuits.gadgets.bits import to_bits
from assay.core.errors import InvalidInput

__all__ = ["at_most_constant", "is_at_least", "is_equal", "is_less", "is_zero"]


def is_zero(c: Builder, x: Scalar) -> Signal:
    """[x = 0]: x i = 1 - out, x out = 0. Two constraints; the inverse i is free when x = 0."""
    return c.is_zero(x)


def is_equal(c: Builder, a: Scalar, b: Scalar) -> Signal:
    """[a = b]: two constraints."""
    return c.is_equal(a, b)


def is_at_least(c: Builder, a: Scalar, b: Scalar, bits: int) -> Signal:
    """[a >= b] for a, b in [0, 2^bits), which the caller has checked; bits <= 252. bits + 1 constraints.

    The top bit of 2^bits + a - b, which lies in (0, 2^(bits+1)). The constraints accept any a, b with
    -2^bits <= a - b < 2^bits.
    """
    if not 1 <= bits <= 252:
        raise InvalidInput(f"operands of {bits} bits: 1 to 252 are supported, more could wrap round r")
    return to_bits(c, c.dot([a, b, 1], [1, -1, 1 << bits]), bits + 1)[bits]


def is_less(c: Builder, a: Scalar, b: Scalar, bits: int) -> Signal:
    """[a < b] for a, b in [0, 2^bits), which the caller has checked. bits + 1 constraints."""
    return 1 - is_at_least(c, a, b, bits)


def at_most_constant(c: Builder, bits: Sequence[Signal], bound: int) -> Signal:
    """[value of bits <= bound] for given booleans, lowest first, and a constant bound >= 0.

    From the lowest bit up, q = [bits so far <= bound so far]: where the bound has 1, q becomes 1 - b + b q, where it
    has 0, q becomes q (1 - b). A constraint a bit, less for the trailing ones of the bound, over which q stays 1.
    """
    if not 0 <= bound < 1 << len(bits):
        raise InvalidInput(
            f"the bound has {bound.bit_length()} bits, the value {len(bits)}; the comparison is constant"
        )
    q = c.constant(1)
    for i, bit in enumerate(bits):
        q = 1 - bit * (1 - q) if bound >> i & 1 else q * (1 - bit)
    return q
