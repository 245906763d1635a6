"""The canonical encoding: round trips, one form only, and no crash on hostile bytes."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.encoding import (
    MAX_DEPTH,
    decode,
    decode_record,
    digest,
    digest_bytes,
    encode,
    encode_parts,
    encode_record,
)
from assay.core.errors import AssayError, EncodingError, LimitError, WrongType

leaves = st.none() | st.booleans() | st.integers() | st.binary() | st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(max_size=4, alphabet="abé\U0001f600"), inner)
    ),
    max_leaves=20,
)


def typed(value):
    """A comparable picture of a value in which 1 and True, and list and tuple, differ."""
    if isinstance(value, list | tuple):
        return type(value), [typed(item) for item in value]
    if isinstance(value, dict):
        return dict, {key: typed(item) for key, item in value.items()}
    return type(value), value


@given(values)
def test_round_trip(value):
    assert typed(decode(encode(value))) == typed(value)


@given(values, values)
def test_injective(a, b):
    assert (encode(a) == encode(b)) == (typed(a) == typed(b))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_canonical_or_refused(data):
    try:
        value = decode(b"\x01" + data)
    except AssayError:
        return
    assert encode(value) == b"\x01" + data


@given(values, st.data())
def test_mutated_bytes_are_canonical_or_refused(value, data):
    raw = bytearray(encode(value))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(raw))
    except AssayError:
        return
    assert encode(other) == raw
    assert typed(other) != typed(value)


@given(values)
def test_truncated_and_extended_are_refused(value):
    raw = encode(value)
    for end in range(len(raw)):
        with pytest.raises(EncodingError):
            decode(raw[:end])
    with pytest.raises(EncodingError):
        decode(raw + b"\x00")


def test_known_bytes():
    assert encode(None).hex() == "0100"
    assert encode(0).hex() == "010300000000"
    assert encode(-1).hex() == "010400000000"
    assert encode(-257).hex() == "0104000000020100"
    assert encode((True, "a", b"\xff")).hex() == "01080000000302060000000161" + "0500000001ff"
    assert encode({"b": 1, "a": []}).hex() == "0109000000020600000001610700000000" + "060000000162" + "030000000101"


@pytest.mark.parametrize(
    "hexadecimal",
    [
        "",  # nothing
        "02" + "00",  # another version
        "0103" + "00000001" + "00",  # zero with a byte
        "0103" + "00000002" + "0001",  # a leading zero
        "0104" + "00000001" + "00",  # minus one with a byte
        "0106" + "00000001" + "ff",  # not UTF-8
        "0106" + "00000003" + "eda080",  # a surrogate in UTF-8
        "0106" + "00000002" + "c080",  # an overlong form
        "0109" + "00000002" + "060000000162" + "00" + "060000000161" + "00",  # keys descend
        "0109" + "00000002" + "060000000161" + "00" + "060000000161" + "00",  # a key twice
        "0109" + "00000001" + "050000000161" + "00",  # a key of bytes
        "0107" + "ffffffff",  # a count beyond the message
        "0105" + "ffffffff",  # a length beyond the message
        "010a",  # an unknown tag
    ],
)
def test_non_canonical_is_refused(hexadecimal):
    with pytest.raises(EncodingError):
        decode(bytes.fromhex(hexadecimal))


def test_limits():
    deep: object = 0
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert decode(encode(deep)) == deep
    with pytest.raises(LimitError):
        encode([deep])
    with pytest.raises(LimitError):
        decode(b"\x01" + b"\x07\x00\x00\x00\x01" * (MAX_DEPTH + 1) + b"\x00")
    with pytest.raises(LimitError):
        encode(bytes(100), limit=100)
    with pytest.raises(LimitError):
        decode(encode(bytes(100)), limit=100)
    with pytest.raises(LimitError):
        encode(1 << (8 << 16))
    with pytest.raises(EncodingError):
        encode("\ud800")


def test_a_cycle_ends_at_the_depth_limit():
    loop: list = []
    loop.append(loop)
    with pytest.raises(LimitError):
        encode(loop)


@pytest.mark.parametrize("value", [1.0, {1: 2}, {1, 2}, object(), 1j, memoryview(b"ab")])
def test_other_types_are_refused(value):
    with pytest.raises(WrongType):
        encode(value)


def test_integers_of_other_libraries():
    import numpy as np

    assert encode(np.uint64(2**64 - 1)) == encode(2**64 - 1)
    gmpy2 = pytest.importorskip("gmpy2")
    assert encode(gmpy2.mpz(-5)) == encode(-5)


def test_digest_is_the_tagged_hash():
    prefix = hashlib.sha256(b"assay/test").digest()
    expected = hashlib.sha256(prefix + prefix + encode([1])).digest()
    assert digest("assay/test", [1]) == expected == digest_bytes("assay/test", encode([1]))
    assert digest("assay/other", [1]) != expected


def test_records():
    raw = encode_record("note", 2, 7, "x", b"")
    assert decode_record(raw, "note", 2, int, str, bytes) == (7, "x", b"")
    for kind, version, types in [
        ("mote", 2, (int, str, bytes)),
        ("note", 1, (int, str, bytes)),
        ("note", 2, (int, str)),
        ("note", 2, (bool, str, bytes)),
        ("note", 2, (int, str, bytes, int)),
    ]:
        with pytest.raises(EncodingError):
            decode_record(raw, kind, version, *types)
    with pytest.raises(EncodingError):
        decode_record(encode(["note", 2]), "note", 2)
    with pytest.raises(EncodingError):
        decode_record(encode(("note", True)), "note", 1)


@given(st.text(max_size=9, alphabet="abé"), st.integers(0, 300), st.lists(st.binary(max_size=300), max_size=4))
def test_parts_are_the_fields_of_a_record(kind, version, parts):
    assert encode_parts(kind, version, *parts) == encode_record(kind, version, *parts)
