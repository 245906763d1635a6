"""The way of a transaction to the leader, from a process that is not: through a mailbox of its own in etcd.

One request is under way at a time; what is submitted meanwhile waits, up to a limit, and goes with the next one. A
transaction is settled by the block that holds it, seen as the replica follows the chain, or by the leader's answer.
When this process comes to lead, it takes the request back and gives what is not settled to its own sequencer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final, TypeAlias

from assay.core.errors import AssayError, StateError, SystemFailure
from assay.core.logging import get_logger
from assay.ledger.base import QueueFull, Receipt
from assay.ledger.blocks import Block
from assay.ledger.etcd.backend import EtcdBackend
from assay.ledger.etcd.bodies import MissingBody
from assay.ledger.etcd.chain import Chain, Deposed
from assay.ledger.etcd.errors import Ambiguous, AuthFailed, LeaseGone, Unavailable
from assay.ledger.etcd.gateway import KeyValue
from assay.ledger.etcd.leadership import Leadership
from assay.ledger.etcd.mail import MAX_BATCH, MAX_BATCH_BYTES, Answer
from assay.ledger.etcd.mailbox import Mailbox
from assay.ledger.sequencer import Sequencer, receipt
from assay.ledger.transactions import Transaction
from assay.ledger.view import Done

__all__ = ["Courier", "outcome_of"]

_PAUSE: Final = 0.05
_Id: TypeAlias = tuple[int, int, bytes]
_log = get_logger(__name__)


class _Ticket:
    """A transaction that is not settled yet."""

    __slots__ = ("encoded", "expires", "failed", "future", "id", "settled", "transaction")

    def __init__(self, transaction: Transaction, patience: float) -> None:
        self.encoded = transaction.encoded
        self.transaction = Transaction.decode(self.encoded)
        self.id: _Id = (transaction.sender, transaction.counter, transaction.digest)
        self.expires = time.monotonic() + patience
        self.settled = False
        self.failed = False  # settled, but by a failure of the ledger
        self.future: Future[Receipt] = Future()
        self.future.set_running_or_notify_cancel()


class Courier:
    """Works in a thread of its own, from `start` to `close`."""

    def __init__(
        self,
        backend: EtcdBackend,
        chain: Chain,
        leadership: Leadership,
        sequencer: Sequencer | None,
        *,
        max_queue: int,
    ) -> None:
        self._backend = backend
        self._chain = chain
        self._leadership = leadership
        self._sequencer = sequencer
        self._max_queue = max_queue
        self._pending: dict[_Id, list[_Ticket]] = {}
        self._waiting: deque[_Ticket] = deque()
        self._changed = threading.Condition()
        self._count = 0  # of tickets that are not settled
        self.mailbox = Mailbox(chain, leadership, self._changed)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="assay-etcd-courier", daemon=True)
        backend.followed = self.see

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    # --- callers ------------------------------------------------------------------------------------------------------

    def submit_many(self, transactions: Sequence[Transaction], since: int) -> list[Receipt | AssayError]:
        """As `Ledger.submit_many`; `since` is a height above which they may stand on the chain already."""
        outcomes: list[Receipt | AssayError | _Ticket] = []
        for transaction in transactions:
            try:
                outcomes.append(_Ticket(transaction, self._chain.patience))
            except AssayError as refusal:
                outcomes.append(refusal)
        self._accept([each for each in outcomes if isinstance(each, _Ticket)], since)
        settled: list[Receipt | AssayError] = []
        failure: AssayError | None = None
        for each in outcomes:
            outcome = outcome_of(each.future) if isinstance(each, _Ticket) else each
            if not isinstance(outcome, (Receipt, AssayError)):
                raise outcome
            if isinstance(each, _Ticket) and each.failed and isinstance(outcome, AssayError):
                failure = failure or outcome
            settled.append(outcome)
        if failure is not None:
            raise failure
        return settled

    def submit_later(self, transaction: Transaction, since: int) -> Future[Receipt]:
        """As `Ledger.submit_later`."""
        try:
            ticket = _Ticket(transaction, self._chain.patience)
        except AssayError as refusal:
            refused: Future[Receipt] = Future()
            refused.set_exception(refusal)
            return refused
        self._accept([ticket], since)
        return ticket.future

    def _accept(self, tickets: list[_Ticket], since: int) -> None:
        self._backend.check_open()
        with self._changed:
            if self._closed:
                raise StateError(f"{self._backend.name} is closed")
            if self._count + len(tickets) > self._max_queue:
                raise QueueFull(f"{self._count} transactions wait and at most {self._max_queue} may; try again later")
            self._count += len(tickets)
            for ticket in tickets:
                self._pending.setdefault(ticket.id, []).append(ticket)
            self._waiting.extend(tickets)
            self._changed.notify_all()
        height = self._backend.height
        if since < height:  # blocks that came while the tickets were on their way here
            with self._backend.reading_locally() as reader:
                for each in range(since + 1, height + 1):
                    self.see(reader.block(each))

    # --- settling -----------------------------------------------------------------------------------------------------

    def see(self, block: Block) -> None:
        """Settle what stands in a block."""
        if not self._pending:
            return
        for position, entry in enumerate(block.entries):
            transaction = entry.transaction
            done = Done(transaction.counter, transaction.digest, block.header.height, position)
            found = self._pending.get((transaction.sender, transaction.counter, transaction.digest), ())
            for ticket in list(found):
                self._settle(ticket, receipt(transaction.sender, done, entry.result))

    def _settle(self, ticket: _Ticket, outcome: Receipt | BaseException, *, failed: bool = False) -> None:
        with self._changed:
            if ticket.settled:
                return
            ticket.settled, ticket.failed = True, failed
            tickets = self._pending[ticket.id]
            tickets.remove(ticket)
            if not tickets:
                del self._pending[ticket.id]
            self._count -= 1
            self._changed.notify_all()
        if isinstance(outcome, BaseException):
            ticket.future.set_exception(outcome)
        else:
            ticket.future.set_result(outcome)

    def leadership_changed(self) -> None:
        """We lead, or do not any more."""
        with self._changed:
            self._changed.notify_all()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                batch = self._next_batch()
            try:
                if batch:
                    self._carry(batch)
            except Exception as fault:
                if not isinstance(fault, AssayError):
                    _log.exception("handing transactions to the leader failed")
                    fault = SystemFailure(f"{self._backend.name}: handing transactions over failed: {fault!r}")
                for ticket in batch:
                    self._settle(ticket, fault, failed=True)

    def _next_batch(self) -> list[_Ticket]:
        batch: list[_Ticket] = []
        size = 0
        while self._waiting and len(batch) < MAX_BATCH:
            size += len(self._waiting[0].encoded)
            if batch and size > MAX_BATCH_BYTES:
                break
            ticket = self._waiting.popleft()
            if not ticket.settled:
                batch.append(ticket)
        return batch

    def _carry(self, batch: list[_Ticket]) -> None:
        """Return when all of the batch is settled, or is in the hands of our own sequencer."""
        while not self._closed:
            batch = [ticket for ticket in batch if not ticket.settled]
            if not batch:
                return
            try:
                if self._leads:
                    self.mailbox.withdraw()
                    self._backend.follow()
                    self._lead(batch)
                    return
                if self.mailbox.send(self._backend.height, tuple(ticket.encoded for ticket in batch)):
                    self._await(batch)
            except (Unavailable, Ambiguous, LeaseGone) as fault:
                _log.info("the mailbox: %s", fault)
                self._leadership.wake()
                time.sleep(_PAUSE)
            self._give_up(batch)

    @property
    def _leads(self) -> bool:
        return self._sequencer is not None and self._leadership.fence != 0

    def _lead(self, batch: list[_Ticket]) -> None:
        assert self._sequencer is not None
        for ticket in batch:
            if ticket.settled:
                continue
            try:
                future = self._sequencer.submit_later(ticket.transaction)
            except AssayError as failure:
                self._settle(ticket, failure, failed=True)
                continue
            future.add_done_callback(partial(self._led, ticket))

    def _led(self, ticket: _Ticket, done: Future[Receipt]) -> None:
        """What our own sequencer says; when we were deposed, the ticket waits again."""
        outcome = outcome_of(done)
        if not isinstance(outcome, Deposed):
            self._settle(ticket, outcome, failed=isinstance(outcome, BaseException) and is_failure(outcome))
            return
        with self._changed:
            if not ticket.settled and not self._closed:
                self._waiting.append(ticket)
                self._changed.notify_all()

    def _give_up(self, batch: list[_Ticket]) -> None:
        now = time.monotonic()
        for ticket in batch:
            if now > ticket.expires:
                silence = Ambiguous("no leader has answered; the transaction may still be taken. Send it again")
                self._settle(ticket, silence, failed=True)

    # --- waiting for the leader ---------------------------------------------------------------------------------------

    def _await(self, batch: list[_Ticket]) -> None:
        """Return when the batch is settled, or nothing more is to be expected of the request."""
        while True:
            content = self.mailbox.content
            answer = self.mailbox.answer_in(content)
            if answer is not None:
                self._read(answer, batch)
                return
            if content is None or not self._await_change(content, batch):
                return

    def _await_change(self, content: KeyValue, batch: list[_Ticket]) -> bool:
        """Wait for another content of our mailbox; False when something else ends the waiting."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._closed
                    or self._leads
                    or self.mailbox.is_lost
                    or self.mailbox.content is not content
                    or all(ticket.settled for ticket in batch)
                ),
                timeout=max(0.0, min(ticket.expires for ticket in batch) - time.monotonic()) + _PAUSE,
            )
            return self.mailbox.content is not content

    def _read(self, answer: Answer, batch: list[_Ticket]) -> None:
        """Settle by an answer what the blocks up to its height have not settled."""
        self._backend.follow()
        for fate in answer.fates:
            if not 0 <= fate.index < len(batch) or batch[fate.index].future.done():
                continue
            ticket = batch[fate.index]
            if fate.refusal is not None:
                self._settle(ticket, fate.refusal)
                continue
            with self._backend.reading_locally() as reader:
                entry = reader.entry(fate.height, fate.position)
            done = Done(ticket.transaction.counter, ticket.transaction.digest, fate.height, fate.position)
            if entry.transaction.digest == done.digest:
                self._settle(ticket, receipt(ticket.transaction.sender, done, entry.result))

    def close(self) -> None:
        """Refuse what waits, and stop."""
        with self._changed:
            self._closed = True
            tickets = [ticket for tickets in self._pending.values() for ticket in tickets]
            self._changed.notify_all()
        error = StateError(f"{self._backend.name} was closed before the transaction was answered")
        for ticket in tickets:
            self._settle(ticket, error, failed=True)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()


def outcome_of(done: Future[Receipt]) -> Receipt | BaseException:
    """The receipt or the error in a future, once it is done."""
    error = done.exception()
    return done.result() if error is None else error


def is_failure(error: BaseException) -> bool:
    """Whether the ledger failed, rather than refused the transaction."""
    return isinstance(error, (Deposed, SystemFailure, AuthFailed, MissingBody, StateError, QueueFull))
