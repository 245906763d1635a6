"""Appending opaque payloads to the embedded ledger, beside rows appended to bare SQLite.

Both sides hold the payloads ready and write one row for each into a table (height, position, entry), one commit a
block, from as many threads, each of which takes the writer in turn: WAL, synchronous=FULL. Ours adds what makes a chain
of it: the Merkle root over the block, the hash of the block before, the history of all blocks, the digest of the state,
and one signature. Transactions are neither decoded nor executed here: this is what a back end does for the sequencer.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from assay.core.errors import AssayError
from assay.identity import SealingKey
from assay.ledger import Ledger
from assay.ledger.change import Change
from assay.ledger.sealing import seal_with
from assay.ledger.sequenced import SequencedLedger
from assay.ledger.state import Overlay
from assay.ledger.transactions import UNAUTHENTICATED, Transaction

__all__ = ["BareSqlite", "Blocks", "append_blocks", "append_to_chain", "payload_blocks", "submit_records"]

Blocks: TypeAlias = Sequence[Sequence[bytes]]
_ENTRIES: Final = (
    "CREATE TABLE entries (height INTEGER, position INTEGER, entry BLOB NOT NULL, PRIMARY KEY (height, position))"
    " WITHOUT ROWID"
)


def payload_blocks(transactions: int, block: int, payload: int) -> Blocks:
    """`transactions` distinct payloads of `payload` bytes, in blocks of `block`."""
    if payload >= 8:
        entries = [number.to_bytes(8, "little") + bytes(payload - 8) for number in range(transactions)]
    else:
        entries = [bytes(payload)] * transactions
    return [entries[first : first + block] for first in range(0, transactions, block)]


def append_blocks(append: Callable[[Sequence[bytes]], None], blocks: Blocks, threads: int) -> float:
    """Seconds in which `threads` threads append the blocks between them."""
    if threads == 1:
        began = time.perf_counter()
        for block in blocks:
            append(block)
        return time.perf_counter() - began
    failures: list[BaseException] = []
    start = threading.Barrier(threads + 1)

    def work(mine: Blocks) -> None:
        start.wait()
        try:
            for block in mine:
                append(block)
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work, args=[blocks[first::threads]]) for first in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began


def append_to_chain(ledger: SequencedLedger, key: SealingKey) -> Callable[[Sequence[bytes]], None]:
    """A function that appends a block of payloads, sealed, to the ledger's back end; it returns when it is durable."""
    backend, sealer = ledger.backend, seal_with(ledger.genesis, key)

    def append(payloads: Sequence[bytes]) -> None:
        with backend.appending() as view:
            now = max(time.time_ns() // 10**6, view.head().header.time)
            change = Change.appending(view, payloads, Overlay(view.store), {}, now)
            view.stage(change)
            view.commit(sealer.seal(change, view))

    return append


def submit_records(ledger: Ledger) -> Callable[[Sequence[bytes]], None]:
    """A function that submits payloads as records by nobody in particular; each thread has a sender of its own."""
    chain_id, senders, mine = ledger.chain_id, itertools.count(UNAUTHENTICATED), threading.local()

    def append(payloads: Sequence[bytes]) -> None:
        if not hasattr(mine, "sender"):
            mine.sender, mine.counters = next(senders), itertools.count(1)
        records = [Transaction.record(chain_id, mine.sender, next(mine.counters), payload) for payload in payloads]
        for outcome in ledger.submit_many(records):
            if isinstance(outcome, AssayError):
                raise outcome

    return append


class BareSqlite:
    """A table of rows in an SQLite file, appended to under a lock."""

    name: Final = f"SQLite {sqlite3.sqlite_version}"

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_ENTRIES)
        self._lock = threading.Lock()
        self._height = 0

    def append(self, payloads: Sequence[bytes]) -> None:
        """One commit; durable when it returns."""
        with self._lock:
            self._height += 1
            height = self._height
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            rows = [(height, position, payload) for position, payload in enumerate(payloads)]
            connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
