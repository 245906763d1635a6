"""The sequencer: takes transactions from any number of threads and makes blocks of them, on any back end.

Transactions wait in one bounded queue. Whoever finds nobody at work becomes the leader: it takes the whole queue as the
next block, and so on until its own transactions are settled; then it wakes one of those who wait, to lead in its place.
While a block is being made the next one fills, so blocks grow with the load (group commit), and a lone caller makes its
block in its own thread. A thread of the sequencer's own leads where nobody waits: for futures, and for callers that
were interrupted.

A refusal settles one transaction. A failure of the back end settles all that were to be in the block; each may be sent
again.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Final, TypeAlias

from assay.core.clock import Clock
from assay.core.encoding import decode
from assay.core.errors import AssayError, LedgerError, StateError, VerificationError
from assay.core.logging import get_logger
from assay.ledger.accounts import ACCOUNTS
from assay.ledger.backend import Append, Backend, Superseded, check_done
from assay.ledger.base import QueueFull, Receipt
from assay.ledger.blocks import MAX_BLOCK_ENTRIES, Block
from assay.ledger.change import Change
from assay.ledger.machine import NO_RESULT, Machine
from assay.ledger.replica import execute_again
from assay.ledger.sealing import Sealer
from assay.ledger.signatures import Verified
from assay.ledger.standing import StandingAccounts
from assay.ledger.transactions import Transaction
from assay.ledger.view import Done

__all__ = ["MAX_QUEUE", "Sequencer"]

MAX_QUEUE: Final = 10_000
_IDLE: Final = 1.0  # seconds after which the sequencer's own thread ends
_MOST_PATIENCE: Final = 0.002  # seconds
_log = get_logger(__name__)


class _Caller:
    """Somebody who waits in `submit_many`. Its fields change under the sequencer's lock."""

    __slots__ = ("absent", "failure", "leads", "left", "outcomes", "wake")

    def __init__(self, size: int) -> None:
        self.left = size  # transactions that are not settled
        self.outcomes: list[Receipt | AssayError | None] = [None] * size
        self.failure: Exception | None = None
        self.absent = False  # was interrupted
        self.leads = False
        self.wake = threading.Lock()
        self.wake.acquire()


_Waiting: TypeAlias = "tuple[_Caller | Future[Receipt], int, Transaction]"  # for whom, its place there, what


class Sequencer:
    """Makes blocks on `backend` by the rules of `machine`, sealed by `sealer`."""

    def __init__(
        self, backend: Backend, machine: Machine, sealer: Sealer, clock: Clock, *, max_queue: int = MAX_QUEUE
    ) -> None:
        self._backend = backend
        self._machine = machine
        self._sealer = sealer
        self._clock = clock
        self._verified = Verified()  # used by the leader alone
        self.standing = StandingAccounts()
        self._max_queue = max_queue
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._callers: deque[_Caller] = deque()  # who may lead, in the order of their transactions
        self._taken = 0  # as many at the head of the queue are being made into a block
        self._expected = 0  # as many waited, or were settled, when the last block was done
        self._patience = 0.0  # seconds to wait until as many wait again
        self._awaited = 0  # the leader wants to be told when as many wait; 0: it does not wait
        self._enough = threading.Lock()  # released to tell it
        self._enough.acquire()
        self._busy = False  # somebody leads, or was told to
        self._leader: int | None = None  # the thread that does
        self._rest = threading.Condition(self._lock)  # told when nobody leads any more
        self._helper = _Helper(self._lead_the_rest)
        self._closed = False

    # --- callers ------------------------------------------------------------------------------------------------------

    def submit_many(self, transactions: Sequence[Transaction]) -> list[Receipt | AssayError]:
        """As `Ledger.submit_many`."""
        caller = _Caller(len(transactions))
        try:
            self._enqueue(caller, transactions)
            if caller.left and not caller.leads:
                caller.wake.acquire()
            if caller.leads:
                self._lead(caller)
        except BaseException:  # Ctrl-C: what was sent stays in the queue
            with self._lock:
                caller.absent = True
                self._resign(caller)
            raise
        if caller.failure is not None:
            raise caller.failure
        return [outcome for outcome in caller.outcomes if outcome is not None]

    def submit_later(self, transaction: Transaction) -> Future[Receipt]:
        """As `Ledger.submit_later`."""
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()  # once taken it cannot be taken back
        self._enqueue(future, [transaction])
        return future

    def close(self) -> None:
        """Refuse what waits, and return when the block that is being made, if any, is done."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed = True
            waiting = [self._queue.pop() for _ in range(len(self._queue) - self._taken)]
        error = StateError(f"{self._backend.name} was closed before the transaction was taken")
        self._tell([(waiter, error) for waiter in reversed(waiting)], failed=True)
        with self._rest:
            if self._leader != threading.get_ident():  # else: closed from the callback of a future
                self._rest.wait_for(lambda: not self._busy)
        self._helper.stop()

    def _enqueue(self, waiter: _Caller | Future[Receipt], transactions: Sequence[Transaction]) -> None:
        """Put transactions into the queue, all or none; a caller leads when nobody does."""
        if self._process != os.getpid():
            raise StateError(f"{self._backend.name} was opened before a fork: open it again in the child")
        with self._lock:
            if self._closed:
                raise StateError(f"{self._backend.name} is closed")
            if len(self._queue) + len(transactions) > self._max_queue:
                raise QueueFull(
                    f"{len(self._queue)} transactions wait and at most {self._max_queue} may; try again later"
                )
            self._queue.extend((waiter, place, transaction) for place, transaction in enumerate(transactions))
            if isinstance(waiter, _Caller):
                self._callers.append(waiter)
            if not self._busy:
                self._appoint()
            elif 0 < self._awaited <= len(self._queue):
                self._awaited = 0
                self._enough.release()

    # --- leaders ------------------------------------------------------------------------------------------------------

    def _appoint(self) -> None:
        """Choose who leads, under the lock: the first caller that waits, else the helper."""
        self._leader = None
        self._busy = bool(self._queue)
        self._forget_settled()
        if self._callers:
            caller = self._callers.popleft()
            caller.leads = True
            caller.wake.release()
        elif self._busy:
            self._helper.call()
        else:
            self._rest.notify_all()

    def _forget_settled(self) -> None:
        """Let the first caller, under the lock, be one that waits."""
        while self._callers and (self._callers[0].absent or not self._callers[0].left):
            self._callers.popleft()

    def _resign(self, caller: _Caller) -> None:
        """Let somebody else lead, under the lock, if the caller does."""
        if caller.leads:
            caller.leads = False
            self._appoint()

    def _lead(self, caller: _Caller) -> None:
        """Make blocks until the caller is settled."""
        while caller.left:
            self._gather()
            self._make_block()
        with self._lock:
            self._resign(caller)

    def _lead_the_rest(self) -> None:
        """What the helper does: make blocks as long as somebody waits for one."""
        self._gather()
        while self._queue:
            self._make_block()
            self._gather()
        with self._lock:
            self._appoint()

    def _make_block(self) -> None:
        """Make one block of what waits, as far as it fits; it leaves the queue when it is settled."""
        began = time.perf_counter()
        with self._lock:
            self._leader = threading.get_ident()
            self._forget_settled()
            self._taken = min(len(self._queue), MAX_BLOCK_ENTRIES)
            group = list(islice(self._queue, self._taken))
        failed = False
        outcomes: Sequence[Receipt | AssayError] = []
        try:
            outcomes = self._append([transaction for _, _, transaction in group])
        except Exception as failure:
            failed = True
            if not isinstance(failure, AssayError):
                _log.exception("making a block failed")
                failure = LedgerError(f"{self._backend.name}: making a block failed: {failure!r}")
            outcomes = [failure] * len(group)
        finally:
            with self._lock:
                self._taken = 0
                for _ in outcomes:
                    self._queue.popleft()
                self._expected = len(outcomes) + len(self._queue)
                self._patience = min((time.perf_counter() - began) / 2, _MOST_PATIENCE)
        self._tell(list(zip(group, outcomes, strict=False)), failed=failed)

    def _gather(self) -> None:
        """Let those who were settled last send again, as they do who send as soon as they have their receipts.

        As many are expected as waited or were settled when the last block was done, so whoever is alone never waits;
        and for at most half the time that the last block took, so that waiting costs little where nobody comes.
        """
        with self._lock:
            if len(self._queue) >= self._expected or self._closed:
                return
            self._awaited = self._expected
        enough = self._enough.acquire(timeout=self._patience)
        with self._lock:
            if not enough and not self._awaited:  # told at the last moment
                self._enough.acquire()
            self._awaited = 0

    def _tell(self, settled: Sequence[tuple[_Waiting, Receipt | AssayError]], *, failed: bool = False) -> None:
        """Tell each caller what became of its transactions, and wake those that wait for nothing more."""
        futures: list[tuple[Future[Receipt], Receipt | AssayError]] = []
        with self._lock:
            for (waiter, place, _), outcome in settled:
                if isinstance(waiter, Future):
                    futures.append((waiter, outcome))
                    continue
                if failed and isinstance(outcome, AssayError):
                    waiter.failure = outcome
                waiter.outcomes[place] = outcome
                waiter.left -= 1
                if not (waiter.left or waiter.leads or waiter.absent):
                    waiter.wake.release()
        for future, outcome in futures:
            if isinstance(outcome, AssayError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    # --- blocks -------------------------------------------------------------------------------------------------------

    def _append(self, transactions: list[Transaction]) -> list[Receipt | AssayError]:
        """Append one block of what is accepted; outcomes for as many transactions as it had room for."""
        self._verified.look_at(transactions, self._backend.reading)
        while True:
            try:
                with self._backend.appending() as append:
                    unfinished = self._sealer.unfinished(append.head().header.height + 1)
                    if unfinished is None:
                        return self._append_to(append, transactions)
                    self._finish(append, unfinished)
            except Superseded:
                continue

    def _finish(self, append: Append, block: Block) -> None:
        """Append a block that was proposed before; its transactions had no answer then, and get one when sent again."""
        try:
            change = execute_again(self._machine, append, block, sealed=False)
        except VerificationError as fault:
            _log.warning("block %d, proposed before, is not one of this chain: %s", block.header.height, fault)
            self._sealer.abandon(block)
            return
        self._commit(append, change)

    def _commit(self, append: Append, change: Change) -> None:
        append.stage(change)
        append.commit(self._sealer.seal(change, append))
        self.standing.appended(change.header.height, changed=any(space == ACCOUNTS for space, _ in change.writes))

    def _append_to(self, append: Append, transactions: list[Transaction]) -> list[Receipt | AssayError]:
        head = append.head().header
        now = max(self._clock(), head.time)
        execution = self._machine.execute(
            append,
            transactions,
            height=head.height + 1,
            time=now,
            check_signature=self._verified,
            standing=self.standing,
        )
        if execution.entries:
            self._commit(append, Change.following(append, execution, now))
        outcomes: list[Receipt | AssayError] = []
        for transaction, outcome in zip(transactions, execution.outcomes, strict=False):
            if isinstance(outcome, AssayError):
                outcomes.append(outcome)
                continue
            if outcome.height == head.height + 1:
                result = execution.entries[outcome.position].result
            else:
                result = check_done(append, transaction.sender, outcome).result
            outcomes.append(receipt(transaction.sender, outcome, result))
        return outcomes


def receipt(sender: int, done: Done, result: bytes) -> Receipt:
    """The receipt of a transaction whose entry has the encoded `result`."""
    value = None if result == NO_RESULT else decode(result)
    return Receipt(sender, done.counter, done.digest, done.height, done.position, value)


class _Helper:
    """A thread that does `work` each time it is called, and ends when it was not called for a while."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._calls = threading.Semaphore(0)
        self._stopped = False
        self.thread: threading.Thread | None = None

    def call(self) -> None:
        """Let the thread work; it is started when there is none."""
        with self._lock:
            self._calls.release()
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="assay-ledger-sequencer", daemon=True)
                self.thread.start()

    def _run(self) -> None:
        while True:
            called = self._calls.acquire(timeout=_IDLE)
            with self._lock:
                if not called and not self._calls.acquire(blocking=False):
                    self.thread = None
                    return
                if self._stopped:
                    return
            self._work()

    def stop(self) -> None:
        """End the thread; returns when it has ended, unless it is the caller."""
        with self._lock:
            self._stopped = True
            thread = self.thread
        if thread is not None:
            self._calls.release()
            if thread is not threading.current_thread():
                thread.join()
