"""Content identifiers (CID), the names of blocks.

    CIDv1 = 0x01 || codec || 0x12 || 0x20 || SHA-256(block)      36 bytes
    text  = "b" || base32(CIDv1), lower case, no padding         59 characters

Source: github.com/multiformats/cid, multihash (sha2-256 = 0x12, 32 = 0x20 bytes), multicodec (raw = 0x55, dag-pb =
0x70), multibase ("b"). Exactly this form is accepted: other versions, codecs, hashes, bases, digest lengths, upper
case and stray low bits of the last character are refused, so that a block under a codec has one name. A CIDv0 ("Qm...")
is a dag-pb block's SHA-256 in another dress; `Cid.from_v0` translates it.
"""

from __future__ import annotations

import base64
import hashlib
from enum import IntEnum
from typing import Final, NamedTuple

from assay.core.errors import EncodingError, InvalidInput, WrongType

__all__ = ["CID_BYTES", "CID_CHARACTERS", "Cid", "Codec"]

CID_BYTES: Final = 36
CID_CHARACTERS: Final = 59

_MULTIHASH: Final = b"\x12\x20"
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE32: Final = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_V0_CHARACTERS: Final = 46


class Codec(IntEnum):
    """What a block is: bytes of a file, or a node that links to other blocks."""

    RAW = 0x55
    DAG_PB = 0x70


class Cid(NamedTuple):
    """The name of a block: its codec and the SHA-256 of its bytes. Ordered, hashable; `str` gives the text."""

    codec: Codec
    digest: bytes

    @classmethod
    def of(cls, codec: Codec, block: bytes | bytearray | memoryview) -> Cid:
        """The CID of a block."""
        return cls(codec, hashlib.sha256(block).digest())

    @classmethod
    def parse(cls, text: str) -> Cid:
        """The CID that `text` writes; `EncodingError` for all but the one canonical form."""
        if not isinstance(text, str):
            raise WrongType(f"the text of a CID is a str, not {type(text).__name__}")
        if len(text) == _V0_CHARACTERS and text.startswith("Qm"):
            raise EncodingError(f"{text} is a CIDv0; Cid.from_v0 gives its CIDv1")
        if len(text) != CID_CHARACTERS or text[0] != "b" or not _BASE32.issuperset(text):
            raise EncodingError(f"a CIDv1 is 'b' and {CID_CHARACTERS - 1} characters a-z2-7, not {text[:80]!r}")
        cid = cls.decode(base64.b32decode(text[1:].upper() + "======"))
        if str(cid) != text:
            raise EncodingError(f"the last character of {text} carries stray bits")
        return cid

    @classmethod
    def decode(cls, data: bytes) -> Cid:
        """The CID of the 36 bytes that `encode` gives; `EncodingError` for all others."""
        if not isinstance(data, bytes):
            raise WrongType(f"an encoded CID is bytes, not {type(data).__name__}")
        if len(data) != CID_BYTES or data[0] != 1 or data[2:4] != _MULTIHASH:
            raise EncodingError(f"not a CIDv1 with a SHA-256 of 32 bytes: {data[:CID_BYTES].hex()}")
        if data[1] not in (Codec.RAW, Codec.DAG_PB):
            raise EncodingError(f"the codec 0x{data[1]:02x} of a CID is neither raw (0x55) nor dag-pb (0x70)")
        return cls(Codec(data[1]), data[4:])

    @classmethod
    def from_v0(cls, text: str) -> Cid:
        """The CIDv1 of a CIDv0: 46 characters of base58, "Qm..."."""
        if len(text) != _V0_CHARACTERS or not set(text) <= set(_BASE58):
            raise EncodingError(f"a CIDv0 is {_V0_CHARACTERS} characters of base58, not {text[:80]!r}")
        number = 0
        for character in text:
            number = 58 * number + _BASE58.index(character)
        multihash = number.to_bytes(35, "big")  # 58^46 < 2^280
        if multihash[:3] != b"\x00" + _MULTIHASH:
            raise EncodingError(f"the CIDv0 {text} holds no SHA-256")
        return cls(Codec.DAG_PB, multihash[3:])

    def encode(self) -> bytes:
        """The binary form, 36 bytes."""
        if len(self.digest) != 32:
            raise InvalidInput(f"the digest of a CID has 32 bytes, not {len(self.digest)}")
        return bytes((1, self.codec)) + _MULTIHASH + self.digest

    def names(self, block: bytes | bytearray | memoryview) -> bool:
        """Whether `block` hashes to this name."""
        return hashlib.sha256(block).digest() == self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(self.encode()).decode("ascii").rstrip("=").lower()

    def __repr__(self) -> str:
        return f"Cid({self})"
