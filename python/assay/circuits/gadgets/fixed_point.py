"""Signed fixed point: the integer x in [-2^(n-1), 2^(n-1)) stands for x / 2^f; negative x is r + x in the field.

Every operation states what it assumes of its operands and checks its result, so that nothing wraps round r.

    range n     add n     multiply f + n     truncate f     compare n + 1     (constraints)
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.circuits import Builder, Scalar, Signal
from assay.circuits.gadgets.bits import to_bits
from assay.circuits.gadgets.comparison import is_at_least
from assay.core.errors import InvalidInput

__all__ = ["FixedPoint"]


@dataclass(frozen=True)
class FixedPoint:
    """A format: n bits with the sign, f of them after the point; 2 <= n <= 125, 0 < f < n."""

    bits: int
    fraction: int

    def __post_init__(self) -> None:
        # 2 n + 1 <= 251: a product plus its rounding constant stays below r / 2 in size
        if not 2 <= self.bits <= 125 or not 0 < self.fraction < self.bits:
            raise InvalidInput(f"fixed point needs 2 <= bits <= 125 and 0 < fraction < bits, got {self}")

    def check(self, c: Builder, x: Scalar) -> list[Signal]:
        """Demands x in [-2^(n-1), 2^(n-1)). Returns the bits of x + 2^(n-1); the last is [x >= 0]."""
        return to_bits(c, c.sum([x, 1 << self.bits - 1]), self.bits)

    def add(self, c: Builder, x: Scalar, y: Scalar) -> Signal:
        """x + y for x, y in range; demands that the sum is."""
        out = c.sum([x, y])
        self.check(c, out)
        return out

    def multiply(self, c: Builder, x: Scalar, y: Scalar) -> Signal:
        """round(x y / 2^f), halves upward, for x, y in range; demands that the result is. f + n + 1 constraints.

        |x y| <= 2^(2n-2), so that `truncate` applies.
        """
        product = c.sum([x]) * y
        return self.truncate(c, product + (1 << self.fraction - 1))

    def truncate(self, c: Builder, x: Scalar) -> Signal:
        """floor(x / 2^f) for |x| < 2^250; demands that the result is in range. f + n constraints.

        x = 2^f q + rest with 0 <= rest < 2^f and |q| <= 2^(n-1): both sides are below r / 2 in size, hence equal as
        integers, and q and rest are unique.
        """
        # the hint works on a value that is not negative: a multiple of 2^f moves q by a known amount
        shift = 1 << 250 - self.fraction
        shifted = c.sum([x, shift << self.fraction])
        bits: list[Signal] = c.hint("bits", shifted, count=self.fraction, name="rest")
        for bit in bits:
            c.assert_boolean(bit, "a bit of the remainder is 0 or 1")
        rest = c.dot(bits, [1 << i for i in range(self.fraction)])
        quotient = (c.sum([x]) - rest) / (1 << self.fraction)
        self.check(c, quotient)
        return quotient

    def is_at_least(self, c: Builder, x: Scalar, y: Scalar) -> Signal:
        """[x >= y] for x, y in range: n + 1 constraints."""
        return is_at_least(c, x, y, self.bits)
