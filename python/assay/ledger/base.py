"""The protocol of a ledger: what every one does, however many machines it runs on.

A ledger is the handle of one chain (`genesis`), also called a channel where an `Engine` holds several: it orders
transactions, executes them with `machine.Machine`, and makes blocks. `submit` returns when the block that holds the
transaction is durable; a refusal raises and leaves no trace. A transaction is identified by (sender, counter), and
sending the same one again returns the same receipt, so after an ambiguous failure one simply sends again. Reading never
blocks writing. All methods may be called from any thread.

The tests in tests/contract hold for every back end.
"""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from assay.core.encoding import Value
from assay.core.errors import AssayError, InvalidInput, LedgerError
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.contracts import StateReader
from assay.ledger.genesis import Genesis
from assay.ledger.proofs import ExtensionProof, HistoryProof, InclusionProof
from assay.ledger.standing import KnownAccounts
from assay.ledger.state import StateDigest, Store
from assay.ledger.transactions import Transaction
from assay.ledger.view import Done

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Engine", "Ledger", "QueueFull", "Receipt", "Snapshot", "check_channel_name"]

_CHANNEL_NAME: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


class QueueFull(LedgerError):
    """Too many transactions wait; try again later."""


class Receipt(NamedTuple):
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

    @property
    @abstractmethod
    def store(self) -> Store:
        """The state of all contracts, as it is stored."""

    @abstractmethod
    def state(self, contract: str) -> StateReader:
        """The state of a contract instance; `NotFound` when the chain has none of that name."""

    def accounts(self) -> KnownAccounts:
        """Who is certified and in force; a ledger may remember it for as long as no block changes it."""
        return KnownAccounts(self.store)


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
    def submit_later(self, transaction: Transaction) -> Future[Receipt]:
        """Submit one transaction without waiting: the future has the receipt once it is durable, or the refusal.

        Raises `QueueFull` at once. Callbacks of the future run in the thread that makes the blocks: keep them short.
        """

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
        """The blocks from `start` up to `stop` (exclusive; to the present head when None), read one by one."""
        end = self.head().header.height + 1 if stop is None else stop
        for height in range(start, end):
            yield self.block(height)

    @abstractmethod
    def subscribe(
        self, start: int = 0, *, stop: threading.Event | None = None, timeout: float | None = None
    ) -> Iterator[Block]:
        """The blocks from `start` on, each as soon as it is durable, by whatever process it was appended.

        Ends when the ledger is closed, when `stop` is set, or when no block came for `timeout` seconds.
        """

    def prove(self, height: int, position: int) -> InclusionProof:
        """The proof that entry `position` stands in block `height`."""
        return InclusionProof.of(self.block(height), position)

    @abstractmethod
    def prove_history(self, height: int) -> HistoryProof:
        """The proof, under the head's seals, that the chain holds the block at `height` (below the head)."""

    @abstractmethod
    def prove_consistency(self, old: int, new: int | None = None) -> ExtensionProof:
        """The proof that block `new` (the head when None) follows from block `old`: no block was rewritten since."""

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
    def client_items(self) -> Iterator[tuple[int, Done]]:
        """All senders, ascending, with their last transactions, for verification."""

    @abstractmethod
    def history_nodes(self) -> Iterator[bytes]:
        """The nodes that are kept for proofs, in the order in which they appeared, for verification."""

    @abstractmethod
    def state_digest(self) -> StateDigest:
        """The digest of the state as it is kept to be moved along, for verification."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections. Whoever waits in `submit` or `subscribe` is let go too: what was not taken
        into a block yet is refused with `StateError`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Engine(ABC):
    """Many chains, each isolated from the others, by the names of their channels: 1 to 64 of [a-z0-9-].

    How a ledger is created and opened beyond its name, what keys and places it takes, is the matter of each engine.
    """

    @abstractmethod
    def channels(self) -> list[str]:
        """The names of all channels, ascending."""

    @abstractmethod
    def close(self) -> None:
        """Close what the engine itself holds; ledgers that it opened are closed by themselves."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_channel_name(name: str) -> str:
    """`name`, or `InvalidInput` unless it may name a channel."""
    if not isinstance(name, str) or not _CHANNEL_NAME.fullmatch(name):
        raise InvalidInput(f"a channel's name is 1 to 64 of [a-z0-9-], not {name!r}")
    return name
