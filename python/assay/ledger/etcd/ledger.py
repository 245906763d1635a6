"""The ledger on etcd: one chain, many processes on many machines.

One process leads (`leadership`), and its sequencer makes the blocks; the others hand it their transactions (`courier`,
`clerk`) and follow the chain (`listener`). When it goes, another takes over, and what was not settled goes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path

from assay.core.clock import Clock
from assay.core.errors import AssayError, StateError
from assay.core.logging import get_logger
from assay.identity.keys import SealingKey
from assay.ledger.base import Receipt
from assay.ledger.blocks import Block
from assay.ledger.contracts import ContractRegistry
from assay.ledger.etcd.backend import EtcdBackend
from assay.ledger.etcd.chain import Chain, Deposed
from assay.ledger.etcd.clerk import Clerk
from assay.ledger.etcd.courier import Courier, outcome_of
from assay.ledger.etcd.gateway import KeyValue
from assay.ledger.etcd.layout import Head
from assay.ledger.etcd.leadership import Leadership
from assay.ledger.etcd.listener import Listener
from assay.ledger.etcd.local import Local
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Machine
from assay.ledger.sealing import Sealer, sealer_of
from assay.ledger.sequenced import SequencedLedger
from assay.ledger.sequencer import Sequencer
from assay.ledger.transactions import Transaction

__all__ = ["EtcdLedger"]

_log = get_logger(__name__)


class EtcdLedger(SequencedLedger):
    """The chain of one channel; `EtcdEngine` makes and opens it.

    With a sealing key it may lead; with `forwarding` it hands transactions to whoever leads; else it is for reading.
    """

    _backend: EtcdBackend

    def __init__(
        self,
        name: str,
        chain: Chain,
        key: SealingKey | Sealer | None,
        *,
        channel: str,
        registry: ContractRegistry,
        clock: Clock,
        replica: Path | None,
        local_reads: bool,
        forwarding: bool,
        lease_seconds: int,
        max_queue: int,
    ) -> None:
        with ExitStack() as undo:
            undo.callback(chain.gateway.close)
            genesis = Genesis.decode(chain.genesis())
            seal = None if key is None else sealer_of(genesis, key)
            machine = Machine(genesis, registry)
            self._local = Local(replica, channel)
            undo.callback(self._local.close)
            local = self._local.open(genesis, machine, lambda: next(chain.blocks(0, 1)))
            undo.callback(local.close)
            backend = EtcdBackend(name, chain, genesis, machine, local, local_reads=local_reads)
            backend.follow()
            undo.pop_all()
        sequencer = None if seal is None else Sequencer(backend, machine, seal, clock, max_queue=max_queue)
        super().__init__(backend, sequencer)
        self._chain = chain
        self._leadership: Leadership | None = None
        self._courier: Courier | None = None
        self._clerk: Clerk | None = None
        if sequencer is not None or forwarding:
            self._leadership = backend.leadership = Leadership(
                chain.gateway, chain.layout, candidate=sequencer is not None, changed=self._leader_changed,
                seconds=lease_seconds,
            )  # fmt: skip
            self._courier = Courier(backend, chain, self._leadership, sequencer, max_queue=max_queue)
            self._courier.start()
        if sequencer is not None and self._leadership is not None:
            self._clerk = Clerk(chain, sequencer, self._leadership)
        self._listener = Listener(chain.gateway, chain.layout, self._changed, self._removed)
        if self._leadership is not None:
            self._leadership.start()
        self._listener.start()

    @property
    def leads(self) -> bool:
        """Whether this process makes the blocks now."""
        return self._leadership is not None and self._leadership.fence != 0

    # --- what happens in etcd -----------------------------------------------------------------------------------------

    def _changed(self, pair: KeyValue) -> None:
        layout = self._chain.layout
        if pair.key == layout.head:
            head = Head.decode(pair.value, pair.modified)
            if not self.leads:
                self._backend.follow(head)
        elif pair.key.startswith(layout.mail_prefix):
            if self._courier is not None:
                self._courier.mailbox.seen(pair)
            if self._clerk is not None and (self._courier is None or not self._courier.mailbox.owns(pair.key)):
                self._clerk.receive(pair)

    def _removed(self, key: bytes) -> None:
        if key == self._chain.layout.leader and self._leadership is not None:
            self._leadership.wake()

    def _leader_changed(self) -> None:
        self._listener.listen_to_head(not self.leads)
        if self._courier is not None:
            self._courier.leadership_changed()
        if self._clerk is not None and self.leads:
            self._clerk.take_over()

    # --- writing ------------------------------------------------------------------------------------------------------

    def submit_many(self, transactions: Sequence[Transaction]) -> list[Receipt | AssayError]:
        """Submit transactions in order; returns when the blocks that hold them are durable in etcd."""
        courier = self._writes()
        since = self._backend.height
        if self._sequencer is not None and self.leads:
            try:
                return self._sequencer.submit_many(transactions)
            except Deposed:
                pass
        return courier.submit_many(transactions, since)

    def submit_later(self, transaction: Transaction) -> Future[Receipt]:
        """Submit one transaction without waiting."""
        courier = self._writes()
        since = self._backend.height
        if self._sequencer is None or not self.leads:
            return courier.submit_later(transaction, since)
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()

        def settle(done: Future[Receipt]) -> None:
            outcome = outcome_of(done)
            if isinstance(outcome, Deposed):
                try:
                    courier.submit_later(transaction, since).add_done_callback(settle)
                    return
                except AssayError as failure:
                    outcome = failure
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self._sequencer.submit_later(transaction).add_done_callback(settle)
        return future

    def _writes(self) -> Courier:
        if self._courier is None:
            raise StateError(f"{self._backend.name} was opened for reading: open it with a sealing key, or to forward")
        return self._courier

    # --- reading ------------------------------------------------------------------------------------------------------

    def block(self, height: int) -> Block:
        """The block at `height`; one that the replica has is the same for ever, and etcd is not asked."""
        if 0 <= height <= self._backend.height:
            with self._backend.reading_locally() as reader:
                return reader.block(height)
        return super().block(height)

    def close(self) -> None:
        """Let go of everything; another process leads at once."""
        if self._closed:
            return
        self._closed = True
        if self._courier is not None:
            self._courier.close()
        if self._sequencer is not None:
            self._sequencer.close()
        if self._clerk is not None:
            self._clerk.close()
        if self._leadership is not None:
            self._leadership.close()
        self._listener.close()
        self._backend.close()
        self._chain.gateway.close()
        self._local.close()
