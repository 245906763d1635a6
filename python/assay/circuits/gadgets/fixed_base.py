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
from assay.circuits.gadgets.edwards import Point
from assay.circuits.gadgets.montgomery import MontgomeryPoint
from assay.core.errors import InvalidInput
from assay.crypto.babyjubjub import BASE8, ORDER, multiply

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
    tables = [[_montgomery(_multiple((w + 2) << 2 * j)) for w in range(4)] for j in range(_WINDOWS)]
    offset = 2 * (4**_WINDOWS - 1) // 3
    return tables, [_multiple((w << 2 * _WINDOWS) - offset) for w in range(8)]


def _multiple(k: int) -> tuple[int, int]:
    return multiply(k % ORDER, BASE8)


def _montgomery(p: tuple[int, int]) -> tuple[int, int]:
    x, y = p
    u = (1 + y) * pow(1 - y, -1, MODULUS) % MODULUS
    return u, u * pow(x, -1, MODULUS) % MODULUS
