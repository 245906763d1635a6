"""Arrays of encrypted numbers behave as numpy's arrays of exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paillier_keys import private_key

from assay.crypto.paillier import BoundError, EncryptedArray, FixedPoint, KeyholderRandomness, concatenate

SECRET = private_key()
KEY = SECRET.public_key
FAST = KeyholderRandomness(SECRET)
few = settings(max_examples=15, deadline=None)


def enc(values: Any, encoding: FixedPoint | None = None) -> EncryptedArray:
    return KEY.encrypt(values, encoding=encoding, randomness=FAST)


def dec(array: EncryptedArray) -> Any:
    return SECRET.decrypt(array)


# --- encoding ---------------------------------------------------------------------------------------------------------


@few
@given(st.lists(st.floats(-(2.0**30), 2.0**30), min_size=1, max_size=20), st.integers(0, 40))
def test_floats_are_rounded_to_nearest(values: list[float], bits: int) -> None:
    encoding = FixedPoint.of_bits(31, bits)
    rows = encoding.encode(np.array(values))
    for value, got in zip(values, encoding.decode(rows, (len(values),)).tolist(), strict=True):
        m = Fraction(value) * 2**bits
        assert Fraction(got) * 2**bits == round(m)


def test_both_ways_of_encoding_agree() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(size=50), rng.normal(size=50) * 1e6, [0.5, 1.5, -0.5, -2.5, 0.0]])
    for bits in (0, 1, 16, 32):
        narrow, wide = FixedPoint(bits, 2**62), FixedPoint(bits, 2**200)
        assert np.array_equal(
            narrow.decode(narrow.encode(values), values.shape), wide.decode(wide.encode(values), values.shape)
        )


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_integers_of_every_width(dtype: str) -> None:
    info = np.iinfo(dtype)
    values = np.array([info.min, info.max, 0, 1], dtype=dtype)
    got = dec(enc(values))
    assert got.tolist() == values.tolist()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floats_of_every_width(dtype: str) -> None:
    values = np.array([0.0, 1.5, -2.25, 0.1], dtype=dtype)
    got = dec(enc(values))
    assert got.dtype == np.float64
    assert np.abs(got - values.astype(np.float64)).max() <= 2.0**-33


def test_long_integers() -> None:
    big = np.array([2**200, -(2**200), 0], dtype=object)
    encoding = FixedPoint.of_bits(201)
    assert dec(enc(big, encoding)).tolist() == big.tolist()
    assert dec(enc(3 * 10**17)) == 3 * 10**17


# --- arithmetic -------------------------------------------------------------------------------------------------------

ints = st.integers(-(2**31), 2**31 - 1)


@few
@given(st.lists(st.tuples(ints, ints, ints), min_size=1, max_size=6))
def test_linear_combinations(triples: list[tuple[int, int, int]]) -> None:
    a, b, w = (np.array(column, dtype=np.int64) for column in zip(*triples, strict=True))
    x, y = enc(a), enc(b)
    assert dec(x + y).tolist() == (a + b).tolist()
    assert dec(x - y).tolist() == (a - b).tolist()
    assert dec(-x).tolist() == (-a).tolist()
    assert dec(x + b).tolist() == dec(b + x).tolist() == (a + b).tolist()
    assert dec(x - b).tolist() == (a - b).tolist()
    assert dec(b - x).tolist() == (b - a).tolist()
    wanted = [int(p) * int(q) for p, q in zip(a, w, strict=True)]
    assert dec(x * w).tolist() == dec(w * x).tolist() == wanted
    assert dec(x.multiply(w, public=True)).tolist() == wanted
    total = sum(int(p) * int(q) for p, q in zip(a, w, strict=True))
    assert dec(x @ w) == dec(w @ x) == dec(x.dot(w, public=True)) == total
    assert dec(x.sum()) == int(a.sum())


def test_extreme_operands_in_the_clear() -> None:
    least, most = -(2**63), 2**63 - 1
    x = enc(np.array([3, -3]))
    for value in (least, most):
        plain = np.array([value, value])
        assert dec(x + plain).tolist() == [3 + value, value - 3]
        assert dec(x - plain).tolist() == [3 - value, -3 - value]
        assert dec(plain - x).tolist() == [value - 3, value + 3]
        assert dec(x * plain).tolist() == [3 * value, -3 * value]
    assert dec(x + 2**70).tolist() == [2**70 + 3, 2**70 - 3]
    assert dec(x * 2**70).tolist() == [3 * 2**70, -3 * 2**70]
    assert dec(2**70 - x).tolist() == [2**70 - 3, 2**70 + 3]
    unsigned = np.array([2**64 - 1, 0], dtype=np.uint64)
    assert dec(x - unsigned).tolist() == [3 - (2**64 - 1), -3]


def test_scales_meet() -> None:
    x, y = enc(np.array([1.5, -2.25])), enc(np.array([3, 4]))
    assert dec(x + y).tolist() == dec(y + x).tolist() == [4.5, 1.75]
    assert dec(y - x).tolist() == [1.5, 6.25]
    assert dec(y + 0.5).tolist() == [3.5, 4.5]
    assert dec(x + 1).tolist() == [2.5, -1.25]
    assert dec(x * 2).tolist() == dec(2 * x).tolist() == [3.0, -4.5]
    assert dec(y * 0.25).tolist() == [0.75, 1.0]
    assert dec((x * 0.5) + y).tolist() == [3.75, 2.875]
    assert dec(0.5 - x).tolist() == [-1.0, 2.75]
    finer = FixedPoint.of_bits(8, 48)
    assert dec(x.add(np.array([2.0**-48, 0.0]), encoding=finer)).tolist() == [1.5 + 2.0**-48, -2.25]


def test_matrices() -> None:
    rng = np.random.default_rng(2)
    a, w = rng.integers(-100, 100, (3, 4)), rng.integers(-100, 100, (4, 5))
    x = enc(a)
    assert dec(x @ w).tolist() == (a @ w).tolist()
    assert dec(x @ w[:, 0]).tolist() == (a @ w[:, 0]).tolist()
    assert dec(w.T @ x.T).tolist() == (w.T @ a.T).tolist()
    assert dec(w[:, 1] @ x.T).tolist() == (w[:, 1] @ a.T).tolist()
    assert dec(x[0] @ w).tolist() == (a[0] @ w).tolist()
    assert dec(x.dot(w, public=True)).tolist() == (a @ w).tolist()
    narrow = FixedPoint.of_bits(7)
    assert dec(x.dot(w, encoding=narrow)).tolist() == (a @ w).tolist()
    floats = rng.normal(size=4)
    got = dec(enc(a.astype(float)) @ floats)
    assert np.abs(got - a @ floats).max() < 1e-6


def test_form_follows_numpy() -> None:
    a = np.arange(24).reshape(2, 3, 4)
    x = enc(a)
    keys = [0, -1, (1, 2, 3), slice(None, None, -1), (..., 1), (slice(None), 1), (None, 0), a > 11, ([0, 1], [1, 2])]
    for key in keys:
        assert np.array_equal(dec(x[key]), a[key]), key
    assert x.shape == a.shape
    assert (x.ndim, x.size, len(x)) == (3, 24, 2)
    assert np.array_equal(dec(x.T), a.T)
    assert np.array_equal(dec(x.transpose(1, 0, 2)), a.transpose(1, 0, 2))
    assert np.array_equal(dec(x.reshape(4, -1)), a.reshape(4, -1))
    assert np.array_equal(dec(x.ravel()), a.ravel())
    assert np.array_equal(dec(x.sum(axis=1)), a.sum(axis=1))
    assert np.array_equal(dec(x.sum(axis=-1)), a.sum(axis=-1))
    assert np.array_equal(dec(x + np.arange(4)), a + np.arange(4))
    assert np.array_equal(dec(x + x[0, 0]), a + a[0, 0])
    assert np.array_equal(dec(x[0, 0] + np.ones((3, 1), dtype=np.int8)), a[0, 0] + np.ones((3, 1), dtype=np.int8))
    assert np.array_equal(dec(x[:1].broadcast_to((5, 3, 4))), np.broadcast_to(a[:1], (5, 3, 4)))
    assert [dec(row).tolist() for row in x] == a.tolist()
    assert np.array_equal(dec(concatenate([x, x[:1]])), np.concatenate([a, a[:1]]))
    assert np.array_equal(dec(concatenate([x, x], axis=-1)), np.concatenate([a, a], axis=-1))
    mixed = concatenate([enc(np.array([1])), enc(np.array([0.5]))])
    assert dec(mixed).tolist() == [1.0, 0.5]


def test_empty_arrays() -> None:
    x = enc(np.zeros((0, 3), dtype=np.int64))
    assert dec(x).shape == (0, 3)
    assert dec(x + x).shape == (0, 3)
    assert dec(-x).shape == (0, 3)
    assert dec(x @ np.ones(3, dtype=np.int64)).shape == (0,)


# --- bounds -----------------------------------------------------------------------------------------------------------


@few
@given(st.integers(1, 2**40), st.integers(1, 2**20), st.integers(1, 300))
def test_bounds_hold_at_the_extreme(value_bound: int, weight_bound: int, terms: int) -> None:
    values = np.full(3, -value_bound, dtype=np.int64)
    x = enc(values, FixedPoint(0, value_bound))
    weights = FixedPoint(0, weight_bound)
    y = x.multiply(np.full(3, weight_bound), encoding=weights)
    assert y.encoding.bound == value_bound * weight_bound
    assert dec(y).tolist() == [-value_bound * weight_bound] * 3
    assert (x + x).encoding.bound == 2 * value_bound
    total = x[:1].broadcast_to((terms,)).sum()
    assert total.encoding.bound == terms * value_bound
    assert dec(total) == -terms * value_bound


def test_the_last_operation_that_fits_fits() -> None:
    most = KEY.max_bound
    x = enc(np.array([most // 2, -(most // 2)], dtype=object), FixedPoint(0, most // 2))
    assert dec(x + x).tolist() == [most // 2 * 2, -(most // 2) * 2]
    with pytest.raises(BoundError, match="could reach"):
        x + x + x
    y = enc(np.array([most, -most], dtype=object), FixedPoint(0, most))
    assert dec(y).tolist() == [most, -most]
    assert dec(-y).tolist() == [-most, most]
