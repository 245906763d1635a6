"""Multiplication of a point P of order l by a 254-bit scalar h, in two halves that share their doublings.

With P2 = 2^127 P and h = lo + 2^127 hi, bits l_i and g_i, Q starts at (2 + 2 g_0) P + P2 and takes 126 steps

    Q <- 2 Q + T,   T = s P + t P2,   s = 2 l_i - 1, t = 2 g_i - 1,   i = 126 .. 1

(signed digits, after the odd recodings of Straus' method; the table holds P2 + P and P2 - P). Then

    Q = h P + offset,   offset = 3 2^126 P + (1 - l_0) P

because sum_(i=1)^126 2^(i-1) (2 l_i - 1) = lo - l_0 - 2^126 + 1, likewise for hi, and the start absorbs g_0.

No exceptional case (Montgomery addition is incomplete): after i steps Q = (a + 2^127 b) P with integers 2^i < a < 5
2^i (a >= 2) and 1 <= b < 2^(i+1). A step needs Q != +-T and 2 Q + T != 0. As integers, (a -+ s) + 2^127 (b -+ t) >= 1
because a >= 2 and b >= 1, and 2 a + s + 2^127 (2 b + t) >= 1; all of them are below 2^(i+129). For i <= 121 that is
at most 2^250 < l: none is 0 mod l. The last 4 of 126 steps, where the multiple may pass l, are complete Edwards
operations. The other additions are between multiples of P that differ, also in sign, by less than l.

Cost: `prepare` 536 (2 to Montgomery form, 127 doublings of 4, 6 additions of 3, 4 points of 2 to Edwards form), once
for a point; `multiply_with_offset` 1164 (2 start, 122 steps of 9, 2 to Edwards form, 4 steps of 15, 2 offset).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assay.circuits import Builder, Scalar, Signal, template
from assay.circuits.gadgets import edwards, montgomery
from assay.circuits.gadgets.edwards import Point
from assay.circuits.gadgets.montgomery import MontgomeryPoint
from assay.circuits.gadgets.select import select
from assay.core.errors import InvalidInput

__all__ = ["Multiples", "multiply_with_offset", "prepare", "select_multiples"]

_HALF = 127
_COMPLETE_STEPS = 4
SCALAR_BITS = 2 * _HALF
"""254."""


class Multiples(NamedTuple):
    """What the steps need of a point P of order l; P2 = 2^127 P."""

    start: tuple[MontgomeryPoint, MontgomeryPoint]
    """2 P + P2 and 4 P + P2."""
    plus: MontgomeryPoint
    """P2 + P."""
    minus: MontgomeryPoint
    """P2 - P."""
    plus_edwards: Point
    minus_edwards: Point
    offset: tuple[Point, Point]
    """3 2^126 P + P and 3 2^126 P."""


@template
def prepare(c: Builder, point: Point) -> Multiples:
    """The multiples of a point of order exactly l: the caller makes sure of the order."""
    p = montgomery.from_edwards(c, point)
    power, powers = p, [p]
    for _ in range(_HALF):
        power = montgomery.double(c, power)
        powers.append(power)
    p2 = powers[_HALF]
    plus = montgomery.add_incomplete(c, p2, p)
    minus = montgomery.add_incomplete(c, p2, MontgomeryPoint(p.u, -p.v))
    offset = montgomery.add_incomplete(c, p2, powers[_HALF - 1])
    return Multiples(
        start=(montgomery.add_incomplete(c, p2, powers[1]), montgomery.add_incomplete(c, p2, powers[2])),
        plus=plus,
        minus=minus,
        plus_edwards=montgomery.to_edwards(c, plus),
        minus_edwards=montgomery.to_edwards(c, minus),
        offset=(
            montgomery.to_edwards(c, montgomery.add_incomplete(c, offset, p)),
            montgomery.to_edwards(c, offset),
        ),
    )


def select_multiples(c: Builder, condition: Scalar, p: Multiples, q: Multiples) -> Multiples:
    """The multiples of one of two points: 16 constraints."""
    chosen = [select(c, condition, x, y) for x, y in zip(_flat(p), _flat(q), strict=True)]
    pairs = [(chosen[i], chosen[i + 1]) for i in range(0, len(chosen), 2)]
    return Multiples(
        (MontgomeryPoint(*pairs[0]), MontgomeryPoint(*pairs[1])),
        MontgomeryPoint(*pairs[2]),
        MontgomeryPoint(*pairs[3]),
        Point(*pairs[4]),
        Point(*pairs[5]),
        (Point(*pairs[6]), Point(*pairs[7])),
    )


def _flat(m: Multiples) -> list[Scalar]:
    return [x for p in (*m.start, m.plus, m.minus, m.plus_edwards, m.minus_edwards, *m.offset) for x in p]


@template
def multiply_with_offset(c: Builder, multiples: Multiples, bits: list[Signal]) -> tuple[Point, Point]:
    """(Q, offset) with Q - offset = h P, for the 254 bits of h, lowest first, each already 0 or 1.

    Both are points of the curve in Edwards form; the caller moves the offset to the other side of its equation.
    """
    if len(bits) != SCALAR_BITS:
        raise InvalidInput(f"the scalar has {SCALAR_BITS} bits, not {len(bits)}")
    low, high = bits[:_HALF], bits[_HALF:]
    q = montgomery.select_montgomery(c, high[0], multiples.start[1], multiples.start[0])
    for i in range(_HALF - 1, _COMPLETE_STEPS, -1):
        u, v = _term(c, low[i], high[i], multiples.plus, multiples.minus)
        q = montgomery.double_and_add(c, q, MontgomeryPoint(u, v))
    point = montgomery.to_edwards(c, q)
    plus, minus = multiples.plus_edwards, multiples.minus_edwards
    for i in range(_COMPLETE_STEPS, 0, -1):
        y, x = _term(c, low[i], high[i], (plus.y, plus.x), (minus.y, minus.x))
        point = edwards.add(c, edwards.double(c, point), Point(x, y))
    return point, edwards.select_point(c, low[0], multiples.offset[1], multiples.offset[0])


def _term(
    c: Builder, low: Signal, high: Signal, plus: Sequence[Scalar], minus: Sequence[Scalar]
) -> tuple[Signal, Signal]:
    """The even and the odd coordinate of s P + t P2, s = 2 low - 1, t = 2 high - 1: four constraints.

    (low, high) = (1, 1): plus, (0, 0): -plus, (0, 1): minus, (1, 0): -minus; a negative has the odd coordinate negated.
    """
    differ = low + high - 2 * (low * high)
    even = select(c, differ, minus[0], plus[0])
    return even, (low + high - 1) * plus[1] + (high - low) * minus[1]
