"""Public keys, and the verification of what their holders signed: one signature, or many at once.

What is verified is a digest of 32 bytes that carries its domain (`core.encoding.digest`). Both kinds of signature have
64 bytes and one form each, and the kind of the key decides which is meant:

- ECDSA over P-256 with SHA-256: r || s, 32 bytes each, big-endian, with s <= n/2 (FIPS 186-5 with the low-s rule,
  which leaves one of the two forms); by OpenSSL
- Ed25519: R || s as `crypto.ed25519` accepts it, many side by side
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from assay import num_threads
from assay.core.encoding import Encodable, digest
from assay.core.errors import SignatureError
from assay.core.threads import map_threaded
from assay.crypto import ed25519

__all__ = [
    "P256_ORDER",
    "KeyHolder",
    "PublicKey",
    "Signed",
    "is_public_key",
    "public_key_bytes",
    "verify_digest",
    "verify_seal",
    "verify_signature",
    "verify_signatures",
]

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | Ed25519PublicKey


class KeyHolder:
    """Who has a public key: a certificate. `verifying_key` is the key as verification takes it."""

    def __init__(self, public_key: PublicKey) -> None:
        self.public_key = public_key
        self.verifying_key: bytes | ec.EllipticCurvePublicKey = (
            public_key.public_bytes_raw() if isinstance(public_key, Ed25519PublicKey) else public_key
        )


# who signed (32 bytes: an Ed25519 key), the digest of 32 bytes, the signature
Signed: TypeAlias = tuple[KeyHolder | PublicKey | bytes, bytes, bytes]

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, version 2, 2.4.2
_ECDSA = ec.ECDSA(hashes.SHA256())
_FEWEST_THREADED: Final = 4


def is_public_key(key: object) -> TypeGuard[PublicKey]:
    """Whether `key` is a public key as `cryptography` knows them, on P-256 or of Ed25519."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, ec.SECP256R1)
    return isinstance(key, Ed25519PublicKey)


def public_key_bytes(public: PublicKey) -> bytes:
    """A P-256 key as an uncompressed point, 0x04 || x || y, 65 bytes; an Ed25519 key as its 32 bytes."""
    if isinstance(public, Ed25519PublicKey):
        return public.public_bytes_raw()
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def verify_signature(public: PublicKey, tag: str, value: Encodable, signature: bytes) -> None:
    """Check the signature of `SigningKey.sign` on `value` in the domain `tag`; raises `SignatureError`."""
    try:
        verify_digest(public, digest(tag, value), signature)
    except SignatureError as error:
        raise SignatureError(f"in the domain {tag!r}: {error}") from None


def verify_digest(public: PublicKey, digest32: bytes, signature: bytes) -> None:
    """Check a signature on a digest that carries its domain; raises `SignatureError`."""
    if isinstance(public, Ed25519PublicKey):
        return ed25519.verify(public.public_bytes_raw(), digest32, signature)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not 0 < r < P256_ORDER or not 0 < s <= P256_ORDER // 2:
        raise SignatureError("an ECDSA signature is r || s of 64 bytes with 0 < r < n and 0 < s <= n/2")
    try:
        public.verify(encode_dss_signature(r, s), digest32, _ECDSA)
    except InvalidSignature:
        raise SignatureError("the ECDSA signature does not verify") from None


def _holder(signer: KeyHolder | PublicKey) -> KeyHolder:
    return signer if isinstance(signer, KeyHolder) else KeyHolder(signer)


def verify_signatures(signed: Sequence[Signed]) -> list[SignatureError | None]:
    """What is wrong with each of (signer, digest, signature), or None: judged together, in parallel, none raised.

    The signer is a certificate (whose own validity is not looked at here), a public key, or the 32 bytes of an Ed25519
    key. One call for many signatures is several times faster than one for each.
    """
    errors: list[SignatureError | None] = [None] * len(signed)
    edwards: list[tuple[int, bytes]] = []
    others: list[tuple[int, ec.EllipticCurvePublicKey]] = []
    for i, (signer, _, _) in enumerate(signed):
        public = signer if isinstance(signer, bytes) else _holder(signer).verifying_key
        if isinstance(public, bytes):
            edwards.append((i, public))
        else:
            others.append((i, public))

    places = [i for i, _ in edwards]
    verdicts = ed25519.verify_many(
        [key for _, key in edwards], [signed[i][1] for i in places], [signed[i][2] for i in places]
    )
    for (i, key), valid in zip(edwards, verdicts.tolist(), strict=True):
        if not valid:
            errors[i] = SignatureError(f"the Ed25519 signature does not verify under the key {key.hex()}")

    def judge(k: int) -> SignatureError | None:
        i, public = others[k]
        try:
            verify_digest(public, *signed[i][1:])
        except SignatureError as error:
            return error
        return None

    workers = num_threads() if len(others) >= _FEWEST_THREADED else 1
    for (i, _), error in zip(others, map_threaded(judge, len(others), workers), strict=True):
        errors[i] = error
    return errors


def verify_seal(public: bytes, digest32: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature of `SealingKey.seal`; raises `SignatureError`."""
    if not ed25519.verify_many([public], [digest32], [signature])[0]:
        raise SignatureError(f"the seal does not verify under the key {public.hex()}")
