"""Ed25519 verification: against its definition in Python integers, OpenSSL, RFC 8032 and odd signatures of others."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ed25519_reference as reference
from support.ed25519_reference import BASE, IDENTITY, L, P

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, SignatureError, WrongType
from assay.crypto import ed25519

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ed25519.json").read_text(encoding="utf-8"))
TORSION = reference.torsion()

Case = tuple[bytes, bytes, bytes]  # public key, message, signature


by_definition = cache(reference.verify)  # once for all levels


@cache
def openssl(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verdicts(cases: list[Case]) -> list[bool]:
    return ed25519.verify_many(*zip(*cases, strict=True)).tolist() if cases else []


def valid(rng: random.Random, message: bytes | None = None) -> Case:
    key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    text = rng.randbytes(rng.choice([0, 1, 31, 32, 63, 64, 200])) if message is None else message
    return key.public_key().public_bytes_raw(), text, key.sign(text)


def with_s(signature: bytes, s: int) -> bytes:
    return signature[:32] + s.to_bytes(32, "little")


def judged_as_by_others(cases: list[Case]) -> list[bool]:
    """Our verdicts, which must be those of the definition and of OpenSSL."""
    ours = verdicts(cases)
    for case, verdict in zip(cases, ours, strict=True):
        assert verdict == by_definition(*case) == openssl(*case), [part.hex() for part in case]
    return ours


def test_the_vectors_of_rfc_8032(isa: str) -> None:
    cases = [tuple(map(bytes.fromhex, row[2:5])) for row in VECTORS["rfc8032"]]
    assert verdicts(cases) == [True] * 4
    crossed = [(cases[(i + 1) % 4][0], m, s) for i, (_, m, s) in enumerate(cases)]
    assert verdicts(crossed) == [False] * 4


def test_the_vectors_of_taming_the_many_eddsas(isa: str) -> None:
    cases = [tuple(map(bytes.fromhex, row[1:4])) for row in VECTORS["taming"]]
    assert judged_as_by_others(cases) == [row[4] for row in VECTORS["taming"]]


def test_valid_and_altered_signatures_mixed(isa: str) -> None:
    rng = random.Random(8032)
    cases, expected = [], []
    for i in range(75):
        public, message, signature = valid(rng, rng.randbytes(32))
        if i % 3 == 1:
            signature = with_s(signature, int.from_bytes(signature[32:], "little") ^ (1 << rng.randrange(252)))
        if i % 3 == 2:
            message = bytes([message[0] ^ 1]) + message[1:]
        cases.append((public, message, signature))
        expected.append(i % 3 == 0)
    assert verdicts(cases) == expected


@pytest.mark.parametrize("count", [*range(1, 20), 63, 64, 65])
def test_each_batch_size_and_place(isa: str, count: int) -> None:
    rng = random.Random(count)
    cases = [valid(rng) for _ in range(count)]
    assert verdicts(cases) == [True] * count
    for place in {0, count // 2, count - 1}:
        public, message, signature = cases[place]
        changed = [*cases]
        changed[place] = (public, message + b"\0", signature)
        assert verdicts(changed) == [i != place for i in range(count)]


def test_every_flipped_bit_is_noticed(isa: str) -> None:
    public, message, signature = valid(random.Random(1), b"pay 10 to Alice")
    whole = public + signature
    cases = [(public, message, signature)]
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << (bit % 8)
        cases.append((bytes(changed[:32]), message, bytes(changed[32:])))
    assert verdicts(cases) == [True] + [False] * (8 * len(whole))


def test_s_is_canonical(isa: str) -> None:
    rng = random.Random(2)
    cases: list[Case] = []
    for _ in range(4):
        public, message, signature = valid(rng)
        s = int.from_bytes(signature[32:], "little")
        odd = [s, s + L, s + 2 * L, s + 15 * L, 0, 1, L - 1, L, L + 1, (1 << 252) - 1, 1 << 252, (1 << 253) - 1]
        odd += [s | 1 << 253, s | 1 << 255, (1 << 256) - 1, L - s]
        cases += [(public, message, with_s(signature, x)) for x in odd if x < 1 << 256]
    assert sum(judged_as_by_others(cases)) == 4


def test_s_at_its_limits_verifies_where_it_is_right(isa: str) -> None:
    """Only a key of order 1 lets us choose s: R = sB then verifies any message."""
    identity = reference.encode(IDENTITY)
    special = [0, 1, 2, 15, 16, 17, 31, 32, L - 1, L - 2, (1 << 252) - 1, 1 << 252, (1 << 251) + 1, L // 2, 5 * L // 8]
    special += [sum(d << i for i in range(0, 250, 5)) for d in (1, 15, 16, 17, 31)]
    cases = [(identity, b"m", reference.encode(reference.mul(s, BASE)) + s.to_bytes(32, "little")) for s in special]
    assert judged_as_by_others(cases) == [True] * len(cases)


def test_keys_and_nonces_of_small_and_mixed_order(isa: str) -> None:
    rng = random.Random(3)
    cases: list[Case] = []
    for _ in range(2):
        for t in TORSION:
            for small in (0, 1):  # the key's part of order L
                k = small * rng.randrange(1, L)
                public = reference.encode(reference.add(reference.mul(k, BASE), t))
                for offset in TORSION[:: rng.choice([1, 3])]:
                    message = rng.randbytes(4)
                    cases.append((public, message, reference.sign(k, public, rng.randrange(L), message, offset)))
    ours = judged_as_by_others(cases)
    assert 10 < sum(ours) < len(ours) / 2


def test_every_encoding_of_special_points(isa: str) -> None:
    """Keys and R that decode to points of small order in all their forms, and every y in [p, 2^255)."""
    rng = random.Random(4)
    forms = [form for t in TORSION for form in reference.encodings(t)]
    forms += [(y | sign << 255).to_bytes(32, "little") for y in range(P, 1 << 255) for sign in (0, 1)]
    assert len(set(forms)) == 8 + 2 + 38
    cases: list[Case] = []
    for form in dict.fromkeys(forms):
        point = reference.decode(form)
        for j in range(8):
            s, message = rng.randrange(L), rng.randbytes(3)
            r = reference.add(reference.mul(s, BASE), TORSION[j]) if point is not None else BASE
            cases.append((form, message, reference.encode(r) + s.to_bytes(32, "little")))
        cases.append((form, b"", form + bytes(32)))
        public, message, _ = valid(rng)
        cases.append((public, message, form + bytes(32)))
        cases.append((reference.encode(IDENTITY), message, form + bytes(32)))  # R' = 0
    ours = judged_as_by_others(cases)
    assert sum(ours) > 10


def test_keys_that_are_no_points(isa: str) -> None:
    rng = random.Random(5)
    cases: list[Case] = []
    ys = [2, P - 2, 7, *(rng.randrange(P) for _ in range(30)), (1 << 255) - 1, (1 << 254) - 1, 1 << 254, 1 << 52]
    for y in ys:
        _, message, signature = valid(rng)
        cases.append(((y | rng.getrandbits(1) << 255).to_bytes(32, "little"), message, signature))
    decoded = [reference.decode(case[0]) is not None for case in cases]
    assert 5 < sum(decoded) < len(cases) - 5
    assert judged_as_by_others(cases) == [False] * len(cases)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 5), st.integers(0, 255)), max_size=20))
def test_any_batch_is_judged_one_by_one(isa: str, data: list[tuple[bytes, int, int]]) -> None:
    cases: list[Case] = []
    for message, kind, bit in data:
        public, message, signature = valid(random.Random(bit), message)
        changed = bytearray(public + signature)
        if kind == 1:
            changed[bit % 96] ^= 1 << (bit % 8)
        s = int.from_bytes(changed[64:], "little")
        if kind == 2:
            changed[64:] = ((s + L) % (1 << 256)).to_bytes(32, "little")
        if kind == 3:
            changed[32:64] = reference.encode(TORSION[bit % 8])
        cases.append((bytes(changed[:32]), message, bytes(changed[32:])))
    assert verdicts(cases) == [openssl(*case) for case in cases]


def test_messages_of_each_length_about_a_block(isa: str) -> None:
    """SHA-512 hashes R || A || M: 64 bytes before the message, padding of at least 17 behind it, in blocks of 128."""
    rng = random.Random(12)
    lengths = [*range(0, 70), *range(170, 200), 1000, 5000]
    cases = [valid(rng, rng.randbytes(length)) for length in lengths]
    assert verdicts(cases) == [True] * len(cases)
    shorter = [(public, message[:-1], signature) for public, message, signature in cases[1:]]
    assert verdicts(shorter) == [False] * len(shorter)


def test_the_kernel_refuses_messages_that_do_not_fit() -> None:
    public, message, signature = valid(random.Random(13), b"four")

    def native(lengths: list[int], keys: bytes = public, marks: bytes = signature) -> list[bool]:
        return _native.ed25519_verify(keys, message, np.array(lengths, np.uint64), marks).tolist()

    assert native([4]) == [True]
    for lengths in ([5], [2**64 - 1], [4, 2**64 - 1], [2**63, 2**63]):
        with pytest.raises(InvalidInput, match="the lengths exceed"):
            native(lengths, public * len(lengths), signature * len(lengths))
    for lengths in ([], [3], [1, 2]):
        with pytest.raises(InvalidInput, match="leave a part"):
            native(lengths, public * len(lengths), signature * len(lengths))
    with pytest.raises(InvalidInput, match="1 messages need 32 bytes of public keys, got 31"):
        native([4], public[:-1])
    with pytest.raises(InvalidInput, match="1 messages need 64 bytes of signatures, got 128"):
        native([4], public, signature * 2)


def test_malformed_lengths_are_false_and_leave_the_others(isa: str) -> None:
    good = valid(random.Random(6))
    public, message, signature = good
    bad = [
        (b"", message, signature),
        (public[:31], message, signature),
        (public + b"\0", message, signature),
        (public, message, b""),
        (public, message, signature[:63]),
        (public, message, signature + b"\0"),
    ]
    mixed = [case for odd in bad for case in (odd, good)]
    assert verdicts(mixed) == [False, True] * len(bad)
    assert verdicts(bad) == [False] * len(bad)
    assert ed25519.verify_many([], [], []).shape == (0,)


def test_input_of_another_kind_is_refused() -> None:
    public, message, signature = valid(random.Random(7))
    with pytest.raises(InvalidInput, match="do not pair up"):
        ed25519.verify_many([public], [message, message], [signature])
    with pytest.raises(WrongType, match="a message is bytes, got str"):
        ed25519.verify_many([public], ["text"], [signature])  # type: ignore[list-item]
    rows = np.zeros((2, 32), np.uint8), np.zeros((2, 64), np.uint8)
    with pytest.raises(WrongType, match="must be a uint8 array"):
        ed25519.verify_rows(rows[0].astype(np.int64), [b"", b""], rows[1])  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="shape"):
        ed25519.verify_rows(rows[0], [b"", b""], rows[1][:, :63])
    with pytest.raises(InvalidInput, match="do not pair up"):
        ed25519.verify_rows(rows[0], [b""], rows[1])


def test_one_signature_raises() -> None:
    public, message, signature = valid(random.Random(9))
    ed25519.verify(public, message, signature)
    for case in ((public, message + b"!", signature), (public, message, signature[:-1]), (b"", message, signature)):
        with pytest.raises(SignatureError, match="does not verify"):
            ed25519.verify(*case)


def test_rows_need_not_be_contiguous(isa: str) -> None:
    rng = random.Random(10)
    cases = [valid(rng) for _ in range(20)]
    keys = np.frombuffer(b"".join(c[0] for c in cases), np.uint8).reshape(-1, 32)
    marks = np.frombuffer(b"".join(c[2] for c in cases), np.uint8).reshape(-1, 64)
    assert ed25519.verify_rows(keys[::2], [c[1] for c in cases[::2]], marks[::2]).all()


def test_keys_fit_to_be_handed_out() -> None:
    rng = random.Random(11)
    for _ in range(20):
        ed25519.require_key(valid(rng)[0])
    ed25519.require_key(reference.encode(reference.add(BASE, TORSION[1])))  # of mixed order
    for t in TORSION:
        for form in reference.encodings(t):
            with pytest.raises(EncodingError, match=r"small order|not canonical"):
                ed25519.require_key(form)
    for y in range(P, 1 << 255):
        with pytest.raises(EncodingError, match="not canonical"):
            ed25519.require_key(y.to_bytes(32, "little"))
    for _ in range(20):
        data = rng.randbytes(32)
        if reference.decode(data) is None:
            with pytest.raises(EncodingError, match="not a point"):
                ed25519.require_key(data)
        else:
            ed25519.require_key(data)
    with pytest.raises(EncodingError, match="32 bytes, got 31"):
        ed25519.require_key(bytes(31))
