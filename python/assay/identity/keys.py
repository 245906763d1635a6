"""Private keys for signatures: ECDSA over P-256 or Ed25519 for people and services, Ed25519 for the seals of blocks.

What is signed is always digest(tag, value), the tagged hash of `core.encoding`, so a signature made in one domain
never verifies in another; how it verifies: `signatures`. P-256 is what every TLS stack and key store knows; a ledger
verifies Ed25519 several times faster, which suits whoever signs much. Keys are kept in files by `custody`, never
appear in a repr, and refuse to be pickled or copied. The arithmetic of P-256 is that of OpenSSL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NoReturn, Self, TypeAlias, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from assay.core.encoding import Encodable, digest
from assay.core.errors import EncodingError, InvalidInput, StateError
from assay.crypto import ed25519
from assay.identity.custody import read_private, write_private
from assay.identity.signatures import (
    P256_ORDER,
    PublicKey,
    is_public_key,
    public_key_bytes,
    verify_seal,
    verify_signature,
)

__all__ = [
    "P256_ORDER",
    "KeyKind",
    "PublicKey",
    "SealingKey",
    "SigningKey",
    "public_key_bytes",
    "verify_seal",
    "verify_signature",
]

KeyKind: TypeAlias = Literal["p256", "ed25519"]
_ECDSA = ec.ECDSA(hashes.SHA256())


class _PrivateKey:
    """What both kinds of key share: custody, and silence about the secret."""

    __slots__ = ("_handle",)
    _handle: ec.EllipticCurvePrivateKey | Ed25519PrivateKey

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
    """A private key of ECDSA on P-256, or of Ed25519 (RFC 8032)."""

    __slots__ = ("_edwards",)

    def __init__(self, handle: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
        private = isinstance(handle, (ec.EllipticCurvePrivateKey, Ed25519PrivateKey))
        if not private or not is_public_key(handle.public_key()):
            raise InvalidInput("a signing key is an ECDSA key on P-256 or an Ed25519 key")
        self._handle = handle
        self._edwards = _edwards(handle) if isinstance(handle, Ed25519PrivateKey) else None

    @classmethod
    def generate(cls, kind: KeyKind = "p256") -> SigningKey:
        """A fresh key from the operating system's randomness."""
        if kind == "p256":
            return cls(ec.generate_private_key(ec.SECP256R1()))
        if kind == "ed25519":
            return cls(Ed25519PrivateKey.generate())
        raise InvalidInput(f"a signing key is of kind 'p256' or 'ed25519', not {kind!r}")

    @property
    def kind(self) -> KeyKind:
        """Which of the two it is."""
        return "p256" if isinstance(self._handle, ec.EllipticCurvePrivateKey) else "ed25519"

    @property
    def handle(self) -> ec.EllipticCurvePrivateKey | Ed25519PrivateKey:
        """The key as `cryptography` knows it, for X.509 and TLS."""
        return self._handle

    @property
    def x509_hash(self) -> hashes.SHA256 | None:
        """The hash that X.509 signatures by this key name; Ed25519 has its own."""
        return hashes.SHA256() if self.kind == "p256" else None

    @property
    def public(self) -> PublicKey:
        """The public key."""
        return self._handle.public_key()

    def sign(self, tag: str, value: Encodable) -> bytes:
        """The 64-byte signature on `value` in the domain `tag`."""
        return self.sign_digest(digest(tag, value))

    def sign_digest(self, digest32: bytes) -> bytes:
        """The 64-byte signature on a digest that carries its domain already."""
        if self._edwards is not None:
            return self._edwards.sign(digest32)
        r, s = decode_dss_signature(cast(ec.EllipticCurvePrivateKey, self._handle).sign(digest32, _ECDSA))
        return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")


class SealingKey(_PrivateKey):
    """An Ed25519 private key (RFC 8032), which seals blocks."""

    __slots__ = ("_edwards",)

    def __init__(self, handle: Ed25519PrivateKey) -> None:
        if not isinstance(handle, Ed25519PrivateKey):
            raise InvalidInput("a sealing key is an Ed25519 key")
        self._handle = handle
        self._edwards = _edwards(handle)

    @classmethod
    def generate(cls) -> SealingKey:
        """A fresh key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._edwards.public

    def seal(self, digest32: bytes) -> bytes:
        """The 64-byte signature on a digest that carries its domain already."""
        return self._edwards.sign(digest32)


def _edwards(handle: Ed25519PrivateKey) -> ed25519.PrivateKey:
    """The key that signs, beside the one that custody, X.509 and TLS know."""
    return ed25519.PrivateKey(handle.private_bytes_raw())
