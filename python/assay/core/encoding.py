"""The one canonical encoding, and the domain-tagged digest over it.

A value is None, a bool, an int, bytes, a str, or a list, tuple or str-keyed map of values. Its encoding is
one version byte (0x01) and one item:

    item   = 0x00                        None
           | 0x01 | 0x02                 False | True
           | 0x03 length magnitude       int >= 0, big-endian, no leading zero byte (0 is empty)
           | 0x04 length magnitude       int < 0, the magnitude of -1 - n, likewise
           | 0x05 length bytes           bytes
           | 0x06 length bytes           str in UTF-8 (no normalisation is applied)
           | 0x07 count item*            list
           | 0x08 count item*            tuple
           | 0x09 count (str-item item)* map, keys strictly ascending by their UTF-8 bytes

Lengths and counts are 4 bytes, big-endian. Encoding is injective, and `decode` accepts exactly the image of
`encode`, so encode(decode(b)) == b whenever decode returns. Limits: nesting depth 32, 16 MiB a message and
64 KiB an int unless the caller asks for less or more; a count can never exceed the bytes that are left.

`digest(tag, value)` is SHA-256(SHA-256(tag) || SHA-256(tag) || encode(value)), the tagged hash of BIP 340.
The doubled prefix fills one block of SHA-256, which separates the domains and is computed once a tag.

Records (`encode_record`, `decode_record`) are tuples that open with their kind and version, so that bytes
of one kind are never read as another.

The functions are those of the extension, typed here. Errors: `WrongType` for what has no encoding, `LimitError` for
what is above a limit, `EncodingError` for bytes that encode nothing and for a str with a lone surrogate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, SupportsIndex, TypeAlias, Union

from assay import _native

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_INT_BYTES",
    "Encodable",
    "Value",
    "decode",
    "decode_record",
    "digest",
    "digest_bytes",
    "encode",
    "encode_parts",
    "encode_record",
]

# Recursive aliases: what `encode` takes, and what `decode` gives.
Encodable: TypeAlias = Union[
    bool, SupportsIndex, bytes, bytearray, str, "Sequence[Encodable]", "Mapping[str, Encodable]", None
]
Value: TypeAlias = Union[bool, int, bytes, str, "list[Value]", "tuple[Value, ...]", "dict[str, Value]", None]

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 16 << 20
MAX_INT_BYTES: Final = 64 << 10

if TYPE_CHECKING:

    def encode(value: Encodable, /, *, limit: int = MAX_BYTES) -> bytes:
        """The canonical bytes of `value`, at most `limit` of them.

        Anything with `__index__` (an int, a gmpy2.mpz, a numpy integer) encodes as the int it stands for; float
        and every other type is refused with `WrongType`. Tuples and lists are distinct.
        """

    def encode_record(kind: str, version: int, /, *fields: Encodable, limit: int = MAX_BYTES) -> bytes:
        """The encoding of the tuple (kind, version, *fields)."""

    def encode_parts(kind: str, version: int, /, *parts: bytes) -> bytes:
        """`encode_record` of fields that are all bytes, with no limit but that of each part: 4 GiB."""

    def decode(data: bytes, /, *, limit: int = MAX_BYTES) -> Value:
        """The value whose canonical encoding is `data`; `EncodingError` for every other byte string."""

    def decode_record(data: bytes, kind: str, version: int, /, *types: type, limit: int = MAX_BYTES) -> tuple[Any, ...]:
        """The fields of a record of `kind` and `version`, each of exactly the type named in `types`.

        Types are matched exactly: a bool is not an int, a list is not a tuple.
        """

    def digest(tag: str, value: Encodable, /) -> bytes:
        """The 32-byte digest of `value` in the domain `tag` (by convention "assay/room/what/v1")."""

    def digest_bytes(tag: str, data: bytes, /) -> bytes:
        """`digest` for bytes that are canonical already, such as a message that was decoded before.

        Of 16 KiB and more the GIL is released meanwhile.
        """

else:
    encode = _native.encode
    encode_record = _native.encode_record
    encode_parts = _native.encode_parts
    decode = _native.decode
    decode_record = _native.decode_record
    digest = _native.digest
    digest_bytes = _native.digest_bytes
