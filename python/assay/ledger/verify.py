"""Verification of a whole chain: seals, hashes, roots, and every contract executed again.

A chain that verifies is what its signers made of its genesis by its contracts' rules. That says nothing about *which*
chain it is, nor that the signers did not cut off its end: compare the chain id with the one you were told, and give a
checkpoint (height and hash of a block that you saw) where you have one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from assay.core.errors import AssayError, SystemFailure, VerificationError
from assay.core.progress import SILENT, Progress
from assay.ledger.base import Ledger
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.change import Change
from assay.ledger.contracts import ContractRegistry
from assay.ledger.history import History
from assay.ledger.machine import Machine
from assay.ledger.replica import check_header, execute_again
from assay.ledger.state import MemoryStore, StateDigest
from assay.ledger.view import Done, View

__all__ = ["BrokenChain", "Checkpoint", "Report", "blame", "verify_ledger"]


class BrokenChain(VerificationError):
    """A chain does not verify; `height` is that of the first bad block."""

    def __init__(self, height: int, reason: str) -> None:
        super().__init__(height, reason)
        self.height = height
        self.reason = reason

    def __str__(self) -> str:
        return f"block {self.height}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A block that the verifier knows from elsewhere."""

    height: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified: all of the blocks up to `height`."""

    chain_id: bytes
    height: int
    hash: bytes
    transactions: int
    state_digest: bytes


def verify_ledger(
    ledger: Ledger,
    registry: ContractRegistry | None = None,
    *,
    chain_id: bytes | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Verify the chain of `ledger` from its genesis to its head; raises `BrokenChain` at the first bad block.

    `LedgerError` means that it cannot be verified here: a contract is unknown, or here in another version.
    """
    genesis = ledger.genesis
    if chain_id is not None and genesis.chain_id != chain_id:
        raise BrokenChain(0, f"the chain is {genesis.chain_id.hex()}, not {chain_id.hex()}")
    end = _end(ledger)
    with blame(0):
        ledger.block(0).sealed.check_seals(genesis)  # before its contracts are looked for
    if checkpoint is not None and checkpoint.height > end:
        raise BrokenChain(end + 1, f"missing, though block {checkpoint.height} was seen before: the end is cut off")
    walk = _Walk(Machine(genesis, registry or ContractRegistry()))
    transactions = 0
    with progress.task("verifying blocks", total=end + 1) as task:
        for height in range(end + 1):
            with blame(height):
                block = ledger.block(height)
                walk.step(block)
            if checkpoint is not None and checkpoint.height == height and block.header.hash != checkpoint.hash:
                raise BrokenChain(height, f"its hash is {block.header.hash.hex()}, not {checkpoint.hash.hex()}")
            transactions += len(block.entries)
            task.advance()
    header = block.header
    with blame(end):
        walk.check_stored(ledger)
    return Report(genesis.chain_id, end, header.hash, transactions, header.state_digest)


def _end(ledger: Ledger) -> int:
    """The height of the head; where its header cannot be read, the verdict on the first block that cannot."""
    try:
        return ledger.head().header.height
    except SystemFailure:
        raise
    except AssayError:
        for height in count():
            with blame(height):
                ledger.block(height)
        raise


@contextmanager
def blame(height: int) -> Iterator[None]:
    """Turn what goes wrong with a block into the verdict on it; failures of the machine pass."""
    try:
        yield
    except (BrokenChain, SystemFailure):
        raise
    except AssayError as fault:
        raise BrokenChain(height, str(fault)) from fault


class _Walk(View):
    """Executes a chain again, in memory."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.store = self._state = MemoryStore()
        self._clients: dict[int, Done] = {}
        self._digest = StateDigest()
        self._history = History()
        self._nodes = hashlib.sha256()  # over all nodes of the history
        self._head: SealedHeader | None = None

    def head(self) -> SealedHeader:
        """The newest block."""
        assert self._head is not None
        return self._head

    def last_of(self, sender: int) -> Done | None:
        """The sender's last transaction."""
        return self._clients.get(sender)

    def state_digest(self) -> StateDigest:
        """The digest of the state."""
        return StateDigest(self._digest.lanes)

    def history(self) -> History:
        """The history of all blocks."""
        return self._history

    def step(self, block: Block) -> None:
        """Check the next block and execute it; raises what is wrong."""
        change = self._begin(block) if self._head is None else execute_again(self._machine, self, block)
        self._state.write(change.writes)
        self._clients |= change.clients
        self._digest = change.state_digest or self._digest
        self._history = change.history
        for _, _, node in change.nodes:
            self._nodes.update(node)
        self._head = block.sealed

    def _begin(self, block: Block) -> Change:
        block.sealed.check_seals(self._machine.genesis)
        block.sealed.check_follows(None)
        block.check_entries()
        change = Change.first(self._machine.genesis, self._machine.begin(self.store))
        check_header(block.header, change)
        return change

    def check_stored(self, ledger: Ledger) -> None:
        """Check that what the ledger keeps beside its blocks is what they lead to."""
        digest = StateDigest()
        digest.add_all(ledger.state_items())
        if digest.digest() != self._digest.digest():
            raise VerificationError("the stored state is not the one that the blocks lead to")
        if ledger.state_digest().lanes != self._digest.lanes:
            raise VerificationError("the stored lanes of the state's digest are not those that the blocks lead to")
        if dict(ledger.client_items()) != self._clients:
            raise VerificationError("the stored last transactions of the senders are not those in the blocks")
        nodes = hashlib.sha256()
        for node in ledger.history_nodes():
            nodes.update(node)
        if nodes.digest() != self._nodes.digest():
            raise VerificationError("the stored history is not that of the blocks")
