"""Where secrets live: files that only their owner may read, and a holder for secret bytes.

A passphrase protects a `SecretBytes` file with scrypt (N = 2^15, r = 8, p = 1; RFC 7914) and AES-256-GCM, with the
record's kind as associated data. Signing keys use PKCS #8's own encryption (`keys`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import AuthorizationError, InvalidInput, StateError
from assay.core.private_files import read_private, write_private

__all__ = ["SecretBytes", "read_private", "write_private"]

_PLAIN, _SEALED = "assay.secret.plain", "assay.secret.sealed"


class SecretBytes:
    """Secret bytes that show themselves only to `reveal`, and can be wiped.

    Python may hold further copies of what `reveal` returned; wiping clears the one kept here.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = bytearray(data)

    def reveal(self) -> bytes:
        """A copy of the secret; `StateError` after `wipe`."""
        if not self._data:
            raise StateError("the secret was wiped")
        return bytes(self._data)

    def wipe(self) -> None:
        """Overwrite the secret with zeros and forget it."""
        for i in range(len(self._data)):
            self._data[i] = 0
        self._data.clear()

    @classmethod
    def load(cls, path: Path, passphrase: bytes | None = None) -> SecretBytes:
        """Read the file that `save` wrote."""
        data = read_private(path)
        if passphrase is None:
            (secret,) = decode_record(data, _PLAIN, 1, bytes)
            return cls(secret)
        salt, nonce, sealed = decode_record(data, _SEALED, 1, bytes, bytes, bytes)
        try:
            return cls(AESGCM(_stretch(passphrase, salt)).decrypt(nonce, sealed, _SEALED.encode()))
        except (InvalidTag, ValueError):
            raise AuthorizationError(f"{path}: wrong passphrase, or the file was changed") from None

    def save(self, path: Path, passphrase: bytes | None = None) -> None:
        """Write to a new file of mode 0600, encrypted when there is a passphrase."""
        if passphrase is None:
            write_private(path, encode_record(_PLAIN, 1, self.reveal()))
            return
        salt, nonce = os.urandom(16), os.urandom(12)
        sealed = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, self.reveal(), _SEALED.encode())
        write_private(path, encode_record(_SEALED, 1, salt, nonce, sealed))

    def __repr__(self) -> str:
        return "<SecretBytes>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError("a SecretBytes is neither pickled nor copied; use save and load")


def _stretch(passphrase: bytes, salt: bytes) -> bytes:
    if not passphrase:
        raise InvalidInput("the passphrase is empty; give None for no protection")
    return Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(passphrase)
