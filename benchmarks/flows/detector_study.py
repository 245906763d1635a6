"""The numbers of docs/bio-rollup-detector.md: published counts, run lengths, and what thieves get.

python benchmarks/flows/detector_study.py [--data FILE.npz] [--queries N] [--seeds N]
"""

from __future__ import annotations

import argparse
import math
import time
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from assay.rollup.datasets import Dataset, Split, load_dataset, split_by_purpose
from assay.rollup.detector import SCALE, CusumDetector, PaperDetector, credit_table
from assay.rollup.model import ImageClassifier
from assay.rollup.policies import HidingThief, HonestUser, QueryPolicy, RandomThief, legal_queries
from assay.rollup.simulation import calibrate, simulate
from assay.rollup.stealing import copy_accuracy


def paper_blocks_at(alpha: int, share: str, base: float, limit: int = 20_000) -> int | None:
    """Query that blocks under xi > 1/2: `alpha` legal queries, then a share t of legal ones, evenly interleaved."""
    detector, credit, nonce = PaperDetector(base), 0, 0
    for query in range(1, limit + 1):
        after = query - alpha
        match = after <= 0 or legal_queries(Fraction(share), after) > legal_queries(Fraction(share), after - 1)
        credit, nonce, blocked = detector.step(credit, nonce, match)
        if blocked:
            return query
    return None


def mean_count(alpha: int, share: str, runs: int = 400, queries: int = 9000) -> float:
    """Mean of the same count in base 10 with 3 % errors on legal queries and 10 % hits by chance on the others."""
    generator = np.random.default_rng(0)
    legal = np.diff([legal_queries(Fraction(share), max(0, k - alpha)) for k in range(queries + 1)]) > 0
    legal[:alpha] = True
    table, counts = credit_table()[1 : queries + 1], []
    for _ in range(runs):
        match = np.where(legal, generator.random(queries) >= 0.03, generator.random(queries) < 0.10)
        suspect = 2 * np.cumsum(np.where(match, SCALE, -table)) < SCALE * np.arange(1, queries + 1)
        counts.append(1 + alpha + int(np.argmax(suspect[alpha:])))
    return float(np.mean(counts))


def published_counts() -> None:
    """Figure 8 of the paper: exact counts, and means with errors."""
    print("alpha   t     paper  base 10  natural log  base 10 with errors")
    rows = [(500, "0.1", 588), (500, "0.5", 619), (500, "0.7", 822)]
    rows += [(100, "0.5", 144), (1000, "0.5", 1212), (3000, "0.5", 3491), (5000, "0.5", 5868)]
    for alpha, share, paper in rows:
        counts = [paper_blocks_at(alpha, share, base) for base in (10.0, math.e)]
        mean = mean_count(alpha, share)
        print(f"{alpha:5d}   {share}  {paper:6d}  {counts[0]!s:>7}  {counts[1]!s:>11}  {mean:19.0f}")


def run_lengths() -> None:
    """Constants and expected run lengths for some match rates of honest accounts."""
    print("\n  p0     z_1     z_0       h     ARL0   ARL1  hiding t=0.5  random")
    for p0 in (0.99, 0.97, 0.95, 0.90, 0.80):
        d = CusumDetector.fit(p0)
        hiding, random = d.run_length(0.5 * p0 + 0.05 * (1 - p0)), d.run_length(0.1)
        print(
            f"{p0:.2f} {d.match_step:7d} {d.mismatch_step:7d} {d.threshold:7d} {d.arl0:8.0f} {d.arl1:6.1f} "
            f"{hiding:13.1f} {random:7.1f}"
        )


def accounts(dataset: Dataset, split: Split, seed: int) -> dict[str, list[QueryPolicy]]:
    """Honest users of every class, and thieves that registered every class."""
    labels, everyone = dataset.labels, range(dataset.n_classes)
    return {
        "honest": [HonestUser(labels, split.users, c, seed=1000 * seed + c) for c in everyone],
        "random": [RandomThief(split.thieves, c, seed=1000 * seed + c) for c in everyone],
        "hiding": [HidingThief(labels, split.thieves, c, seed=1000 * seed + c) for c in everyone],
        "late": [HidingThief(labels, split.thieves, c, warm_up=500, seed=1000 * seed + c) for c in everyone],
    }


def median(counts: list[int | None]) -> str:
    """Median block, an account never blocked counting as infinite."""
    value = float(np.median([math.inf if count is None else count for count in counts]))
    return "never" if math.isinf(value) else f"{value:g}"


def study(source: str, queries: int, seeds: int) -> None:
    """Train, calibrate, and audit honest users and thieves on one data set."""
    dataset = load_dataset(source)
    split = split_by_purpose(dataset)
    start = time.perf_counter()
    model = ImageClassifier().fit(dataset.images[split.train], dataset.labels[split.train])
    seconds = time.perf_counter() - start
    answers: NDArray[np.int64] = model.predict(dataset.images)
    measured = calibrate(model, dataset, split.calibration)
    detector = measured.fit_detector()
    accuracy = float(np.mean(answers[split.scoring] == dataset.labels[split.scoring]))
    print(f"\n{dataset.name}: {split.train.size} training samples, {seconds:.1f} s, accuracy {accuracy:.3f}")
    print(f"match rate {measured.average:.3f} on {measured.samples} samples, p0 = {measured.p0:.3f}; {detector}")
    if uneven := measured.uneven_classes():
        print(f"classes below p0: {uneven}")
    print("role    accounts  blocked  median block  blocked by xi  median block by xi")
    for role in ("honest", "random", "hiding", "late"):
        policies = [policy for seed in range(seeds) for policy in accounts(dataset, split, seed)[role]]
        length = queries + (500 if role == "late" else 0)
        ours = [simulate(policy, answers, detector, length).blocked_at for policy in policies]
        paper = [simulate(policy, answers, PaperDetector(), length).blocked_at for policy in policies]
        caught, by_xi = (sum(count is not None for count in counts) for counts in (ours, paper))
        print(f"{role:7} {len(policies):8d} {caught:8d} {median(ours):>13} {by_xi:14d} {median(paper):>19}")
    print("copy     labels  accuracy  agreement")
    for role in ("random", "hiding"):
        trace = simulate(accounts(dataset, split, 0)[role][0], answers, detector, queries)
        for count in (trace.answered(), queries):
            copy = copy_accuracy(dataset, trace.samples[:count], trace.labels[:count], split.scoring, answers=answers)
            print(f"{role:7} {copy.queries:7d} {copy.accuracy:9.3f} {copy.agreement:10.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    published_counts()
    run_lengths()
    study(arguments.data, arguments.queries, arguments.seeds)
