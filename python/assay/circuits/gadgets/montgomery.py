"""Baby Jubjub in Montgomery form: v^2 = u^3 + M u^2 + u, M = 168698 (Bernstein et al., AFRICACRYPT 2008, theorem 3.2).

    (x, y) -> (u, v) = ((1 + y) / (1 - y), u / x),   (u, v) -> (x, y) = (u / v, (u - 1) / (u + 1))

Cheaper than Edwards form, but *incomplete*: a chord through points with equal u, or a tangent where v = 0, makes the
slope 0 / 0, and whoever writes the witness may then choose it. Every caller proves that this cannot happen. All
functions are stated for points of odd prime order l, so conversions and doublings need no further condition: such
points have v != 0 and u != 0 (either is the point of order 2 only, as M^2 - 4 = a d is no square), and no point has
u = -1 (v^2 would be M - 2 = d).

    cost   to or from Edwards 2, addition 3, doubling 4, 2 p + q 5
"""

from __future__ import annotations

from typing import NamedTuple

from assay.circuits import Builder, Scalar, Signal
from assay.circuits.gadgets.edwards import Point
from assay.circuits.gadgets.select import select

__all__ = [
    "M",
    "MontgomeryPoint",
    "add_incomplete",
    "double",
    "double_and_add",
    "from_edwards",
    "select_montgomery",
    "to_edwards",
]

M = 168698


class MontgomeryPoint(NamedTuple):
    """Affine coordinates."""

    u: Signal
    v: Signal


def from_edwards(c: Builder, p: Point) -> MontgomeryPoint:
    """For p of order l: y != 1 and x != 0. Two constraints."""
    y = c.sum([p.y])
    u = _quotient(c, 1 + y, 1 - y)
    return MontgomeryPoint(u, _quotient(c, u, p.x))


def to_edwards(c: Builder, p: MontgomeryPoint) -> Point:
    """For p of order l: v != 0 and u != -1. Two constraints."""
    return Point(_quotient(c, p.u, p.v), _quotient(c, p.u - 1, p.u + 1))


def add_incomplete(c: Builder, p: MontgomeryPoint, q: MontgomeryPoint) -> MontgomeryPoint:
    """P + q for p != +-q: three constraints. s (u2 - u1) = v2 - v1, u3 = s^2 - M - u1 - u2, v3 = s (u1 - u3) - v1."""
    slope = _quotient(c, q.v - p.v, q.u - p.u)
    return _third(c, slope, p, q.u)


def double(c: Builder, p: MontgomeryPoint) -> MontgomeryPoint:
    """2 p: four constraints. s 2 v = 3 u^2 + 2 M u + 1."""
    u = p.u
    slope = _quotient(c, 3 * (u * u) + 2 * M * u + 1, 2 * p.v)
    return _third(c, slope, p, p.u)


def double_and_add(c: Builder, p: MontgomeryPoint, q: MontgomeryPoint) -> MontgomeryPoint:
    """2 p + q for p != +-q and 2 p + q != 0: five constraints.

    As (p + q) + p, of which the intermediate v is not needed (Eisentraeger, Lauter, Montgomery, CT-RSA 2003): with s1
    the slope of p + q and u' = s1^2 - M - u1 - u2, the second slope is s2 = -s1 - 2 v1 / (u' - u1). u' = u1 would
    mean p + q = +-p, that is q = 0 or 2 p + q = 0.
    """
    u1, v1 = p
    s1 = _quotient(c, q.v - v1, q.u - u1)
    middle = s1 * s1 - M - u1 - q.u
    s2 = _quotient(c, 2 * v1, u1 - middle) - s1
    return _third(c, s2, p, middle)


def select_montgomery(c: Builder, condition: Scalar, p: MontgomeryPoint, q: MontgomeryPoint) -> MontgomeryPoint:
    """P if condition else q, for a condition that is 0 or 1: two constraints."""
    return MontgomeryPoint(select(c, condition, p.u, q.u), select(c, condition, p.v, q.v))


def _third(c: Builder, slope: Signal, p: MontgomeryPoint, other_u: Signal) -> MontgomeryPoint:
    u = slope * slope - M - p.u - other_u
    return MontgomeryPoint(u, slope * (p.u - u) - p.v)


def _quotient(c: Builder, a: Scalar, b: Scalar) -> Signal:
    # one constraint; the caller knows that b is not zero
    q: Signal = c.hint("div", a, b)
    c.assert_product(q, b, a, "Montgomery quotient")
    return q
