"""Multiplication of circomlib's generator B8 of order l by 251 bits: s B8 for s < 2^251.

Windows of two bits w_j, j = 0 .. 123, each with the constant table (w + 2) 4^j B8 in Montgomery form: with one
product of the two bits both coordinates are linear. The upper three bits and the offset go through one complete
Edwards addition:

    s B8 = sum_(j < 124) (w_j + 2) 4^j B8 + (w 2^248 - 2 (4^124 - 1) / 3) B8,   w = s >> 248

No exceptional case: after j windows the sum is k B8 with 2 (4^j - 1)/3 <= k <= 5 (4^j - 1)/3 < 2 4^j, the next term is
m B8 with 2 4^j <= m <= 5 4^j. So 0 < k < m and k + m <= 5 (4^(j+1) - 1)/3 <= 5 (4^124 - 1)/3 < l: neither m - k nor
m + k is 0 mod l, and all points have order l.

Cost: 4 for each window but the first (1), 2 to return to Edwards form, 3 for the last table, 6 for the addition: 504.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from assay.circuits import MODULUS, Builder, Signal
from assay.circuits.gadgets import edwards, montgomery
from assay.circuits.gadgets.edwards import BASE8, SUBGROUP_ORDER, A, D, Point
from assay.circuits.gadgets.montgomery import MontgomeryPoint
from assay.core.errors import InvalidInput

__all__ = ["SCALAR_BITS", "multiply_base"]

SCALAR_BITS = 251
_WINDOWS = 124


def multiply_base(c: Builder, bits: Sequence[Signal]) -> Point:
    """s B8 for the 251 bits of s, lowest first, each already 0 or 1."""
    if len(bits) != SCALAR_BITS:
        raise InvalidInput(f"the scalar has {SCALAR_BITS} bits, not {len(bits)}")
    tables, last = _tables()
    total: MontgomeryPoint | None = None
    for j, table in enumerate(tables):
        pair = bits[2 * j : 2 * j + 2]
        both = pair[0] * pair[1]
        term = MontgomeryPoint(*(_lookup(c, [*pair, both], [row[i] for row in table]) for i in (0, 1)))
        total = term if total is None else montgomery.add_incomplete(c, total, term)
    assert total is not None
    s0, s1, s2 = bits[2 * _WINDOWS :]
    both = s0 * s1
    x, y = (
        low + s2 * (_lookup(c, [s0, s1, both], [row[i] for row in last[4:]]) - low)
        for i in (0, 1)
        for low in [_lookup(c, [s0, s1, both], [row[i] for row in last[:4]])]
    )
    return edwards.add(c, montgomery.to_edwards(c, total), Point(x, y))


def _lookup(c: Builder, bits: Sequence[Signal], table: Sequence[int]) -> Signal:
    # bits b0, b1 and their product: the multilinear extension of a table of four
    t0, t1, t2, t3 = table
    return c.dot([1, *bits], [v % MODULUS for v in (t0, t1 - t0, t2 - t0, t3 - t2 - t1 + t0)])


@cache
def _tables() -> tuple[list[list[tuple[int, int]]], list[tuple[int, int]]]:
    """Montgomery coordinates [124][4], Edwards coordinates [8]."""
    power = (int(BASE8.x), int(BASE8.y))
    tables = []
    for _ in range(_WINDOWS):
        multiples = [_times(k, power) for k in range(2, 6)]
        tables.append([_montgomery(p) for p in multiples])
        power = multiples[2]
    offset = SUBGROUP_ORDER - 2 * (4**_WINDOWS - 1) // 3 % SUBGROUP_ORDER
    start = _times(offset, (int(BASE8.x), int(BASE8.y)))
    last = [start]
    for _ in range(7):
        last.append(_add(last[-1], power))
    return tables, last


def _add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % MODULUS
    x = (x1 * y2 + y1 * x2) * pow(1 + t, -1, MODULUS) % MODULUS
    return x, (y1 * y2 - A * x1 * x2) * pow(1 - t, -1, MODULUS) % MODULUS


def _times(k: int, p: tuple[int, int]) -> tuple[int, int]:
    out = (0, 1)
    for bit in f"{k:b}":
        out = _add(out, out)
        if bit == "1":
            out = _add(out, p)
    return out


def _montgomery(p: tuple[int, int]) -> tuple[int, int]:
    x, y = p
    u = (1 + y) * pow(1 - y, -1, MODULUS) % MODULUS
    return u, u * pow(x, -1, MODULUS) % MODULUS
