"""What a writer remembers of the newest state of a file, so that it need not read again what it wrote itself.

It holds as long as no other connection has written: SQLite counts that (`PRAGMA data_version`). A connection has one
tip, through which all that it writes goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.ledger.blocks import SealedHeader
from assay.ledger.change import Change
from assay.ledger.history import History
from assay.ledger.state import Store
from assay.ledger.view import Done

__all__ = ["Tip", "TipStore"]

_MOST_CLIENTS: Final = 10_000
_MOST_VALUES: Final = 10_000
_LARGEST_VALUE: Final = 4 << 10  # bytes


class Tip:
    """The newest state, as far as it was read or written. None: not read yet."""

    __slots__ = ("clients", "head", "history", "lanes", "values", "version")

    def __init__(self, version: int) -> None:
        self.version = version  # SQLite's count of what others wrote
        self.head: SealedHeader | None = None
        self.lanes: bytes | None = None
        self.history: History | None = None
        self.clients: dict[int, Done | None] = {}
        self.values: dict[tuple[str, str], bytes | None] = {}

    def advance(self, change: Change, sealed: SealedHeader) -> None:
        """A block was committed."""
        self.head = sealed
        self.history = change.history
        if change.state_digest is not None:
            self.lanes = change.state_digest.lanes
        if len(self.clients) > _MOST_CLIENTS:
            self.clients.clear()
        self.clients.update(change.clients)
        if len(self.values) > _MOST_VALUES:
            self.values.clear()
        for place, value in change.writes.items():
            if value is None or len(value) <= _LARGEST_VALUE:
                self.values[place] = value
            else:
                self.values.pop(place, None)


class TipStore:
    """The state in `store`, of which small values are remembered."""

    def __init__(self, store: Store, tip: Tip) -> None:
        self._store = store
        self._values = tip.values

    def load(self, space: str, key: str) -> bytes | None:
        """The value under a key."""
        place = (space, key)
        if place in self._values:
            return self._values[place]
        value = self._store.load(space, key)
        if value is None or len(value) <= _LARGEST_VALUE:
            self._values[place] = value
        return value

    def scan(self, space: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """The pairs of a space, ascending."""
        return self._store.scan(space, prefix)
