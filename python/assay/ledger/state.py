"""The state of all contracts: one map from (space, key) to canonical bytes, and its digest.

A space is the name of a contract instance.

The digest is that of a set and can be moved along with each write, whatever the size of the state: LtHash (Bellare and
Micciancio 1997; parameters of Lewi, Kim, Maykov and Weis 2019, eprint 2019/227: 1024 lanes mod 2^16, more than 200
bits). With e = SHAKE-128 of the pair, read as 1024 little-endian 16-bit numbers,

    lanes(S) = sum over (space, key, value) in S of e(space, key, value)  mod 2^16, lane by lane
    digest(S) = digest_bytes("assay/ledger/state/v1", lanes as 2048 bytes)

Keys are unique, so no element occurs twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, Protocol, TypeAlias

from assay.core.encoding import Encodable, Value, decode, digest_bytes, encode
from assay.core.errors import InvalidInput, LimitError
from assay.crypto import lthash

__all__ = ["MAX_VALUE_BYTES", "MemoryStore", "Overlay", "Pair", "SpaceState", "StateDigest", "Store"]

Pair: TypeAlias = tuple[str, str, bytes]
"""Space, key, value."""

MAX_KEY_BYTES: Final = 256
MAX_VALUE_BYTES: Final = 1 << 20
_TOGETHER: Final = 1024  # pairs of a whole state that are held at once
_ELEMENT: Final = hashlib.sha256(b"assay/ledger/state/element/v1").digest() * 2


class StateDigest:
    """The digest of a state, moved along as pairs come and go."""

    def __init__(self, lanes: bytes = lthash.EMPTY) -> None:
        if len(lanes) != lthash.LANES_BYTES:
            raise InvalidInput(f"the lanes of a state digest take {lthash.LANES_BYTES} bytes, not {len(lanes)}")
        self._lanes = bytes(lanes)

    @property
    def lanes(self) -> bytes:
        """The 2048 bytes to go on from later."""
        return self._lanes

    def move(self, comes: Iterable[Pair], goes: Iterable[Pair]) -> None:
        """Pairs come and go; many in one call take less time than each in its own."""
        self._lanes = lthash.move(self._lanes, list(map(_element, comes)), list(map(_element, goes)))

    def add(self, space: str, key: str, value: bytes) -> None:
        """A pair comes."""
        self.move([(space, key, value)], ())

    def remove(self, space: str, key: str, value: bytes) -> None:
        """A pair goes."""
        self.move((), [(space, key, value)])

    def add_all(self, pairs: Iterable[Pair]) -> None:
        """All pairs of a state come."""
        rest = iter(pairs)
        while some := list(islice(rest, _TOGETHER)):
            self.move(some, ())

    def digest(self) -> bytes:
        """The 32-byte digest."""
        return digest_bytes("assay/ledger/state/v1", self._lanes)


def _element(pair: Pair) -> bytes:
    return _ELEMENT + encode(pair)


class Store(Protocol):
    """Where state is read from: a back end's tables, or an overlay on them."""

    def load(self, space: str, key: str) -> bytes | None:
        """The value under a key."""

    def scan(self, space: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All pairs of a space whose key starts with `prefix`, ascending by the UTF-8 bytes of the key."""


class MemoryStore:
    """A whole state in memory, for verification and tests."""

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, bytes]] = {}

    def load(self, space: str, key: str) -> bytes | None:
        """The value under a key."""
        return self._spaces.get(space, {}).get(key)

    def scan(self, space: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """The pairs of a space, ascending."""
        pairs = self._spaces.get(space, {})
        for key in sorted((key for key in pairs if key.startswith(prefix)), key=str.encode):
            yield key, pairs[key]

    def write(self, writes: Mapping[tuple[str, str], bytes | None]) -> None:
        """Take over the writes of an overlay."""
        for (space, key), value in writes.items():
            if value is None:
                self._spaces.get(space, {}).pop(key, None)
            else:
                self._spaces.setdefault(space, {})[key] = value


class Overlay:
    """Writes on top of a store that can be merged down or dropped as a whole."""

    def __init__(self, base: Store) -> None:
        self._base = base
        self.writes: dict[tuple[str, str], bytes | None] = {}

    def load(self, space: str, key: str) -> bytes | None:
        """The value under a key."""
        if (space, key) in self.writes:
            return self.writes[space, key]
        return self._base.load(space, key)

    def scan(self, space: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """The pairs of a space, ascending."""
        pairs: dict[str, bytes | None] = dict(self._base.scan(space, prefix))
        pairs |= {key: value for (s, key), value in self.writes.items() if s == space and key.startswith(prefix)}
        for key in sorted(pairs, key=str.encode):
            value = pairs[key]
            if value is not None:
                yield key, value

    def merge_into(self, below: Overlay) -> None:
        """Add these writes to those of the overlay below."""
        below.writes.update(self.writes)

    def move(self, digest: StateDigest) -> None:
        """Move a digest of the base along to include these writes."""
        comes: list[Pair] = []
        goes: list[Pair] = []
        for (space, key), value in self.writes.items():
            before = self._base.load(space, key)
            if before == value:
                continue
            if before is not None:
                goes.append((space, key, before))
            if value is not None:
                comes.append((space, key, value))
        digest.move(comes, goes)


class SpaceState:
    """One contract's state, on an overlay: the `State` that its code sees."""

    __slots__ = ("_overlay", "_space")

    def __init__(self, overlay: Overlay, space: str) -> None:
        self._overlay = overlay
        self._space = space

    def get(self, key: str) -> Value:
        """The value under `key`, or None."""
        raw = self._overlay.load(self._space, key)
        return None if raw is None else decode(raw, limit=MAX_VALUE_BYTES)

    def items(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        """All pairs whose key starts with `prefix`, ascending."""
        for key, raw in self._overlay.scan(self._space, prefix):
            yield key, decode(raw, limit=MAX_VALUE_BYTES)

    def put(self, key: str, value: Encodable) -> None:
        """Store a value under `key`."""
        if value is None:
            raise InvalidInput("None is not stored; delete the key")
        if not 1 <= len(key.encode()) <= MAX_KEY_BYTES:
            raise LimitError(f"a key has 1 to {MAX_KEY_BYTES} bytes of UTF-8")
        self._overlay.writes[self._space, key] = encode(value, limit=MAX_VALUE_BYTES)

    def delete(self, key: str) -> None:
        """Remove `key`."""
        self._overlay.writes[self._space, key] = None
