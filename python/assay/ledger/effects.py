"""Effects: what one call of a contract read, wrote and answered, so that it can take effect without being executed.

    effects = ("assay.ledger.effects", 1, height, time, reads, ranges, writes, result)

    reads   ascending (space, key, SHA-256 of the value | None when there was none)
    ranges  ascending (space, prefix, digest of all pairs whose key starts with `prefix`)
    writes  ascending (key, canonical value | None for deleted), all in the space of the contract called
    result  the canonical bytes of what the contract answered

(ascending, without repetition, by the UTF-8 bytes of space and key). `height` and `time` are what the call took for
those of its block. Reads are what the state held *before* the call: what it read back of its own writes depends on
nothing else. A range is recorded whole, even if the contract stopped half-way, so that a pair that appears in it later
is noticed (a phantom).

The digest of a range is SHA-256 over the encodings of (key, value), one after the other; each tells its own length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, TypeAlias

from assay.core.encoding import decode, decode_record, digest_bytes, encode, encode_record
from assay.core.errors import EncodingError, LedgerError, LimitError
from assay.ledger.state import MAX_KEY_BYTES, MAX_VALUE_BYTES, Overlay, Store

__all__ = [
    "MAX_EFFECTS_BYTES",
    "MAX_RANGES",
    "MAX_READS",
    "MAX_WRITES",
    "Effects",
    "Recorder",
    "StaleRead",
    "effects_digest",
]

MAX_EFFECTS_BYTES: Final = 768 << 10
MAX_READS: Final = 10_000
MAX_RANGES: Final = 64
MAX_WRITES: Final = 10_000
_KIND: Final = "assay.ledger.effects"
_RANGE: Final = hashlib.sha256(b"assay/ledger/range/v1")

Read: TypeAlias = tuple[str, str, bytes | None]
Range: TypeAlias = tuple[str, str, bytes]
Write: TypeAlias = tuple[str, bytes | None]


class StaleRead(LedgerError):
    """What an endorsed transaction read has changed since: have it endorsed again."""


def _value_digest(value: bytes | None) -> bytes | None:
    return None if value is None else hashlib.sha256(value).digest()


def _range_digest(pairs: Iterable[tuple[str, bytes]]) -> bytes:
    hasher = _RANGE.copy()
    for pair in pairs:
        hasher.update(encode(pair))
    return hasher.digest()


def effects_digest(encoded: bytes) -> bytes:
    """The 32 bytes that stand for encoded effects."""
    return digest_bytes("assay/ledger/effects/v1", encoded)


class Recorder:
    """A store that notes what is read from it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reads: dict[tuple[str, str], bytes | None] = {}
        self._ranges: dict[tuple[str, str], bytes] = {}

    def load(self, space: str, key: str) -> bytes | None:
        """The value under a key."""
        value = self._store.load(space, key)
        self._reads[space, key] = _value_digest(value)
        return value

    def scan(self, space: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """The pairs of a space, ascending."""
        pairs = list(self._store.scan(space, prefix))
        self._ranges[space, prefix] = _range_digest(pairs)
        yield from pairs

    def effects(self, writes: Overlay, space: str, *, height: int, time: int, result: bytes) -> Effects:
        """What was read here, and what was written to `space` on top of it."""
        assert all(written == space for written, _ in writes.writes)
        return Effects(
            height,
            time,
            tuple((*place, self._reads[place]) for place in sorted(self._reads, key=_order)),
            tuple((*place, self._ranges[place]) for place in sorted(self._ranges, key=_order)),
            tuple((key, writes.writes[space, key]) for _, key in sorted(writes.writes, key=_order)),
            result,
        )


def _order(place: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(part.encode() for part in place)


@dataclass(frozen=True)
class Effects:
    """What a call read, wrote and answered."""

    height: int
    time: int
    reads: tuple[Read, ...]
    ranges: tuple[Range, ...]
    writes: tuple[Write, ...]
    result: bytes

    @cached_property
    def encoded(self) -> bytes:
        """The canonical bytes; `LimitError` above `MAX_EFFECTS_BYTES`."""
        parts = (self.height, self.time, self.reads, self.ranges, self.writes, self.result)
        for name, count, limit in (
            ("reads", len(self.reads), MAX_READS),
            ("ranges", len(self.ranges), MAX_RANGES),
            ("writes", len(self.writes), MAX_WRITES),
        ):
            if count > limit:
                raise LimitError(f"an endorsed call has at most {limit} {name}, not {count}")
        return encode_record(_KIND, 1, *parts, limit=MAX_EFFECTS_BYTES)

    @cached_property
    def digest(self) -> bytes:
        """The 32 bytes that stand for them."""
        return effects_digest(self.encoded)

    @classmethod
    def decode(cls, data: bytes) -> Effects:
        """Read what `encoded` gave."""
        types = (int, int, tuple, tuple, tuple, bytes)
        height, time, reads, ranges, writes, result = decode_record(data, _KIND, 1, *types, limit=MAX_EFFECTS_BYTES)
        if height < 0 or time < 0:
            raise EncodingError("height or time of effects is negative")
        if len(reads) > MAX_READS or len(ranges) > MAX_RANGES or len(writes) > MAX_WRITES:
            raise LimitError("effects hold more reads, ranges or writes than a transaction may")
        for read in reads:
            _check(read, (str, str), 2)
            _check_digest(read[2], absent=True)
        for ranged in ranges:
            _check(ranged, (str, str), 2)
            _check_digest(ranged[2], absent=False)
        for write in writes:
            _check(write, (str,), 1)
            _check_write(*write)
        for name, places in (
            ("reads", [read[:2] for read in reads]),
            ("ranges", [ranged[:2] for ranged in ranges]),
            ("writes", [write[:1] for write in writes]),
        ):
            keys = [_order(place) for place in places] if len(places) > 1 else []
            if any(before >= after for before, after in pairwise(keys)):
                raise EncodingError(f"the {name} of effects do not ascend")
        decode(result, limit=MAX_EFFECTS_BYTES)
        effects = cls(height, time, reads, ranges, writes, result)
        effects.__dict__["encoded"] = bytes(data)  # decoding accepts the one canonical form alone
        return effects

    def check(self, store: Store) -> None:
        """Raise `StaleRead` unless `store` holds what was read."""
        for space, key, expected in self.reads:
            if _value_digest(store.load(space, key)) != expected:
                raise StaleRead(f"{space}/{key} has changed since the transaction was endorsed: have it endorsed again")
        for space, prefix, expected in self.ranges:
            if _range_digest(store.scan(space, prefix)) != expected:
                raise StaleRead(
                    f"the range {space}/{prefix}* has changed since the transaction was endorsed: "
                    "have it endorsed again"
                )

    def apply(self, overlay: Overlay, space: str) -> None:
        """Write the writes to `space`."""
        for key, value in self.writes:
            overlay.writes[space, key] = value


def _check(item: object, types: tuple[type, ...], extra_at: int) -> None:
    if type(item) is not tuple or len(item) != extra_at + 1 or tuple(map(type, item[:extra_at])) != types:
        raise EncodingError("a read, range or write of effects does not have its form")


def _check_digest(value: object, *, absent: bool) -> None:
    if (value is None and absent) or (type(value) is bytes and len(value) == 32):
        return
    raise EncodingError("a read or range of effects has a digest of 32 bytes")


def _check_write(key: str, value: object) -> None:
    if not 1 <= len(key.encode()) <= MAX_KEY_BYTES:
        raise LimitError(f"a key has 1 to {MAX_KEY_BYTES} bytes of UTF-8")
    if value is None:
        return
    if type(value) is not bytes:
        raise EncodingError("a write of effects is bytes or None")
    if decode(value, limit=MAX_VALUE_BYTES) is None:
        raise EncodingError("None is not stored: a write deletes with None in place of the bytes")
