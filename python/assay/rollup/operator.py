"""The operator: audits transactions against the account tree, gives receipts, fills batches, has them proved and
submits them.

    submit -> open batch -> seal -> sealed queue -> settle (prove, submit) -> settled

Any step may refuse; a refused transaction changes nothing. If the ledger refuses a batch because an account was
revoked after the batch was filled, `drop` takes the tree back to the state that the ledger has and audits the
surviving transactions again, without those of the revoked accounts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assay.core.errors import AssayError, InvalidInput, StateError
from assay.identity.keys import SigningKey
from assay.rollup.account import Account
from assay.rollup.accounts import AccountTree, Step
from assay.rollup.batch import Batch, Submission
from assay.rollup.config import CreditTable, RollupConfig, RollupId
from assay.rollup.receipt import Receipt
from assay.rollup.transaction import Transaction, transaction_id

__all__ = ["Operator", "Settlement"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """A batch that the ledger accepted, with the seconds that each part took."""

    batch: Batch
    submission: Submission
    witness_seconds: float
    prove_seconds: float
    submit_seconds: float


class Operator:
    """Runs one rollup. Thread-safe; `settle` may run on a thread of its own while `submit` goes on.

    Args:
        rollup, config, table: where and under which configuration.
        receipt_key: P-256 private key that signs receipts.
        batch_size: transactions in a batch; fixed by the circuit.
        prove: turns a sealed batch into a submission; returns it with the seconds for witness and proof.
        send: puts a submission onto the ledger; raises if it is refused.
        head: last batch and root that the ledger has; asked when `send` fails, since its answer may have been lost
            after the ledger accepted. None: a failure counts as a refusal.
        seal_after: seconds after which `tick` seals a batch that is not full.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        rollup: RollupId,
        config: RollupConfig,
        table: CreditTable,
        receipt_key: SigningKey,
        *,
        batch_size: int,
        prove: Callable[[Batch], tuple[Submission, float, float]],
        send: Callable[[Submission], None],
        head: Callable[[], tuple[int, int]] | None = None,
        seal_after: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if batch_size < 1:
            raise InvalidInput(f"batch_size is {batch_size}; a batch holds at least one transaction")
        self.rollup = rollup
        self.batch_size = batch_size
        self._config = config
        self._tree = AccountTree(rollup, table)
        self._receipt_key = receipt_key
        self._prove = prove
        self._send = send
        self._head = head
        self._seal_after = seal_after
        self._clock = clock
        self._open: list[Step] = []
        self._opened_at = 0.0
        self._sealed: list[Batch] = []
        self._next = 1  # number of the open batch
        self._first = {config.epoch: 1}  # by epoch, the first batch that the configuration holds for
        self._lock = threading.RLock()
        self._settling = threading.Lock()

    @property
    def config(self) -> RollupConfig:
        """The configuration under which transactions are audited now."""
        return self._config

    @property
    def root(self) -> int:
        """Root after everything audited so far, settled or not."""
        with self._lock:
            return self._tree.root

    def account(self, index: int) -> Account:
        """The account as audited so far."""
        with self._lock:
            return self._tree.account(index)

    def leaf(self, index: int) -> int:
        """The leaf in a slot, EMPTY if unassigned."""
        with self._lock:
            return self._tree.leaf(index)

    @property
    def waiting(self) -> int:
        """Sealed batches that are not settled."""
        with self._lock:
            return len(self._sealed)

    def submit(self, transaction: Transaction) -> Receipt:
        """Audits a transaction into the open batch; seals the batch when it is full.

        Raises:
            AssayError: the audit's refusal; the tree and the batch are as before.
        """
        with self._lock:
            step = self._append(transaction)
            batch, position = self._next, len(self._open) - 1
            if len(self._open) == self.batch_size:
                self._seal()
        assert step.new is not None
        receipt = Receipt(
            index=step.index,
            nonce=step.new.nonce,
            transaction=transaction_id(transaction),
            batch=batch,
            position=position,
            leaf=step.new_leaf,
        )
        return receipt.signed(self._receipt_key, self.rollup)

    def seal(self) -> Batch | None:
        """Fills the open batch with pads and seals it; None if it is empty."""
        with self._lock:
            if not self._open:
                return None
            return self._fill()

    def tick(self) -> Batch | None:
        """Seals the open batch if its first transaction has waited long enough."""
        with self._lock:
            if self._open and self._clock() - self._opened_at >= self._seal_after:
                return self.seal()
            return None

    def reconfigure(self, config: RollupConfig) -> int:
        """Moves to the next configuration; the open batch is sealed first. Returns the number of the first batch
        under it, which leaves the present configuration at least one batch, of pads if need be.

        The model owner then announces that number on the contract; until it has, batches under the new configuration
        are refused there.
        """
        with self._lock:
            if config.epoch != self._config.epoch + 1:
                raise StateError(f"epoch {config.epoch} does not follow {self._config.epoch}")
            self.seal()
            if self._next == self._first[self._config.epoch]:
                self._fill()
            self._config = config
            self._first[config.epoch] = self._next
            return self._next

    def settle(self) -> Settlement | None:
        """Proves the oldest sealed batch and submits it; None if there is none.

        Raises:
            AssayError: the ledger's refusal. The batch stays first in the queue and the tree as it was: call `drop`
                or retry.
        """
        with self._settling:
            with self._lock:
                if not self._sealed:
                    return None
                batch = self._sealed[0]
            submission, witness_seconds, prove_seconds = self._prove(batch)
            started = time.perf_counter()
            try:
                self._send(submission)
            except Exception:
                if not self._landed(batch):
                    raise
            seconds = time.perf_counter() - started
            with self._lock:
                self._sealed.pop(0)
            return Settlement(batch, submission, witness_seconds, prove_seconds, seconds)

    def _landed(self, batch: Batch) -> bool:
        return self._head is not None and self._head() == (batch.number, batch.steps[-1].new_root)

    def drop(self, indices: Iterable[int]) -> list[Transaction]:
        """Takes the unsettled transactions of some accounts out and audits the others again, in their order.

        Returns the transactions that are out: those of the accounts named, and any that the audit refuses now.
        Batches are numbered again from the first unsettled one, and a configuration still begins at the batch that
        was announced for it, with batches of pads before it if need be. Receipts of unsettled transactions lose their
        place.
        """
        unwanted = set(indices)
        with self._settling, self._lock:
            steps = [step for batch in self._sealed for step in batch.steps] + self._open
            configs = [b.config for b in self._sealed for _ in b.steps] + [self._config] * len(self._open)
            self._tree.undo(steps)
            current, dropped = self._config, []
            if self._sealed:
                self._next, self._config = self._sealed[0].number, self._sealed[0].config
            self._sealed, self._open = [], []
            for step, config in zip(steps, configs, strict=True):
                self._move_to(config)
                if step.transaction is None:
                    continue
                if step.index in unwanted:
                    dropped.append(step.transaction)
                    continue
                try:
                    self.submit(step.transaction)
                except AssayError:
                    dropped.append(step.transaction)
            self._move_to(current)
            return dropped

    def _move_to(self, config: RollupConfig) -> None:
        if config == self._config:
            return
        self.seal()
        while self._next < self._first[config.epoch]:
            self._fill()
        self._config = config

    def _append(self, transaction: Transaction) -> Step:
        step = self._tree.apply(transaction, self._config)
        if not self._open:
            self._opened_at = self._clock()
        self._open.append(step)
        return step

    def _fill(self) -> Batch:
        while len(self._open) < self.batch_size:
            self._open.append(self._tree.pad())
        return self._seal()

    def _seal(self) -> Batch:
        batch = Batch(self.rollup, self._config, self._next, tuple(self._open))
        self._sealed.append(batch)
        self._open = []
        self._next += 1
        return batch
