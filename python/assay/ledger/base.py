"""The protocol of a ledger: what every back end does, however many machines it runs on.

A back end keeps one chain (`genesis`), orders transactions, executes them with `machine.Machine`, and makes blocks.
`submit` returns when the block that holds the transaction is durable; a refusal raises and leaves no trace. A
transaction is identified by (sender, counter), and sending the same one again returns the same receipt, so after an
ambiguous failure one simply sends again. Reading never blocks writing. All methods may be called from any thread.

The tests in tests/contract hold for every back end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from assay.core.encoding import Value
from assay.core.errors import AssayError, LedgerError
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.contracts import StateReader
from assay.ledger.genesis import Genesis
from assay.ledger.proofs import InclusionProof
from assay.ledger.transactions import Transaction

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Ledger", "QueueFull", "Receipt", "Snapshot"]


class QueueFull(LedgerError):
    """Too many transactions wait; try again later."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction is on the chain: where, and what its contract answered."""

    sender: int
    counter: int
    digest: bytes
    height: int
    position: int
    result: Value


class Snapshot(ABC):
    """The state after one block, however far the chain goes on meanwhile."""

    @property
    @abstractmethod
    def head(self) -> SealedHeader:
        """The header of that block."""

    @abstractmethod
    def state(self, contract: str) -> StateReader:
        """The state of a contract instance; `NotFound` when the chain has none of that name."""


class Ledger(ABC):
    """One chain."""

    @property
    @abstractmethod
    def genesis(self) -> Genesis:
        """What the chain is."""

    @property
    def chain_id(self) -> bytes:
        """The 32 bytes that name the chain."""
        return self.genesis.chain_id

    @abstractmethod
    def submit_many(self, transactions: Sequence[Transaction]) -> list[Receipt | AssayError]:
        """Submit transactions in order, as few blocks as fit; returns a receipt or the refusal for each.

        Raises `QueueFull` before any of them is taken, and `LedgerError` or `SystemFailure` when the ledger failed.
        """

    def submit(self, transaction: Transaction) -> Receipt:
        """Submit one transaction and wait until it is durable; raises the refusal."""
        (outcome,) = self.submit_many([transaction])
        if isinstance(outcome, AssayError):
            raise outcome
        return outcome

    @abstractmethod
    def next_counter(self, sender: int) -> int:
        """The counter that the next transaction of account `sender` must carry."""

    @abstractmethod
    def last_receipt(self, sender: int) -> Receipt | None:
        """The receipt of the sender's last transaction."""

    @abstractmethod
    def head(self) -> SealedHeader:
        """The header of the newest block."""

    @abstractmethod
    def block(self, height: int) -> Block:
        """The block at `height`; `NotFound` beyond the head."""

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """The blocks from `start` up to `stop` (exclusive; the head at the time of the call when None)."""
        end = self.head().header.height + 1 if stop is None else stop
        for height in range(start, end):
            yield self.block(height)

    def prove(self, height: int, position: int) -> InclusionProof:
        """The proof that entry `position` stands in block `height`."""
        return InclusionProof.of(self.block(height), position)

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The state after the newest block, to read from consistently until the context closes."""

    @abstractmethod
    def state(self, contract: str) -> StateReader:
        """The newest state of a contract instance; each read sees the newest block."""

    @abstractmethod
    def state_items(self) -> Iterator[tuple[str, str, bytes]]:
        """All of the stored state as (space, key, canonical value), for verification."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
