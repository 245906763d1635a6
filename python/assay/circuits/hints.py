"""The fixed set of hints: how a witness program computes values that no constraint defines.

A hint constrains nothing; the gadget that asks for one must. Values are integers in [0, r). Each operation has a
native kernel (cpp/circuit/runner_kernel.h) and here its reference in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from assay.circuits.signal import MODULUS

__all__ = ["HINTS", "HintSpec"]


class HintSpec(NamedTuple):
    """Code in the witness program, number of inputs, names of immediates, and the reference."""

    code: int
    inputs: int
    immediates: tuple[str, ...]
    evaluate: Callable[[Sequence[int], Sequence[int]], list[int]]
    text: str


def _inverse(x: int) -> int:
    return pow(x, -1, MODULUS) if x else 0


def _sqrt(a: int) -> int:
    # Tonelli and Shanks; the root up to (r - 1) / 2, or 0 if there is none
    if a == 0 or pow(a, (MODULUS - 1) // 2, MODULUS) != 1:
        return 0
    odd, order = MODULUS - 1, 0
    while odd % 2 == 0:
        odd, order = odd // 2, order + 1
    z, x, b = pow(5, odd, MODULUS), pow(a, (odd + 1) // 2, MODULUS), pow(a, odd, MODULUS)
    while b != 1:
        k, t = 0, b
        while t != 1:
            t, k = t * t % MODULUS, k + 1
        g = pow(z, 1 << (order - k - 1), MODULUS)
        x, z = x * g % MODULUS, g * g % MODULUS
        b, order = b * z % MODULUS, k
    return min(x, MODULUS - x)


HINTS: dict[str, HintSpec] = {
    "mul": HintSpec(1, 2, (), lambda x, _: [x[0] * x[1] % MODULUS], "x y"),
    "inverse": HintSpec(2, 1, (), lambda x, _: [_inverse(x[0])], "1 / x, 0 for 0"),
    "div": HintSpec(3, 2, (), lambda x, _: [x[0] * _inverse(x[1]) % MODULUS], "x / y, 0 if y = 0"),
    "is_zero": HintSpec(4, 1, (), lambda x, _: [int(x[0] == 0)], "1 if x = 0, else 0"),
    "equal": HintSpec(5, 2, (), lambda x, _: [int(x[0] == x[1])], "1 if x = y, else 0"),
    "less": HintSpec(6, 2, (), lambda x, _: [int(x[0] < x[1])], "1 if x < y as integers in [0, r), else 0"),
    "select": HintSpec(7, 3, (), lambda x, _: [x[1] if x[0] else x[2]], "y if s is not 0, else z, for inputs s, y, z"),
    "bits": HintSpec(
        8,
        1,
        ("count", "start"),
        lambda x, m: [x[0] >> (m[1] + i) & 1 for i in range(m[0])],
        "`count` bits of x as an integer, from bit `start` (default 0) upward",
    ),
    "divmod": HintSpec(
        9, 1, ("divisor",), lambda x, m: list(divmod(x[0], m[0])), "quotient and remainder of x by a constant < 2^64"
    ),
    "sqrt": HintSpec(10, 1, (), lambda x, _: [_sqrt(x[0])], "the square root up to (r - 1) / 2, 0 if there is none"),
    "lookup": HintSpec(
        11, 1, ("table",), lambda x, m: [m[x[0]] if x[0] < len(m) else 0], "table[x] for a constant table, 0 outside it"
    ),
}
