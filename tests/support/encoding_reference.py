"""The canonical encoding in plain Python, item by item: what `assay.core.encoding` is compared with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from assay.core.encoding import MAX_BYTES, MAX_DEPTH, MAX_INT_BYTES
from assay.core.errors import EncodingError, LimitError, WrongType

NONE, FALSE, TRUE, NATURAL, NEGATIVE, BYTES, STR, LIST, TUPLE, MAP = range(10)


def encode(value: Any, *, limit: int = MAX_BYTES) -> bytes:
    out = bytearray(b"\x01")
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
        out.append(NONE)
    elif value is False or value is True:
        out.append(TRUE if value else FALSE)
    elif isinstance(value, (bytes, bytearray)):
        _write_sized(out, BYTES, value)
    elif isinstance(value, str):
        _write_sized(out, STR, _utf8(value))
    elif isinstance(value, (list, tuple)):
        out.append(TUPLE if isinstance(value, tuple) else LIST)
        out += _length(len(value))
        for item in value:
            _write(out, item, depth + 1, limit)
    elif isinstance(value, Mapping):
        _write_map(out, value, depth, limit)
    elif hasattr(value, "__index__"):
        _write_int(out, value.__index__())
    else:
        raise WrongType(f"a value of type {type(value).__name__} has no canonical encoding")


def _write_map(out: bytearray, value: Mapping[Any, Any], depth: int, limit: int) -> None:
    for key in value:
        if not isinstance(key, str):
            raise WrongType(f"the keys of a map are str, not {type(key).__name__}")
    out.append(MAP)
    out += _length(len(value))
    pairs = sorted(((_utf8(key), key) for key in value), key=lambda pair: pair[0])
    if len({raw for raw, _ in pairs}) < len(pairs):
        raise EncodingError("two keys of a map are the same str")
    for raw, key in pairs:
        _write_sized(out, STR, raw)
        _write(out, value[key], depth + 1, limit)


def _write_int(out: bytearray, value: int) -> None:
    tag, magnitude = (NATURAL, value) if value >= 0 else (NEGATIVE, -1 - value)
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


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise EncodingError(f"the str holds a lone surrogate at position {error.start}") from None


def decode(data: bytes, *, limit: int = MAX_BYTES) -> Any:
    if not isinstance(data, (bytes, bytearray)):
        raise WrongType(f"encoded data is bytes, not {type(data).__name__}")
    if len(data) > limit:
        raise LimitError(f"the message has {len(data)} bytes, above the limit of {limit}")
    if data[:1] != b"\x01":
        raise EncodingError(f"the message does not open with version byte 0x01: {bytes(data[:1]).hex()!r}")
    reader = _Reader(bytes(data))
    value = reader.item(0)
    if reader.at != len(data):
        raise EncodingError(f"{len(data) - reader.at} bytes follow the value, at offset {reader.at}")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 1

    def item(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise LimitError(f"the message nests deeper than {MAX_DEPTH} levels")
        tag = self.take(1)[0]
        if tag == NONE:
            return None
        if tag in (FALSE, TRUE):
            return tag == TRUE
        if tag in (NATURAL, NEGATIVE):
            return self.integer(tag)
        if tag == BYTES:
            return self.take(self.length())
        if tag == STR:
            return self.text()
        if tag in (LIST, TUPLE):
            items = [self.item(depth + 1) for _ in range(self.count())]
            return items if tag == LIST else tuple(items)
        if tag == MAP:
            return self.map(depth)
        raise EncodingError(f"unknown tag 0x{tag:02x} at offset {self.at - 1}")

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
        return magnitude if tag == NATURAL else -1 - magnitude

    def text(self) -> str:
        start = self.at
        try:
            return self.take(self.length()).decode("utf-8")
        except UnicodeDecodeError:
            raise EncodingError(f"a str is not valid UTF-8, at offset {start}") from None

    def map(self, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        last: bytes | None = None
        for _ in range(self.count()):
            if self.take(1)[0] != STR:
                raise EncodingError(f"the key of a map is not a str, at offset {self.at - 1}")
            key = self.text()
            raw = key.encode("utf-8")
            if last is not None and raw <= last:
                raise EncodingError(f"the keys of a map do not ascend, before offset {self.at}")
            last = raw
            result[key] = self.item(depth + 1)
        return result


def encode_record(kind: str, version: int, *fields: Any, limit: int = MAX_BYTES) -> bytes:
    return encode((kind, version, *fields), limit=limit)


def encode_parts(kind: str, version: int, *parts: bytes) -> bytes:
    encode_record(kind, version)
    for part in parts:
        if not isinstance(part, (bytes, bytearray)):
            raise WrongType(f"the parts of a record are bytes, not {type(part).__name__}")
    return encode((kind, version, *parts), limit=1 << 62)


def decode_record(data: bytes, kind: str, version: int, *types: type, limit: int = MAX_BYTES) -> tuple[Any, ...]:
    value = decode(data, limit=limit)
    if not isinstance(value, tuple) or len(value) < 2 or value[0] != kind:
        raise EncodingError(f"the message is not a {kind!r} record")
    if type(value[1]) is not int or value[1] != version:
        small = isinstance(value[1], int) and -(1 << 63) <= value[1] < 1 << 63
        shown = repr(value[1]) if small else f"of type {type(value[1]).__name__}"
        raise EncodingError(f"{kind!r} record of version {shown}; this code reads version {version}")
    fields = value[2:]
    found = [type(field) for field in fields]
    if found != list(types):
        names = ", ".join(t.__name__ for t in types)
        got = ", ".join(t.__name__ for t in found[: len(types) + 1])
        raise EncodingError(f"the fields of a {kind!r} record are ({names}), not ({got})")
    return fields


def digest(tag: str, value: Any) -> bytes:
    return digest_bytes(tag, encode(value))


def digest_bytes(tag: str, data: bytes) -> bytes:
    prefix = hashlib.sha256(_utf8(tag)).digest()
    return hashlib.sha256(prefix + prefix + data).digest()
