"""Beside python-paillier: keys and numbers cross in both directions and mean the same on the other side."""

from __future__ import annotations

from typing import Any

import numpy as np
import phe
import pytest
from support.paillier_keys import PRIMES, private_key

from assay.core.errors import EncodingError, InvalidInput, WrongKeyError, WrongType
from assay.crypto.paillier import BoundError, FixedPoint, KeyholderRandomness
from assay.crypto.paillier import phe as convert

SECRET = private_key()
KEY = SECRET.public_key
FAST = KeyholderRandomness(SECRET)
THEIR_PUBLIC = phe.PaillierPublicKey(KEY.n)
THEIR_SECRET = phe.PaillierPrivateKey(THEIR_PUBLIC, *PRIMES[2048])

FLOATS = [0.0, 1.0, -1.0, 3.25, -1e-5, 1e6, 0.1]
INTS = [0, 1, -1, 2**62, -(2**62)]


def theirs(values: list[Any]) -> list[Any]:
    return [THEIR_PUBLIC.encrypt(value) for value in values]


def test_keys_cross_both_ways() -> None:
    assert convert.public_key_from_phe(THEIR_PUBLIC) == KEY
    assert convert.public_key_to_phe(KEY) == THEIR_PUBLIC
    assert convert.private_key_from_phe(THEIR_SECRET) == SECRET
    assert convert.private_key_to_phe(SECRET) == THEIR_SECRET


@pytest.mark.parametrize("values", [FLOATS, INTS])
def test_their_numbers_decrypt_here(values: list[Any]) -> None:
    got = SECRET.decrypt(convert.numbers_from_phe(KEY, theirs(values)))
    assert got.tolist() == values


def test_their_mixed_columns_come_to_one_scale() -> None:
    numbers = np.array(theirs([1, 0.5, 2**40, -1e-9])).reshape(2, 2)
    x = convert.numbers_from_phe(KEY, numbers, magnitude=2**41)
    assert SECRET.decrypt(x).tolist() == [[1.0, 0.5], [float(2**40), -1e-9]]
    coarse = [THEIR_PUBLIC.encrypt(160), phe.EncryptedNumber(THEIR_PUBLIC, THEIR_PUBLIC.encrypt(10).ciphertext(), 3)]
    assert SECRET.decrypt(convert.numbers_from_phe(KEY, coarse)).tolist() == [160, 10 * 16**3]


@pytest.mark.parametrize("fraction_bits", [0, 1, 4, 31, 32])
def test_our_numbers_decrypt_there(fraction_bits: int) -> None:
    values = np.array([[0, 1, -1], [2**20, -(2**20), 7]]) / 2.0**fraction_bits
    x = KEY.encrypt(values, encoding=FixedPoint.of_bits(31, fraction_bits), randomness=FAST)
    numbers = convert.numbers_to_phe(x)
    assert numbers.shape == (2, 3)
    assert [[THEIR_SECRET.decrypt(n) for n in row] for row in numbers] == values.tolist()


def test_arithmetic_agrees() -> None:
    a, b, w = [0.5, -2.25, 1e3], [4.0, 0.125, -7.0], [3, -2, 1]
    x, y = (KEY.encrypt(np.array(v), randomness=FAST) for v in (a, b))
    ours = [
        *SECRET.decrypt(x + y),
        *SECRET.decrypt(x - y),
        *SECRET.decrypt(x * np.array(w)),
        SECRET.decrypt(x @ np.array(w)),
    ]
    p, q = theirs(a), theirs(b)
    their_sums = [m + n for m, n in zip(p, q, strict=True)] + [m - n for m, n in zip(p, q, strict=True)]
    products = [m * k for m, k in zip(p, w, strict=True)]
    wanted = [THEIR_SECRET.decrypt(n) for n in [*their_sums, *products, products[0] + products[1] + products[2]]]
    assert [float(v) for v in ours] == wanted
    # Theirs go on here, ours go on there.
    z = convert.numbers_from_phe(KEY, p) + y
    assert SECRET.decrypt(z).tolist() == [m + n for m, n in zip(a, b, strict=True)]
    back = convert.numbers_to_phe(x)
    assert THEIR_SECRET.decrypt(back[0] + q[0]) == a[0] + b[0]


def test_results_leave_rerandomised() -> None:
    x = KEY.encrypt(np.array([1, 2]), randomness=FAST)
    y = x + x
    assert THEIR_SECRET.decrypt(convert.numbers_to_phe(y)[0]) == 2
    from assay.crypto.bigint import from_words

    inside = from_words(np.ascontiguousarray(y.flat_rows))
    assert convert.numbers_to_phe(y)[0].ciphertext(be_secure=False) not in inside


def test_what_is_refused() -> None:
    short_public, short_secret = phe.generate_paillier_keypair(n_length=1024)
    with pytest.raises(InvalidInput, match="too short"):
        convert.public_key_from_phe(short_public)
    with pytest.raises(InvalidInput, match="too short"):
        convert.private_key_from_phe(short_secret)
    with pytest.raises(WrongKeyError):
        convert.numbers_from_phe(KEY, [short_public.encrypt(1)])
    with pytest.raises(WrongType):
        convert.numbers_from_phe(KEY, [1])
    with pytest.raises(InvalidInput, match="no numbers"):
        convert.numbers_from_phe(KEY, [])
    for value, text in (
        (0, "zero"),
        (KEY.n**2, "below"),
        (-5, "negative"),
        (2**5000, "below"),
        (PRIMES[2048][0], "factor"),
    ):
        with pytest.raises(EncodingError, match=text):
            convert.numbers_from_phe(KEY, [phe.EncryptedNumber(THEIR_PUBLIC, value, 0)])
    for exponent in (-241, 10**6):
        with pytest.raises(BoundError, match="exponent"):
            convert.numbers_from_phe(KEY, [phe.EncryptedNumber(THEIR_PUBLIC, 5, exponent)])
    with pytest.raises(BoundError, match="could reach"):
        convert.numbers_from_phe(KEY, theirs([1]), magnitude=2**2047)
    with pytest.raises(BoundError, match="keep its bound"):
        SECRET.decrypt(convert.numbers_from_phe(KEY, theirs([1000]), magnitude=999))
    wide = KEY.encrypt(1, encoding=FixedPoint(0, KEY.n // 3), randomness=FAST)
    with pytest.raises(BoundError, match="N / 3"):
        convert.numbers_to_phe(wide)
