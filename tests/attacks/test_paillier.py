"""False ciphertexts, keys, values and blobs are refused with the reason, and leave everything as it was."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from support.paillier_keys import PRIMES, private_key

from assay.core.encoding import decode, encode, encode_record
from assay.core.errors import EncodingError, InvalidInput, LimitError, StateError, WrongKeyError, WrongType
from assay.crypto import paillier
from assay.crypto.bigint import from_words, to_words
from assay.crypto.paillier import (
    BoundError,
    EncryptedArray,
    ExactRandomness,
    FixedPoint,
    KeyholderRandomness,
    PicklablePrivateKey,
    PrivateKey,
    PublicKey,
    ShortRandomness,
)

SECRET = private_key()
KEY = SECRET.public_key
FAST = KeyholderRandomness(SECRET)
OTHER = private_key(3072)
P, Q = PRIMES[2048]
N = P * Q


def enc(values: Any, encoding: FixedPoint | None = None) -> EncryptedArray:
    return KEY.encrypt(values, encoding=encoding, randomness=FAST)


# --- moduli and primes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "too short"),
        (-N, "too short"),
        (N >> 1, "too short"),
        (2**1024 + 643, "too short"),
        (2**4096 + 1, "too long"),
        (N + 1, "even"),
        (2**2047, "even"),
        (P * P, "perfect power"),
        (P**3, "perfect power"),
        ((2**300 + 157) ** 7, "perfect power"),
        (65521 * (2**2040 + 1), "factor below"),
        (3 * N, "factor below"),
    ],
    ids=range(12),
)
def test_bad_moduli(n: int, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        PublicKey(n)
    with pytest.raises(InvalidInput, match=text):
        PublicKey.from_bytes(encode_record("assay.paillier.public-key", 1, n))


def test_a_prime_modulus() -> None:
    import gmpy2

    prime = int(gmpy2.next_prime(2**2047 + 2**2046))
    with pytest.raises(InvalidInput, match="prime"):
        PublicKey(prime)


@pytest.mark.parametrize("n", [2.0**1000, str(N), None, True, np.uint64(7)])
def test_a_modulus_of_another_type(n: Any) -> None:
    with pytest.raises((WrongType, InvalidInput)):
        PublicKey(n)


@pytest.mark.parametrize(
    ("p", "q", "text"),
    [
        (P, P, "close"),
        (P, Q + 2, "not prime"),
        (P * 3, Q, "not prime"),
        (P, 65537, "same length"),
        (1, N, "not prime"),
        (-P, -Q, "not prime"),
        (P, 2**520 + 1, "same length"),
        (2**900 + 1, 2**900 + 3, "too short"),
        (2**2049 + 1, 2**2049 + 3, "too long"),
    ],
    ids=str.split("equal composite_q composite_p short_q one negative far_apart short long"),
)
def test_bad_primes(p: int, q: int, text: str) -> None:
    with pytest.raises(InvalidInput, match=text) as caught:
        PrivateKey.from_primes(p, q)
    assert str(P) not in str(caught.value)
    assert f"{P:x}" not in str(caught.value)


def test_close_primes() -> None:
    import gmpy2

    near = int(gmpy2.next_prime(P))
    with pytest.raises(InvalidInput, match="close"):
        PrivateKey.from_primes(P, near)


@pytest.mark.parametrize("bits", [1024, 2047, 2049, 4098, 0, -2048])
def test_bad_key_lengths(bits: int) -> None:
    with pytest.raises(InvalidInput, match="key of"):
        paillier.generate(bits)


# --- secrets stay -----------------------------------------------------------------------------------------------------


def test_a_private_key_is_not_pickled_or_copied() -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(StateError, match="by name"):
            attempt(SECRET)
    with pytest.raises(StateError):
        pickle.dumps({"key": SECRET})
    with pytest.raises(TypeError):
        pickle.dumps(SECRET.native)


def test_unless_asked_for_by_name() -> None:
    again = pickle.loads(pickle.dumps(SECRET.picklable()))
    assert isinstance(again, PicklablePrivateKey)
    assert again.key == SECRET
    assert again.key.decrypt(enc(7)) == 7


def test_nothing_shows_a_secret() -> None:
    texts = [
        repr(SECRET),
        str(SECRET),
        repr(SECRET.picklable()),
        repr(KeyholderRandomness(SECRET)),
        repr(SECRET.native),
    ]
    for text in texts:
        for secret in (P, Q):
            assert str(secret)[:30] not in text
            assert f"{secret:x}"[:30] not in text
    assert KEY.fingerprint[:8].hex() in repr(KEY)
    assert KEY.fingerprint[:8].hex() in repr(SECRET)
    assert str(N)[:30] not in repr(KEY)


def test_a_wiped_key_decrypts_no_more() -> None:
    key = PrivateKey.from_primes(P, Q)
    x = enc(5)
    key.wipe()
    for attempt in (lambda: key.decrypt(x), key.to_secret_bytes, lambda: KeyholderRandomness(key).take(1)):
        with pytest.raises(StateError, match="wiped"):
            attempt()
    assert SECRET.decrypt(x) == 5


@pytest.mark.parametrize("source", [ExactRandomness(KEY), FAST, ShortRandomness(KEY, 256)])
def test_two_encryptions_of_one_value_differ(source: Any) -> None:
    x = KEY.encrypt(np.zeros(8, dtype=np.int64), randomness=source)
    y = KEY.encrypt(np.zeros(8, dtype=np.int64), randomness=source)
    seen = from_words(np.ascontiguousarray(x.flat_rows)) + from_words(np.ascontiguousarray(y.flat_rows))
    assert len(set(seen)) == 16
    z = x.rerandomize(source)
    assert not set(from_words(np.ascontiguousarray(z.flat_rows))) & set(seen)
    with pytest.raises(StateError, match="not pickled"):
        pickle.dumps(source)


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2.0**31, -(2.0**31), 1e300])
def test_values_that_do_not_fit(value: float) -> None:
    x = enc(np.zeros(2))
    before = x.ciphertexts.copy()
    for attempt in (
        lambda: KEY.encrypt(np.array([0.0, value])),
        lambda: KEY.encrypt(value),
        lambda: KEY.encrypt_packed(np.array([0.0, value]), slot_bits=80),
        lambda: x + value,
        lambda: x - np.array([0.0, value]),
        lambda: x * value,
        lambda: x @ np.array([0.0, value]),
        lambda: x.multiply(value, public=True),
    ):
        with pytest.raises(BoundError, match=r"finite|outside"):
            attempt()
    assert np.array_equal(x.ciphertexts, before)
    with pytest.raises(BoundError, match="value 1 of 2") as caught:
        KEY.encrypt(np.array([0.0, 123456789012.0]))
    assert "123456789012" not in str(caught.value)


@pytest.mark.parametrize("bound", [100, 2**62, 2**100])
def test_integers_at_the_bound(bound: int) -> None:
    encoding = FixedPoint(0, bound)
    inside = np.array([bound, -bound], dtype=object if bound > 2**63 else np.int64)
    assert SECRET.decrypt(enc(inside, encoding)).tolist() == [bound, -bound]
    for value in (bound + 1, -bound - 1):
        with pytest.raises(BoundError, match="outside"):
            enc(np.array([value], dtype=object if bound > 2**63 else np.int64), encoding)


@pytest.mark.parametrize(
    "values",
    [
        np.array([True]),
        np.array([1j]),
        np.array(["1"]),
        np.array([1.5], dtype=object),
        np.array([None], dtype=object),
        np.array([1], dtype=np.longdouble),
        np.array([1], dtype="M8[s]"),
        [1, 2],
        "7",
        None,
        True,
    ],
)
def test_dtypes_that_are_not_taken(values: Any) -> None:
    x = enc(1)
    for attempt in (lambda: KEY.encrypt(values), lambda: x + values, lambda: x * values):
        with pytest.raises(WrongType):
            attempt()


def test_an_encoding_must_fit_the_key() -> None:
    for attempt in (
        lambda: KEY.encrypt(1, encoding=FixedPoint.of_bits(2047)),
        lambda: KEY.encrypt(1.0, encoding=FixedPoint.of_bits(1024, 10)),
        lambda: FixedPoint.of_bits(10, 961),
        lambda: FixedPoint.of_bits(10, -1),
        lambda: FixedPoint(0, KEY.max_bound + 1) and KEY.encrypt(0, encoding=FixedPoint(0, KEY.max_bound + 1)),
    ):
        with pytest.raises(BoundError):
            attempt()


def test_what_could_wrap_is_refused_before_it_does() -> None:
    x = enc(np.array([1, 2]), FixedPoint.of_bits(1500))
    big = FixedPoint.of_bits(600)
    for attempt in (
        lambda: x.multiply(3, encoding=big),
        lambda: x.dot(np.array([1, 1]), encoding=big),
        lambda: x.multiply(2**560, public=True),
        lambda: x.rescale(900),
        lambda: x.add(1, encoding=FixedPoint.of_bits(2047)),
        lambda: x * enc(1),  # type: ignore[operator]
    ):
        with pytest.raises((BoundError, WrongType)):
            attempt()
    wide = enc(np.array([1]), FixedPoint.of_bits(2045))
    doubled = wide + wide
    with pytest.raises(BoundError, match="could reach"):
        doubled + doubled
    with pytest.raises(BoundError, match="could reach"):
        wide.broadcast_to((5, 1)).sum()


def test_fractions_that_cannot_be_carried_are_refused() -> None:
    x = KEY.encrypt(0.5, encoding=FixedPoint.of_bits(1, 500), randomness=FAST)
    with pytest.raises(BoundError, match="fraction bits"):
        x.multiply(0.5, encoding=FixedPoint.of_bits(1, 500))
    with pytest.raises(InvalidInput, match="taken away"):
        x.rescale(10)


def test_a_plaintext_beyond_its_declared_bound_is_not_given_out() -> None:
    honest = enc(np.array([5, 1000]), FixedPoint(0, 1000))
    for bound in (999, 4, 0):
        false = EncryptedArray(KEY, honest.ciphertexts, FixedPoint(0, bound), fresh=True)
        with pytest.raises(BoundError, match="keep its bound"):
            SECRET.decrypt(false)
    wide = enc(np.array([2**100], dtype=object), FixedPoint(0, 2**101))
    for encoding in (FixedPoint(0, 2**63 - 1), FixedPoint(32, 2**63 - 1), FixedPoint(0, 2**99)):
        with pytest.raises(BoundError, match="keep its bound"):
            SECRET.decrypt(EncryptedArray(KEY, wide.ciphertexts, encoding, fresh=True))


def test_a_slot_beyond_its_declared_range_is_not_given_out() -> None:
    x = KEY.encrypt_packed(np.array([100, -100]), slot_bits=64, encoding=FixedPoint(0, 100), randomness=FAST)
    slots = paillier.Slots(64, 0, 100, 199)
    false = paillier.PackedArray(KEY, x.ciphertexts, 2, slots, fresh=True)
    with pytest.raises(BoundError, match="slot 0"):
        SECRET.decrypt(false)
    whole = enc(np.array([-1]))
    false = paillier.PackedArray(KEY, whole.ciphertexts, 2, slots, fresh=True)
    with pytest.raises(BoundError, match="wider than its slots"):
        SECRET.decrypt(false)


# --- mixed up ---------------------------------------------------------------------------------------------------------


def test_keys_are_not_mixed() -> None:
    x = enc(np.array([1, 2]))
    y = OTHER.public_key.encrypt(np.array([1, 2]), randomness=KeyholderRandomness(OTHER))
    packed = KEY.encrypt_packed(np.array([1]), slot_bits=80, randomness=FAST)
    other = OTHER.public_key.encrypt_packed(np.array([1]), slot_bits=80, randomness=KeyholderRandomness(OTHER))
    for attempt in (
        lambda: x + y,
        lambda: x - y,
        lambda: paillier.concatenate([x, y]),
        lambda: packed + other,
        lambda: packed - other,
        lambda: SECRET.decrypt(y),
        lambda: SECRET.decrypt(other),
        lambda: KEY.encrypt(1, randomness=KeyholderRandomness(OTHER)),
        lambda: x.rerandomize(ExactRandomness(OTHER.public_key)),
        lambda: OTHER.public_key.read_array(x.to_bytes()),
        lambda: OTHER.public_key.read_packed(packed.to_bytes()),
    ):
        with pytest.raises(WrongKeyError):
            attempt()


def test_shapes_that_do_not_fit() -> None:
    x = enc(np.zeros((2, 3), dtype=np.int64))
    packed = KEY.encrypt_packed(np.zeros((2, 3), dtype=np.int8), slot_bits=64, randomness=FAST)
    for attempt in (
        lambda: x + enc(np.zeros(2, dtype=np.int64)),
        lambda: x * np.zeros(2, dtype=np.int64),
        lambda: x @ np.zeros(2, dtype=np.int64),
        lambda: x @ np.zeros((3, 2, 2), dtype=np.int64),
        lambda: np.zeros(3, dtype=np.int64) @ x,
        lambda: x.reshape(5),
        lambda: x.sum(axis=2),
        lambda: x.transpose(0, 0),
        lambda: x[7],
        lambda: x[0, 0, 0],
        lambda: enc(np.zeros(0, dtype=np.int64)).sum(),
        lambda: x[:, :0] @ np.zeros(0, dtype=np.int64),
        lambda: paillier.concatenate([]),
        lambda: paillier.concatenate([x, x[:, :1]]),
        lambda: packed + packed[:1],
        lambda: packed.sum(axis=1),
        lambda: np.zeros(3, dtype=np.int8) @ packed,
        lambda: packed + np.zeros(4, dtype=np.int8),
    ):
        with pytest.raises(InvalidInput):
            attempt()


def test_what_is_encrypted_is_not_compared_or_tested() -> None:
    x = enc(np.array([0, 0]))
    for attempt in (lambda: bool(x), lambda: x == x, lambda: x != x, lambda: hash(x), lambda: x < 1):  # type: ignore[operator]
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(StateError, match="to_bytes"):
        pickle.dumps(x)
    with pytest.raises(ValueError, match="read-only"):
        x.ciphertexts[0] = 0


# --- blobs ------------------------------------------------------------------------------------------------------------


def array_blob(**changes: Any) -> bytes:
    x = enc(np.array([[1, 2]]), FixedPoint(0, 100))
    names = ("kind", "version", "fingerprint", "shape", "fraction_bits", "bound", "ciphertexts")
    fields = dict(zip(names, decode(x.to_bytes()), strict=True))  # type: ignore[arg-type]
    return encode(tuple((fields | changes).values()))


def with_ciphertext(value: int) -> bytes:
    return value.to_bytes(512, "big") * 2


def test_blobs_come_back() -> None:
    x = enc(np.array([[1.5, -2.0]]))
    y = KEY.read_array(x.to_bytes())
    assert y.encoding == x.encoding
    assert SECRET.decrypt(y).tolist() == [[1.5, -2.0]]
    assert y.to_bytes() == x.to_bytes()
    p = KEY.encrypt_packed(np.arange(80).reshape(2, 40), slot_bits=100, encoding=FixedPoint(0, 100), randomness=FAST)
    q = KEY.read_packed(p.to_bytes())
    assert q.slots == p.slots
    assert np.array_equal(SECRET.decrypt(q), np.arange(80).reshape(2, 40))
    assert KEY.read_array(enc(np.zeros((0, 2))).to_bytes()).shape == (0, 2)
    assert KEY.read_array(enc(3).to_bytes()).shape == ()
    assert PublicKey.from_bytes(KEY.to_bytes()) == KEY
    assert PrivateKey.from_secret_bytes(SECRET.to_secret_bytes()) == SECRET
    assert pickle.loads(pickle.dumps(KEY)) == KEY


def test_results_are_rerandomised_before_they_leave() -> None:
    x = enc(np.array([1, 2]))
    y = x + x
    assert x.fresh
    assert not y.fresh
    sent = KEY.read_array(y.to_bytes())
    assert not np.array_equal(sent.ciphertexts, y.ciphertexts)
    assert SECRET.decrypt(sent).tolist() == [2, 4]
    assert np.array_equal(KEY.read_array(x.to_bytes()).ciphertexts, x.ciphertexts)
    assert not (x[:1].broadcast_to((3,))).fresh
    assert x[:1].fresh
    assert x[::-1].fresh
    assert not x[[0, 0]].fresh
    assert paillier.concatenate([x[:1], x[1:]]).fresh
    assert not paillier.concatenate([x, x[:1]]).fresh
    sent = KEY.read_array(x[[0, 0]].to_bytes())
    assert not np.array_equal(sent.ciphertexts[0], sent.ciphertexts[1])


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"kind": "assay.paillier.packed"}, EncodingError, "not a"),
        ({"version": 2}, EncodingError, "version"),
        ({"fingerprint": bytes(32)}, WrongKeyError, "under the key"),
        ({"fingerprint": b""}, WrongKeyError, "under the key"),
        ({"shape": (2, 2)}, EncodingError, "bytes of ciphertexts"),
        ({"shape": (2,)}, None, ""),
        ({"shape": (-1, -2)}, EncodingError, "natural"),
        ({"shape": (1, 2**62)}, EncodingError, "bytes of ciphertexts"),
        ({"shape": (1, True)}, EncodingError, "natural"),
        ({"shape": (1,) * 32 + (2,)}, LimitError, "axes"),
        ({"shape": [1, 2]}, EncodingError, "fields"),
        ({"fraction_bits": -1}, BoundError, "fraction"),
        ({"fraction_bits": 10**6}, BoundError, "fraction"),
        ({"bound": -1}, InvalidInput, "bound"),
        ({"bound": N}, BoundError, "could reach"),
        ({"bound": 2**10000}, BoundError, "could reach"),
        ({"ciphertexts": b""}, EncodingError, "bytes of ciphertexts"),
        ({"ciphertexts": bytes(1024)}, EncodingError, "ciphertext 0 of 2 is zero"),
        ({"ciphertexts": with_ciphertext(N * N)}, EncodingError, "not below"),
        ({"ciphertexts": with_ciphertext(2**4096 - 1)}, EncodingError, "not below"),
        ({"ciphertexts": with_ciphertext(P)}, EncodingError, "factor"),
        ({"ciphertexts": with_ciphertext(N)}, EncodingError, "factor"),
        ({"ciphertexts": with_ciphertext(1)}, None, ""),
    ],
    ids=range(23),
)
def test_forged_blobs(changes: dict[str, Any], error: type[Exception] | None, text: str) -> None:
    blob = array_blob(**changes)
    if error is None:
        KEY.read_array(blob)
        return
    with pytest.raises(error, match=text):
        KEY.read_array(blob)


def test_cut_and_lengthened_blobs() -> None:
    blob = enc(np.array([1, 2])).to_bytes()
    for at in [*range(0, 200, 7), len(blob) - 1]:
        with pytest.raises(EncodingError):
            KEY.read_array(blob[:at])
    with pytest.raises(EncodingError):
        KEY.read_array(blob + b"\x00")
    with pytest.raises(LimitError):
        KEY.read_array(blob, limit=len(blob) - 1)
    KEY.read_array(blob, limit=len(blob))
    with pytest.raises(WrongType):
        KEY.read_array("blob")  # type: ignore[arg-type]
    with pytest.raises(EncodingError):
        KEY.read_packed(blob)


@pytest.mark.parametrize(
    ("position", "value"),
    [
        (4, 3),
        (4, -1),
        (4, 10**9),
        (5, 1),
        (5, 0),
        (5, 4000),
        (6, -1),
        (6, 961),
        (7, -1),
        (7, 10**40),
        (8, 2**64),
        (8, 0),
    ],
)
def test_forged_packed_blobs(position: int, value: int) -> None:
    x = KEY.encrypt_packed(np.arange(40), slot_bits=64, encoding=FixedPoint(0, 100), randomness=FAST)
    fields = list(decode(x.to_bytes()))  # type: ignore[arg-type]
    assert (fields[4], fields[5]) == (40, 64)
    fields[position] = value
    with pytest.raises(InvalidInput):
        KEY.read_packed(encode(tuple(fields)))


def test_forged_private_keys() -> None:
    kind = "assay.paillier.private-key"
    for fields in ((kind, 1, Q, P), (kind, 2, P, Q), (kind, 1, P), (kind, 1, P, Q + 2), (kind, 1, P, P)):
        with pytest.raises(InvalidInput):
            PrivateKey.from_secret_bytes(encode(fields))


def test_rows_of_another_width_are_refused() -> None:
    x = enc(np.array([1]))
    with pytest.raises(InvalidInput, match="shape"):
        KEY.native.multiply(x.flat_rows[:, :10].copy(), x.flat_rows[:, :10].copy())
    with pytest.raises(TypeError):
        KEY.native.multiply(x.flat_rows.astype(np.int64), x.flat_rows)
    with pytest.raises(InvalidInput, match="1 to 32 words"):
        KEY.native.add_plain(to_words([1], 33), x.flat_rows)
