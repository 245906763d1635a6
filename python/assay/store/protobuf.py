"""The wire format of protocol buffers, as far as dag-pb and UnixFS need it, in its one canonical form.

    message = (tag value)*        tag = varint(field << 3 | kind)
    kind 0: varint                kind 2: varint(length) bytes

Source: protobuf.dev/programming-guides/encoding. Varints of more bytes than needed, or above 2^64 - 1, and the other
kinds are refused. The order and number of fields is for the caller to check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core.errors import EncodingError

__all__ = ["BYTES", "VARINT", "fields", "put_bytes", "put_varint", "varint"]

VARINT: Final = 0
BYTES: Final = 2


def varint(value: int) -> bytes:
    """An unsigned integer, seven bits a byte, the lowest first."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def put_varint(out: bytearray, field: int, value: int) -> None:
    """Appends an unsigned integer below 2^64."""
    if not 0 <= value < 1 << 64:
        raise EncodingError(f"{value} is no unsigned integer of 64 bits")
    out += varint(field << 3 | VARINT)
    out += varint(value)


def put_bytes(out: bytearray, field: int, value: bytes | bytearray) -> None:
    """Appends bytes, or a nested message."""
    out += varint(field << 3 | BYTES)
    out += varint(len(value))
    out += value


def fields(data: bytes, what: str) -> Iterator[tuple[int, int | bytes]]:
    """Each field's number and value in order. `what` names the message in errors."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _read_varint(data, at, what)
        field, kind = tag >> 3, tag & 7
        if field == 0:
            raise EncodingError(f"{what}: a field of number 0")
        if kind == VARINT:
            value, at = _read_varint(data, at, what)
            yield field, value
        elif kind == BYTES:
            size, at = _read_varint(data, at, what)
            if size > end - at:
                raise EncodingError(f"{what}: field {field} claims {size} bytes, but {end - at} are left")
            yield field, data[at : at + size]
            at += size
        else:
            raise EncodingError(f"{what}: field {field} is of kind {kind}, which has no place here")


def _read_varint(data: bytes, at: int, what: str) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise EncodingError(f"{what} is cut short in an integer")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise EncodingError(f"{what}: an integer of more than ten bytes")
    if value >= 1 << 64 or (byte == 0 and shift > 0):
        raise EncodingError(f"{what}: an integer above 64 bits or with leading zeros")
    return value, at
