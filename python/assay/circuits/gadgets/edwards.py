"""Baby Jubjub in twisted Edwards form over Fr: a x^2 + y^2 = 1 + d x^2 y^2, a = 168700, d = 168696 (EIP-2494).

The group is cyclic of order 8 l, l prime of 251 bits. a is a square and d is not, so the addition law is complete
(Bernstein, Birkner, Joye, Lange, Peters, AFRICACRYPT 2008, section 6): on points of the curve no denominator is ever
zero, and every quotient below is therefore determined. All functions need points of the curve; `assert_on_curve`
makes sure.

    cost   on curve 3, addition 6, doubling 5, multiplication by the cofactor 15
"""

from __future__ import annotations

from typing import NamedTuple

from assay.circuits import Builder, Scalar, Signal
from assay.circuits.gadgets.select import select
from assay.crypto.babyjubjub import A, D

__all__ = ["Point", "add", "assert_on_curve", "cofactor_times", "double", "select_point"]


class Point(NamedTuple):
    """Affine coordinates, signals or integers."""

    x: Scalar
    y: Scalar


def assert_on_curve(c: Builder, p: Point) -> None:
    """Demands a x^2 + y^2 = 1 + d x^2 y^2: three constraints."""
    xx, yy = _square(c, p.x), _square(c, p.y)
    c.assert_product(D * xx, yy, A * xx + yy - 1, "the point is on Baby Jubjub")


def add(c: Builder, p: Point, q: Point) -> Point:
    """p + q for any two points of the curve, equal, opposite or the identity included: six constraints.

    With f = x1 y2, g = y1 x2, h = (y1 - a x1)(x2 + y2): x3 (1 + d f g) = f + g, y3 (1 - d f g) = h + a f - g.
    """
    x1, y1, x2, y2 = (c.sum([v]) for v in (*p, *q))
    f, g, h = x1 * y2, y1 * x2, (y1 - A * x1) * (x2 + y2)
    t = D * (f * g)
    return Point(_quotient(c, f + g, 1 + t), _quotient(c, h + A * f - g, 1 - t))


def double(c: Builder, p: Point) -> Point:
    """2 p for any point of the curve: five constraints.

    x3 n = 2 x y, y3 (2 - n) = y^2 - a x^2, n = a x^2 + y^2 = 1 + d x^2 y^2; neither n nor 2 - n is zero.
    """
    x, y = (c.sum([v]) for v in p)
    xx, yy, xy = x * x, y * y, x * y
    n = A * xx + yy
    return Point(_quotient(c, 2 * xy, n), _quotient(c, yy - A * xx, 2 - n))


def cofactor_times(c: Builder, p: Point) -> Point:
    """8 p: fifteen constraints."""
    return double(c, double(c, double(c, p)))


def select_point(c: Builder, condition: Scalar, p: Point, q: Point) -> Point:
    """P if condition else q, for a condition that is 0 or 1: two constraints."""
    return Point(select(c, condition, p.x, q.x), select(c, condition, p.y, q.y))


def _square(c: Builder, x: Scalar) -> Signal:
    s = c.sum([x])
    return s * s


def _quotient(c: Builder, a: Signal, b: Signal) -> Signal:
    # one constraint; b is never zero on the curve
    q: Signal = c.hint("div", a, b)
    c.assert_product(q, b, a, "Edwards quotient")
    return q
