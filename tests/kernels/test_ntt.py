"""Transforms against the naive sum over Python integers, on every level and number of threads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from assay import _native, num_threads, set_num_threads
from assay.core.errors import EncodingError, InvalidInput
from assay.crypto import ntt
from assay.crypto.field import Fr

R = Fr.modulus


def to_limbs(values: list[int]) -> np.ndarray:
    return Fr.to_limbs(values)


def from_limbs(rows: np.ndarray) -> list[int]:
    return Fr.from_limbs(rows)


def samples(n: int, seed: int = 0) -> list[int]:
    rng = random.Random(seed)
    edges = [0, 1, R - 1, R - 2, 2**253, 2**64 - 1, 2**192 - 1, R // 2]
    return [rng.choice(edges) if rng.random() < 0.2 else rng.randrange(R) for _ in range(n)]


def naive(coefficients: list[int], points: list[int]) -> list[int]:
    values = []
    for x in points:
        y = 0
        for a in reversed(coefficients):
            y = (y * x + a) % R
        values.append(y)
    return values


def points(n: int, shift: int = 1) -> list[int]:
    w = pow(5, (R - 1) // n, R)
    return [shift * pow(w, i, R) % R for i in range(n)]


def reverse_bits(values: list[int]) -> list[int]:
    bits = len(values).bit_length() - 1
    return [values[int(format(i, f"0{bits}b")[::-1], 2) if bits else 0] for i in range(len(values))]


def recursive(coefficients: list[int], w: int) -> list[int]:
    """The textbook transform, as a reference where the naive sum is too slow."""
    if len(coefficients) == 1:
        return coefficients
    even, odd = recursive(coefficients[::2], w * w % R), recursive(coefficients[1::2], w * w % R)
    low, high, x = [], [], 1
    for e, o in zip(even, odd, strict=True):
        low.append((e + x * o) % R)
        high.append((e - x * o) % R)
        x = x * w % R
    return low + high


@cache
def textbook(log_n: int, shift: int) -> tuple[list[int], list[int], list[int]]:
    """Coefficients, their values on H, and those on the coset."""
    w = pow(5, (R - 1) >> log_n, R)
    coefficients = samples(1 << log_n, log_n)
    scaled = [a * pow(shift, i, R) % R for i, a in enumerate(coefficients)]
    return coefficients, recursive(coefficients, w), recursive(scaled, w)


@pytest.mark.parametrize("log_n", range(9))
@pytest.mark.parametrize("shift", [None, 5, R - 1, 123456789 << 200])
def test_equals_the_naive_sum(isa: str, log_n: int, shift: int | None) -> None:
    n = 1 << log_n
    coefficients = samples(n, log_n)
    want = naive(coefficients, points(n, shift or 1))
    assert from_limbs(ntt.ntt(to_limbs(coefficients), coset=shift)) == want
    assert from_limbs(ntt.ntt(to_limbs(coefficients), coset=shift, bit_reversed=True)) == reverse_bits(want)
    assert from_limbs(ntt.ntt(to_limbs(want), coset=shift, inverse=True)) == coefficients
    assert (
        from_limbs(ntt.ntt(to_limbs(reverse_bits(want)), coset=shift, inverse=True, bit_reversed=True)) == coefficients
    )


@pytest.mark.parametrize("log_n", [9, 10, 14, 15])
def test_large_sizes_equal_the_textbook_transform(isa: str, threads: int, log_n: int) -> None:
    shift = 7
    coefficients, values, on_coset = textbook(log_n, shift)
    assert from_limbs(ntt.ntt(to_limbs(coefficients))) == values
    assert from_limbs(ntt.ntt(to_limbs(values), inverse=True)) == coefficients
    assert from_limbs(ntt.ntt(to_limbs(coefficients), coset=shift)) == on_coset
    assert from_limbs(ntt.ntt(to_limbs(on_coset), coset=shift, inverse=True)) == coefficients
    extended = ntt.extend(to_limbs(reverse_bits(values)), shift)
    assert from_limbs(extended) == reverse_bits(on_coset)


KINDS = ["forward", "inverse", "forward_natural", "inverse_natural", "extend", "extend_odd"]


def vectors(log_n: int) -> Iterator[np.ndarray]:
    """Random values, values that are r - 1 at random or everywhere, and r - 1 at one place."""
    n = 1 << log_n
    rng = np.random.default_rng(log_n)
    values = rng.integers(0, 2**64, (n, 4), dtype=np.uint64)
    values[:, 3] >>= np.uint64(3)
    yield values
    largest = to_limbs([R - 1])[0]
    yield np.where(rng.random((n, 1)) < 0.5, largest, values)
    yield np.tile(largest, (n, 1))
    for place in sorted({0, n - 1, int(rng.integers(n))}):
        spike = np.zeros((n, 4), dtype=np.uint64)
        spike[place] = largest
        yield spike


def shifts(log_n: int) -> list[np.ndarray | None]:
    odd = pow(5, (R - 1) >> (log_n + 1), R)
    return [None, *(to_limbs([s]) for s in (7, R - 1, odd, pow(odd, -1, R), 123456789 << 200))]


@pytest.mark.parametrize("log_n", range(15))
def test_levels_agree(isa: str, log_n: int) -> None:
    for values in vectors(log_n):
        for kind in KINDS:
            for shift in [None] if kind == "extend_odd" else shifts(log_n):
                got = _native.ntt(values, kind, shift)
                _native.set_isa("portable")
                want = _native.ntt(values, kind, shift)
                _native.set_isa(isa)
                assert np.array_equal(got, want), (kind, shift)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = num_threads()
    set_num_threads(2)
    yield
    set_num_threads(before)


@pytest.mark.parametrize("log_n", [16, 17, 22])
def test_levels_agree_on_large_sizes(isa: str, two_threads: None, log_n: int) -> None:
    values = next(vectors(log_n))
    kinds = KINDS if log_n < 22 else ["forward"]
    for kind, shift in zip(kinds, shifts(log_n), strict=False):
        coset = None if kind == "extend_odd" else shift
        got = _native.ntt(values, kind, coset)
        _native.set_isa("adx" if isa == "portable" else "portable")
        assert np.array_equal(got, _native.ntt(values, kind, coset)), kind
        _native.set_isa(isa)
        if kind == "forward":
            assert np.array_equal(_native.ntt(got, "inverse", coset), values)


@pytest.mark.parametrize("log_n", [0, 3, 6, 7, 11, 12])
def test_extends_to_the_odd_powers(isa: str, log_n: int) -> None:
    w = pow(5, (R - 1) >> (log_n + 1), R)
    coefficients = samples(1 << log_n, log_n)
    even = recursive(coefficients, w * w % R)
    odd = recursive([a * pow(w, i, R) % R for i, a in enumerate(coefficients)], w * w % R)
    assert from_limbs(_native.ntt(to_limbs(even), "extend_odd")) == odd
    with pytest.raises(InvalidInput):
        _native.ntt(to_limbs(even), "extend_odd", to_limbs([7]))


@pytest.mark.parametrize("edge", [0, 1, R - 1])
@pytest.mark.parametrize("log_n", [0, 1, 5, 14])
def test_constant_vectors(isa: str, edge: int, log_n: int) -> None:
    n = 1 << log_n
    assert from_limbs(ntt.ntt(to_limbs([edge] * n))) == [edge * n % R] + [0] * (n - 1)
    assert from_limbs(ntt.ntt(to_limbs([edge] + [0] * (n - 1)))) == [edge] * n


@pytest.mark.parametrize("log_n", [21])
def test_three_levels_of_passes_round_trip(log_n: int) -> None:
    n = 1 << log_n
    rng = np.random.default_rng(log_n)
    values = rng.integers(0, 2**64, (n, 4), dtype=np.uint64)
    values[:, 3] >>= np.uint64(3)
    out = ntt.ntt(values, coset=11)
    coefficients = from_limbs(values)
    for i in (0, 1, n // 2 + 1):
        assert from_limbs(out[i : i + 1]) == naive(coefficients, [11 * pow(5, (R - 1) // n * i, R) % R])
    assert np.array_equal(ntt.ntt(out, coset=11, inverse=True), values)


def test_linear(isa: str) -> None:
    n = 256
    a, b = samples(n, 1), samples(n, 2)
    c = [(x + 3 * y) % R for x, y in zip(a, b, strict=True)]
    fa, fb, fc = (from_limbs(ntt.ntt(to_limbs(v))) for v in (a, b, c))
    assert fc == [(x + 3 * y) % R for x, y in zip(fa, fb, strict=True)]


@pytest.mark.parametrize("degree", [1, 3, 60])
def test_multiplies_polynomials(isa: str, degree: int) -> None:
    a, b = samples(degree, 3), samples(degree, 4)
    want = [0] * (2 * degree - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            want[i + j] = (want[i + j] + x * y) % R
    n = 1 << (2 * degree - 1).bit_length()
    fa, fb = (ntt.ntt(to_limbs(v + [0] * (n - degree)), bit_reversed=True) for v in (a, b))
    product = _native.field_vector_op(1, 2, fa, fb)
    assert from_limbs(ntt.ntt(product, inverse=True, bit_reversed=True)) == want + [0] * (n - len(want))


@pytest.mark.parametrize("log_n", [0, 1, 2, 6, 11])
def test_lagrange_basis(isa: str, threads: int, log_n: int) -> None:
    n = 1 << log_n
    domain = points(n)
    for tau in (0, 1, 2, R - 1, domain[-1], domain[n // 2], 987654321 << 190):
        got = from_limbs(ntt.lagrange(tau, n))
        if tau in domain:
            assert got == [int(x == tau) for x in domain]
        else:
            z = (pow(tau, n, R) - 1) * pow(n, -1, R)
            assert got == [z * x * pow(tau - x, -1, R) % R for x in domain]


def test_the_root_is_the_one_of_snarkjs() -> None:
    # ffjavascript 0.3: Fr.w[28] = nqr^t, nqr = 5
    assert ntt.root_of_unity(1 << 28) == 19103219067921713944291392827692070036145651957329286315305642004821462161904
    assert pow(ntt.root_of_unity(1 << 28), 1 << 27, R) == R - 1


def test_bad_input_is_refused() -> None:
    with pytest.raises(TypeError):
        ntt.ntt(np.zeros((4, 4), dtype=np.int64))
    for shape in ((0, 4), (3, 4), (4, 5)):
        with pytest.raises(InvalidInput):
            ntt.ntt(np.zeros(shape, dtype=np.uint64))
    for bad in (R, R + 1, 2**256 - 1):
        with pytest.raises(EncodingError):
            ntt.ntt(np.frombuffer(b"".join(v.to_bytes(32, "little") for v in (0, 1, bad, 0)), np.uint64).reshape(4, 4))
    for bad in (0, R, -1):
        with pytest.raises(InvalidInput):
            ntt.ntt(to_limbs([0, 1]), coset=bad)
        with pytest.raises(InvalidInput):
            ntt.root_of_unity(bad)
    with pytest.raises(InvalidInput):
        ntt.lagrange(R, 4)


def test_the_input_is_left_alone() -> None:
    values = to_limbs(samples(64))
    before = values.copy()
    ntt.ntt(values)
    assert np.array_equal(values, before)
