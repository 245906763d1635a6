"""What a back end brings: a place where blocks and the state after them are kept, read, and appended to.

All else is shared: `sequencer` orders transactions and makes blocks on any back end, `replica` follows a chain on any,
and `sequenced` makes the `Ledger` that users see of it. A back end keeps for a chain

    the genesis, the blocks, the state of the contracts (`state`) with the lanes of its digest, the last transaction of
    each sender (`view.Done`), and the nodes of the Merkle mountain range over its blocks (`history`)

and takes a block with all that it changes (`change.Change`) as one: it is there whole and for good, or not at all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Self

from assay.core.errors import LedgerError, VerificationError
from assay.ledger.blocks import Block, Entry, SealedHeader
from assay.ledger.change import Change
from assay.ledger.genesis import Genesis
from assay.ledger.view import Done, View

__all__ = ["Append", "Backend", "Reader", "Superseded", "check_done"]


class Superseded(LedgerError):
    """Somebody else appended a block first; nothing was appended here. Execute again on the new head."""


class Reader(View):
    """One state of a chain with all that led to it."""

    @abstractmethod
    def block(self, height: int) -> Block:
        """The block at `height`; `NotFound` when there is none."""

    @abstractmethod
    def entry(self, height: int, position: int) -> Entry:
        """One entry of a block; `NotFound` when there is none."""

    @abstractmethod
    def history_node(self, level: int, index: int) -> bytes:
        """The node of the history over the 2^level blocks from index * 2^level on; `NotFound` when there is none."""

    @abstractmethod
    def history_nodes(self) -> Iterator[bytes]:
        """All nodes of the history, in the order in which they appeared: block by block, from the leaf up."""

    @abstractmethod
    def state_items(self) -> Iterator[tuple[str, str, bytes]]:
        """All of the state as (space, key, canonical value)."""

    @abstractmethod
    def client_items(self) -> Iterator[tuple[int, Done]]:
        """All senders, ascending, with their last transactions."""


class Append(Reader):
    """The right to append one block to the state that this reads.

    First `stage`, then `commit`, at most once. Left without `commit`, nothing happened.
    """

    @abstractmethod
    def stage(self, change: Change) -> None:
        """Prepare to append; the seals of the block may be made meanwhile, in another thread."""

    @abstractmethod
    def commit(self, sealed: SealedHeader) -> None:
        """Append the staged block, sealed. It is durable when this returns.

        Raises `Superseded` when the head moved, and nothing of the block is kept then.
        """


class Backend(ABC):
    """One chain, wherever it is kept. All methods may be called from any thread."""

    genesis: Genesis
    name: str  # for messages: a path, a URL

    @abstractmethod
    def appending(self) -> AbstractContextManager[Append]:
        """The exclusive right to append to the newest head, waited for; `StateError` when this is for reading."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Reader]:
        """One consistent state, until the context closes. Never waits for a writer."""

    def glancing(self) -> AbstractContextManager[Reader]:
        """The newest state for a single read, where that may be had for less: another read may see a newer one."""
        return self.reading()

    @abstractmethod
    def wait(self, height: int, seconds: float) -> bool:
        """Wait until block `height` is there, for at most `seconds`; returns whether it is.

        Sees the blocks of other processes too. `StateError` once closed.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; those in use are let go by whoever uses them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_done(reader: Reader, sender: int, done: Done) -> Entry:
    """The entry that `done` names; `VerificationError` when another transaction stands there."""
    entry = reader.entry(done.height, done.position)
    transaction = entry.transaction
    if (transaction.sender, transaction.counter, transaction.digest) != (sender, done.counter, done.digest):
        raise VerificationError(f"entry {done.position} of block {done.height} is not what sender {sender} sent last")
    return entry
