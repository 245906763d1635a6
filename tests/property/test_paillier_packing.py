"""Packed arrays: every slot behaves as a number of its own, up to the ends of its range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paillier_keys import private_key

from assay.crypto.paillier import BoundError, FixedPoint, KeyholderRandomness, PackedArray, Slots, slot_bits
from assay.crypto.paillier.packing import pack, unpack

SECRET = private_key()
KEY = SECRET.public_key
FAST = KeyholderRandomness(SECRET)
few = settings(max_examples=12, deadline=None)


def enc(values: Any, width: int, bound: int, fraction_bits: int = 0) -> PackedArray:
    encoding = FixedPoint(fraction_bits, bound)
    return KEY.encrypt_packed(values, slot_bits=width, encoding=encoding, randomness=FAST)


def dec(array: PackedArray) -> Any:
    return SECRET.decrypt(array)


def test_the_widths_of_the_design() -> None:
    assert Slots(64, 0, 0, 0).count(2048) == 31
    assert Slots(131, 0, 0, 0).count(2048) == 15
    assert slot_bits(32, additions=2**31) == 64
    assert slot_bits(50, mask=True) == 131
    assert slot_bits(20, weight_bits=16, additions=1000) == 20 + 16 + 10 + 1
    assert slot_bits(1) == 2


@few
@given(st.integers(2, 140), st.integers(1, 70), st.data())
def test_pack_and_unpack(width: int, length: int, data: st.DataObject) -> None:
    slots = Slots.around(width, 0, 2 ** (width - 1) - 1)
    content = data.draw(st.lists(st.integers(0, slots.top), min_size=2 * length, max_size=2 * length))
    per = slots.count(2048)
    packed = pack(content, (2, length), width, per, filler=0)
    assert all(0 <= p < 2**2047 for p in packed)
    got = unpack(packed, (2, length), slots, per)
    assert got.ravel().tolist() == [c - slots.offset for c in content]


@few
@given(st.integers(1, 2**30), st.integers(1, 40), st.integers(0, 2**20), st.randoms(use_true_random=False))
def test_every_operation_at_the_ends_of_the_range(bound: int, length: int, limit: int, rng: Any) -> None:
    ends = [-bound, bound, 0]
    a, b = (np.array([[rng.choice(ends) for _ in range(length)] for _ in range(3)]) for _ in range(2))
    width = slot_bits(bound.bit_length(), weight_bits=limit.bit_length(), additions=6)
    x, y = enc(a, width, bound), enc(b, width, bound)
    assert np.array_equal(dec(x), a)
    assert np.array_equal(dec(x + y), a + b)
    assert np.array_equal(dec(x - y), a - b)
    assert np.array_equal(dec(-x), -a)
    assert np.array_equal(dec(x.sum()), a.sum(axis=0))
    assert np.array_equal(dec(x[1:]), a[1:])
    plain = FixedPoint(0, bound)
    assert np.array_equal(dec(x.add(b, encoding=plain)), a + b)
    w = np.array([rng.choice([-limit, limit, 0]) for _ in range(3)])
    assert np.array_equal(dec(x.multiply(w, bound=limit)), a * w[:, None])
    assert np.array_equal(dec(x.multiply(w, public=True)), a * w[:, None])
    assert np.array_equal(dec(x.weighted_sum(w, bound=limit)), w @ a)
    matrix = np.stack([w, -w])
    assert np.array_equal(dec(x.weighted_sum(matrix, bound=limit)), matrix @ a)
    assert np.array_equal(dec(x.weighted_sum(matrix, public=True)), matrix @ a)
    # What was subtracted or weighted has a range that is no longer its offset's double; go on from there.
    assert np.array_equal(dec((x - y) - x), -b)
    assert np.array_equal(dec(-(x - y)), b - a)


def test_operators() -> None:
    a = np.arange(80).reshape(2, 40)
    x = enc(a, 100, 100)
    assert np.array_equal(dec(x + np.ones(40, dtype=np.int8)), a + 1)
    assert np.array_equal(dec(x - a.astype(np.uint8)), a - a)
    assert np.array_equal(dec(1 - x), 1 - a)
    assert np.array_equal(dec(x * np.array([-2, 3], dtype=np.int8)), a * [[-2], [3]])
    assert np.array_equal(dec(np.array([5, -6], dtype=np.int8) @ x), [5, -6] @ a)
    assert x.shape == (2, 40)
    assert x.ciphertexts.shape == (2, 2, 64)


def test_fractions() -> None:
    a = np.array([0.5, -1.25, 3.0])
    x = KEY.encrypt_packed(a, slot_bits=96, randomness=FAST)
    assert dec(x).tolist() == a.tolist()
    assert dec(x + x).tolist() == (2 * a).tolist()
    assert dec(x + a).tolist() == (2 * a).tolist()
    assert dec(x.multiply(-3, public=True)).tolist() == (-3 * a).tolist()


def test_one_value_too_many_is_refused_before_it_wraps() -> None:
    width = slot_bits(8, additions=4)
    x = enc(np.full(31, 255), width, 255)
    four = x + x + x + x
    assert dec(four).tolist() == [1020] * 31
    with pytest.raises(BoundError, match="slot"):
        four + x
    with pytest.raises(BoundError, match="slot"):
        x.multiply(5, public=True)
    with pytest.raises(BoundError, match="slot"):
        x * 2  # a secret weight of 64 bits
    assert dec(four).tolist() == [1020] * 31


def test_masks_hide_and_come_off() -> None:
    width = slot_bits(50, mask=True)
    a = np.array([2**50 - 1, -(2**50) + 1, 0] * 7)
    x = enc(a, width, 2**50 - 1)
    masked, mask = x.masked()
    assert mask.shape == a.shape
    seen = dec(masked)
    assert (seen - mask).tolist() == a.tolist()
    assert max(mask).bit_length() >= 128
    assert len(set(mask)) == len(mask)
    with pytest.raises(BoundError, match="room for a mask"):
        enc(a, width - 1, 2**50 - 1).masked()
    with pytest.raises(BoundError):
        masked + x  # a masked slot is full


def test_rerandomised_arrays_hold_the_same() -> None:
    x = enc(np.arange(40), 64, 1000)
    y = x.rerandomize(FAST)
    assert not np.array_equal(x.ciphertexts, y.ciphertexts)
    assert np.array_equal(dec(x), dec(y))
