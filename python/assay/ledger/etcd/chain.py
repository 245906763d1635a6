"""A chain in etcd: its genesis, its blocks, and the one way to append.

    if  control/head was last written at the revision I saw  and  control/leader is the key that I made
    then  write control/head, write block/HEIGHT

The blocks are there from 0 to the head without gaps, because both keys are written as one. A lost answer is resolved
by sending the same step again: if it was carried out, or is carried out late, the second one fails its comparison, and
our block stands at its height. One step at a time can have been lost, so nothing is ever appended twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from assay.core.errors import LedgerError, NotFound, StateError, VerificationError
from assay.ledger.backend import Superseded
from assay.ledger.blocks import Block
from assay.ledger.etcd.bodies import Bodies
from assay.ledger.etcd.errors import Ambiguous, QuotaReached, Unavailable
from assay.ledger.etcd.gateway import Gateway, KeyValue, Outcome, absent, created_at, get, modified_at, put
from assay.ledger.etcd.layout import Head, Layout, decode_block

__all__ = ["Chain", "Deposed"]

_T = TypeVar("_T")
_PAGE: Final = 32  # blocks in one answer, at most 256 KiB each
_PAUSE: Final = 0.05
_FIRST_WAIT: Final = 0.5  # seconds for the first answer: etcd forgets what it was asked while it elects a leader


class Deposed(LedgerError):
    """Another process leads the chain by now."""


@dataclass(frozen=True)
class Chain:
    """The chain of one channel."""

    gateway: Gateway
    layout: Layout
    bodies: Bodies
    patience: float = 15.0  # seconds for which an append is tried, while etcd cannot be reached or does not answer

    def create(self, genesis: bytes, first: Head, body: bytes) -> None:
        """Begin the chain, with its block 0."""
        layout = self.layout
        value = self.bodies.pack(genesis)
        writes = [
            put(layout.genesis, value),
            put(layout.head, first.encoded),
            put(layout.block(0), self.bodies.pack(body)),
        ]
        try:
            made = self.gateway.transact([absent(layout.genesis), absent(layout.head)], writes).succeeded
        except (Ambiguous, QuotaReached):
            found = self.gateway.range(layout.genesis).pairs
            made = bool(found) and found[0].value == value
        if not made:
            raise StateError("there is a channel of that name already; a ledger is never overwritten")

    def genesis(self) -> bytes:
        """The encoded genesis; `NotFound` when there is no such channel."""
        pairs = self.gateway.range(self.layout.genesis).pairs
        if not pairs:
            raise NotFound(f"there is no channel {self.layout.genesis.decode()} on {self.gateway.address}")
        return self.bodies.unpack(pairs[0].value)

    def head(self) -> Head:
        """The newest block, as all of etcd agrees at some moment of this call."""
        return self._head(self.gateway.range(self.layout.head).pairs)

    def newest(self) -> Head:
        """As `head`, for whoever can wait while etcd cannot be reached, or elects a leader of its own."""
        return self._patiently(self.head)

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        """What `ask` returns, which changes nothing; `Unavailable` when that lasts."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return ask()
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def _head(self, pairs: tuple[KeyValue, ...]) -> Head:
        if not pairs:
            raise VerificationError(f"the chain in {self.layout.control.decode()} lost its head")
        return Head.decode(pairs[0].value, pairs[0].modified)

    def blocks(self, start: int, stop: int) -> Iterator[Block]:
        """The blocks from `start` up to `stop` (exclusive), all of which are there."""
        while start < stop:
            keys = self.layout.block(start), self.layout.block(stop)
            pairs = self.gateway.range(*keys, limit=min(_PAGE, stop - start), serializable=False).pairs
            if not pairs:
                raise VerificationError(f"block {start} is missing in etcd, though the head is beyond it")
            for pair in pairs:
                if pair.key != self.layout.block(start):
                    raise VerificationError(f"block {start} is missing in etcd: {pair.key!r} follows")
                yield decode_block(self.bodies.unpack(pair.value))
                start += 1

    def append(
        self, head: Head, following: Head, body: bytes, fence: int, meanwhile: Callable[[], None] = lambda: None
    ) -> Head:
        """Append the block `following` with `body` to `head`, as the leader whose key was made at revision `fence`.

        `meanwhile` is called once, while etcd works. Returns the new head; its revision is 0 when another block
        follows it already.

        Raises:
            Deposed: the leader is another by now.
            Superseded: the head is another.
            Unavailable, Ambiguous: etcd cannot be reached; whether the block was appended is unknown for `Ambiguous`.
            QuotaReached, AuthFailed, Rejected: not appended.
        """
        layout = self.layout
        compare = [modified_at(layout.head, head.revision), created_at(layout.leader, fence)]
        success = [put(layout.head, following.encoded), put(layout.block(following.height), self.bodies.pack(body))]
        pending = [meanwhile]

        def once() -> None:
            if pending:
                pending.pop()()

        try:
            outcome = self._try(compare, success, once)
        except QuotaReached:
            found = self.head()
            if found.hash != following.hash:  # else: the write that reaches the quota is carried out all the same
                raise
            once()
            return found
        once()
        if outcome.succeeded:
            return replace(following, revision=outcome.revision)
        return self._resolve(following, fence)

    def _try(self, compare: list[Any], success: list[Any], meanwhile: Callable[[], None]) -> Outcome:
        """Send a step that cannot be carried out twice until it is answered."""
        deadline = time.monotonic() + self.patience
        lost: Ambiguous | None = None
        attempts = 0
        while True:
            asked_all = attempts // len(self.gateway.address.endpoints)
            wait = min(_FIRST_WAIT * 2**asked_all, self.gateway.transport.timeout)
            attempts += 1
            try:
                return self.gateway.transact(compare, success, timeout=wait, meanwhile=meanwhile)
            except Ambiguous as fault:
                lost = fault
                if time.monotonic() > deadline:
                    raise
            except Unavailable:
                if time.monotonic() > deadline:
                    if lost is not None:
                        raise lost from None
                    raise
                time.sleep(_PAUSE)

    def _resolve(self, following: Head, fence: int) -> Head:
        """What became of a block whose last attempt failed its comparison: perhaps an earlier one came through."""
        try:
            found = self.newest()
            if found.hash == following.hash:
                return found
            if found.height > following.height:
                (block,) = self.blocks(following.height, following.height + 1)
                if block.header.hash == following.hash:  # and others went on from there
                    return following
            leader = self.gateway.range(self.layout.leader).pairs
        except Unavailable as fault:
            raise Ambiguous(f"whether the block was appended cannot be told: {fault}") from fault
        self._check_leads(leader, fence)
        raise Superseded(f"block {found.height} is the head of the chain")

    def confirm(self, head: Head, fence: int) -> None:
        """Raise `Deposed` or `Superseded` unless `head` is the head and the leader is as in `append`."""
        layout = self.layout
        compare = [modified_at(layout.head, head.revision), created_at(layout.leader, fence)]
        outcome = self._patiently(lambda: self.gateway.transact(compare, [], [get(layout.leader)], repeatable=True))
        if not outcome.succeeded:
            self._check_leads(outcome.reads[0], fence)
            raise Superseded("another block is the head of the chain")

    def _check_leads(self, pairs: tuple[KeyValue, ...], fence: int) -> None:
        if not pairs or pairs[0].created != fence:
            raise Deposed("another process leads the chain")
