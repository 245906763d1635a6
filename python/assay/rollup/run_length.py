"""Average run length of a one-sided CUSUM that moves by two integer steps, exactly.

    S_0 = 0,  S_n = max(0, S_(n-1) + z_n),  N = min{n : S_n >= h},  ARL = E[N]

Source: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954), equations for the average run length; the
Markov chain view is D. Brook and D. A. Evans, Biometrika 59 (1972). They discretise a continuous S. Here S already
lives on integers, so the chain is solved as it is and no discretisation error arises.

S returns to 0 again and again, and each return starts afresh. With T the length of one excursion from 0 and c the
chance that it ends at h instead of at 0, the number of excursions is geometric, so ARL = E[T] / c (Wald's identity).
Inside one excursion the clamp at 0 never acts: after n queries with u mismatches S = u M + (n - u) m, one state for
each u, and no more than h / (M - m) + 1 of them lie in (0, h). Every term of both sums is positive, so nothing
cancels. The excursion is followed until the mass still inside weighs less than 2^-53 of c.

Cost: steps of an excursion times h / (M - m); milliseconds for the detectors of this package.
"""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import InvalidInput, LimitError

MAX_EXCURSION = 2_000_000
"""Queries followed inside one excursion before giving up (reached only by steps that are tiny beside the threshold)."""

_TAIL = 2.0**-53


def average_run_length(match_rate: float, match_step: int, mismatch_step: int, threshold: int) -> float:
    """Expected number of queries until S >= threshold, for an account that matches with probability `match_rate`.

    Args:
        match_rate: probability of a match, 0..1, independent from query to query.
        match_step: m < 0, added to S at a match.
        mismatch_step: M > 0, added to S at a mismatch.
        threshold: h > 0, in the same units as the steps.

    Returns:
        The average run length in queries; `math.inf` if the threshold is never reached (or only with a chance below
        1e-300).

    Raises:
        InvalidInput: a rate outside 0..1 or a step or threshold of the wrong sign.
        LimitError: an excursion lasts longer than `MAX_EXCURSION` queries.
    """
    if not 0.0 <= match_rate <= 1.0:
        raise InvalidInput(f"match_rate is {match_rate!r}; give a probability between 0 and 1")
    if not (match_step < 0 < mismatch_step and threshold > 0):
        raise InvalidInput(
            f"match_step {match_step}, mismatch_step {mismatch_step}, threshold {threshold}: "
            "the match step must be negative, the mismatch step and the threshold positive"
        )
    mismatch_rate = 1.0 - match_rate
    first = 0  # number of mismatches in the lowest state that is kept
    inside = np.ones(1)  # inside[k]: chance of being inside the excursion with first + k mismatches
    expected_length = 0.0
    crossed = 0.0
    for n in range(1, MAX_EXCURSION + 1):
        expected_length += float(inside.sum())
        moved = np.empty(inside.size + 1)
        moved[:-1] = match_rate * inside
        moved[-1] = 0.0
        moved[1:] += mismatch_rate * inside
        # Lowest u with u M + (n - u) m > 0, and lowest u with u M + (n - u) m >= h.
        rise = mismatch_step - match_step
        low = (-n * match_step) // rise + 1
        high = -((n * match_step - threshold) // rise)
        crossed += float(moved[max(0, high - first) :].sum())
        inside = moved[max(0, low - first) : max(0, high - first)]
        first = max(first, low)
        if inside.size == 0 or inside.sum() <= _TAIL * crossed:
            return expected_length / crossed if crossed > 0.0 else math.inf
        if not inside.any():
            return math.inf
    raise LimitError(
        f"no end of an excursion after {MAX_EXCURSION} queries: the steps {match_step} and {mismatch_step} "
        f"are too small beside the threshold {threshold}; choose p1 further from p0"
    )
