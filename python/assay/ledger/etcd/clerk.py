"""The leader's side of the mailboxes: takes requests, gives their transactions to the sequencer, writes the answers."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from assay.core.errors import AssayError
from assay.core.logging import get_logger
from assay.ledger.base import Receipt
from assay.ledger.etcd.chain import Chain, Deposed
from assay.ledger.etcd.gateway import KeyValue, created_at, end_of, modified_at, put
from assay.ledger.etcd.leadership import Leadership
from assay.ledger.etcd.mail import MAX_MAILBOXES, Answer, Fate, Request, is_answer
from assay.ledger.sequencer import Sequencer
from assay.ledger.transactions import Transaction

__all__ = ["Clerk"]

_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_log = get_logger(__name__)


class Clerk:
    """Serves each mailbox in a thread: a process has one request under way at a time."""

    def __init__(self, chain: Chain, sequencer: Sequencer, leadership: Leadership) -> None:
        self._chain = chain
        self._sequencer = sequencer
        self._leadership = leadership
        self._taken: dict[bytes, tuple[int, int]] = {}  # mailbox -> (revision, fence) that was taken last
        self._lock = threading.Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(MAX_MAILBOXES, thread_name_prefix="assay-etcd-clerk")

    def receive(self, mailbox: KeyValue) -> None:
        """A mailbox has something in it."""
        fence = self._leadership.fence
        with self._lock:
            if not mailbox.value or not fence or self._closed:
                return
            if self._taken.get(mailbox.key) == (mailbox.modified, fence):
                return
            self._taken[mailbox.key] = (mailbox.modified, fence)
            self._threads.submit(self._serve, mailbox, fence)

    def take_over(self) -> None:
        """Receive all that is in the mailboxes: what the leader before has left."""
        prefix = self._chain.layout.mail_prefix
        for mailbox in self._chain.gateway.range(prefix, end_of(prefix)).pairs:
            self.receive(mailbox)

    def _serve(self, mailbox: KeyValue, fence: int) -> None:
        pause = _PAUSE
        while self._leadership.fence == fence and not self._closed:
            try:
                body = self._chain.bodies.unpack(mailbox.value)
                if not is_answer(body):
                    self._carry_out(mailbox, Request.decode(body), fence)
                return
            except Deposed:
                return  # whoever leads next takes the request
            except ValueError as fault:
                _log.warning("mailbox %s holds something else than a request: %s", mailbox.key.decode(), fault)
                return
            except AssayError as failure:
                if self._closed:
                    return
                _log.warning("a request could not be carried out, and is tried again: %s", failure)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                if not self._is_still_there(mailbox):
                    return
            except Exception:
                _log.exception("mailbox %s", mailbox.key.decode())
                return

    def _is_still_there(self, mailbox: KeyValue) -> bool:
        """Whether the sender still waits for this request, and has not sent another in its place."""
        try:
            found = self._chain.gateway.range(mailbox.key).pairs
        except AssayError:
            return True  # that will show
        return bool(found) and found[0].modified == mailbox.modified

    def _carry_out(self, mailbox: KeyValue, request: Request, fence: int) -> None:
        fates: dict[int, Fate] = {}
        transactions: list[tuple[int, Transaction]] = []
        for index, encoded in enumerate(request.transactions):
            try:
                transactions.append((index, Transaction.decode(encoded)))
            except AssayError as refusal:
                fates[index] = Fate(index, refusal=refusal)
        outcomes = self._sequencer.submit_many([transaction for _, transaction in transactions])
        for (index, _), outcome in zip(transactions, outcomes, strict=True):
            if not isinstance(outcome, Receipt):
                fates[index] = Fate(index, refusal=outcome)
            elif outcome.height <= request.height:
                fates[index] = Fate(index, outcome.height, outcome.position)
        if fates:
            self._answer(mailbox, Answer(request.sequence, self._chain.head().height, tuple(fates.values())), fence)

    def _answer(self, mailbox: KeyValue, answer: Answer, fence: int) -> None:
        """Put the answer where the request is, if it still is."""
        self._chain.gateway.transact(
            [created_at(self._chain.layout.leader, fence), modified_at(mailbox.key, mailbox.modified)],
            [put(mailbox.key, self._chain.bodies.pack(answer.encoded), ignore_lease=True)],
            repeatable=True,
        )

    def close(self) -> None:
        """Take nothing more, and wait for what is under way; the sequencer must be closed before."""
        with self._lock:
            self._closed = True
        with suppress(RuntimeError):  # closed from one of its own threads
            self._threads.shutdown(cancel_futures=True)
