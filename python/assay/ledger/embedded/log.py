"""The write-ahead log of a ledger file: carried over into the file ("checkpoint") beside the writer, which goes on.

Left to itself SQLite carries the log over inside of a commit, every 1000 pages, and the block in hand waits some 10 ms
for the disk. Here another thread does it on a connection of its own, which takes no lock of the writer's (`PASSIVE`).
What was appended meanwhile is little; the writer carries it over itself before its next block, after which the log
begins anew. Nothing about durability depends on it: what was committed lies in the log, on the disk, until the file has
it. Where this thread fails or lags, SQLite does as always, from `FULL_PAGES` on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from assay.core.errors import AssayError
from assay.core.logging import get_logger
from assay.core.threads import Beside

__all__ = ["FULL_PAGES", "LogKeeper"]

FULL_PAGES: Final = 1 << 14  # 64 MiB
_LONG_PAGES: Final = 1 << 12  # 16 MiB
_FEW_PAGES: Final = 64
_ROUNDS: Final = 4
_CARRY: Final = "PRAGMA wal_checkpoint(PASSIVE)"
_log = get_logger(__name__)


class LogKeeper:
    """Keeps the log of one file short. Used by the thread that writes."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._beside = Beside("assay-ledger-log")
        self._pages = 0  # about as many were appended since the log was last carried over
        self._carried: Callable[[], bool] | None = None  # whether it is done

    def appended(self, pages: int) -> None:
        """About `pages` pages were committed."""
        self._pages += pages
        if self._pages >= _LONG_PAGES and self._carried is None:
            self._pages = 0
            self._carried = self._beside.begin(self._carry)

    def finish(self, writer: sqlite3.Connection) -> None:
        """Carry over what was appended while most of the log was; the writer is in no transaction."""
        if self._carried is not None and not self._beside.busy:
            carried, self._carried = self._carried, None
            if carried():
                _carry_over(writer)

    def _carry(self) -> bool:
        """Carry over what is in the log, and what was appended meanwhile, until that is little."""
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (sqlite3.Error, AssayError) as error:
                _log.warning("the write-ahead log was not carried over: %s", error)
                return False
        for _ in range(_ROUNDS):
            left = _carry_over(self._connection)
            if left is None or left <= _FEW_PAGES:
                return left is not None
        return True

    def close(self) -> None:
        """Wait for what is under way."""
        if self._carried is not None:
            self._carried()
            self._carried = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _carry_over(connection: sqlite3.Connection) -> int | None:
    """Carry over what can be; about as many pages are left, None where it failed, which leaves the log as it was."""
    try:
        _, pages, carried = connection.execute(_CARRY).fetchone()
    except sqlite3.Error as error:
        _log.warning("the write-ahead log was not carried over: %s", error)
        return None
    return int(pages - carried)
