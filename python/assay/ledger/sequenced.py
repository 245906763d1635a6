"""A ledger on a back end: the sequencer writes to it, and everybody reads from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final

from assay.core.encoding import Value
from assay.core.errors import AssayError, InvalidInput, NotFound, StateError
from assay.ledger import history
from assay.ledger.backend import Backend, Reader, check_done
from assay.ledger.base import Ledger, Receipt, Snapshot
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.contracts import StateReader
from assay.ledger.genesis import Genesis
from assay.ledger.proofs import ExtensionProof, HistoryProof
from assay.ledger.sequencer import Sequencer, receipt
from assay.ledger.standing import KnownAccounts, StandingAccounts
from assay.ledger.state import Overlay, SpaceState, StateDigest, Store
from assay.ledger.transactions import Transaction
from assay.ledger.view import Done

__all__ = ["SequencedLedger"]

_PATIENCE: Final = 0.1  # seconds after which a subscription looks whether it was stopped


class SequencedLedger(Ledger):
    """The chain on `backend`. Without a sequencer it is for reading."""

    def __init__(self, backend: Backend, sequencer: Sequencer | None) -> None:
        self._backend = backend
        self._sequencer = sequencer
        self._standing = StandingAccounts() if sequencer is None else sequencer.standing
        self._closed = False

    @property
    def genesis(self) -> Genesis:
        """What the chain is."""
        return self._backend.genesis

    @property
    def backend(self) -> Backend:
        """Where the chain is kept. What is appended there directly passes by the sequencer and its rules."""
        return self._backend

    # --- writing ------------------------------------------------------------------------------------------------------

    def submit_many(self, transactions: Sequence[Transaction]) -> list[Receipt | AssayError]:
        """Submit transactions in order; returns when the blocks that hold them are durable."""
        return self._writer().submit_many(transactions)

    def submit_later(self, transaction: Transaction) -> Future[Receipt]:
        """Submit one transaction without waiting."""
        return self._writer().submit_later(transaction)

    def _writer(self) -> Sequencer:
        if self._sequencer is None:
            raise StateError(f"{self._backend.name} was opened for reading: open it with a sealing key to write")
        return self._sequencer

    # --- reading ------------------------------------------------------------------------------------------------------

    def next_counter(self, sender: int) -> int:
        """The counter that the next transaction of `sender` must carry."""
        with self._backend.glancing() as reader:
            last = reader.last_of(sender)
        return 1 if last is None else last.counter + 1

    def last_receipt(self, sender: int) -> Receipt | None:
        """The receipt of the sender's last transaction."""
        with self._backend.reading() as reader:
            last = reader.last_of(sender)
            return None if last is None else receipt(sender, last, check_done(reader, sender, last).result)

    def head(self) -> SealedHeader:
        """The header of the newest block."""
        with self._backend.glancing() as reader:
            return reader.head()

    def block(self, height: int) -> Block:
        """The block at `height`."""
        with self._backend.reading() as reader:
            return reader.block(height)

    def subscribe(
        self, start: int = 0, *, stop: threading.Event | None = None, timeout: float | None = None
    ) -> Iterator[Block]:
        """The blocks from `start` on, each as soon as it is durable."""
        if start < 0:
            raise InvalidInput(f"there is no block {start}")
        return self._follow(start, stop, timeout)

    def _follow(self, height: int, stop: threading.Event | None, timeout: float | None) -> Iterator[Block]:
        quiet_since = time.monotonic()
        while not self._closed and not (stop is not None and stop.is_set()):
            try:
                if not self._backend.wait(height, _PATIENCE if timeout is None else min(_PATIENCE, timeout)):
                    if timeout is not None and time.monotonic() - quiet_since >= timeout:
                        return
                    continue
                block = self.block(height)
            except StateError:
                if self._closed:
                    return
                raise
            yield block
            height, quiet_since = height + 1, time.monotonic()

    def prove_history(self, height: int) -> HistoryProof:
        """The proof, under the head's seals, that the chain holds the block at `height`."""
        with self._backend.reading() as reader:
            head = reader.head()
            if not 0 <= height < head.header.height:
                raise NotFound(f"there is no block {height} before the head, block {head.header.height}")
            return HistoryProof(head, history.prove_inclusion(reader.history_node, height, head.header.height))

    def prove_consistency(self, old: int, new: int | None = None) -> ExtensionProof:
        """The proof that block `new` (the head when None) follows from block `old`."""
        with self._backend.reading() as reader:
            top = reader.head().header.height if new is None else new
            if not 0 <= old <= top:
                raise NotFound(f"block {top} cannot follow from block {old}")
            node = reader.history_node
            return ExtensionProof(
                reader.block(old).sealed,
                reader.block(top).sealed,
                history.prove_consistency(node, old, top),
                history.prove_inclusion(node, old, top) if old < top else None,
            )

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The state after the newest block."""
        with self._backend.reading() as reader:
            yield _ReaderSnapshot(reader, self.genesis, self._standing)

    def state(self, contract: str) -> StateReader:
        """The newest state of a contract instance."""
        _check_instance(self.genesis, contract)
        return _NewestState(self._backend, contract)

    def state_items(self) -> Iterator[tuple[str, str, bytes]]:
        """All of the stored state."""
        with self._backend.reading() as reader:
            yield from reader.state_items()

    def client_items(self) -> Iterator[tuple[int, Done]]:
        """All senders with their last transactions."""
        with self._backend.reading() as reader:
            yield from reader.client_items()

    def history_nodes(self) -> Iterator[bytes]:
        """The nodes that are kept for proofs."""
        with self._backend.reading() as reader:
            yield from reader.history_nodes()

    def state_digest(self) -> StateDigest:
        """The digest of the state as it is kept."""
        with self._backend.reading() as reader:
            return reader.state_digest()

    def close(self) -> None:
        """Let go of everything; whoever waits is told."""
        self._closed = True
        if self._sequencer is not None:
            self._sequencer.close()
        self._backend.close()


class _ReaderSnapshot(Snapshot):
    def __init__(self, reader: Reader, genesis: Genesis, standing: StandingAccounts) -> None:
        self._reader = reader
        self._genesis = genesis
        self._standing = standing

    @property
    def head(self) -> SealedHeader:
        return self._reader.head()

    @property
    def store(self) -> Store:
        return self._reader.store

    def state(self, contract: str) -> StateReader:
        _check_instance(self._genesis, contract)
        return SpaceState(Overlay(self._reader.store), contract)

    def accounts(self) -> KnownAccounts:
        return self._standing.at(self._reader.head().header.height, self._reader.store)


class _NewestState:
    def __init__(self, backend: Backend, contract: str) -> None:
        self._backend = backend
        self._contract = contract

    def get(self, key: str) -> Value:
        with self._backend.glancing() as reader:
            return SpaceState(Overlay(reader.store), self._contract).get(key)

    def items(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        with self._backend.reading() as reader:
            yield from SpaceState(Overlay(reader.store), self._contract).items(prefix)


def _check_instance(genesis: Genesis, contract: str) -> None:
    names = [instance.instance for instance in genesis.contracts]
    if contract not in names:
        raise NotFound(f"no contract {contract!r} on this chain; there are {sorted(names)}")
