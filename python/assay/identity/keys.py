"""Private keys for signatures: ECDSA over P-256 for people and services, Ed25519 for the seals of blocks.

What is signed is always digest(tag, value), the tagged hash of `core.encoding`, so a signature made in one domain
never verifies in another. An ECDSA signature is r || s, 32 bytes each, big-endian, with s <= n/2 (FIPS 186-5 with the
low-s rule, which leaves one of the two forms). Keys are kept in files by `custody`, never appear in a repr, and
refuse to be pickled or copied. The arithmetic is that of OpenSSL.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn, Self, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from assay.core.encoding import Encodable, digest
from assay.core.errors import EncodingError, InvalidInput, SignatureError, StateError
from assay.identity.custody import read_private, write_private

__all__ = ["P256_ORDER", "SealingKey", "SigningKey", "public_key_bytes", "verify_seal", "verify_signature"]

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, version 2, 2.4.2
_ECDSA = ec.ECDSA(hashes.SHA256())


class _PrivateKey:
    """What both kinds of key share: custody, and silence about the secret."""

    __slots__ = ("_handle",)
    _handle: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

    @classmethod
    def load(cls, path: Path, passphrase: bytes | None = None) -> Self:
        """Read the PEM file that `save` wrote; refuses one that others may read."""
        pem = read_private(path)
        try:
            handle = serialization.load_pem_private_key(pem, passphrase)
        except TypeError as error:
            raise StateError(f"{path}: {error}") from None
        except ValueError:
            raise EncodingError(f"{path} is not a PEM private key, or the passphrase is wrong") from None
        return cls(handle)  # type: ignore[call-arg]

    def save(self, path: Path, passphrase: bytes | None = None) -> None:
        """Write PKCS #8 PEM to a new file of mode 0600, encrypted when there is a passphrase."""
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            protection = serialization.BestAvailableEncryption(passphrase)
        pem = self._handle.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        write_private(path, pem)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, private>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError(f"a {type(self).__name__} is neither pickled nor copied; use save and load")


class SigningKey(_PrivateKey):
    """An ECDSA P-256 private key."""

    __slots__ = ()

    def __init__(self, handle: ec.EllipticCurvePrivateKey) -> None:
        if not isinstance(handle, ec.EllipticCurvePrivateKey) or not isinstance(handle.curve, ec.SECP256R1):
            raise InvalidInput("a signing key is an ECDSA key on P-256")
        self._handle = handle

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key from the operating system's randomness."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def handle(self) -> ec.EllipticCurvePrivateKey:
        """The key as `cryptography` knows it, for X.509 and TLS."""
        return cast(ec.EllipticCurvePrivateKey, self._handle)

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        """The public key."""
        return self.handle.public_key()

    def sign(self, tag: str, value: Encodable) -> bytes:
        """The 64-byte signature on `value` in the domain `tag`."""
        r, s = decode_dss_signature(self.handle.sign(digest(tag, value), _ECDSA))
        return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")


class SealingKey(_PrivateKey):
    """An Ed25519 private key (RFC 8032), which seals blocks."""

    __slots__ = ()

    def __init__(self, handle: ed25519.Ed25519PrivateKey) -> None:
        if not isinstance(handle, ed25519.Ed25519PrivateKey):
            raise InvalidInput("a sealing key is an Ed25519 key")
        self._handle = handle

    @classmethod
    def generate(cls) -> SealingKey:
        """A fresh key from the operating system's randomness."""
        return cls(ed25519.Ed25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return cast(ed25519.Ed25519PrivateKey, self._handle).public_key().public_bytes_raw()

    def seal(self, digest32: bytes) -> bytes:
        """The 64-byte signature on a digest that carries its domain already."""
        return cast(ed25519.Ed25519PrivateKey, self._handle).sign(digest32)


def verify_signature(public: ec.EllipticCurvePublicKey, tag: str, value: Encodable, signature: bytes) -> None:
    """Check an ECDSA signature on `value` in the domain `tag`; raises `SignatureError`."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not 0 < r < P256_ORDER or not 0 < s <= P256_ORDER // 2:
        raise SignatureError("an ECDSA signature is r || s of 64 bytes with 0 < r < n and 0 < s <= n/2")
    try:
        public.verify(encode_dss_signature(r, s), digest(tag, value), _ECDSA)
    except InvalidSignature:
        raise SignatureError(f"the ECDSA signature does not verify in the domain {tag!r}") from None


def verify_seal(public: bytes, digest32: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature of `SealingKey.seal`; raises `SignatureError`."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, digest32)
    except (InvalidSignature, ValueError):
        raise SignatureError(f"the seal does not verify under the key {public.hex()}") from None


def public_key_bytes(public: ec.EllipticCurvePublicKey) -> bytes:
    """A P-256 public key as an uncompressed point: 0x04 || x || y, 65 bytes."""
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
