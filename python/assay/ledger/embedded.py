"""The embedded ledger: one SQLite file, many threads and processes, no server.

Writers form groups: while one thread commits a block, the others queue up, and the next of them takes the whole queue
as one block. SQLite's write lock orders processes; each block is executed under it, on the head that it finds there.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from assay.core.clock import Clock, system_clock
from assay.core.encoding import Value, decode
from assay.core.errors import AssayError, InvalidInput, NotFound, StateError, VerificationError
from assay.identity.keys import SealingKey
from assay.ledger import merkle
from assay.ledger.base import Ledger, QueueFull, Receipt, Snapshot
from assay.ledger.blocks import MAX_BLOCK_ENTRIES, NO_BLOCK, Block, Entry, Header, SealedHeader
from assay.ledger.contracts import ContractRegistry, StateReader
from assay.ledger.database import Database, TableStore, failures
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Done, Machine, last_of
from assay.ledger.state import MemoryStore, Overlay, SpaceState, StateDigest
from assay.ledger.transactions import Transaction

__all__ = ["MAX_QUEUE", "EmbeddedLedger"]

MAX_QUEUE: Final = 10_000


class _Ticket:
    """A transaction that waits for its block."""

    __slots__ = ("failure", "outcome", "transaction")

    def __init__(self, transaction: Transaction) -> None:
        self.outcome: Receipt | AssayError | None = None  # what became of it
        self.failure: Exception | None = None  # or why the ledger could not say
        self.transaction = transaction
        try:
            self.transaction = Transaction.decode(transaction.encoded)  # as whoever reads the chain will see it
        except AssayError as refusal:
            self.outcome = refusal

    @property
    def settled(self) -> bool:
        return self.outcome is not None or self.failure is not None


class EmbeddedLedger(Ledger):
    """A ledger in the SQLite file at `path`. Without a sealing key it is for reading."""

    def __init__(
        self,
        path: Path,
        key: SealingKey | None = None,
        *,
        registry: ContractRegistry | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._database = Database(Path(path), writable=key is not None)
        self.path = self._database.path
        try:
            with failures(self.path), self._database.reading() as connection:
                row = connection.execute("SELECT genesis FROM ledger").fetchone()
            if row is None:
                raise VerificationError(f"{self.path} holds no genesis")
            self._genesis = Genesis.decode(row[0])
            self._machine = None if key is None else self._prepare(key, registry or ContractRegistry())
        except BaseException:
            self._database.close()
            raise
        self._key = key
        self._clock = clock
        self._queue: deque[_Ticket] = deque()
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    @classmethod
    def create(
        cls,
        path: Path,
        genesis: Genesis,
        key: SealingKey,
        *,
        registry: ContractRegistry | None = None,
        clock: Clock = system_clock,
    ) -> EmbeddedLedger:
        """Begin the chain of `genesis` in a new file, and open it."""
        registry = registry or ContractRegistry()
        if genesis.quorum != 1 or key.public not in genesis.signers:
            raise InvalidInput("an embedded ledger has a quorum of 1, and its key is one of the genesis's signers")
        overlay = Machine(genesis, registry).begin(MemoryStore())
        digest = StateDigest()
        overlay.move(digest)
        header = Header(genesis.chain_id, 0, NO_BLOCK, genesis.time, 0, merkle.root([]), digest.digest())
        sealed = header.sealed(genesis, [key])
        rows: list[tuple[str, tuple[object, ...]]] = [
            ("INSERT INTO ledger VALUES (?, ?)", (genesis.encoded, digest.lanes)),
            ("INSERT INTO blocks VALUES (0, ?, ?)", (header.encoded, sealed.encoded_seals)),
        ]
        rows += [
            ("INSERT INTO state VALUES (?, ?, ?)", (space, name.encode(), value))
            for (space, name), value in overlay.writes.items()
        ]
        Database.create(Path(path), rows)
        return cls(path, key, registry=registry, clock=clock)

    def _prepare(self, key: SealingKey, registry: ContractRegistry) -> Machine:
        if self._genesis.quorum != 1 or key.public not in self._genesis.signers:
            raise InvalidInput(f"the sealing key is not that of a signer of {self.path}")
        return Machine(self._genesis, registry)

    @property
    def genesis(self) -> Genesis:
        """What the chain is."""
        return self._genesis

    # --- writing ------------------------------------------------------------------------------------------------------

    def submit_many(self, transactions: Sequence[Transaction]) -> list[Receipt | AssayError]:
        """Submit transactions in order; returns when the blocks that hold them are durable."""
        if self._machine is None:
            raise StateError(f"{self.path} was opened for reading: open it with a sealing key to write")
        tickets = [_Ticket(transaction) for transaction in transactions]
        with self._queue_lock:
            if len(self._queue) + len(tickets) > MAX_QUEUE:
                raise QueueFull(f"{len(self._queue)} transactions wait and at most {MAX_QUEUE} may; try again later")
            self._queue.extend(ticket for ticket in tickets if not ticket.settled)
        while not all(ticket.settled for ticket in tickets):
            with self._commit_lock:
                if not all(ticket.settled for ticket in tickets):
                    self._commit_group(self._machine)
        outcomes: list[Receipt | AssayError] = []
        for ticket in tickets:
            if ticket.failure is not None:
                raise ticket.failure
            assert ticket.outcome is not None
            outcomes.append(ticket.outcome)
        return outcomes

    def _commit_group(self, machine: Machine) -> None:
        """Make one block of what waits, as far as it fits; the rest goes back to the head of the queue."""
        with self._queue_lock:
            group = list(self._queue)
            self._queue.clear()
        try:
            with failures(self.path), self._database.writing() as connection:
                outcomes = self._append(machine, connection, [ticket.transaction for ticket in group])
        except Exception as failure:
            for ticket in group:
                ticket.failure = failure
            return
        except BaseException:  # Ctrl-C: what was taken from the queue waits on
            with self._queue_lock:
                self._queue.extendleft(reversed(group))
            raise
        for ticket, outcome in zip(group, outcomes, strict=False):
            ticket.outcome = outcome
        with self._queue_lock:
            self._queue.extendleft(reversed(group[len(outcomes) :]))

    def _append(
        self, machine: Machine, connection: sqlite3.Connection, transactions: list[Transaction]
    ) -> list[Receipt | AssayError]:
        assert self._key is not None
        store = TableStore(connection)
        head = _head(connection).header
        height, time = head.height + 1, max(self._clock(), head.time)
        execution = machine.execute(store, transactions, height=height, time=time)
        if execution.entries:
            digest = StateDigest(connection.execute("SELECT state_lanes FROM ledger").fetchone()[0])
            execution.overlay.move(digest)
            entries = [entry.encoded for entry in execution.entries]
            header = Header(self.chain_id, height, head.hash, time, len(entries), merkle.root(entries), digest.digest())
            sealed = header.sealed(self._genesis, [self._key])
            connection.execute("INSERT INTO blocks VALUES (?, ?, ?)", (height, header.encoded, sealed.encoded_seals))
            rows = [(height, position, entry) for position, entry in enumerate(entries)]
            connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
            store.write(execution.overlay.writes)
            connection.execute("UPDATE ledger SET state_lanes = ?", (digest.lanes,))
        outcomes: list[Receipt | AssayError] = []
        for transaction, outcome in zip(transactions, execution.outcomes, strict=False):
            if isinstance(outcome, AssayError):
                outcomes.append(outcome)
            else:
                outcomes.append(_receipt(connection, transaction.sender, outcome))
        return outcomes

    # --- reading ------------------------------------------------------------------------------------------------------

    def next_counter(self, sender: int) -> int:
        """The counter that the next transaction of account `sender` must carry."""
        with failures(self.path), self._database.reading() as connection:
            last = last_of(TableStore(connection), sender)
        return 1 if last is None else last.counter + 1

    def last_receipt(self, sender: int) -> Receipt | None:
        """The receipt of the sender's last transaction."""
        with failures(self.path), self._database.snapshot() as connection:
            last = last_of(TableStore(connection), sender)
            return None if last is None else _receipt(connection, sender, last)

    def head(self) -> SealedHeader:
        """The header of the newest block."""
        with failures(self.path), self._database.reading() as connection:
            return _head(connection)

    def block(self, height: int) -> Block:
        """The block at `height`."""
        with failures(self.path), self._database.reading() as connection:
            row = connection.execute("SELECT header, seals FROM blocks WHERE height = ?", (height,)).fetchone()
            if row is None:
                raise NotFound(f"there is no block {height}")
            query = "SELECT position, entry FROM entries WHERE height = ? ORDER BY position LIMIT ?"
            rows = connection.execute(query, (height, MAX_BLOCK_ENTRIES + 1)).fetchall()
        if [position for position, _ in rows] != list(range(len(rows))):
            raise VerificationError(f"the entries of block {height} are not numbered from 0")
        return Block(SealedHeader.decode(*row), tuple(Entry.decode(entry) for _, entry in rows))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The state after the newest block."""
        with failures(self.path), self._database.snapshot() as connection:
            yield _TableSnapshot(connection, self._genesis)

    def state(self, contract: str) -> StateReader:
        """The newest state of a contract instance."""
        _check_instance(self._genesis, contract)
        return _NewestState(self._database, contract)

    def state_items(self) -> Iterator[tuple[str, str, bytes]]:
        """All of the stored state."""
        with failures(self.path), self._database.snapshot() as connection:
            for space, key, value in connection.execute("SELECT space, key, value FROM state"):
                try:
                    yield space, key.decode(), value
                except UnicodeDecodeError:
                    raise VerificationError(f"a key of the stored state of {space!r} is not UTF-8") from None

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class _TableSnapshot(Snapshot):
    def __init__(self, connection: sqlite3.Connection, genesis: Genesis) -> None:
        self._connection = connection
        self._genesis = genesis

    @property
    def head(self) -> SealedHeader:
        return _head(self._connection)

    def state(self, contract: str) -> StateReader:
        _check_instance(self._genesis, contract)
        return SpaceState(Overlay(TableStore(self._connection)), contract)


class _NewestState:
    def __init__(self, database: Database, contract: str) -> None:
        self._database = database
        self._contract = contract

    def get(self, key: str) -> Value:
        with failures(self._database.path), self._database.reading() as connection:
            return SpaceState(Overlay(TableStore(connection)), self._contract).get(key)

    def items(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        with failures(self._database.path), self._database.reading() as connection:
            yield from SpaceState(Overlay(TableStore(connection)), self._contract).items(prefix)


def _check_instance(genesis: Genesis, contract: str) -> None:
    names = [instance.instance for instance in genesis.contracts]
    if contract not in names:
        raise NotFound(f"no contract {contract!r} on this chain; there are {sorted(names)}")


def _head(connection: sqlite3.Connection) -> SealedHeader:
    row = connection.execute("SELECT header, seals FROM blocks ORDER BY height DESC LIMIT 1").fetchone()
    if row is None:
        raise VerificationError("the ledger holds no block, not even the first")
    return SealedHeader.decode(*row)


def _receipt(connection: sqlite3.Connection, sender: int, done: Done) -> Receipt:
    query = "SELECT entry FROM entries WHERE height = ? AND position = ?"
    row = connection.execute(query, (done.height, done.position)).fetchone()
    if row is None:
        raise VerificationError(f"entry {done.position} of block {done.height} is missing")
    return Receipt(sender, done.counter, done.digest, done.height, done.position, decode(Entry.decode(row[0]).result))
