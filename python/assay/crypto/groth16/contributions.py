"""Section 10 of a `.zkey`: the hash of the circuit and the list of contributions to delta, as bytes and back.

    64 bytes circuit hash, u32 count, then for each contribution
    delta after it (G1), s (G1), s x (G1), s' x (G2), 64 bytes transcript, u32 type (0 contribution, 1 beacon),
    u32 length of the parameters: 1 name (u8 length, UTF-8), 2 u8 log2 of the beacon's iterations, 3 beacon (u8 length)

Points are affine in Montgomery form, all integers little-endian, parameters ascending. Source: src/zkey_utils.js of
github.com/iden3/snarkjs. What the numbers mean, and whether they are true, is checked by `assay.ceremony`; this reads.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.core.errors import EncodingError, InvalidInput, LimitError
from assay.crypto.field import Limbs

__all__ = ["MAX_CONTRIBUTIONS", "Contribution", "Transcript"]

MAX_CONTRIBUTIONS: Final = 1 << 14
MAX_BYTES: Final = 68 + MAX_CONTRIBUTIONS * 1024

_POINTS: Final = (("delta_after", 8), ("s", 8), ("sx", 8), ("spx", 16))
_FIXED_BYTES: Final = 8 * 40 + 64 + 8
_NAME, _ITERATIONS, _BEACON = 1, 2, 3


@dataclass(frozen=True)
class Contribution:
    """One contribution: x was multiplied into delta.

    delta_after, s, sx: uint64[1, 8], spx: uint64[1, 16], Montgomery words; spx = x s' for the point s' of G2 that the
    transcript hashes to. `beacon` and `iterations_log` are given for a beacon only.
    """

    delta_after: Limbs
    s: Limbs
    sx: Limbs
    spx: Limbs
    transcript: bytes
    name: str = ""
    beacon: bytes | None = None
    iterations_log: int | None = None

    def __post_init__(self) -> None:
        if (self.beacon is None) != (self.iterations_log is None):
            raise InvalidInput("a beacon has both a value and a number of iterations")
        if self.beacon is not None and not 1 <= len(self.beacon) <= 255:
            raise InvalidInput(f"a beacon has 1 to 255 bytes, got {len(self.beacon)}")
        if len(self.name.encode()) > 255:
            raise InvalidInput("the name of a contribution has at most 255 bytes")

    def pack(self) -> bytes:
        """Its bytes."""
        parameters = b""
        if self.name:
            text = self.name.encode()
            parameters += bytes([_NAME, len(text)]) + text
        if self.beacon is not None and self.iterations_log is not None:
            parameters += bytes([_ITERATIONS, self.iterations_log, _BEACON, len(self.beacon)]) + self.beacon
        points = b"".join(getattr(self, name).astype("<u8", copy=False).tobytes() for name, _ in _POINTS)
        kind = int(self.beacon is not None)
        return points + self.transcript + struct.pack("<II", kind, len(parameters)) + parameters


@dataclass(frozen=True)
class Transcript:
    """The circuit hash (64 bytes; zeros in a key from no ceremony) and the contributions, first to last."""

    circuit_hash: bytes = bytes(64)
    contributions: tuple[Contribution, ...] = ()

    def pack(self) -> bytes:
        """The section's bytes."""
        head = self.circuit_hash + struct.pack("<I", len(self.contributions))
        return head + b"".join(contribution.pack() for contribution in self.contributions)

    @classmethod
    def unpack(cls, data: bytes) -> Transcript:
        """Reads the section; `EncodingError` naming the contribution for anything but its one form."""
        if len(data) < 68:
            raise EncodingError(f"the section of contributions has {len(data)} bytes, at least 68 belong there")
        (count,) = struct.unpack_from("<I", data, 64)
        if count > MAX_CONTRIBUTIONS:
            raise LimitError(f"{count} contributions are above the limit of {MAX_CONTRIBUTIONS}")
        contributions, at = [], 68
        for i in range(count):
            contribution, at = _unpack(data, at, f"contribution {i + 1} of {count}")
            contributions.append(contribution)
        if at != len(data):
            raise EncodingError(f"{len(data) - at} bytes follow the last of {count} contributions")
        return cls(data[:64], tuple(contributions))


def _unpack(data: bytes, at: int, what: str) -> tuple[Contribution, int]:
    if len(data) - at < _FIXED_BYTES:
        raise EncodingError(f"{what} is cut short")
    points = {}
    for name, words in _POINTS:
        points[name] = np.frombuffer(data, dtype="<u8", count=words, offset=at).astype(np.uint64).reshape(1, words)
        at += 8 * words
    transcript = data[at : at + 64]
    kind, length = struct.unpack_from("<II", data, at + 64)
    at += 72
    if kind > 1:
        raise EncodingError(f"{what} is of unknown type {kind}")
    if length > len(data) - at:
        raise EncodingError(f"{what} is cut short")
    values = _parameters(data[at : at + length], what)
    expected = {_ITERATIONS, _BEACON} if kind == 1 else set()
    if set(values) - {_NAME} != expected:
        raise EncodingError(f"{what}: a beacon has a value and a number of iterations, nothing else has")
    try:
        name = values.get(_NAME, b"").decode()
    except UnicodeDecodeError:
        raise EncodingError(f"{what}: the name is not UTF-8") from None
    iterations = values[_ITERATIONS][0] if kind == 1 else None
    beacon = values.get(_BEACON)
    if beacon == b"":
        raise EncodingError(f"{what}: the beacon is empty")
    return Contribution(
        **points, transcript=transcript, name=name, beacon=beacon, iterations_log=iterations
    ), at + length


def _parameters(data: bytes, what: str) -> dict[int, bytes]:
    values: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        kind, at = data[at], at + 1
        if kind not in (_NAME, _ITERATIONS, _BEACON) or kind <= max(values, default=0):
            raise EncodingError(f"{what}: parameter {kind} is unknown, comes twice or out of order")
        length = 1
        if kind != _ITERATIONS:
            length, at = (data[at], at + 1) if at < len(data) else (1, at)
        if length > len(data) - at:
            raise EncodingError(f"{what}: parameter {kind} is cut short")
        values[kind] = data[at : at + length]
        at += length
    return values
