"""The detector of the rollup: Page's CUSUM over matches and mismatches, in the integers that the circuit computes with.

    S' = max(0, S + z_b),   blocked when S' >= h,   b = 1 when the answer is the label the account registered

Source: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954). z_b = log(P1(b) / P0(b)) is the
log-likelihood ratio of a Bernoulli(p1) against a Bernoulli(p0) match, rounded to an integer at scale 2^16: z_1 =
`match_step` < 0 and z_0 = `mismatch_step` > 0. p0 is the match rate of honest accounts, measured on held-out data; p1
the rate that must be caught. The clamp at 0 is the point: 500 legal queries buy a thief nothing, where a score that
averages (or a Wald test that may accept) lets the credit of the past pay for the theft of today.

Ranges: 0 <= S < h + z_0 <= 2^32, as `CusumDetector` refuses constants beyond that and a blocked account takes no
further step. The block is latched: only the registrar clears it, which sets S to 0.

The score printed in the paper, which is not safe to block by, is `PaperDetector` in `paper_score`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from assay.core.errors import InvalidInput, StateError
from assay.rollup.paper_score import PaperDetector, credit_table, paper_score
from assay.rollup.run_length import average_run_length

__all__ = ["SCALE", "SCORE_LIMIT", "CusumDetector", "PaperDetector", "credit_table", "paper_score"]

SCALE = 1 << 16
"""One nat of log-likelihood."""

SCORE_LIMIT = 1 << 32
"""S stays below this, so that one 32-bit range check in the circuit holds it."""

DEFAULT_ARL0 = 10_000.0
"""Honest queries between two false blocks, on average."""

DEFAULT_DROP = 0.2
"""p0 - p1, unless the caller names p1."""

MIN_DROP = 0.02
"""p1 must lie at least this far below p0: nearer, an account's life is too short to tell them apart."""


@dataclass(frozen=True, slots=True)
class CusumDetector:
    """Constants of the detector, as they stand in the configuration that the contract holds.

    Attributes:
        match_step: z_1 < 0, in units of 2^-16 nat.
        mismatch_step: z_0 > 0, same unit.
        threshold: h > 0, same unit; S >= h means blocked.
        p0: match rate of honest accounts the constants were made for.
        p1: match rate to be caught.
        arl0: expected queries until an account with rate p0 is blocked (a false block).
        arl1: expected queries until an account with rate p1 is blocked.
    """

    match_step: int
    mismatch_step: int
    threshold: int
    p0: float
    p1: float
    arl0: float
    arl1: float

    def __post_init__(self) -> None:
        for name in ("match_step", "mismatch_step", "threshold"):
            value = getattr(self, name)
            if type(value) is not int:
                raise InvalidInput(f"{name} is {value!r}; give an int (units of 2^-16 nat)")
        if not self.match_step < 0 < self.mismatch_step:
            raise InvalidInput(
                f"match_step is {self.match_step} and mismatch_step {self.mismatch_step}; "
                "a match must lower the score, a mismatch raise it"
            )
        if self.match_step <= -SCORE_LIMIT:
            raise InvalidInput(f"match_step is {self.match_step}; it must be above -2^32")
        if not 0 < self.threshold <= SCORE_LIMIT - self.mismatch_step:
            raise InvalidInput(
                f"threshold is {self.threshold}; it must lie between 1 and 2^32 - mismatch_step = "
                f"{SCORE_LIMIT - self.mismatch_step}, so that the score stays below 2^32"
            )

    @classmethod
    def fit(cls, p0: float, p1: float | None = None, arl0: float = DEFAULT_ARL0) -> CusumDetector:
        """Constants for given rates: the least threshold whose in-control run length is at least `arl0`.

        Args:
            p0: match rate of honest accounts, measured on data the model was not trained on; 0 < p0 < 1 (estimate it
            with a
                smoothed rate such as `simulation.calibrate` gives: a plain 100 % makes one mismatch infinitely bad).
            p1: match rate to be caught, at most p0 - 0.02; default p0 - 0.2.
            arl0: target for the expected number of honest queries until a false block, above 1.

        Raises:
            InvalidInput: rates out of order or range, or a target at or below 1 or not finite.
        """
        if p1 is None:
            if p0 <= DEFAULT_DROP:
                raise InvalidInput(
                    f"p0 is {p0}: with a match rate of {DEFAULT_DROP} or less, name p1 yourself or train a better model"
                )
            p1 = p0 - DEFAULT_DROP
        if not 0.0 < p1 < p0 < 1.0:
            raise InvalidInput(f"p0 is {p0} and p1 {p1}; the rates must satisfy 0 < p1 < p0 < 1")
        if p0 - p1 < MIN_DROP:
            raise InvalidInput(f"p0 is {p0} and p1 {p1}; they must differ by at least {MIN_DROP}")
        if not 1.0 < arl0 < math.inf:
            raise InvalidInput(f"arl0 is {arl0}; give a finite number of queries above 1")
        match_step = round(SCALE * math.log(p1 / p0))
        mismatch_step = round(SCALE * math.log((1.0 - p1) / (1.0 - p0)))
        threshold = _least_threshold(p0, match_step, mismatch_step, arl0)
        return cls(
            match_step=match_step,
            mismatch_step=mismatch_step,
            threshold=threshold,
            p0=p0,
            p1=p1,
            arl0=average_run_length(p0, match_step, mismatch_step, threshold),
            arl1=average_run_length(p1, match_step, mismatch_step, threshold),
        )

    def is_blocked(self, score: int) -> bool:
        """Whether an account with this S is blocked."""
        return score >= self.threshold

    def step(self, score: int, match: bool) -> tuple[int, bool]:
        """S' after one audited query, and whether the account is blocked from now on.

        Raises:
            InvalidInput: S outside 0..2^32 - 1.
            StateError: the account is blocked already.
        """
        if not 0 <= score < SCORE_LIMIT:
            raise InvalidInput(f"score is {score}; it must lie between 0 and 2^32 - 1")
        if self.is_blocked(score):
            raise StateError(
                f"the account is blocked (score {score} >= {self.threshold}); only the registrar can clear it"
            )
        after = max(0, score + (self.match_step if match else self.mismatch_step))
        return after, self.is_blocked(after)

    def run_length(self, match_rate: float) -> float:
        """Expected queries until an account that matches with this rate is blocked."""
        return average_run_length(match_rate, self.match_step, self.mismatch_step, self.threshold)


def _least_threshold(p0: float, match_step: int, mismatch_step: int, arl0: float) -> int:
    """Least h with ARL(p0) >= arl0. The run length never falls as h grows, so doubling and bisection find it."""
    below, enough = 0, mismatch_step
    while average_run_length(p0, match_step, mismatch_step, enough) < arl0:
        below, enough = enough, 2 * enough
        if enough > SCORE_LIMIT:
            raise InvalidInput(f"no threshold below 2^32 reaches a run length of {arl0} at p0 = {p0}; lower arl0")
    while enough - below > 1:
        middle = (below + enough) // 2
        if average_run_length(p0, match_step, mismatch_step, middle) < arl0:
            below = middle
        else:
            enough = middle
    return enough
