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
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, SupportsIndex, TypeAlias, Union

from assay.core.errors import EncodingError, LimitError, WrongType

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

_VERSION: Final = b"\x01"
_NONE, _FALSE, _TRUE, _NATURAL, _NEGATIVE, _BYTES, _STR, _LIST, _TUPLE, _MAP = range(10)


def encode(value: Encodable, *, limit: int = MAX_BYTES) -> bytes:
    """The canonical bytes of `value`, at most `limit` of them.

    Anything with `__index__` (an int, a gmpy2.mpz, a numpy integer) encodes as the int it stands for; float
    and every other type is refused with `WrongType`. Tuples and lists are distinct.
    """
    out = bytearray(_VERSION)
    _write(out, value, 0, limit)
    if len(out) > limit:
        raise LimitError(f"the value encodes to more than {limit} bytes")
    return bytes(out)


def _write(out: bytearray, value: Any, depth: int, limit: int) -> None:
    if depth > MAX_DEPTH:
        raise LimitError(f"the value nests deeper than {MAX_DEPTH} levels")
    if len(out) > limit:
        raise LimitError(f"the value encodes to more than {limit} bytes")
    if value is None:
        out.append(_NONE)
    elif value is False or value is True:
        out.append(_TRUE if value else _FALSE)
    elif isinstance(value, (bytes, bytearray)):
        _write_sized(out, _BYTES, value)
    elif isinstance(value, str):
        _write_sized(out, _STR, _utf8(value))
    elif isinstance(value, (list, tuple)):
        out.append(_TUPLE if isinstance(value, tuple) else _LIST)
        out += _length(len(value))
        _write_items(out, value, depth + 1, limit)
    elif isinstance(value, Mapping):
        _write_map(out, value, depth, limit)
    elif hasattr(value, "__index__"):
        _write_int(out, value.__index__())
    else:
        raise WrongType(f"a value of type {type(value).__name__} has no canonical encoding")


def _write_items(out: bytearray, items: Sequence[Any], depth: int, limit: int) -> None:
    """Write each item; short bytes, str and natural numbers, of which most messages consist, without a call each."""
    if depth > MAX_DEPTH and items:
        raise LimitError(f"the value nests deeper than {MAX_DEPTH} levels")
    for item in items:
        kind = type(item)
        if kind is bytes and len(item) < 256:
            out += _SHORT_BYTES[len(item)]
            out += item
        elif kind is str and len(item) < 256 and item.isascii():
            out += _SHORT_STR[len(item)]
            out += item.encode()
        elif kind is int and 0 <= item < 1 << 64:
            size = (item.bit_length() + 7) >> 3
            out += _SHORT_NATURAL[size]
            out += item.to_bytes(size, "big")
        else:
            _write(out, item, depth, limit)


def _write_map(out: bytearray, value: Mapping[Any, Any], depth: int, limit: int) -> None:
    for key in value:
        if not isinstance(key, str):
            raise WrongType(f"the keys of a map are str, not {type(key).__name__}")
    out.append(_MAP)
    out += _length(len(value))
    for raw, key in sorted((_utf8(key), key) for key in value):
        _write_sized(out, _STR, raw)
        _write(out, value[key], depth + 1, limit)


def _write_int(out: bytearray, value: int) -> None:
    tag, magnitude = (_NATURAL, value) if value >= 0 else (_NEGATIVE, -1 - value)
    size = (magnitude.bit_length() + 7) // 8
    if size > MAX_INT_BYTES:
        raise LimitError(f"an int of {size} bytes is above the limit of {MAX_INT_BYTES}")
    _write_sized(out, tag, magnitude.to_bytes(size, "big"))


def _write_sized(out: bytearray, tag: int, raw: bytes | bytearray) -> None:
    out.append(tag)
    out += _length(len(raw))
    out += raw


def _length(size: int) -> bytes:
    if size >= 1 << 32:
        raise LimitError(f"a length of {size} does not fit in 4 bytes")
    return size.to_bytes(4, "big")


def _heads(tag: int) -> tuple[bytes, ...]:
    """Tag and length of items of up to 255 bytes."""
    return tuple(bytes([tag]) + _length(size) for size in range(256))


_SHORT_NATURAL, _SHORT_BYTES, _SHORT_STR = _heads(_NATURAL), _heads(_BYTES), _heads(_STR)


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise EncodingError(f"the str holds a lone surrogate at position {error.start}") from None


def decode(data: bytes, *, limit: int = MAX_BYTES) -> Value:
    """The value whose canonical encoding is `data`; `EncodingError` for every other byte string."""
    if not isinstance(data, (bytes, bytearray)):
        raise WrongType(f"encoded data is bytes, not {type(data).__name__}")
    if len(data) > limit:
        raise LimitError(f"the message has {len(data)} bytes, above the limit of {limit}")
    if data[:1] != _VERSION:
        raise EncodingError(f"the message does not open with version byte 0x01: {bytes(data[:1]).hex()!r}")
    if len(data) > 5 and data[1] == _BYTES and int.from_bytes(data[2:6], "big") == len(data) - 6:
        return bytes(data[6:])
    reader = _Reader(bytes(data))
    value = reader.item(0)
    if reader.at != len(data):
        raise EncodingError(f"{len(data) - reader.at} bytes follow the value, at offset {reader.at}")
    return value


class _Reader:
    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 1

    def item(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise LimitError(f"the message nests deeper than {MAX_DEPTH} levels")
        tag = self.take(1)[0]
        if tag == _NONE:
            return None
        if tag in (_FALSE, _TRUE):
            return tag == _TRUE
        if tag in (_NATURAL, _NEGATIVE):
            return self.integer(tag)
        if tag == _BYTES:
            return self.take(self.length())
        if tag == _STR:
            return self.text()
        if tag == _LIST:
            return self.items(depth + 1)
        if tag == _TUPLE:
            return tuple(self.items(depth + 1))
        if tag == _MAP:
            return self.map(depth)
        raise EncodingError(f"unknown tag 0x{tag:02x} at offset {self.at - 1}")

    def items(self, depth: int) -> list[Value]:
        """A count and its items; bytes, str and natural numbers, of which most messages consist, without calls."""
        count, data, end = self.count(), self.data, len(self.data)
        values: list[Value] = []
        for _ in range(count):
            at = self.at + 5
            if depth > MAX_DEPTH or at > end:
                values.append(self.item(depth))  # short, or to be refused
                continue
            tag = data[at - 5]
            after = at + int.from_bytes(data[at - 4 : at], "big")
            if tag == _BYTES and after <= end:
                self.at = after
                values.append(data[at:after])
            elif tag == _STR and after <= end and (raw := data[at:after]).isascii():
                self.at = after
                values.append(raw.decode())
            elif tag == _NATURAL and after <= end and after - at <= 8 and (after == at or data[at]):
                self.at = after
                values.append(int.from_bytes(data[at:after], "big"))
            else:
                values.append(self.item(depth))
        return values

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise EncodingError(f"the message ends early: {size} bytes are due at offset {self.at}")
        raw = self.data[self.at : end]
        self.at = end
        return raw

    def length(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def count(self) -> int:
        count = self.length()
        if count > len(self.data) - self.at:  # every item takes at least one byte
            raise EncodingError(f"{count} items cannot fit in the rest of the message, at offset {self.at}")
        return count

    def integer(self, tag: int) -> int:
        size = self.length()
        if size > MAX_INT_BYTES:
            raise LimitError(f"an int of {size} bytes is above the limit of {MAX_INT_BYTES}")
        raw = self.take(size)
        if raw[:1] == b"\x00":
            raise EncodingError(f"an int has a leading zero byte, before offset {self.at}")
        magnitude = int.from_bytes(raw, "big")
        return magnitude if tag == _NATURAL else -1 - magnitude

    def text(self) -> str:
        start = self.at
        try:
            return self.take(self.length()).decode("utf-8")
        except UnicodeDecodeError:
            raise EncodingError(f"a str is not valid UTF-8, at offset {start}") from None

    def map(self, depth: int) -> dict[str, Value]:
        result: dict[str, Value] = {}
        last: bytes | None = None
        for _ in range(self.count()):
            if self.take(1)[0] != _STR:
                raise EncodingError(f"the key of a map is not a str, at offset {self.at - 1}")
            key = self.text()
            raw = key.encode("utf-8")
            if last is not None and raw <= last:
                raise EncodingError(f"the keys of a map do not ascend, before offset {self.at}")
            last = raw
            result[key] = self.item(depth + 1)
        return result


def encode_record(kind: str, version: int, *fields: Encodable, limit: int = MAX_BYTES) -> bytes:
    """The encoding of the tuple (kind, version, *fields)."""
    return encode((kind, version, *fields), limit=limit)


def encode_parts(kind: str, version: int, *parts: bytes) -> bytes:
    """`encode_record` of fields that are all bytes, for those who write very many."""
    out = [_record_head(kind, version, len(parts))]
    for part in parts:
        out.append(_SHORT_BYTES[len(part)] if len(part) < 256 else bytes([_BYTES]) + _length(len(part)))
        out.append(part)
    return b"".join(out)


@lru_cache(maxsize=256)
def _record_head(kind: str, version: int, parts: int) -> bytes:
    head = encode_record(kind, version, *[b""] * parts)
    return head[: len(head) - 5 * parts]


def decode_record(data: bytes, kind: str, version: int, *types: type, limit: int = MAX_BYTES) -> tuple[Any, ...]:
    """The fields of a record of `kind` and `version`, each of exactly the type named in `types`.

    Types are matched exactly: a bool is not an int, a list is not a tuple.
    """
    value = decode(data, limit=limit)
    if not isinstance(value, tuple) or len(value) < 2 or value[0] != kind:
        raise EncodingError(f"the message is not a {kind!r} record")
    if type(value[1]) is not int or value[1] != version:
        raise EncodingError(f"{kind!r} record of version {value[1]!r}; this code reads version {version}")
    fields = value[2:]
    found = [type(field) for field in fields]
    if found != list(types):
        names = ", ".join(t.__name__ for t in types)
        got = ", ".join(t.__name__ for t in found[: len(types) + 1])
        raise EncodingError(f"the fields of a {kind!r} record are ({names}), not ({got})")
    return fields


def digest(tag: str, value: Encodable) -> bytes:
    """The 32-byte digest of `value` in the domain `tag` (by convention "assay/room/what/v1")."""
    return digest_bytes(tag, encode(value))


def digest_bytes(tag: str, data: bytes) -> bytes:
    """`digest` for bytes that are canonical already, such as a message that was decoded before."""
    hasher = _domain(tag).copy()
    hasher.update(data)
    return bytes(hasher.digest())


@lru_cache(maxsize=256)
def _domain(tag: str) -> Any:
    prefix = hashlib.sha256(_utf8(tag)).digest()
    return hashlib.sha256(prefix + prefix)
