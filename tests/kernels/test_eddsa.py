"""EdDSA over Poseidon: against its equations in Python integers, and against circomlibjs in both directions."""

from __future__ import annotations

import copy
import hashlib
import pickle
import random
from typing import Any

import pytest

import assay
from assay.core.errors import EncodingError, InvalidInput, SignatureError, WrongType
from assay.crypto import babyjubjub as curve
from assay.crypto import eddsa
from assay.crypto.babyjubjub import BASE8, ORDER
from assay.crypto.eddsa import PrivateKey, PublicKey, Signature
from assay.crypto.field import Fr
from assay.crypto.poseidon import hash_ints

MESSAGES = [0, 1, Fr.modulus - 1, 2**64 - 1, 2**128, ORDER, 1234567890]
SEED = bytes(range(32))


def derived(index: int, data: bytes) -> bytes:
    return hashlib.sha256(b"assay/eddsa/v1" + bytes([index]) + data).digest()


def scalar(index: int, data: bytes) -> int:
    return int.from_bytes(derived(index, data) + derived(index + 1, data), "little") % ORDER


def test_keys_follow_the_documented_derivation(isa: str) -> None:
    for seed in (SEED, bytes(32), b"\xff" * 32):
        assert PrivateKey.from_bytes(seed).public_key.point == curve.multiply(scalar(0, seed), BASE8)


def test_signatures_follow_the_documented_equations(isa: str) -> None:
    key = PrivateKey.from_bytes(SEED)
    k, prefix, hedge = scalar(0, SEED), derived(2, SEED), bytes(range(100, 132))
    a = key.public_key.point
    for message in MESSAGES:
        nonce = scalar(3, prefix + hedge + a[1].to_bytes(32, "little") + message.to_bytes(32, "little"))
        r8 = curve.multiply(nonce, BASE8)
        s = (nonce + 8 * hash_ints([*r8, *a, message]) * k) % ORDER
        native = key._native_key.sign_with_hedge(Fr.to_limbs([message])[0], hedge)
        assert (native == Signature(r8, s).limbs()).all()


def test_signatures_verify(isa: str) -> None:
    for _ in range(5):
        key = PrivateKey.generate()
        for message in [*MESSAGES, b"", b"a byte string", b"\x00"]:
            signature = key.sign(message)
            key.public_key.verify(message, signature)
            eddsa.verify(key.public_key.point, message, signature.to_bytes())
            element = eddsa.message_from_bytes(message) if isinstance(message, bytes) else message
            public = key.public_key.point
            h = hash_ints([*signature.R8, *public, element])
            right = curve.add(signature.R8, curve.multiply(8 * h % ORDER, public))
            assert curve.multiply(signature.S, BASE8) == right


def test_two_signatures_of_one_message_differ() -> None:
    key = PrivateKey.generate()
    first, second = key.sign(7), key.sign(7)
    assert first.R8 != second.R8
    assert first.S != second.S


@pytest.mark.interop
def test_circomlibjs_accepts_ours_and_we_accept_theirs(node_tool: Any) -> None:
    rng = random.Random(4)
    messages = [*MESSAGES, *(rng.randrange(Fr.modulus) for _ in range(5))]
    ours = [(key := PrivateKey.generate(), m, key.sign(m)) for m in messages]
    answer = node_tool(
        "eddsa.mjs",
        {
            "verify": [
                {
                    "key": [str(c) for c in key.public_key.point],
                    "message": str(m + wrong),
                    "R8": [str(c) for c in s.R8],
                    "S": str(s.S),
                }
                for key, m, s in ours
                for wrong in (0, 1)
            ],
            "sign": [{"seed": rng.randbytes(32).hex(), "message": str(m)} for m in messages],
        },
    )
    assert answer["verify"] == [True, False] * len(messages)
    keys, signatures = [], []
    for theirs in answer["sign"]:
        keys.append(PublicKey(*(int(c) for c in theirs["key"])))
        x, y = (int(c) for c in theirs["R8"])
        signatures.append(Signature((x, y), int(theirs["S"])))
        assert signatures[-1].to_bytes().hex() == theirs["packed"]
        assert Signature.from_bytes(bytes.fromhex(theirs["packed"])) == signatures[-1]
    eddsa.verify_many(keys, messages, signatures)
    assert eddsa.failures(keys, messages[1:] + messages[:1], signatures) == list(range(len(messages)))


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_name_what_fails(threads: int) -> None:
    before = assay.num_threads()
    assay.set_num_threads(threads)
    try:
        keys = [PrivateKey.generate() for _ in range(40)]
        signatures = [key.sign(i) for i, key in enumerate(keys)]
        publics, messages = [key.public_key for key in keys], list(range(40))
        eddsa.verify_many(publics, messages, signatures)
        assert eddsa.failures(publics, messages, signatures) == []
        signatures[3], signatures[4] = signatures[4], signatures[3]
        assert eddsa.failures(publics, messages, signatures) == [3, 4]
        with pytest.raises(SignatureError, match="signature 3 of 40"):
            eddsa.verify_many(publics, messages, signatures)
    finally:
        assay.set_num_threads(before)
    eddsa.verify_many([], [], [])
    with pytest.raises(InvalidInput, match="pair up"):
        eddsa.verify_many(publics, messages[1:], signatures)


def test_encodings_round_trip() -> None:
    key = PrivateKey.generate()
    assert PublicKey.from_bytes(key.public_key.to_bytes()) == key.public_key
    signature = key.sign(1)
    assert Signature.from_bytes(signature.to_bytes()) == signature
    assert len(signature.to_bytes()) == eddsa.SIGNATURE_BYTES
    assert PrivateKey.from_bytes(key.to_bytes()).public_key == key.public_key


def test_secrets_stay_inside() -> None:
    key = PrivateKey.from_bytes(SEED)
    shown = f"{key!r} {key} {key._native_key!r}"
    for secret in (SEED.hex(), str(scalar(0, SEED)), f"{scalar(0, SEED):x}", derived(2, SEED).hex()):
        assert secret not in shown
    for call in (pickle.dumps, copy.copy, copy.deepcopy):
        for target in (key, key._native_key):
            with pytest.raises(TypeError, match="cannot be pickled"):
                call(target)
    with pytest.raises(EncodingError, match="32 bytes, got 31"):
        PrivateKey.from_bytes(SEED[:31])
    with pytest.raises(WrongType):
        PrivateKey.from_bytes("0" * 32)  # type: ignore[arg-type]


def test_messages_of_bytes_hash_to_distinct_elements() -> None:
    texts = [b"", b"\x00", b"\x00\x00", b"a", b"b", bytes(31), bytes(32)]
    assert len({eddsa.message_from_bytes(t) for t in texts}) == len(texts)
    with pytest.raises(InvalidInput):
        PrivateKey.generate().sign(Fr.modulus)
