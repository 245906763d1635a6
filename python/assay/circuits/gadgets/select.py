"""Choice by bits, and its transpose. Conditions are already 0 or 1.

mux(b, v)   = v[sum 2^i b_i]                              2^k - 1 constraints for k bits
demux(b, x) = (0, .., x, .., 0), x at sum 2^i b_i         2^k - 1 constraints
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.circuits import Builder, Scalar, Signal
from assay.core.errors import InvalidInput

__all__ = ["demux", "mux", "select"]


def select(c: Builder, condition: Scalar, a: Scalar, b: Scalar) -> Signal:
    """A if condition else b: condition (a - b) + b, one constraint (none if a - b is constant)."""
    return c.select(condition, a, b)


def mux(c: Builder, bits: Sequence[Signal], values: Sequence[Scalar]) -> Signal:
    """values[sum 2^i bits[i]]: halves the list bit by bit."""
    if len(values) != 1 << len(bits):
        raise InvalidInput(f"{len(bits)} bits choose among {1 << len(bits)} values, not {len(values)}")
    row = [c.sum([v]) for v in values]
    for bit in bits:
        row = [c.select(bit, row[i + 1], row[i]) for i in range(0, len(row), 2)]
    return row[0]


def demux(bits: Sequence[Signal], x: Signal) -> list[Signal]:
    """x at position sum 2^i bits[i], 0 elsewhere: splits from the highest bit down."""
    row = [x]
    for bit in reversed(bits):
        split = [(part * bit, part) for part in row]
        row = [half for high, part in split for half in (part - high, high)]
    return row
