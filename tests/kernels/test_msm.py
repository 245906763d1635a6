"""Multi-scalar multiplication against py_ecc: values that collide, cancel and vanish, all levels and threads."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
from py_ecc import optimized_bn128 as curve

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, WrongType
from assay.crypto import msm
from assay.crypto.field import Fp, Fr, Limbs

R = Fr.modulus
GENERATORS: dict[int, Any] = {8: curve.G1, 16: curve.G2}
SUM = {8: msm.msm_g1, 16: msm.msm_g2}
FIXED = {8: msm.fixed_base_g1, 16: msm.fixed_base_g2}


def encode(points: list[Any], limbs: int) -> Limbs:
    """Points of py_ecc as rows of limbs."""
    coordinates: list[int] = []
    for point in points:
        if curve.is_inf(point):
            coordinates += [0] * (limbs // 4)
            continue
        for c in curve.normalize(point):
            coordinates += [int(c)] if limbs == 8 else [int(v) for v in c.coeffs]
    return Fp.to_limbs(coordinates).reshape(-1, limbs)


def multiple(k: int, limbs: int) -> Limbs:
    """k times the generator, by py_ecc: uint64[limbs]."""
    return encode([curve.multiply(GENERATORS[limbs], k % R)], limbs)[0]


def points_of(logs: list[int], limbs: int) -> Limbs:
    """logs[i] times the generator. test_fixed_base_equals_py_ecc checks the kernel that makes them."""
    generator = encode([GENERATORS[limbs]], limbs)[0]
    return FIXED[limbs](generator, Fr.to_limbs([k % R for k in logs]))


def check(logs: list[int], scalars: list[int], limbs: int) -> None:
    got = SUM[limbs](points_of(logs, limbs), Fr.to_limbs(scalars))
    want = multiple(sum(a * k for a, k in zip(logs, scalars, strict=True)), limbs)
    assert np.array_equal(got, want)
    bases, rows = _native.points_to_montgomery(points_of(logs, limbs), limbs), Fr.to_limbs(scalars)
    for lean, classes in ((True, False), (False, True), (True, True)):
        assert np.array_equal(_native.msm(bases, rows, limbs, lean=lean, classes=classes)[0], want), (lean, classes)


def mixed_scalars(n: int, rng: random.Random) -> list[int]:
    edges = [0, 1, 2, R - 1, R - 2, R // 2, R // 2 + 1, 2**64 - 1, 2**64, 2**253, 2**128 - 1, R - 2**64, R - 2**63]
    return [rng.choice(edges) if rng.random() < 0.5 else rng.randrange(R) for _ in range(n)]


@pytest.mark.parametrize("limbs", [8, 16])
def test_fixed_base_equals_py_ecc(isa: str, limbs: int) -> None:
    rng = random.Random(7)
    edges = [0, 1, 2, 3, R - 1, R - 2, R // 2, R // 2 + 1, 2**253, 2**64 - 1, 8, 7, 2**200 + 2**100]
    for log in (1, R - 1, rng.randrange(R)):
        base = multiple(log, limbs)
        scalars = edges + [rng.randrange(R) for _ in range(7)]
        got = FIXED[limbs](base, Fr.to_limbs(scalars))
        assert np.array_equal(got, np.array([multiple(k * log, limbs) for k in scalars]))
    assert not FIXED[limbs](np.zeros(limbs, np.uint64), Fr.to_limbs(edges)).any()
    assert FIXED[limbs](base, Fr.to_limbs([])).shape == (0, limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [513, 5000])
def test_fixed_base_window_sizes_agree(isa: str, threads: int, limbs: int, n: int) -> None:
    """More scalars take wider windows; the sum of all multiples is one multiple."""
    scalars = mixed_scalars(n, random.Random(n))
    base = multiple(12345, limbs)
    rows = FIXED[limbs](base, Fr.to_limbs(scalars))
    total = SUM[limbs](rows, Fr.to_limbs([1] * n))
    assert np.array_equal(total, multiple(12345 * sum(scalars), limbs))
    few = FIXED[limbs](base, Fr.to_limbs(scalars[:40]))
    assert np.array_equal(rows[:40], few)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [255, 256, 257, 1023, 1025, 2047, 2049])
def test_fixed_base_row_by_row_equals_the_portable_level(isa: str, limbs: int, n: int) -> None:
    """From 256 scalars on the levels with lanes take blocks of 2048 (G1) or 1024 (G2)."""
    rows = Fr.to_limbs(mixed_scalars(n, random.Random(n)))
    base = multiple(R - 3, limbs)
    got = FIXED[limbs](base, rows)
    _native.set_isa("portable")
    assert np.array_equal(got, FIXED[limbs](base, rows))


def test_fixed_base_of_many_scalars_at_the_edges(isa: str) -> None:
    zeros = Fr.to_limbs([0] * 300)
    assert not msm.fixed_base_g1(multiple(1, 8), zeros).any()
    assert not msm.fixed_base_g1(np.zeros(8, np.uint64), Fr.to_limbs([R - 1] * 300)).any()
    same = msm.fixed_base_g1(multiple(2, 8), Fr.to_limbs([R - 1] * 300))
    assert np.array_equal(same, np.repeat(multiple(-2, 8).reshape(1, 8), 300, axis=0))
    zeros[299] = np.array([R >> (64 * i) & (2**64 - 1) for i in range(4)], dtype=np.uint64)
    with pytest.raises(EncodingError):
        msm.fixed_base_g1(multiple(1, 8), zeros)


def test_fixed_base_of_a_wide_window(isa: str) -> None:
    n = 1 << 18
    scalars = mixed_scalars(n, random.Random(n))
    rows = msm.fixed_base_g1(multiple(1, 8), Fr.to_limbs(scalars))
    total = msm.msm_g1(rows, Fr.to_limbs([1] * n))
    assert np.array_equal(total, multiple(sum(scalars), 8))


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 257])
def test_sizes_with_edge_scalars(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    check([rng.randrange(R) for _ in range(n)], mixed_scalars(n, rng), limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [1 << 10, (1 << 12) + 1])
def test_random(isa: str, threads: int, limbs: int, n: int) -> None:
    rng = random.Random(n)
    check([rng.randrange(R) for _ in range(n)], [rng.randrange(R) for _ in range(n)], limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("scalar", [0, 1, 2, R - 1, R // 2, R // 2 + 1, 2**64 - 1, 2**64, 0x0123456789ABCDEF << 180])
@pytest.mark.parametrize("n", [5, 40, 700])
def test_equal_scalars_fill_one_bucket(isa: str, limbs: int, scalar: int, n: int) -> None:
    rng = random.Random(n)
    check([rng.randrange(R) for _ in range(n)], [scalar] * n, limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [3, 64, 1000])
def test_equal_points_double_at_every_step(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    check([42] * n, [rng.randrange(R) for _ in range(n)], limbs)
    check([42] * n, [rng.randrange(3) for _ in range(n)], limbs)
    check([42] * n, [R - 1] * n, limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [4, 20, 500])
def test_opposite_points_cancel(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    half = [rng.randrange(1, R) for _ in range(n)]
    scalars = [rng.randrange(R) for _ in range(n)]
    check([a for k in half for a in (k, -k)], [s for s in scalars for _ in range(2)], limbs)
    check([a for k in half for a in (k, k)], [s for k in scalars for s in (k, (R - k) % R)], limbs)
    check([a for k in half for a in (k, -k, k)], [1] * (3 * n), limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [1, 16, 50, 600])
def test_infinity_among_the_bases(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    logs = [rng.choice([0, 0, rng.randrange(R)]) for _ in range(n)]
    check(logs, mixed_scalars(n, rng), limbs)
    check([0] * n, mixed_scalars(n, rng), limbs)


def test_a_bucket_longer_than_a_chunk(isa: str, threads: int) -> None:
    rng = random.Random(3)
    n = 30_000
    logs = [rng.randrange(R) for _ in range(n)]
    scalars = [rng.choice([1, 1, 1, R - 1, 5, rng.randrange(R)]) for _ in range(n)]
    check(logs, scalars, 8)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [255, 256, 257, 511, 512, 1025])
def test_sizes_around_the_first_in_lanes(isa: str, threads: int, limbs: int, n: int) -> None:
    rng = random.Random(n)
    check([rng.randrange(R) for _ in range(n)], [rng.randrange(1, R) for _ in range(n)], limbs)


@pytest.mark.parametrize("limbs", [8, 16])
def test_buckets_of_unequal_lengths(isa: str, limbs: int) -> None:
    """Buckets of 1 to 257 entries, which are cut at 128, with signs, equal and opposite points."""
    rng = random.Random(limbs)
    lengths = [1, 2, 3, 7, 8, 9, 127, 128, 129, 255, 256, 257, 64, 64, 63, 65, 1, 1]
    scalars = [sign * (b + 1) % R for b, length in enumerate(lengths) for sign in rng.choices([1, -1], k=length)]
    logs = [rng.choice([5, -5, rng.randrange(R), rng.randrange(R)]) for _ in scalars]
    check(logs, scalars, limbs)
    check([1] * len(scalars), scalars, limbs)
    check([rng.choice([1, -1]) for _ in scalars], scalars, limbs)
    everywhere = [k * (1 + (1 << 60) + (1 << 120) + (1 << 180)) % R for k in scalars]
    check(logs, everywhere, limbs)


@pytest.mark.parametrize("limbs", [8, 16])
@pytest.mark.parametrize("n", [300, 2000])
def test_powers_of_two_and_their_neighbours(isa: str, limbs: int, n: int) -> None:
    rng = random.Random(n)
    edges = [0, 1, R - 1, R // 2, R // 2 + 1, *(((1 << k) + d) % R for k in range(1, 254) for d in (-1, 0, 1))]
    scalars = [edges[i % len(edges)] for i in range(n)]
    check([rng.randrange(R) for _ in range(n)], scalars, limbs)
    check([rng.randrange(2) for _ in range(n)], scalars, limbs)
    check([7] * n, scalars, limbs)


def test_lanes_give_the_bytes_of_the_scalar_levels(isa: str, threads: int) -> None:
    rng = random.Random(1)
    for limbs, n in ((8, 6000), (16, 1500)):
        points = points_of([rng.choice([3, -3, rng.randrange(R)]) for _ in range(n)], limbs)
        scalars = Fr.to_limbs([rng.choice([1, R - 1, rng.randrange(R)]) for _ in range(n)])
        got = SUM[limbs](points, scalars)
        _native.set_isa("portable")
        want = SUM[limbs](points, scalars)
        _native.set_isa(isa)
        assert np.array_equal(got, want)


def test_every_bucket_of_a_toy_window(isa: str) -> None:
    """Scalars that run through every digit of the lowest windows, their neighbours and their negatives."""
    scalars = [k % R for i in range(64) for k in (i, -i, i << 4, i << 60, (i << 64) - 1, R // 2 + i)]
    check(list(range(1, len(scalars) + 1)), scalars, 8)


def test_a_prepared_basis_gives_the_same(isa: str) -> None:
    points = points_of(list(range(1, 200)), 8)
    scalars = Fr.random(199)
    bases = msm.Bases(points)
    assert len(bases) == 199
    assert np.array_equal(bases.msm(scalars), msm.msm_g1(points, scalars))


def test_bad_input_is_refused(isa: str) -> None:
    points = points_of([1, 2, 3], 8)
    scalars = Fr.to_limbs([1, 2, 3])
    too_large = scalars.copy()
    too_large[1] = np.frombuffer(R.to_bytes(32, "little"), np.uint64)
    for repeat in (1, 20):
        with pytest.raises(EncodingError):
            msm.msm_g1(np.tile(points, (repeat, 1)), np.tile(too_large, (repeat, 1)))
        with pytest.raises(EncodingError):
            _native.msm(np.tile(points, (repeat, 1)), np.tile(too_large, (repeat, 1)), 8, classes=True)
    with pytest.raises(EncodingError):
        msm.fixed_base_g1(points[0], too_large)
    off_curve = points.copy()
    off_curve[2, 0] ^= np.uint64(1)
    with pytest.raises(EncodingError, match="curve"):
        msm.msm_g1(off_curve, scalars)
    above_p = points.copy()
    above_p[0, :4] = 2**64 - 1
    with pytest.raises(EncodingError, match="canonical"):
        msm.msm_g1(above_p, scalars)
    with pytest.raises(InvalidInput):
        msm.msm_g1(points, scalars[:2])
    with pytest.raises(InvalidInput):
        msm.msm_g2(points, scalars)
    with pytest.raises(WrongType):
        msm.msm_g1(points.astype(np.int64), scalars)
    with pytest.raises(InvalidInput):
        msm.fixed_base_g1(points, scalars)
    with pytest.raises(InvalidInput):
        msm.Bases(np.zeros((3, 9), np.uint64))


def test_progress_and_its_errors() -> None:
    n = 2000
    points, scalars = points_of(list(range(1, n + 1)), 8), Fr.random(n)
    steps: list[tuple[str, int, int]] = []
    msm.msm_g1(points, scalars, progress=lambda *step: steps.append(step))
    assert steps
    assert steps[-1][1] == steps[-1][2]
    assert all(a[1] < b[1] for a, b in itertools.pairwise(steps))

    def stop(*_: object) -> None:
        raise LookupError("stop")

    with pytest.raises(LookupError, match="stop"):
        msm.msm_g1(points, scalars, progress=stop)


def test_the_memory_estimate_grows_with_the_size() -> None:
    sizes = [msm.estimate(1 << k) for k in range(4, 27, 2)]
    assert sizes == sorted(sizes)
    assert msm.estimate(1 << 20) < msm.estimate(1 << 20, g2=True) < 1 << 28
    assert _native.fixed_base_memory_estimate(1 << 20, 8) <= 1 << 25
