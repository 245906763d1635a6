"""What the time ratios of independent pairs of processes allow to say about their median.

The bounds are order statistics: with n ratios whose true median is m, the number of them below m is binomial(n, 1/2),
so that m is above the k-th smallest except with probability P(binomial(n, 1/2) < k). Nothing is assumed about the
shape of the noise (Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2, the sign test).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb
from typing import Final

from assay.core.errors import InvalidInput

__all__ = ["ERROR", "FEWEST_PAIRS", "Bounds", "Verdict", "bounds", "verdict"]

ERROR: Final = 0.01
"""Probability that the lower bound lies above the true median; the same for the upper bound."""
FEWEST_PAIRS: Final = 7
"""Fewer ratios have no bound with that error: 2^-7 < 0.01 < 2^-6."""


class Verdict(StrEnum):
    """Of one case."""

    SLOWER = "slower"
    """Certainly slower by more than the tolerance: the gate fails."""
    UNCLEAR = "unclear"
    """The median is beyond the tolerance, the bound is not: more pairs would tell. The gate passes."""
    WITHIN = "within"
    """No slower than the tolerance allows."""
    FASTER = "faster"
    """Certainly faster by more than the tolerance."""
    NOT_COMPARABLE = "not comparable"
    """The other revision cannot run the case. The gate passes and says why."""
    FAILED = "failed"
    """This tree cannot run the case: the gate fails."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The median of some ratios, and bounds between which the true one lies."""

    low: float
    median: float
    high: float


def bounds(ratios: Sequence[float]) -> Bounds:
    """Bounds with an error of at most `ERROR` on each side. `InvalidInput` below `FEWEST_PAIRS` ratios."""
    n = len(ratios)
    if n < FEWEST_PAIRS:
        raise InvalidInput(f"{n} pairs are too few for a verdict: take {FEWEST_PAIRS} or more")
    below, k = 1, 0  # the sum of the binomials up to k
    while below + comb(n, k + 1) <= ERROR * 2**n:
        k += 1
        below += comb(n, k)
    ordered = sorted(ratios)
    return Bounds(ordered[k], statistics.median(ordered), ordered[n - 1 - k])


def verdict(of: Bounds, tolerance: float) -> Verdict:
    """ratio = our time / their time; `tolerance` 0.05 lets us be 5 % slower."""
    if of.low > 1 + tolerance:
        return Verdict.SLOWER
    if of.high < 1 / (1 + tolerance):
        return Verdict.FASTER
    return Verdict.UNCLEAR if of.median > 1 + tolerance else Verdict.WITHIN
