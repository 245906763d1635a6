"""Logic on signals that are already 0 or 1, and one-hot selectors.

    not a = 1 - a        a and b = a b        a or b = a + b - a b        a xor b = a + b - 2 a b

Cost: nothing for `logical_not`, one constraint for the others, n for a one-hot selector of n.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.circuits import Builder, Scalar, Signal

__all__ = ["assert_one_hot", "logical_and", "logical_not", "logical_or", "logical_xor"]


def logical_not(a: Signal) -> Signal:
    """1 - a."""
    return 1 - a


def logical_and(a: Signal, b: Scalar) -> Signal:
    """A and b: one constraint."""
    return a * b


def logical_or(a: Signal, b: Scalar) -> Signal:
    """A or b: one constraint."""
    return a + b - a * b


def logical_xor(a: Signal, b: Scalar) -> Signal:
    """1 where a and b differ: one constraint."""
    return a + b - 2 * (a * b)


def assert_one_hot(c: Builder, selectors: Sequence[Signal]) -> None:
    """Demands that exactly one selector is 1 and the others 0: n constraints and a linear one.

    With n < r the sum of n values in {0, 1} is 1 in the field only if it is 1 as an integer.
    """
    for selector in selectors:
        c.assert_boolean(selector, "a selector is 0 or 1")
    c.assert_equal(c.sum(selectors), 1, "exactly one selector is set")
