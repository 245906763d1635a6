"""The back end of a chain in etcd: blocks are appended there, and read from a replica on this machine.

The replica is an embedded ledger file that holds a prefix of the chain. A block enters it after etcd has it: the leader
writes what it just appended, a follower executes each block again (`Replica`). It can be thrown away at any time.

Reads are linearizable: etcd is asked for the head after each has begun, in one question for all that wait, and the
replica must have it. With `local_reads` they see what the replica has, a prefix of the chain that is a moment old.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from assay.core.errors import StateError, VerificationError
from assay.ledger.backend import Append, Backend, Reader
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.change import Change
from assay.ledger.embedded.ledger import EmbeddedBackend
from assay.ledger.embedded.tables import TableAppend
from assay.ledger.embedded.tip import Tip
from assay.ledger.etcd.chain import Chain, Deposed
from assay.ledger.etcd.confirmation import Shared
from assay.ledger.etcd.layout import Head, encode_block
from assay.ledger.etcd.leadership import Leadership
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Machine
from assay.ledger.replica import Replica

__all__ = ["EtcdBackend"]

_ON_ITS_WAY: Final = 0.2  # seconds; then it is fetched


class EtcdBackend(Backend):
    """The chain `chain`, with a replica in `local`. All methods may be called from any thread."""

    def __init__(
        self,
        name: str,
        chain: Chain,
        genesis: Genesis,
        machine: Machine,
        local: EmbeddedBackend,
        *,
        local_reads: bool = False,
    ) -> None:
        self.name = name
        self.genesis = genesis
        self._chain = chain
        self._local = local
        self._replica = Replica(local, machine)
        self._local_reads = local_reads
        self.leadership: Leadership | None = None
        self.followed: Callable[[Block], None] = lambda block: None  # told of each block that came from etcd
        self._appending = threading.RLock()  # whoever moves the replica on
        self._head: Head | None = None  # of the chain, where the leader knows it
        self._fence = 0  # under which it knows it
        self._moved = threading.Condition()
        self._closed = False
        self._process = os.getpid()
        with local.reading() as reader:
            head = reader.head().header
        self._newest = head.height, head.hash  # of the replica
        self._confirmed = Shared(self._confirm)

    @property
    def height(self) -> int:
        """The height of the newest block in the replica."""
        return self._newest[0]

    def check_open(self) -> None:
        """Raise `StateError` when closed, or in the child of a fork, where no thread keeps the lease or listens."""
        if self._process != os.getpid():
            raise StateError(f"{self.name} was opened before a fork: open it again in the child")
        if self._closed:
            raise StateError(f"{self.name} is closed")

    # --- appending ----------------------------------------------------------------------------------------------------

    @contextmanager
    def appending(self) -> Iterator[Append]:
        """The right to append, which only the leader has: `Deposed` for the others."""
        with self._appending:
            fence = 0 if self.leadership is None else self.leadership.fence
            self.check_open()
            if not fence:
                raise Deposed("another process leads the chain")
            try:
                if self._head is None or self._fence != fence:
                    self.follow()
                    self._fence = fence
                assert self._head is not None
                before = self._head
                with self._local.appending(partial(_EtcdAppend, self, before, fence)) as append:
                    yield append
                if self._head is before:  # no block: what was refused must have been refused by the newest state
                    self._chain.confirm(before, fence)
            except Deposed:
                assert self.leadership is not None
                self.leadership.deposed(fence)
                self._head = None
                raise
            except BaseException:
                self._head = None  # perhaps it moved
                raise

    def append(
        self, change: Change, sealed: SealedHeader, head: Head, fence: int, meanwhile: Callable[[], None]
    ) -> Head:
        """Append the block of `change` to `head` in etcd; returns the new head."""
        body = encode_block(sealed, tuple(change.entries))
        following = Head(change.header.height, change.header.hash)
        self._head = self._chain.append(head, following, body, fence, meanwhile)
        return self._head

    def moved_to(self, head: Head) -> None:
        """Note that the replica has the block `head`."""
        with self._moved:
            self._newest = head.height, head.hash
            self._moved.notify_all()

    # --- following ----------------------------------------------------------------------------------------------------

    def follow(self, head: Head | None = None) -> None:
        """Bring the replica to `head`, or to the newest block there is."""
        if head is not None and head.height <= self.height:
            return
        with self._appending:
            if head is None:
                head = self._chain.head()
            elif head.height <= self.height:
                return
            for block in self._chain.blocks(self.height + 1, head.height + 1):
                self._replica.apply(block)
                self.moved_to(Head(block.header.height, block.header.hash))
                self.followed(block)
            self._check_same(head, self._newest)
            self._head = head

    def _check_same(self, head: Head, here: tuple[int, bytes]) -> None:
        if (head.height, head.hash) != here:
            raise VerificationError(
                f"{self.name}: etcd has block {head.height} with hash {head.hash.hex()}, "
                f"the replica {self._local.path} has block {here[0]} with hash {here[1].hex()}. "
                "Find out who wrote another chain, or restored an old one, before you remove the replica"
            )

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One state: of the newest block, unless reads are local."""
        if not self._local_reads:
            self.catch_up()
        with self._local.reading() as reader:
            yield reader

    def catch_up(self) -> None:
        """Return when the replica has all that etcd had at the time of the call."""
        self.check_open()
        head = self._confirmed.get()
        if head.height > self.height and self.leadership is not None and self.leadership.fence:
            with self._moved:  # the block is our own, and on its way here
                self._moved.wait_for(lambda: head.height <= self.height or self._closed, _ON_ITS_WAY)
        self.follow(head)

    def _confirm(self) -> Head:
        """The newest block, with which the replica agrees as far as it is."""
        here = self._newest
        head = self._chain.newest()
        if head.height <= here[0]:  # what the replica had before the question, etcd has too
            self._check_same(head, here)
        return head

    @contextmanager
    def reading_locally(self) -> Iterator[Reader]:
        """What the replica has."""
        with self._local.reading() as reader:
            yield reader

    def wait(self, height: int, seconds: float) -> bool:
        """Wait until the replica has block `height`."""
        end = time.monotonic() + seconds
        with self._moved:
            while self.height < height:
                rest = end - time.monotonic()
                self.check_open()
                if rest <= 0:
                    return False
                self._moved.wait(rest)
        self.check_open()
        return True

    def close(self) -> None:
        """Close the replica."""
        with self._moved:
            self._closed = True
            self._moved.notify_all()
        self._local.close()


class _EtcdAppend(TableAppend):
    """The newest state in the replica, whose next block goes to etcd first."""

    def __init__(self, backend: EtcdBackend, head: Head, fence: int, connection: sqlite3.Connection, tip: Tip) -> None:
        super().__init__(connection, tip)
        self._backend = backend
        self._head = head
        self._fence = fence
        self._change: Change | None = None

    def stage(self, change: Change) -> None:
        """Keep the change: it is written to the replica while etcd takes the block."""
        self._change = change

    def commit(self, sealed: SealedHeader) -> None:
        """Append in etcd, then in the replica."""
        change = self._change
        if change is None:
            raise StateError("a block is staged before it is committed")
        stage = super().stage
        head = self._backend.append(change, sealed, self._head, self._fence, lambda: stage(change))
        super().commit(sealed)
        self._backend.moved_to(head)
