"""The CUSUM detector, its run lengths, and the score of the paper."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import AssayError, InvalidInput, LimitError, StateError
from assay.rollup import run_length
from assay.rollup.detector import SCALE, SCORE_LIMIT, CusumDetector, PaperDetector, credit_table, paper_score
from assay.rollup.paper_score import CREDIT_LIMIT, NONCE_LIMIT
from assay.rollup.policies import legal_queries
from assay.rollup.run_length import average_run_length

# --- run lengths ----------------------------------------------------------------------------------------------------


def run_length_by_fractions(p: Fraction, m: int, big: int, h: int) -> Fraction:
    """Solve L(s) = 1 + p L(max(0, s + m)) + (1 - p) L(s + M) over all reachable states, by rational elimination."""
    states, todo = {0: 0}, [0]
    while todo:
        s = todo.pop()
        for t in (max(0, s + m), s + big):
            if t < h and t not in states:
                states[t] = len(states)
                todo.append(t)
    n = len(states)
    rows = [[Fraction(0)] * n + [Fraction(1)] for _ in range(n)]
    for s, i in states.items():
        rows[i][i] += 1
        rows[i][states[max(0, s + m)]] -= p
        if s + big < h:
            rows[i][states[s + big]] -= 1 - p
    for i in range(n):
        pivot = next(j for j in range(i, n) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for j in range(n):
            if j != i and rows[j][i]:
                rows[j] = [x - rows[j][i] * y for x, y in zip(rows[j], rows[i], strict=True)]
    return rows[0][n]


@pytest.mark.parametrize(
    ("m", "big", "h"), [(-1, 1, 1), (-1, 1, 7), (-2, 3, 11), (-3, 2, 9), (-1, 9, 9), (-7, 5, 30), (-1, 9, 25)]
)
@pytest.mark.parametrize("p", [Fraction(1, 10), Fraction(1, 2), Fraction(3, 4), Fraction(19, 20)])
def test_run_length_solves_the_markov_chain(m: int, big: int, h: int, p: Fraction) -> None:
    exact = run_length_by_fractions(p, m, big, h)
    assert average_run_length(float(p), m, big, h) == pytest.approx(float(exact), rel=1e-12)


def test_run_length_of_the_gamblers_ladder() -> None:
    # Steps -1/+1, p = 1/2, reflected at 0: expected time from 0 to h is h (h + 1).
    for h in (1, 2, 5, 40):
        assert average_run_length(0.5, -1, 1, h) == pytest.approx(h * (h + 1), rel=1e-12)


def test_run_length_at_the_edges() -> None:
    assert average_run_length(0.0, -5, 10, 31) == 4.0
    assert average_run_length(0.0, -5, 10, 30) == 3.0
    assert average_run_length(1.0, -5, 10, 30) == math.inf
    assert average_run_length(0.9, -5, 10, 10) == pytest.approx(10.0)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(InvalidInput):
            average_run_length(bad, -5, 10, 30)
    for m, big, h in ((0, 1, 1), (-1, 0, 1), (-1, 1, 0), (1, -1, 5)):
        with pytest.raises(InvalidInput):
            average_run_length(0.5, m, big, h)


def test_run_length_refuses_endless_excursions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_length, "MAX_EXCURSION", 50)
    with pytest.raises(LimitError, match="choose p1 further from p0"):
        average_run_length(0.5, -1, 1, 1000)


@pytest.mark.parametrize("rate", [0.9, 0.7, 0.45])
def test_run_length_agrees_with_monte_carlo(rate: float) -> None:
    detector = CusumDetector.fit(0.9, 0.7, arl0=200)
    generator = np.random.default_rng(7)
    runs = 4000
    score = np.zeros(runs, dtype=np.int64)
    length = np.zeros(runs)
    running = np.ones(runs, dtype=bool)
    while running.any():
        match = generator.random(runs) < rate
        score = np.where(
            running, np.maximum(0, score + np.where(match, detector.match_step, detector.mismatch_step)), score
        )
        length += running
        running &= score < detector.threshold
    standard_error = length.std() / math.sqrt(runs)
    assert abs(length.mean() - detector.run_length(rate)) < 4.5 * standard_error


# --- CUSUM ----------------------------------------------------------------------------------------------------------


def test_fit_gives_the_least_threshold() -> None:
    detector = CusumDetector.fit(0.97)
    assert detector.p1 == pytest.approx(0.77)
    assert detector.match_step == round(SCALE * math.log(0.77 / 0.97)) == -15133
    assert detector.mismatch_step == round(SCALE * math.log(0.23 / 0.03)) == 133489
    steps = detector.match_step, detector.mismatch_step
    assert detector.arl0 >= 10_000 > average_run_length(0.97, *steps, detector.threshold - 1)
    assert detector.arl0 == detector.run_length(0.97)
    assert detector.arl1 == detector.run_length(0.77) < 30
    assert detector.run_length(0.5) < 10


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 0.999), st.floats(0.12, 0.28), st.sampled_from([50.0, 1000.0, 20_000.0]))
def test_fit_keeps_its_promises(p0: float, drop: float, arl0: float) -> None:
    detector = CusumDetector.fit(p0, p0 - drop, arl0)
    assert detector.match_step < 0 < detector.mismatch_step
    assert detector.arl0 >= arl0
    assert detector.arl1 < detector.arl0
    assert detector.threshold + detector.mismatch_step <= SCORE_LIMIT


@pytest.mark.parametrize(
    ("p0", "p1", "arl0"),
    [(1.0, 0.8, 100), (0.9, 0.9, 100), (0.9, 0.95, 100), (0.9, 0.89, 100), (0.9, 0.0, 100), (0.15, None, 100),
     (math.nan, 0.5, 100), (0.9, 0.7, 1.0), (0.9, 0.7, math.inf), (0.9, 0.7, math.nan)],
)  # fmt: skip
def test_fit_refuses(p0: float, p1: float | None, arl0: float) -> None:
    with pytest.raises(InvalidInput):
        CusumDetector.fit(p0, p1, arl0)


@pytest.mark.parametrize(
    "constants",
    [
        (0, 1, 1),
        (1, 1, 1),
        (-1, 0, 1),
        (-1, 1, 0),
        (-1, 1, SCORE_LIMIT),
        (-SCORE_LIMIT, 1, 1),
        (-1.0, 1, 1),
        (True, 1, 1),
    ],
)
def test_constants_out_of_range_are_refused(constants: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput):
        CusumDetector(*constants, p0=0.9, p1=0.7, arl0=1.0, arl1=1.0)


def test_step_is_pages_recursion_and_latches() -> None:
    detector = CusumDetector(-3, 5, 11, p0=0.9, p1=0.7, arl0=1.0, arl1=1.0)
    assert detector.step(0, True) == (0, False)
    assert detector.step(2, True) == (0, False)
    assert detector.step(3, True) == (0, False)
    assert detector.step(4, True) == (1, False)
    assert detector.step(0, False) == (5, False)
    assert detector.step(5, False) == (10, False)
    assert detector.step(6, False) == (11, True)  # >= h, not > h
    for blocked in (11, 15, SCORE_LIMIT - 1):
        with pytest.raises(StateError, match="registrar"):
            detector.step(blocked, True)
    for bad in (-1, SCORE_LIMIT):
        with pytest.raises(InvalidInput):
            detector.step(bad, True)


def test_the_largest_allowed_constants_stay_below_2_to_32() -> None:
    detector = CusumDetector(-1, 1000, SCORE_LIMIT - 1000, p0=0.9, p1=0.7, arl0=1.0, arl1=1.0)
    assert detector.step(detector.threshold - 1, False) == (SCORE_LIMIT - 1, True)


def test_legal_queries_made_first_buy_nothing() -> None:
    detector = CusumDetector.fit(0.97)

    def mismatches_until_block(matches_first: int) -> int:
        score = 0
        for _ in range(matches_first):
            score, _ = detector.step(score, True)
        for count in itertools.count(1):
            score, blocked = detector.step(score, False)
            if blocked:
                return count
        raise AssertionError

    assert mismatches_until_block(0) == mismatches_until_block(500) == mismatches_until_block(5000) == 4


# --- the paper's score ----------------------------------------------------------------------------------------------


def paper_blocks_at(alpha: int, t: str, base: float, limit: int = 20_000) -> int | None:
    """`alpha` legal queries, then a share t of legal ones interleaved evenly; number of the query that blocks."""
    detector, credit, nonce = PaperDetector(base), 0, 0
    for query in range(1, limit + 1):
        j = query - alpha
        match = j <= 0 or legal_queries(Fraction(t), j) > legal_queries(Fraction(t), j - 1)
        credit, nonce, blocked = detector.step(credit, nonce, match)
        if blocked:
            return query
    return None


@pytest.mark.parametrize(("t", "published", "ours"), [("0.1", 588, 588), ("0.5", 619, 682), ("0.7", 822, 887)])
def test_counts_of_figure_8a(t: str, published: int, ours: int) -> None:
    assert paper_blocks_at(500, t, 10.0) == ours
    assert abs(ours - published) <= 0.11 * published


@pytest.mark.parametrize(
    ("alpha", "published", "ours"),
    [(100, 144, 148), (500, 619, 682), (1000, 1212, 1328), (3000, 3491, 3850), (5000, 5868, 6334)],
)
def test_counts_of_figure_8c(alpha: int, published: int, ours: int) -> None:
    assert paper_blocks_at(alpha, "0.5", 10.0) == ours
    assert abs(ours - published) <= 0.11 * published


def xi_after(alpha: int, t: str, base: float, queries: int) -> float:
    table, credit = credit_table(base), 0
    for query in range(1, queries + 1):
        j = query - alpha
        match = j <= 0 or legal_queries(Fraction(t), j) > legal_queries(Fraction(t), j - 1)
        credit += SCALE if match else -int(table[query])
    return paper_score(credit, queries)


def test_ninety_percent_legal_is_never_blocked_in_base_ten_only() -> None:
    assert paper_blocks_at(500, "0.9", 10.0, 5000) is None
    assert xi_after(500, "0.9", 10.0, 5000) == pytest.approx(0.39, abs=0.005)
    assert paper_blocks_at(500, "0.9", math.e, 5000) is not None


@pytest.mark.parametrize(("t", "ours"), [("0.1", 543), ("0.5", 580), ("0.7", 647)])
def test_counts_with_the_natural_logarithm(t: str, ours: int) -> None:
    assert paper_blocks_at(500, t, math.e) == ours


def test_mean_counts_with_errors_and_chance_hits() -> None:
    # 3 % errors on legal queries, 10 % hits by chance on the others, judged from the first theft on; means of 200 runs.
    expected = {(500, "0.1"): 580, (500, "0.5"): 663, (500, "0.7"): 829, (100, "0.5"): 146, (1000, "0.5"): 1281}
    generator = np.random.default_rng(0)
    table, queries, runs = credit_table()[1:4001], 4000, 200
    for (alpha, t), mean in expected.items():
        counts = [legal_queries(Fraction(t), k) for k in range(queries - alpha + 1)]
        legal = np.concatenate([np.ones(alpha, dtype=bool), np.diff(counts) > 0])
        match = np.where(legal, generator.random((runs, queries)) >= 0.03, generator.random((runs, queries)) < 0.10)
        credit = np.cumsum(np.where(match, SCALE, -table), axis=1)
        suspect = 2 * credit < SCALE * np.arange(1, queries + 1)
        suspect[:, :alpha] = False
        assert suspect.any(axis=1).all()
        assert (1 + suspect.argmax(axis=1)).mean() == pytest.approx(mean, rel=0.02)


def test_honest_users_of_an_imperfect_model_are_blocked_near_1896() -> None:
    # Expected credit after N queries at 13 % model error: sum of 0.87 - 0.13 T[i].
    table = credit_table() / SCALE
    expected_xi = 1 - np.cumsum(0.87 - 0.13 * table[1:]) / np.arange(1, NONCE_LIMIT)
    assert int(np.argmax(expected_xi > 0.5)) + 1 == 1896


def test_paper_score_values() -> None:
    assert paper_score(0, 0) == 0.0
    assert paper_score(SCALE, 1) == 0.0
    assert paper_score(-int(credit_table()[1]), 1) == pytest.approx(1 + math.log10(2), abs=1e-5)
    assert paper_score(SCALE, 2) == 0.5
    assert not PaperDetector().is_blocked(SCALE, 2)  # suspect above 0.5, not at it
    assert PaperDetector().is_blocked(SCALE - 1, 2)
    for credit, nonce in ((0, -1), (0, NONCE_LIMIT), (SCALE + 1, 1), (-CREDIT_LIMIT, 1)):
        with pytest.raises(InvalidInput):
            paper_score(credit, nonce)


def test_paper_detector_warns_and_refuses() -> None:
    detector = PaperDetector()
    assert "reproduction only" in detector.warning
    with pytest.raises(StateError, match="blocked"):
        detector.step(-SCALE, 5, True)
    last = NONCE_LIMIT - 1
    assert detector.step((last - 1) * SCALE, last - 1, True) == (last * SCALE, last, False)
    with pytest.raises(StateError, match="full"):
        detector.step(last * SCALE, last, True)


# --- the table ------------------------------------------------------------------------------------------------------


def test_table_is_correctly_rounded() -> None:
    table = credit_table()
    assert table.dtype == np.int64
    assert table.shape == (NONCE_LIMIT,)
    assert table[:4].tolist() == [0, 19728, 31269, 39457]
    assert [int(table[10**k - 1]) for k in range(5)] == [k * SCALE for k in range(5)]
    with localcontext() as context:
        context.prec = 50
        scale = SCALE / Decimal(10).ln()
        # The entries nearest to a rounding boundary in double precision, and a sample of the others.
        double = SCALE * np.log10(np.arange(1, NONCE_LIMIT + 1))
        nearest = np.argsort(np.abs(double - np.floor(double) - 0.5))[:200]
        for i in {*nearest.tolist(), *range(0, NONCE_LIMIT, 97), NONCE_LIMIT - 1}:
            assert abs(scale * Decimal(i + 1).ln() - int(table[i])) <= Decimal("0.5"), i
    assert np.all(np.diff(table) >= 0)


def test_table_is_shared_and_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        credit_table()[0] = 1
    assert credit_table() is credit_table(10)


@pytest.mark.parametrize("base", [2.0, math.e, 4.0, 10.0, 1.1])
def test_credit_never_leaves_its_range(base: float) -> None:
    # The extremes over all orders of matches and mismatches are all matches and all mismatches.
    lowest = -int(credit_table(base)[1:].sum())
    highest = (NONCE_LIMIT - 1) * SCALE
    assert -CREDIT_LIMIT < lowest < 0 < highest < CREDIT_LIMIT


def test_the_base_ten_sum_stated_in_the_module() -> None:
    assert int(credit_table().sum()) == 18_821_527_120 < 1 << 35


@pytest.mark.parametrize("base", [1.0, 0.5, 0.0, -2.0, math.inf, math.nan, 1.05])
def test_bad_bases_are_refused(base: float) -> None:
    with pytest.raises(InvalidInput):
        credit_table(base)
    with pytest.raises(AssayError):
        PaperDetector(base)
