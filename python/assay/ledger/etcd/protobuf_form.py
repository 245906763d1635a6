"""Messages in the binary form of Protocol Buffers (protobuf.dev/programming-guides/encoding).

    message = field*    field = varint(number * 8 + form) value    form 0: varint    form 2: varint(length) bytes

A varint holds an integer below 2^64, 7 bits a byte, the lowest first; the top bit says that more follow. What is read
may be hostile: a field twice that is no list, a wrong form, a length beyond the end and a varint too long are refused.
"""

from __future__ import annotations

from typing import Any, Final

from assay.core.errors import EncodingError
from assay.ledger.etcd.messages import MAX_INTEGER, Enumeration, Field, Message, Repeated
from assay.store.protobuf import varint

__all__ = ["decode", "encode"]

_VARINT: Final = 0
_FIXED_64: Final = 1
_BYTES: Final = 2
_FIXED_32: Final = 5


def encode(message: Message, values: dict[str, Any]) -> bytes:
    """The bytes of a message: what stands in `values`, zeros too."""
    parts: list[bytes] = []
    for name, value in values.items():
        number, kind = message.fields[name]
        if isinstance(kind, Repeated):
            for each in value:
                _encode(parts, number, kind.of, each)
        else:
            _encode(parts, number, kind, value)
    return b"".join(parts)


def _encode(parts: list[bytes], number: int, kind: Field, value: Any) -> None:
    if kind is bytes:
        raw = value
    elif isinstance(kind, Message):
        raw = encode(kind, value)
    elif kind is str:
        raw = value.encode()
    else:
        parts.append(varint(number << 3 | _VARINT))
        parts.append(varint(kind.names.index(value) if isinstance(kind, Enumeration) else int(value)))
        return
    parts.append(varint(number << 3 | _BYTES))
    parts.append(varint(len(raw)))
    parts.append(raw)


def decode(message: Message, data: bytes) -> dict[str, Any]:
    """The message in `data`; raises `EncodingError` where it is none."""
    return _decode(message, data, 0, len(data))


def _decode(message: Message, data: bytes, at: int, end: int) -> dict[str, Any]:
    found = message.empty()
    seen = set()
    while at < end:
        tag, at = _read_varint(data, at, end)
        form, number = tag & 7, tag >> 3
        size = 0
        if form == _VARINT:
            value, at = _read_varint(data, at, end)
        elif form == _BYTES:
            size, at = _read_varint(data, at, end)
        elif form in (_FIXED_32, _FIXED_64):
            size = 4 if form == _FIXED_32 else 8
        else:
            raise EncodingError(f"a field of etcd's answer is of form {form}")
        if size > end - at:
            raise EncodingError("a field of etcd's answer ends beyond its message")
        start, at = at, at + size
        if number not in message.numbers:
            continue
        name, kind = message.numbers[number]
        repeated = isinstance(kind, Repeated)
        one = kind.of if isinstance(kind, Repeated) else kind
        if form != (_BYTES if isinstance(one, Message) or one in (bytes, str) else _VARINT):
            raise EncodingError(f"{name!r} in etcd's answer is of form {form}")
        if isinstance(one, Message):
            part: Any = _decode(one, data, start, at)
        elif form == _BYTES:
            part = data[start:at] if one is bytes else _text(name, data[start:at])
        elif isinstance(one, Enumeration):
            part = one.names[value] if value < len(one.names) else str(value)
        else:
            part = bool(value) if one is bool else value
        if repeated:
            found[name].append(part)
        elif number in seen:
            raise EncodingError(f"{name!r} stands in etcd's answer twice")
        else:
            seen.add(number)
            found[name] = part
    return found


def _read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > MAX_INTEGER:
                break
            return value, at
        shift += 7
    raise EncodingError("an integer of etcd's answer is cut off or too long")


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise EncodingError(f"{name!r} in etcd's answer is not UTF-8") from None
