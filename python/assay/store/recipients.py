"""Who may open sealed objects: X25519 keys, to which the keys of objects are wrapped by HPKE.

    wrapped = enc (32) || ciphertext (48) = HPKE base mode(recipient, info = record of purpose and CID, object key)

Source: RFC 9180, suite DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, single-shot, no associated data. The
info binds a wrapped key to its object: moved to another, it does not open. Base mode does not say who wrapped the key;
who must know that, signs the CID. The arithmetic is that of OpenSSL. Not safe against quantum computers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from assay.core.encoding import encode_record
from assay.core.errors import EncodingError, InvalidInput, StateError
from assay.core.private_files import read_private, write_private
from assay.store.cid import Cid
from assay.store.errors import DamagedSeal

__all__ = ["WRAPPED_BYTES", "Recipient", "RecipientKey"]

WRAPPED_BYTES: Final = 80

_SUITE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class Recipient:
    """A public key; its text is 64 hexadecimal digits."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        """From 32 bytes (RFC 7748, u-coordinate)."""
        if not isinstance(raw, bytes) or len(raw) != 32:
            raise InvalidInput("a recipient is an X25519 public key of 32 bytes")
        self.raw: Final = raw

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """From its text; lower case only."""
        try:
            recipient = cls(bytes.fromhex(text))
        except ValueError:
            raise EncodingError(f"a recipient is 64 hexadecimal digits, not {text[:80]!r}") from None
        if str(recipient) != text:
            raise EncodingError(f"a recipient is 64 hexadecimal digits in lower case, not {text[:80]!r}")
        return recipient

    def wrap(self, cid: Cid, key: bytes | bytearray) -> bytes:
        """The key of the object `cid`, for this recipient only: 80 bytes. `InvalidInput` for a point of small order."""
        if len(key) != 32:
            raise InvalidInput(f"the key of an object has 32 bytes, not {len(key)}")
        try:
            return _SUITE.encrypt(bytes(key), X25519PublicKey.from_public_bytes(self.raw), _info(cid))
        except ValueError:
            raise InvalidInput(f"{self} is no usable X25519 public key") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipient) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __str__(self) -> str:
        return self.raw.hex()

    def __repr__(self) -> str:
        return f"Recipient({self})"


class RecipientKey:
    """The private key of a recipient."""

    __slots__ = ("_handle",)

    def __init__(self, handle: X25519PrivateKey) -> None:
        if not isinstance(handle, X25519PrivateKey):
            raise InvalidInput("the key of a recipient is an X25519 key")
        self._handle = handle

    @classmethod
    def generate(cls) -> RecipientKey:
        """A fresh key from the operating system's randomness."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, path: str | Path, passphrase: bytes | None = None) -> RecipientKey:
        """Read the PEM file that `save` wrote; refuses one that others may read."""
        pem = read_private(Path(path))
        try:
            handle = serialization.load_pem_private_key(pem, passphrase)
        except TypeError as error:
            raise StateError(f"{path}: {error}") from None
        except ValueError:
            raise EncodingError(f"{path} is not a PEM private key, or the passphrase is wrong") from None
        if not isinstance(handle, X25519PrivateKey):
            raise EncodingError(f"{path} holds a key of another kind than X25519")
        return cls(handle)

    def save(self, path: str | Path, passphrase: bytes | None = None) -> None:
        """Write PKCS #8 PEM to a new file of mode 0600, encrypted when there is a passphrase."""
        protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            protection = serialization.BestAvailableEncryption(passphrase)
        pem = self._handle.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        write_private(Path(path), pem)

    @property
    def recipient(self) -> Recipient:
        """The public key."""
        return Recipient(self._handle.public_key().public_bytes_raw())

    def unwrap(self, cid: Cid, wrapped: bytes) -> bytes:
        """The key of the object `cid`. Raises `DamagedSeal` if `wrapped` was changed, or made for another of either."""
        try:
            key = _SUITE.decrypt(wrapped, self._handle, _info(cid))
        except InvalidTag:
            key = b""
        if len(key) != 32:
            raise DamagedSeal(f"the wrapped key of {cid} does not open: for another recipient or object, or changed")
        return key

    def __repr__(self) -> str:
        return f"<RecipientKey of {self.recipient}, private>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError("a RecipientKey is neither pickled nor copied; use save and load")


def _info(cid: Cid) -> bytes:
    return encode_record("assay.store.wrapped-key", 1, cid.encode())
