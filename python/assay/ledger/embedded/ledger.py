"""The embedded ledger: one SQLite file, many threads and processes, no server.

Each process has a sequencer of its own. SQLite's write lock orders them: each block is executed under it, on the head
that it finds there. Readers never wait.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from assay.core.clock import Clock, system_clock
from assay.core.errors import VerificationError
from assay.identity.keys import SealingKey
from assay.ledger.backend import Append, Backend, Reader
from assay.ledger.blocks import SealedHeader
from assay.ledger.change import Change
from assay.ledger.contracts import ContractRegistry
from assay.ledger.embedded.database import Database, failures
from assay.ledger.embedded.tables import TableAppend, TableReader, insert_first
from assay.ledger.embedded.tip import Tip
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Machine
from assay.ledger.replica import check_header
from assay.ledger.sealing import Sealer, sealer_of
from assay.ledger.sequenced import SequencedLedger
from assay.ledger.sequencer import MAX_QUEUE, Sequencer
from assay.ledger.state import MemoryStore

__all__ = ["EmbeddedBackend", "EmbeddedLedger"]

_POLL: Final = 0.01  # seconds between looks for blocks that other processes appended


class EmbeddedBackend(Backend):
    """The chain in an SQLite file; one that is not `durable` may be lost with the power, for it can be made again."""

    def __init__(self, path: Path, *, writable: bool, durable: bool = True) -> None:
        self._database = Database(Path(path), writable=writable, durable=durable)
        self.path = self._database.path
        self.name = str(path)
        self._appended = threading.Condition()
        self._turn = threading.Lock()  # held by the thread that appends
        self._tip: Tip | None = None  # used under the write lock alone
        try:
            with failures(self.path), self._database.reading() as connection:
                row = connection.execute("SELECT genesis FROM genesis").fetchone()
            if row is None:
                raise VerificationError(f"{self.path} holds no genesis")
            self.genesis = Genesis.decode(row[0])
        except BaseException:
            self._database.close()
            raise

    @staticmethod
    def create(path: Path, genesis: Genesis, machine: Machine, sealer: Sealer | SealedHeader) -> None:
        """Begin a chain in a new file, which is there whole or not at all; or a copy of one whose block 0 is sealed."""
        change = Change.first(genesis, machine.begin(MemoryStore()))
        if isinstance(sealer, SealedHeader):
            sealed = sealer
            sealed.check_seals(genesis)
            check_header(sealed.header, change)
        else:
            sealed = sealer.seal(change, None)
        Database.create(Path(path), lambda connection: insert_first(connection, genesis, change, sealed))

    @contextmanager
    def appending(self, make: Callable[[sqlite3.Connection, Tip], TableAppend] = TableAppend) -> Iterator[Append]:
        """The write lock of the file, one thread at a time; other processes wait for it up to 30 s.

        `make` is for who has more to do than to write to the file.
        """
        with self._turn, failures(self.path), self._database.writing() as connection:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if self._tip is None or self._tip.version != version:
                self._tip = Tip(version)
            append = make(connection, self._tip)
            try:
                yield append
            except BaseException:
                self._tip = None
                raise
            self._database.appended(append.pages())
        with self._appended:
            self._appended.notify_all()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One state of the file."""
        with failures(self.path), self._database.snapshot() as connection:
            yield TableReader(connection)

    @contextmanager
    def glancing(self) -> Iterator[Reader]:
        """The newest state of the file at each read."""
        with failures(self.path), self._database.reading() as connection:
            yield TableReader(connection)

    def wait(self, height: int, seconds: float) -> bool:
        """Wait for a block: told by this process, and looking for those of others."""
        end = time.monotonic() + seconds
        with self._appended:
            while self._height() < height:
                rest = end - time.monotonic()
                if rest <= 0:
                    return False
                self._appended.wait(min(rest, _POLL))
        return True

    def _height(self) -> int:
        with failures(self.path), self._database.reading() as connection:
            row = connection.execute("SELECT max(height) FROM blocks").fetchone()
        return -1 if row[0] is None else int(row[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        with self._appended:
            self._appended.notify_all()


class EmbeddedLedger(SequencedLedger):
    """A ledger in the SQLite file at `path`. Without a sealing key, or a sealer for several, it is for reading."""

    def __init__(
        self,
        path: Path,
        key: SealingKey | Sealer | None = None,
        *,
        registry: ContractRegistry | None = None,
        clock: Clock = system_clock,
        max_queue: int = MAX_QUEUE,
    ) -> None:
        backend = EmbeddedBackend(path, writable=key is not None)
        try:
            sequencer = None
            if key is not None:
                machine = Machine(backend.genesis, registry or ContractRegistry())
                sealer = sealer_of(backend.genesis, key)
                sequencer = Sequencer(backend, machine, sealer, clock, max_queue=max_queue)
        except BaseException:
            backend.close()
            raise
        super().__init__(backend, sequencer)
        self.path = backend.path

    @classmethod
    def create(
        cls,
        path: Path,
        genesis: Genesis,
        key: SealingKey | Sealer,
        *,
        registry: ContractRegistry | None = None,
        clock: Clock = system_clock,
    ) -> EmbeddedLedger:
        """Begin the chain of `genesis` in a new file, and open it."""
        registry = registry or ContractRegistry()
        EmbeddedBackend.create(path, genesis, Machine(genesis, registry), sealer_of(genesis, key))
        return cls(path, key, registry=registry, clock=clock)
