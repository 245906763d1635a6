"""Authenticated encryption of a stream under the key of one object.

    header = "assaysld" || 0x00000001 || salt (32) || commitment (32)                                    76 bytes
    stream key || commitment = HKDF-SHA256(object key, salt, "assay/store/sealed/v1"), 32 bytes each
    chunk i = AES-256-GCM(stream key, nonce = i (11 bytes, big-endian) || last (1 byte), associated data = header)

Chunks hold 65,536 bytes before their tags of 16, the last 1 to 65,536, or 0 if it is the only one. This is the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizar: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, CRYPTO 2015, section 7): a chunk that was changed, moved, repeated, left out or brought from
elsewhere does not verify, and the flag tells the end, so that a shortened stream is refused. GCM does not commit to its
key; the commitment does (a second key cannot open the same bytes to something else) and tells a wrong key before the
first chunk. The object key is used for one object only; the salt keeps streams apart even if that rule is broken.

Cost: one pass; memory of two chunks. Constant-time as far as OpenSSL's AES-GCM is.
"""

from __future__ import annotations

import hmac
import io
import os
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.core.errors import InvalidInput, SystemFailure
from assay.store.errors import DamagedSeal
from assay.store.layout import Readable

__all__ = ["CHUNK", "HEADER", "KEY_BYTES", "TAG", "Sealer", "sealed_size", "unsealed"]

KEY_BYTES: Final = 32
CHUNK: Final = 1 << 16
TAG: Final = 16
HEADER: Final = 76

_MAGIC: Final = b"assaysld" + (1).to_bytes(4, "big")
_INFO: Final = b"assay/store/sealed/v1"


def sealed_size(size: int) -> int:
    """Bytes of the sealed form of `size` bytes."""
    return HEADER + size + TAG * max(1, -(-size // CHUNK))


class Sealer(io.RawIOBase):
    """The sealed form of a stream, itself a stream: reading it reads and encrypts `source` as far as needed."""

    def __init__(self, key: bytes | bytearray, source: Readable) -> None:
        salt = os.urandom(32)
        stream_key, commitment = _schedule(key, salt)
        self._header: Final = _MAGIC + salt + commitment
        self._aead: Final = AESGCM(stream_key)
        self._source: Final = source
        self._number = 0
        self._ready = memoryview(self._header)  # sealed, and not read yet
        self._next: bytes | None = self._chunk()  # read ahead, to know which chunk is the last

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer from its start; 0 at the end."""
        if not self._ready and self._next is not None:
            self._ready = memoryview(self._seal())
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _seal(self) -> bytes:
        chunk = self._next
        assert chunk is not None
        self._next = self._chunk() if len(chunk) == CHUNK else None
        if self._next == b"":
            self._next = None
        sealed = self._aead.encrypt(_nonce(self._number, self._next is None), chunk, self._header)
        self._number += 1
        return sealed

    def _chunk(self) -> bytes:
        chunk = bytearray(CHUNK)
        view, done = memoryview(chunk), 0
        while done < CHUNK:
            count = self._source.readinto(view[done:])
            if count is None:
                raise SystemFailure("the source is not ready: open it in blocking mode")
            if count == 0:
                break
            done += count
        return bytes(view[:done])


def unsealed(key: bytes | bytearray, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What was sealed, chunk by chunk; `pieces` is the sealed form in pieces of any size.

    Each chunk is verified before it is yielded, but that the object is whole is known only when the iteration ends:
    until then hold back whatever acts on the end. Raises `DamagedSeal`.
    """
    source = _Buffered(pieces)
    header = source.take(HEADER)
    if len(header) < HEADER or not header.startswith(_MAGIC):
        raise DamagedSeal(f"not a sealed object: it opens with {header[: len(_MAGIC)].hex()!r}")
    salt, commitment = header[len(_MAGIC) : -32], header[-32:]
    stream_key, expected = _schedule(key, salt)
    if not hmac.compare_digest(commitment, expected):
        raise DamagedSeal("the object was sealed under another key, or its header was changed")
    aead, number = AESGCM(stream_key), 0
    chunk = source.take(CHUNK + TAG)
    while True:
        following = source.take(CHUNK + TAG) if len(chunk) == CHUNK + TAG else b""
        last = not following
        if len(chunk) < TAG or (len(chunk) == TAG and number > 0):
            raise DamagedSeal(f"chunk {number} of the sealed object is cut short")
        try:
            yield aead.decrypt(_nonce(number, last), chunk, header)
        except InvalidTag:
            raise DamagedSeal(
                f"chunk {number} of the sealed object does not verify: changed, moved, or the object was cut"
            ) from None
        if last:
            return
        chunk, number = following, number + 1


class _Buffered:
    """Takes exact sizes from pieces of any size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        """`size` bytes, or fewer at the end."""
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        out = bytes(self._held[:size])
        del self._held[:size]
        return out


def _schedule(key: bytes | bytearray, salt: bytes) -> tuple[bytes, bytes]:
    if len(key) != KEY_BYTES:
        raise InvalidInput(f"the key of an object has {KEY_BYTES} bytes, not {len(key)}")
    material = HKDF(hashes.SHA256(), 64, salt, _INFO).derive(bytes(key))
    return material[:32], material[32:]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
