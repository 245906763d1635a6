"""Ed25519 signing: against its definition in Python integers, OpenSSL and RFC 8032; keys that show no secret."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ed25519_reference as reference
from support.ed25519_reference import BASE, L

from assay.core.errors import EncodingError, StateError, WrongType
from assay.crypto import ed25519

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ed25519.json").read_text(encoding="utf-8"))["rfc8032"]
ANY_LEVEL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def by_definition(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    """The public key and the signature as RFC 8032, sections 5.1.5 and 5.1.6, define them."""
    hashed = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(hashed[:32], "little") & ((1 << 254) - 8) | 1 << 254
    public = reference.encode(reference.mul(scalar, BASE))
    nonce = int.from_bytes(hashlib.sha512(hashed[32:] + message).digest(), "little") % L
    return public, reference.sign(scalar, public, nonce, message)


def by_openssl(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.public_key().public_bytes_raw(), key.sign(message)


def ours(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    key = ed25519.PrivateKey(seed)
    return key.public, key.sign(message)


def test_the_vectors_of_rfc_8032(isa: str) -> None:
    for _, seed, public, message, signature, *_ in VECTORS:
        assert ours(bytes.fromhex(seed), bytes.fromhex(message)) == (bytes.fromhex(public), bytes.fromhex(signature))


@ANY_LEVEL
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300))
def test_as_defined_and_as_openssl(isa: str, seed: bytes, message: bytes) -> None:
    made = ours(seed, message)
    assert made == by_definition(seed, message) == by_openssl(seed, message)
    ed25519.verify(made[0], message, made[1])


def test_messages_about_the_blocks_of_the_hash(isa: str) -> None:
    rng = random.Random(512)
    for size in [*range(140), 255, 256, 257, 65535, 65536, 200_000]:
        seed, message = rng.randbytes(32), rng.randbytes(size)
        assert ours(seed, message) == by_openssl(seed, message), size


def test_special_seeds(isa: str) -> None:
    for seed in (bytes(32), b"\xff" * 32, b"\x01" + bytes(31), bytes(31) + b"\x80"):
        assert ours(seed, b"") == by_definition(seed, b"") == by_openssl(seed, b"")


def test_one_key_signs_in_many_threads(isa: str) -> None:
    seed = bytes(range(32))
    key, messages = ed25519.PrivateKey(seed), [bytes([n]) * (70_000 * (n % 3)) for n in range(60)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(key.sign, messages)) == [by_openssl(seed, message)[1] for message in messages]


def test_what_is_no_seed_or_message_is_refused() -> None:
    for size in (0, 31, 33, 64):
        with pytest.raises(EncodingError, match=f"an Ed25519 seed has 32 bytes, got {size}"):
            ed25519.PrivateKey(bytes(size))
    with pytest.raises(WrongType, match="a seed is bytes, got bytearray"):
        ed25519.PrivateKey(bytearray(32))  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="a message is bytes, got str"):
        ed25519.PrivateKey(bytes(32)).sign("text")  # type: ignore[arg-type]


def test_a_key_shows_no_secret_and_stays_where_it_is() -> None:
    seed = bytes(range(32))
    key = ed25519.PrivateKey(seed)
    assert repr(key) == f"<Ed25519 PrivateKey of {by_openssl(seed, b'')[0].hex()}>"
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(StateError, match="neither pickled nor copied"):
            leave(key)
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            leave(key._native)
