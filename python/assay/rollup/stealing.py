"""How good a stolen copy is: train a surrogate on the labels a thief obtained and score it on data nobody else used.

Source: the threat model of F. Tramer et al., "Stealing machine learning models via prediction APIs", USENIX Security
2016, with labels only; accuracy and fidelity as in M. Jagielski et al., USENIX Security 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InvalidInput
from assay.core.progress import SILENT, Progress
from assay.rollup.datasets import Dataset
from assay.rollup.model import ImageClassifier


@dataclass(frozen=True, slots=True)
class CopyScore:
    """Worth of a copy.

    Attributes:
        accuracy: share of the scoring samples that the copy labels as they truly are.
        agreement: share that it labels as the served model does (fidelity); None where that was not asked for.
        queries: labels that the thief had.
    """

    accuracy: float
    agreement: float | None
    queries: int


def copy_accuracy(
    dataset: Dataset,
    samples: NDArray[np.int64],
    labels: NDArray[np.int64],
    scoring: NDArray[np.int64],
    *,
    answers: NDArray[np.int64] | None = None,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = SILENT,
) -> CopyScore:
    """Train a copy of the served model's architecture on (sample, label) pairs and score it.

    A thief without any label guesses (1 / n_classes); one that saw a single label always answers that.

    Args:
        dataset: where the samples come from.
        samples: int64[q], samples asked for; repeated ones count once.
        labels: int64[q], labels obtained.
        scoring: samples to score on; none of them may be among `samples`.
        answers: int64[n], labels of the served model for the whole data set, for `agreement`.
        seed: of the copy's training.
        device: "cpu" or "cuda".
        progress: told of the training.

    Raises:
        InvalidInput: lengths differ, or a scoring sample was trained on.
        DependencyMissing: torch is not installed.
    """
    if samples.shape != labels.shape or samples.ndim != 1:
        raise InvalidInput(f"samples has shape {samples.shape} and labels {labels.shape}; give one label a sample")
    if np.intersect1d(samples, scoring).size:
        raise InvalidInput("a scoring sample is among those the copy learns from; score on samples of their own")
    distinct, first = np.unique(samples, return_index=True)
    targets = labels[first]
    if distinct.size == 0:
        chance = 1.0 / dataset.n_classes
        return CopyScore(chance, None if answers is None else chance, 0)
    if np.unique(targets).size == 1:
        guessed = np.full(scoring.size, targets[0])
    else:
        copy = ImageClassifier(seed=seed, device=device)
        guessed = copy.fit(dataset.images[distinct], targets, progress=progress).predict(dataset.images[scoring])
    return CopyScore(
        accuracy=float(np.mean(guessed == dataset.labels[scoring])),
        agreement=None if answers is None else float(np.mean(guessed == answers[scoring])),
        queries=int(samples.size),
    )
