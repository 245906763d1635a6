"""Decomposition into bits: bounded by a power of two, by a constant, and canonical over the whole field.

Bits are lists of signals, lowest first; x = sum 2^i b_i as an identity of integers whenever that sum stays below r.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from assay.circuits import MODULUS, Builder, Scalar, Signal
from assay.core.errors import InvalidInput

__all__ = ["FIELD_BITS", "bounded_bits", "canonical_bits", "from_bits", "to_bits"]

FIELD_BITS = MODULUS.bit_length()
"""254."""


def to_bits(c: Builder, x: Scalar, count: int) -> list[Signal]:
    """The bits of x, which must lie in [0, 2^count), count <= 253: count constraints and a linear one.

    2^253 < r, so the sum never wraps and the bits are unique.
    """
    return c.bits(x, count)


def from_bits(c: Builder, bits: Sequence[Scalar]) -> Signal:
    """sum 2^i bits[i]: free."""
    return c.dot(bits, [1 << i for i in range(len(bits))])


def canonical_bits(c: Builder, x: Scalar) -> list[Signal]:
    """The 254 bits of the integer in [0, r) that x stands for.

    2^254 > r: without the bound, x + r would be a second decomposition of small x. Cost: that of `bounded_bits`, 332.
    """
    return bounded_bits(c, x, MODULUS - 1)


def bounded_bits(c: Builder, x: Scalar, bound: int) -> list[Signal]:
    """The bits of x, which must lie in [0, bound] for a constant bound < r: len(bound) bits, each 0 or 1.

    From the top, p is 1 as long as all bits above equal those of the bound. Where the bound has 0, a 1 would exceed
    it if p = 1: b (1 - p - b) = 0 says that b is boolean and, if p = 1, zero (-b^2 = 0). Where it has a run of k
    ones, the new p is 1 iff the old one and the k bits are all 1: a product for k = 1, else [k + 1 - p - sum = 0]
    (two constraints; the sum of k + 1 booleans is k + 1 only if all are 1). p is boolean throughout. The bits as an
    integer are at most bound < r, so the linear equation with x has one solution.

    Cost: a constraint a bit, and for each run of ones min(k, 2) more, less what the constant p = 1 of the first run and
    a last run that nothing follows save.
    """
    if not 0 < bound < MODULUS:
        raise InvalidInput(f"the bound must lie in (0, r), it has {bound.bit_length()} bits")
    count = bound.bit_length()
    bits: list[Signal] = c.hint("bits", x, count=count, name="bit")
    p = c.constant(1)
    position = count
    for one, group in groupby(f"{bound:b}"):
        length = len(list(group))
        run = bits[position - length : position]
        position -= length
        if one == "0":
            for bit in run:
                c.assert_product(bit, 1 - p - bit, 0, "a bit is 0 or 1, and 0 where 1 would exceed the bound")
            continue
        for bit in run:
            c.assert_boolean(bit, "a bit is 0 or 1")
        if position == 0:
            break
        p = p * run[0] if length == 1 else c.is_zero(length + 1 - p - c.sum(run))
    c.assert_equal(from_bits(c, bits), x, f"the value is at most {bound:#x}")
    return bits
