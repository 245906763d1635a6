"""Wrapped keys against HPKE written from the RFC, and that against the RFC's own vector."""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from support import hpke_reference

from assay.core.encoding import encode_record
from assay.store import Cid, Codec, RecipientKey

# RFC 9180, appendix A.2.1, encryption 0: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base mode.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
EPHEMERAL = bytes.fromhex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600")
ENC = bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
PUBLIC = bytes.fromhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
PRIVATE = bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
AAD = bytes.fromhex("436f756e742d30")
CIPHERTEXT = bytes.fromhex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")


def info_of(cid):
    return encode_record("assay.store.wrapped-key", 1, cid.encode())


def test_the_reference_gives_the_vector_of_the_rfc():
    assert hpke_reference.seal(PUBLIC, INFO, PLAINTEXT, AAD, EPHEMERAL) == ENC + CIPHERTEXT
    assert hpke_reference.unseal(PRIVATE, INFO, ENC + CIPHERTEXT, AAD) == PLAINTEXT


@pytest.fixture(scope="module")
def key():
    return RecipientKey(X25519PrivateKey.from_private_bytes(PRIVATE))


def test_the_public_key(key):
    assert key.recipient.raw == PUBLIC


@given(data=st.binary(max_size=20), secret=st.binary(min_size=32, max_size=32))
def test_both_open_what_the_other_wrapped(key, data, secret):
    cid = Cid.of(Codec.RAW, data)
    assert hpke_reference.unseal(PRIVATE, info_of(cid), key.recipient.wrap(cid, secret)) == secret
    assert key.unwrap(cid, hpke_reference.seal(PUBLIC, info_of(cid), secret)) == secret


def test_each_wrapping_is_fresh(key):
    cid, secret = Cid.of(Codec.RAW, b""), os.urandom(32)
    assert len({key.recipient.wrap(cid, secret)[:32] for _ in range(20)}) == 20
