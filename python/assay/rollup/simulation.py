"""The audit without cryptography: measure p0, and run accounts against a detector.

What the circuit proves step by step is computed here with the same integers, to choose the detector's constants, to
run the unblocked counterfactual, and to test the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput
from assay.rollup.datasets import Dataset
from assay.rollup.detector import DEFAULT_ARL0, CusumDetector
from assay.rollup.paper_score import NONCE_LIMIT, SCALE, PaperDetector, credit_table
from assay.rollup.policies import OWN_SHARE, Answered, QueryPolicy

PRIOR_WEIGHT = 10.0
"""Samples by which a class's measured rate is drawn towards the average of all classes."""

MAX_GAP = 0.1
"""p0 lies at most this far below the average rate: half of the default p0 - p1."""


class Classifier(Protocol):
    """Anything that predicts labels."""

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """Labels int64[n] for images float32[n, channels, height, width]."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often honest accounts match, measured on samples the model was not trained on.

    Attributes:
        samples: how many held-out samples were measured.
        average: match rate over all of them.
        class_rates: float64[n_classes], match rate of an account that registered this class: the posterior mean under a
            Beta prior with the average as its mean and `PRIOR_WEIGHT` samples as its weight, so few samples give no
            extreme rate.
        p0: the rate the detector is made for: that of the weakest class, so that its run length holds for every honest
            account, but no more than `MAX_GAP` below the average.
    """

    samples: int
    average: float
    class_rates: NDArray[np.float64]
    p0: float

    def fit_detector(self, p1: float | None = None, arl0: float = DEFAULT_ARL0) -> CusumDetector:
        """`CusumDetector.fit` with the measured p0."""
        return CusumDetector.fit(self.p0, p1, arl0)

    def uneven_classes(self) -> list[int]:
        """Classes that match too rarely for p0: their honest accounts will be blocked sooner than arl0 says."""
        return [int(label) for label in np.flatnonzero(self.class_rates < self.p0)]


def calibrate(
    model: Classifier, dataset: Dataset, held_out: NDArray[np.int64], own_share: float = OWN_SHARE
) -> Calibration:
    """Measure the match rate of honest accounts, which ask for their own class with `own_share`.

    Raises:
        InvalidInput: no sample of some class, or own_share outside 0..1.
    """
    if not 0.0 <= own_share <= 1.0:
        raise InvalidInput(f"own_share is {own_share}; give a share between 0 and 1")
    truth = dataset.labels[held_out]
    counts = np.bincount(truth, minlength=dataset.n_classes)
    if not counts.all():
        raise InvalidInput(f"no held-out sample of class {int(np.argmin(counts))}; every class must be measured")
    predicted = model.predict(dataset.images[held_out])
    right = np.bincount(truth[predicted == truth], minlength=dataset.n_classes)
    wrongly_named = np.bincount(predicted[predicted != truth], minlength=dataset.n_classes)
    # Half a match and half a mismatch are added to the average, so that it is never 0 or 1 (Jeffreys).
    recall = (right.sum() + 0.5) / (truth.size + 1.0)
    recall_by_class = (right + PRIOR_WEIGHT * recall) / (counts + PRIOR_WEIGHT)
    chance = wrongly_named / (truth.size - counts)
    class_rates = own_share * recall_by_class + (1.0 - own_share) * chance
    average = float(class_rates @ counts / truth.size)
    p0 = max(float(class_rates.min()), average - MAX_GAP)
    return Calibration(samples=int(truth.size), average=average, class_rates=class_rates, p0=p0)


@dataclass(frozen=True, slots=True)
class AccountTrace:
    """One account's queries under audit. Arrays have one entry a query; what follows the block is counterfactual.

    Attributes:
        registered_label: the class the account registered.
        samples: int64, sample asked for.
        labels: int64, label that came back.
        matches: bool, label == registered label.
        scores: int64, S of the CUSUM after the query (never latched here); zeros without a CUSUM detector.
        credits: int64, credit of Eq. (3) at scale 2^16 after the query.
        blocked_at: number of the query (from 1) whose audit blocked the account, or None. Its label was still released.
    """

    registered_label: int
    samples: NDArray[np.int64]
    labels: NDArray[np.int64]
    matches: NDArray[np.bool_]
    scores: NDArray[np.int64]
    credits: NDArray[np.int64]
    blocked_at: int | None

    def attack_rates(self) -> NDArray[np.float64]:
        """xi of Eq. (4) after each query."""
        rates: NDArray[np.float64] = 1.0 - self.credits / (SCALE * np.arange(1, self.credits.size + 1))
        return rates

    def answered(self) -> int:
        """Labels the account obtained before it was blocked."""
        return int(self.labels.size) if self.blocked_at is None else self.blocked_at


def simulate(
    policy: QueryPolicy,
    answers: NDArray[np.int64],
    detector: CusumDetector | PaperDetector | None,
    queries: int,
) -> AccountTrace:
    """Drive an account through `queries` audited queries.

    Args:
        policy: whom to simulate.
        answers: int64[n], the label the model gives for each sample of the data set.
        detector: who blocks; None for the unblocked counterfactual.
        queries: how many, below 2^16; the trace goes on after a block, which `blocked_at` marks.

    Raises:
        InvalidInput: too many queries.
    """
    if not 0 <= queries < NONCE_LIMIT:
        raise InvalidInput(f"queries is {queries}; an account holds 0 to {NONCE_LIMIT - 1} queries")
    table = credit_table(detector.base if isinstance(detector, PaperDetector) else 10.0)
    history: list[Answered] = []
    scores = np.zeros(queries, dtype=np.int64)
    credits = np.zeros(queries, dtype=np.int64)
    score, credit = 0, 0
    blocked_at = None
    for nonce in range(1, queries + 1):
        sample = policy.next(history)
        label = int(answers[sample])
        history.append(Answered(sample, label))
        match = label == policy.registered_label
        credit += SCALE if match else -int(table[nonce])
        blocked = False
        if isinstance(detector, CusumDetector):
            score = max(0, score + (detector.match_step if match else detector.mismatch_step))
            blocked = detector.is_blocked(score)
        elif detector is not None:
            blocked = detector.is_blocked(credit, nonce)
        if blocked and blocked_at is None:
            blocked_at = nonce
        scores[nonce - 1], credits[nonce - 1] = score, credit
    labels = np.array([answered.label for answered in history], dtype=np.int64)
    return AccountTrace(
        registered_label=policy.registered_label,
        samples=np.array([answered.sample for answered in history], dtype=np.int64),
        labels=labels,
        matches=labels == policy.registered_label,
        scores=scores,
        credits=credits,
        blocked_at=blocked_at,
    )
