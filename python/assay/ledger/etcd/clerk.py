"""The leader's side of the mailboxes: takes requests, gives their transactions to the sequencer, writes the answers."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from assay.core.errors import AssayError, StateError, SystemFailure
from assay.core.logging import get_logger
from assay.ledger.base import QueueFull, Receipt
from assay.ledger.etcd.bodies import MissingBody
from assay.ledger.etcd.chain import Chain, Deposed
from assay.ledger.etcd.errors import AuthFailed
from assay.ledger.etcd.gateway import KeyValue, created_at, end_of, modified_at, put
from assay.ledger.etcd.leadership import Leadership
from assay.ledger.etcd.mail import Answer, Fate, Request, is_answer
from assay.ledger.sequencer import Sequencer
from assay.ledger.transactions import Transaction

__all__ = ["Clerk", "is_failure"]

_PAUSE: Final = 0.1
_log = get_logger(__name__)


def is_failure(error: BaseException) -> bool:
    """Whether the ledger failed, rather than refused the transaction."""
    return isinstance(error, (Deposed, SystemFailure, AuthFailed, MissingBody, StateError, QueueFull))


@dataclass
class _Batch:
    """A request that is being carried out under a fence."""

    mailbox: KeyValue
    request: Request
    fence: int
    outcomes: list[Receipt | BaseException | None] = field(default_factory=list)
    left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Clerk:
    """Works in a thread of its own, from `start` to `close`."""

    def __init__(self, chain: Chain, sequencer: Sequencer, leadership: Leadership) -> None:
        self._chain = chain
        self._sequencer = sequencer
        self._leadership = leadership
        self._inbox: queue.SimpleQueue[KeyValue | _Batch | None] = queue.SimpleQueue()
        self._taken: dict[bytes, tuple[int, int]] = {}  # mailbox -> (revision, fence) taken last
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="assay-etcd-clerk", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def receive(self, mailbox: KeyValue) -> None:
        """A mailbox has something in it."""
        if mailbox.value and self._leadership.fence:
            self._inbox.put(mailbox)

    def take_over(self) -> None:
        """Receive all that is in the mailboxes: what the leader before has left."""
        prefix = self._chain.layout.mail_prefix
        for mailbox in self._chain.gateway.range(prefix, end_of(prefix)).pairs:
            self.receive(mailbox)

    def _run(self) -> None:
        while not self._closed:
            work = self._inbox.get()
            try:
                if isinstance(work, KeyValue):
                    self._take(work)
                elif work is not None:
                    self._answer(work)
            except AssayError as fault:
                _log.warning("a mailbox: %s", fault)
                if isinstance(fault, SystemFailure) and work is not None and not self._closed:
                    time.sleep(_PAUSE)
                    self._inbox.put(work)

    def _take(self, mailbox: KeyValue) -> None:
        fence = self._leadership.fence
        taken = (mailbox.modified, fence)
        if not fence or self._taken.get(mailbox.key) == taken:
            return
        body = self._chain.bodies.unpack(mailbox.value)
        if is_answer(body):
            return
        self._taken[mailbox.key] = taken
        try:
            request = Request.decode(body)
        except AssayError as fault:
            _log.warning("a mailbox holds something else than a request: %s", fault)
            return
        batch = _Batch(mailbox, request, fence, [None] * len(request.transactions), len(request.transactions))
        for index, encoded in enumerate(request.transactions):
            self._submit(batch, index, encoded)

    def _submit(self, batch: _Batch, index: int, encoded: bytes) -> None:
        try:
            transaction = Transaction.decode(encoded)
        except AssayError as refusal:
            self._settled(batch, index, refusal)
            return
        while True:
            try:
                future = self._sequencer.submit_later(transaction)
            except QueueFull:
                time.sleep(_PAUSE / 10)
                continue
            except AssayError as failure:
                self._settled(batch, index, failure)
                return
            future.add_done_callback(lambda done: self._settled(batch, index, outcome_of(done)))
            return

    def _settled(self, batch: _Batch, index: int, outcome: Receipt | BaseException) -> None:
        with batch.lock:
            batch.outcomes[index] = outcome
            batch.left -= 1
            last = batch.left == 0
        if last:
            self._inbox.put(batch)

    def _answer(self, batch: _Batch) -> None:
        layout, request = self._chain.layout, batch.request
        if batch.fence != self._leadership.fence:
            return  # whoever leads now takes the request
        failures = [each for each in batch.outcomes if isinstance(each, BaseException) and is_failure(each)]
        if failures:
            _log.warning("a request could not be carried out, and is tried again: %s", failures[0])
            time.sleep(_PAUSE)
            self._taken.pop(batch.mailbox.key, None)
            self._inbox.put(batch.mailbox)
            return
        fates: list[Fate] = []
        for index, outcome in enumerate(batch.outcomes):
            if isinstance(outcome, AssayError):
                fates.append(Fate(index, refusal=outcome))
            elif isinstance(outcome, Receipt) and outcome.height <= request.height:
                fates.append(Fate(index, outcome.height, outcome.position))
        if not fates:
            return
        answer = Answer(request.sequence, self._chain.head().height, tuple(fates))
        operation: dict[str, Any] = put(batch.mailbox.key, self._chain.bodies.pack(answer.encoded))
        operation["request_put"]["ignore_lease"] = True
        self._chain.gateway.transact(
            [created_at(layout.leader, batch.fence), modified_at(batch.mailbox.key, batch.mailbox.modified)],
            [operation],
            repeatable=True,
        )

    def close(self) -> None:
        """Stop working."""
        self._closed = True
        self._inbox.put(None)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()


def outcome_of(done: Future[Receipt]) -> Receipt | BaseException:
    """The receipt or the error in a future that is done."""
    error = done.exception()
    return done.result() if error is None else error
