"""The rows of a ledger file, as blocks and state: what the shared core reads and appends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

from assay.core.errors import NotFound, VerificationError
from assay.ledger.backend import Append, Reader
from assay.ledger.blocks import MAX_BLOCK_ENTRIES, Block, Entry, SealedHeader
from assay.ledger.change import Change
from assay.ledger.embedded.tip import Tip, TipStore
from assay.ledger.genesis import Genesis
from assay.ledger.history import History
from assay.ledger.state import StateDigest, Store
from assay.ledger.view import Done

__all__ = ["TableAppend", "TableReader", "TableStore", "insert_change", "insert_first", "node_position"]

_ROWS: Final = 100  # in one statement
_PAGE_BYTES: Final = 4096


class TableStore:
    """The state table, as the `Store` that the machine reads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def load(self, space: str, key: str) -> bytes | None:
        """The value under a key."""
        query = "SELECT value FROM state WHERE space = ? AND key = ?"
        row = self._connection.execute(query, (space, key.encode())).fetchone()
        return None if row is None else row[0]

    def scan(self, space: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """The pairs of a space, ascending; 0xff occurs in no UTF-8, so it ends the range."""
        low = prefix.encode()
        query = "SELECT key, value FROM state WHERE space = ? AND key >= ? AND key < ? ORDER BY key"
        for key, value in self._connection.execute(query, (space, low, low + b"\xff")):
            yield key.decode(), value


class TableReader(Reader):
    """What a connection sees, inside of a transaction of SQLite's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.store: Store = TableStore(connection)

    def head(self) -> SealedHeader:
        """The header of the newest block."""
        row = self._row("SELECT header, seals FROM blocks ORDER BY height DESC LIMIT 1")
        if row is None:
            raise VerificationError("the ledger holds no block, not even the first")
        return SealedHeader.decode(*row)

    def block(self, height: int) -> Block:
        """The block at `height`."""
        row = self._row("SELECT header, seals FROM blocks WHERE height = ?", height)
        if row is None:
            raise NotFound(f"there is no block {height}")
        query = "SELECT position, entry FROM entries WHERE height = ? ORDER BY position LIMIT ?"
        rows = self._connection.execute(query, (height, MAX_BLOCK_ENTRIES + 1)).fetchall()
        if [position for position, _ in rows] != list(range(len(rows))):
            raise VerificationError(f"the entries of block {height} are not numbered from 0")
        return Block(SealedHeader.decode(*row), tuple(Entry.decode(entry) for _, entry in rows))

    def entry(self, height: int, position: int) -> Entry:
        """One entry of a block."""
        row = self._row("SELECT entry FROM entries WHERE height = ? AND position = ?", height, position)
        if row is None:
            raise NotFound(f"there is no entry {position} in block {height}")
        return Entry.decode(row[0])

    def last_of(self, sender: int) -> Done | None:
        """The sender's last transaction."""
        row = self._row("SELECT counter, digest, height, position FROM clients WHERE sender = ?", sender)
        return None if row is None else Done(*row)

    def state_digest(self) -> StateDigest:
        """The digest of the state."""
        row = self._row("SELECT lanes FROM state_digest")
        if row is None:
            raise VerificationError("the ledger holds no lanes of its state's digest")
        return StateDigest(row[0])

    def history(self) -> History:
        """The history of all blocks: its peaks are the nodes of the perfect trees that its size is made of."""
        row = self._row("SELECT height FROM blocks ORDER BY height DESC LIMIT 1")
        size, start, peaks = 0 if row is None else row[0] + 1, 0, []
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(self.history_node(level, start >> level))
                start += 1 << level
        return History(size, tuple(peaks))

    def history_node(self, level: int, index: int) -> bytes:
        """One node of the history."""
        row = self._row("SELECT node FROM history WHERE position = ?", node_position(level, index))
        if row is None:
            raise NotFound(f"there is no node {index} of level {level} in the history")
        node: bytes = row[0]
        return node

    def history_nodes(self) -> Iterator[bytes]:
        """All nodes of the history."""
        rows = self._connection.execute("SELECT position, node FROM history ORDER BY position")
        for due, (position, node) in enumerate(rows):
            if position != due:
                raise VerificationError(f"node {due} of the history is missing")
            yield node

    def state_items(self) -> Iterator[tuple[str, str, bytes]]:
        """All of the state."""
        for space, key, value in self._connection.execute("SELECT space, key, value FROM state"):
            if (type(space), type(key), type(value)) != (str, bytes, bytes):  # SQLite lets each value have its own type
                raise VerificationError("a row of the stored state is not of text, bytes and bytes")
            try:
                yield space, key.decode(), value
            except UnicodeDecodeError:
                raise VerificationError(f"a key of the stored state of {space!r} is not UTF-8") from None

    def client_items(self) -> Iterator[tuple[int, Done]]:
        """All senders with their last transactions."""
        query = "SELECT sender, counter, digest, height, position FROM clients ORDER BY sender"
        for sender, *done in self._connection.execute(query):
            yield sender, Done(*done)

    def _row(self, query: str, *values: object) -> Any:
        return self._connection.execute(query, values).fetchone()


class TableAppend(TableReader, Append):
    """The newest state, under the write lock of the file. What is in `tip` is not read again."""

    def __init__(self, connection: sqlite3.Connection, tip: Tip) -> None:
        super().__init__(connection)
        self.store = TipStore(self.store, tip)
        self.tip = tip
        self._staged: Change | None = None

    def head(self) -> SealedHeader:
        """The header of the newest block."""
        if self.tip.head is None:
            self.tip.head = super().head()
        return self.tip.head

    def last_of(self, sender: int) -> Done | None:
        """The sender's last transaction."""
        clients = self.tip.clients
        if sender not in clients:
            clients[sender] = super().last_of(sender)
        return clients[sender]

    def state_digest(self) -> StateDigest:
        """The digest of the state."""
        return super().state_digest() if self.tip.lanes is None else StateDigest(self.tip.lanes)

    def history(self) -> History:
        """The history of all blocks."""
        if self.tip.history is None:
            self.tip.history = super().history()
        return self.tip.history

    def stage(self, change: Change) -> None:
        """Write all but the block's header, which waits for its seals."""
        insert_change(self._connection, change)
        self._staged = change

    def commit(self, sealed: SealedHeader) -> None:
        """Write the header, and commit."""
        assert self._staged is not None
        insert_header(self._connection, sealed)
        self._connection.execute("COMMIT")
        self.tip.advance(self._staged, sealed)

    def pages(self) -> int:
        """About how many pages were written, if a block was appended."""
        change = self._staged
        if change is None or self._connection.in_transaction:
            return 0
        return 5 + sum(map(len, change.entries)) // _PAGE_BYTES + len(change.writes) + len(change.clients) // 32


def node_position(level: int, index: int) -> int:
    """The place of a node in the order in which nodes appear as blocks are appended, from 0.

    A block's leaf is preceded by two nodes for each block before it, less one for each peak (bits set in their number);
    the nodes that it completes follow it level by level.
    """
    last = (index + 1 << level) - 1  # the block that completed the node
    return 2 * last - last.bit_count() + level


def insert_first(connection: sqlite3.Connection, genesis: Genesis, change: Change, sealed: SealedHeader) -> None:
    """Fill the tables of a new file."""
    connection.execute("INSERT INTO genesis VALUES (?)", (genesis.encoded,))
    connection.execute("INSERT INTO state_digest VALUES (?)", (StateDigest().lanes,))
    insert_change(connection, change)
    insert_header(connection, sealed)


def insert_header(connection: sqlite3.Connection, sealed: SealedHeader) -> None:
    """Write the row of a block."""
    header = sealed.header
    connection.execute("INSERT INTO blocks VALUES (?, ?, ?)", (header.height, header.encoded, sealed.encoded_seals))


def insert_change(connection: sqlite3.Connection, change: Change) -> None:
    """Write what a block holds and changes."""
    _insert_entries(connection, change.header.height, change.entries)
    _insert(
        connection, "INSERT OR REPLACE INTO clients", 5, ((sender, *done) for sender, done in change.clients.items())
    )
    nodes = ((node_position(level, index), node) for level, index, node in change.nodes)
    _insert(connection, "INSERT INTO history", 2, nodes)
    if change.state_digest is not None:
        _write_state(connection, change.writes)
        connection.execute("UPDATE state_digest SET lanes = ?", (change.state_digest.lanes,))


def _write_state(connection: sqlite3.Connection, writes: Mapping[tuple[str, str], bytes | None]) -> None:
    put = ((space, key.encode(), value) for (space, key), value in writes.items() if value is not None)
    gone = ((space, key.encode()) for (space, key), value in writes.items() if value is None)
    _insert(connection, "INSERT OR REPLACE INTO state", 3, put)
    connection.executemany("DELETE FROM state WHERE space = ? AND key = ?", gone)


def _insert_entries(connection: sqlite3.Connection, height: int, entries: Sequence[bytes]) -> None:
    for start in range(0, len(entries), _ROWS):
        some = entries[start : start + _ROWS]
        connection.execute(_entries_statement(len(some)), (height, start, *some))


def _insert(connection: sqlite3.Connection, insert: str, width: int, rows: Iterable[tuple[object, ...]]) -> None:
    values = list(chain.from_iterable(rows))
    for start in range(0, len(values), _ROWS * width):
        some = values[start : start + _ROWS * width]
        connection.execute(_insert_statement(insert, width, len(some) // width), some)


# Many rows in one statement take half the time of one statement for each, and each number of rows is prepared once.


@cache
def _entries_statement(rows: int) -> str:
    return "INSERT INTO entries VALUES " + ", ".join(f"(?1, ?2 + {row}, ?{row + 3})" for row in range(rows))


@cache
def _insert_statement(insert: str, width: int, rows: int) -> str:
    row = "(" + ", ".join("?" * width) + ")"
    return f"{insert} VALUES " + ", ".join([row] * rows)
