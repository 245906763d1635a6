"""Signatures that must not verify: changed, malleated, replayed elsewhere, by small-order keys, in other encodings."""

from __future__ import annotations

import numpy as np
import pytest

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, SignatureError
from assay.crypto import babyjubjub as curve
from assay.crypto import eddsa
from assay.crypto.babyjubjub import BASE8, IDENTITY, ORDER, Point
from assay.crypto.eddsa import PrivateKey, PublicKey, Signature
from assay.crypto.field import Fr
from assay.crypto.poseidon import hash_ints

GENERATOR: Point = (
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)
TORSION = [curve.multiply(i * ORDER, GENERATOR) for i in range(1, 8)]
MESSAGE = 42


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return PrivateKey.generate()


@pytest.fixture(scope="module")
def signature(key: PrivateKey) -> Signature:
    return key.sign(MESSAGE)


def raw_limbs(values: list[int]) -> np.ndarray:
    """Limbs of any integers below 2^256: what a caller that skips the typed layer could hand to the kernel."""
    return np.frombuffer(b"".join(v.to_bytes(32, "little") for v in values), dtype="<u8").astype(np.uint64)


def native_status(key: Point, message: int, signature: list[int], checked: bool = False) -> int:
    rows = [raw_limbs(list(key))[None], raw_limbs([message])[None], raw_limbs(signature)[None]]
    return int(_native.eddsa_verify(*rows, checked)[0])


def test_every_part_counts(isa: str, key: PrivateKey, signature: Signature) -> None:
    public = key.public_key
    public.verify(MESSAGE, signature)
    other = PrivateKey.generate()
    forged = [
        (public, MESSAGE + 1, signature),
        (public, 0, signature),
        (public, Fr.modulus - MESSAGE, signature),
        (other.public_key, MESSAGE, signature),
        (public, MESSAGE, other.sign(MESSAGE)),
        (public, MESSAGE, Signature(signature.R8, (signature.S + 1) % ORDER)),
        (public, MESSAGE, Signature(signature.R8, -signature.S % ORDER)),
        (public, MESSAGE, Signature(signature.R8, 0)),
        (public, MESSAGE, Signature(curve.add(signature.R8, BASE8), signature.S)),
        (public, MESSAGE, Signature((-signature.R8[0] % Fr.modulus, signature.R8[1]), signature.S)),
        (public, MESSAGE, Signature(IDENTITY, 0)),
        (PublicKey(-public.x % Fr.modulus, public.y), MESSAGE, signature),
    ]
    for public_key, message, forgery in forged:
        with pytest.raises(SignatureError, match="verify"):
            public_key.verify(message, forgery)


def test_every_bit_of_the_encoding_counts(key: PrivateKey, signature: Signature) -> None:
    data = signature.to_bytes()
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(SignatureError):
            eddsa.verify(key.public_key.point, MESSAGE, bytes(changed))


def test_s_plus_a_multiple_of_l_is_refused(isa: str, key: PrivateKey, signature: Signature) -> None:
    values = range(signature.S + ORDER, 2**256, ORDER)
    assert len(values) >= 41
    for s in values:
        assert "canonical" in _native.status_message(native_status(key.public_key.point, MESSAGE, [*signature.R8, s]))
        with pytest.raises(EncodingError, match=r"\[0, l\)"):
            Signature(signature.R8, s)


def test_coordinates_and_messages_plus_r_are_refused(isa: str, key: PrivateKey, signature: Signature) -> None:
    r, public = Fr.modulus, key.public_key.point
    good = [*signature.R8, signature.S]
    assert native_status(public, MESSAGE, good) == 0
    attempts = [
        ((public[0] + r, public[1]), MESSAGE, good),
        ((public[0], public[1] + r), MESSAGE, good),
        (public, MESSAGE + r, good),
        (public, MESSAGE, [good[0] + r, good[1], good[2]]),
        (public, MESSAGE, [good[0], good[1] + r, good[2]]),
    ]
    for attempt in attempts:
        assert "canonical" in _native.status_message(native_status(*attempt))
    with pytest.raises(InvalidInput):
        key.public_key.verify(MESSAGE + r, signature)


@pytest.mark.parametrize("torsion", [IDENTITY, *TORSION])
def test_small_order_keys_are_refused(isa: str, torsion: Point) -> None:
    # 8 h A vanishes for such a key: (S Base8, S) would verify for every message
    s = 7
    forged = Signature(curve.multiply_base(s), s)
    assert "subgroup" in _native.status_message(native_status(torsion, MESSAGE, [*forged.R8, s]))
    with pytest.raises(EncodingError, match="subgroup"):
        PublicKey(*torsion)
    with pytest.raises(SignatureError):
        eddsa.verify(torsion, MESSAGE, forged)


@pytest.mark.parametrize("torsion", TORSION)
def test_keys_and_nonces_with_a_torsion_part_are_refused(isa: str, torsion: Point) -> None:
    # whoever knows k can make signatures that only a verifier with cofactor accepts
    k, nonce = 1234567, 7654321
    for a, r8 in [
        (curve.add(curve.multiply_base(k), torsion), curve.multiply_base(nonce)),
        (curve.multiply_base(k), curve.add(curve.multiply_base(nonce), torsion)),
    ]:
        s = (nonce + 8 * hash_ints([*r8, *a, MESSAGE]) * k) % ORDER
        assert native_status(a, MESSAGE, [*r8, s]) != 0
        with pytest.raises(SignatureError):
            eddsa.verify(a, MESSAGE, Signature(r8, s))


def test_points_off_the_curve_are_refused(isa: str, key: PrivateKey, signature: Signature) -> None:
    for bad in [(0, 0), (1, 1), (signature.R8[0], signature.R8[1] ^ 1), (signature.R8[1], signature.R8[0])]:
        with pytest.raises(SignatureError, match="curve"):
            key.public_key.verify(MESSAGE, Signature(bad, signature.S))
        with pytest.raises(SignatureError, match="curve"):
            eddsa.verify(bad, MESSAGE, signature)
        with pytest.raises(EncodingError, match="curve"):
            PublicKey(*bad)


def test_truncated_extended_and_swapped_encodings_are_refused(key: PrivateKey, signature: Signature) -> None:
    data = signature.to_bytes()
    for bad in (b"", data[:32], data[:-1], data + b"\x00", data[32:] + data[:32], bytes(64), b"\xff" * 64):
        with pytest.raises(SignatureError):
            eddsa.verify(key.public_key.point, MESSAGE, bad)


def test_bytes_and_integers_are_different_messages(key: PrivateKey) -> None:
    text = b"transfer"
    for other in (
        int.from_bytes(text, "big"),
        int.from_bytes(text, "little"),
        text + b"\x00",
        b"\x00" + text,
        text[:-1],
    ):
        with pytest.raises(SignatureError):
            key.public_key.verify(other, key.sign(text))
