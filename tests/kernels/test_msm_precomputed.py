"""Sums over precomputed bases against the plain sum, all levels, threads and memory factors."""

from __future__ import annotations

import random

import numpy as np
import pytest

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, WrongType
from assay.crypto import bn254, msm
from assay.crypto.field import Fr, Limbs

R = Fr.modulus
SUM = {8: msm.msm_g1, 16: msm.msm_g2}
FIXED = {8: msm.fixed_base_g1, 16: msm.fixed_base_g2}
EDGES = [0, 1, 2, R - 1, R - 2, R // 2, R // 2 + 1, 2**64 - 1, 2**64, 2**128 - 1, R - 2**64, R - 2**63]
POWERS = [((1 << k) + d) % R for k in range(1, 254) for d in (-1, 0, 1)]


def points_of(logs: list[int], limbs: int) -> Limbs:
    generator = (bn254.G1_GENERATOR if limbs == 8 else bn254.G2_GENERATOR)[0]
    return FIXED[limbs](generator, Fr.to_limbs([k % R for k in logs]))


def check(points: Limbs, scalars: list[int], factors: tuple[int | None, ...] = (None, 3)) -> None:
    rows = Fr.to_limbs(scalars)
    limbs = points.shape[1]
    want = SUM[limbs](points, rows)
    for factor in factors:
        table = _native.PrecomputedBases(points, limbs, factor or 64)
        for lean in (False, True):
            assert np.array_equal(table.msm(rows, lean=lean)[0], want), (factor, lean)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [0, 1, 2, 16, 17, 18, 33, 100, 255, 256, 257, 511])
def test_sizes_with_edge_scalars(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    points = points_of([rng.randrange(R) for _ in range(n)], limbs)
    check(points, [rng.choice([*EDGES, rng.randrange(R)]) for _ in range(n)])


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5, 8, 11, 16, 40, None])
def test_every_memory_factor(isa: str, limbs: int, factor: int | None) -> None:
    rng = random.Random(limbs)
    for n in (60, 700):
        points, scalars = points_of([rng.randrange(R) for _ in range(n)], limbs), Fr.random(n)
        bases = msm.PrecomputedBases(points, memory_factor=factor)
        assert np.array_equal(bases.msm(scalars), SUM[limbs](points, scalars))


@pytest.mark.parametrize("limbs", [8, 16])
def test_powers_of_two_and_their_neighbours(isa: str, threads: int, limbs: int) -> None:
    rng = random.Random(limbs)
    n = len(POWERS)
    for logs in ([rng.randrange(R) for _ in range(n)], [7] * n, [rng.randrange(-1, 2) for _ in range(n)]):
        check(points_of(logs, limbs), POWERS)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("scalar", [0, 1, R - 1, R // 2, R // 2 + 1, 2**64, sum(1 << (15 * i) for i in range(17))])
def test_equal_scalars_fill_few_buckets(isa: str, limbs: int, scalar: int) -> None:
    rng = random.Random(scalar)
    points = points_of([rng.choice([5, -5, rng.randrange(R)]) for _ in range(600)], limbs)
    check(points, [scalar % R] * 600)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [20, 400])
def test_infinity_among_the_bases(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    logs = [rng.choice([0, 0, rng.randrange(R)]) for _ in range(n)]
    scalars = [rng.choice([*EDGES, rng.randrange(R)]) for _ in range(n)]
    check(points_of(logs, limbs), scalars)
    check(points_of([0] * n, limbs), scalars)


@pytest.mark.parametrize(("limbs", "n"), [(8, 40_000), (16, 3000)])
def test_wide_windows_to_the_widest(isa: str, limbs: int, n: int) -> None:
    """40,000 points take windows of 16 bits, the most that digits hold."""
    rng = random.Random(n)
    logs = [rng.randrange(R) for _ in range(n)]
    pool = [*EDGES, *POWERS, *(rng.randrange(R) for _ in range(800))]
    scalars = [rng.choice(pool) for _ in range(n)]
    points = points_of(logs, limbs)
    total = sum(a * k for a, k in zip(logs, scalars, strict=True))
    assert np.array_equal(SUM[limbs](points, Fr.to_limbs(scalars)), points_of([total], limbs)[0])
    check(points, scalars, (None,))


def test_a_table_serves_many_sums_at_every_level(isa: str) -> None:
    """A table made at one level is read at another."""
    points = points_of(list(range(1, 601)), 8)
    bases = msm.PrecomputedBases(points)
    assert len(bases) == 600
    for level in ("portable", isa):
        _native.set_isa(level)
        for scalars in (Fr.random(600), Fr.random(600), Fr.to_limbs([1] * 600)):
            assert np.array_equal(bases.msm(scalars), msm.msm_g1(points, scalars))


def test_bad_input_is_refused(isa: str) -> None:
    points = points_of(list(range(1, 31)), 8)
    bases = msm.PrecomputedBases(points)
    scalars = Fr.to_limbs(list(range(30)))
    good = bases.msm(scalars)
    too_large = scalars.copy()
    too_large[29] = np.frombuffer(R.to_bytes(32, "little"), np.uint64)
    with pytest.raises(EncodingError):
        bases.msm(too_large)
    for wrong in (scalars[:29], np.concatenate([scalars, scalars]), scalars[:0]):
        with pytest.raises(InvalidInput, match="30 points"):
            bases.msm(wrong)
        with pytest.raises(InvalidInput, match="30 points"):
            _native.PrecomputedBases(points, 8, 4).msm(wrong)
    with pytest.raises(WrongType):
        bases.msm(scalars.astype(np.int64))
    with pytest.raises(WrongType):
        msm.PrecomputedBases(points.astype(np.float64))
    off_curve, above_p = points.copy(), points.copy()
    off_curve[2, 0] ^= np.uint64(1)
    above_p[0, :4] = 2**64 - 1
    with pytest.raises(EncodingError, match="curve"):
        msm.PrecomputedBases(off_curve)
    with pytest.raises(EncodingError, match="canonical"):
        msm.PrecomputedBases(above_p)
    with pytest.raises(InvalidInput):
        msm.PrecomputedBases(np.zeros((3, 9), np.uint64))
    for factor in (0, -1):
        with pytest.raises(InvalidInput, match="memory_factor"):
            msm.PrecomputedBases(points, memory_factor=factor)
    with pytest.raises(InvalidInput):
        _native.PrecomputedBases(points, 8, 0)
    assert np.array_equal(bases.msm(scalars), good)


def test_progress_and_its_errors() -> None:
    bases = msm.PrecomputedBases(points_of(list(range(1, 2001)), 8), memory_factor=4)
    steps: list[tuple[str, int, int]] = []
    bases.msm(Fr.random(2000), progress=lambda *step: steps.append(step))
    assert steps
    assert steps[-1][1] == steps[-1][2]

    def stop(*_: object) -> None:
        raise LookupError("stop")

    with pytest.raises(LookupError, match="stop"):
        bases.msm(Fr.random(2000), progress=stop)


def test_the_memory_estimate(isa: str) -> None:
    n = 1 << 14
    for g2, point in ((False, 64), (True, 128)):
        tables = [msm.estimate_precomputed(n, g2=g2, memory_factor=f)[0] for f in (1, 2, 4, 8, 16, None)]
        assert tables[0] == n * point
        assert tables == sorted(tables)
        assert all(t <= f * n * point for t, f in zip(tables, (1, 2, 4, 8, 16), strict=False))
        assert tables[-1] >= 10 * n * point
        assert n * point < msm.estimate_precomputed(n, g2=g2)[1] < 2 * msm.estimate(n, g2=g2)
