"""Messages as etcd's JSON gateway has them: bytes in base64, integers in decimal text, and zeros left out."""

from __future__ import annotations

import base64
import binascii
import json
from contextlib import suppress
from typing import Any, Final

from assay.core.errors import EncodingError
from assay.core.json_text import parse_json
from assay.ledger.etcd.messages import MAX_INTEGER, Enumeration, Field, Message, Repeated

__all__ = ["as_object", "encode", "parse", "read"]

MAX_DEPTH: Final = 16


def encode(message: dict[str, Any]) -> bytes:
    """The text of a message."""
    return json.dumps(_plain(message), separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if type(value) is int:
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def parse(raw: bytes, max_bytes: int) -> dict[str, Any]:
    """The object in a JSON text."""
    return as_object(parse_json(raw, max_bytes=max_bytes, max_depth=MAX_DEPTH))


def as_object(value: Any) -> dict[str, Any]:
    """`value`, which must be a JSON object."""
    if not isinstance(value, dict):
        raise EncodingError(f"etcd's answer is a {type(value).__name__}, not an object")
    return value


def read(message: Message, given: dict[str, Any]) -> dict[str, Any]:
    """The message that a JSON object stands for; raises `EncodingError` where it is of another form."""
    found = message.empty()
    for name, value in given.items():
        if name in message.fields:
            found[name] = _read(name, message.fields[name][1], value)
    return found


def _read(name: str, kind: Field, value: Any) -> Any:
    if isinstance(kind, Message):
        return read(kind, as_object(value))
    if isinstance(kind, Repeated):
        if not isinstance(value, list):
            raise EncodingError(f"{name!r} in etcd's answer is not a list")
        return [_read(name, kind.of, part) for part in value]
    if kind is bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise EncodingError(f"{name!r} in etcd's answer is not base64") from None
    if kind is int:
        return _integer(name, value)
    if type(value) is not (str if isinstance(kind, Enumeration) else kind):
        raise EncodingError(f"{name!r} in etcd's answer is of type {type(value).__name__}")
    return value


def _integer(name: str, value: Any) -> int:
    if isinstance(value, str) and len(value) <= 20 and value.isascii():
        with suppress(ValueError):
            value = int(value)
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise EncodingError(f"{name!r} in etcd's answer is not a 64-bit integer")
    return value
