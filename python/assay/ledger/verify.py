"""Verification of a whole chain: seals, hashes, roots, and every contract executed again.

A chain that verifies is what its signers made of its genesis by its contracts' rules. That says nothing about *which*
chain it is, nor that the signers did not cut off its end: compare the chain id with the one you were told, and give a
checkpoint (height and hash of a block that you saw) where you have one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assay.core.errors import AssayError, SystemFailure, VerificationError
from assay.core.progress import SILENT, Progress
from assay.ledger.base import Ledger
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.contracts import ContractRegistry
from assay.ledger.machine import Machine
from assay.ledger.state import MemoryStore, Overlay, StateDigest

__all__ = ["BrokenChain", "Checkpoint", "Report", "verify_ledger"]


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
    with _blame(0):
        end = ledger.head().header.height
        ledger.block(0).sealed.check_seals(genesis)  # before its contracts are looked for
    if checkpoint is not None and checkpoint.height > end:
        raise BrokenChain(end + 1, f"missing, though block {checkpoint.height} was seen before: the end is cut off")
    walk = _Walk(Machine(genesis, registry or ContractRegistry()))
    transactions = 0
    with progress.task("verifying blocks", total=end + 1) as task:
        for height in range(end + 1):
            with _blame(height):
                block = ledger.block(height)
                walk.step(block)
            if checkpoint is not None and checkpoint.height == height and block.header.hash != checkpoint.hash:
                raise BrokenChain(height, f"its hash is {block.header.hash.hex()}, not {checkpoint.hash.hex()}")
            transactions += len(block.entries)
            task.advance()
    header = block.header
    with _blame(end):
        walk.check_stored(ledger.state_items())
    return Report(genesis.chain_id, end, header.hash, transactions, header.state_digest)


@contextmanager
def _blame(height: int) -> Iterator[None]:
    """Turn what goes wrong with a block into the verdict on it; failures of the machine pass."""
    try:
        yield
    except (BrokenChain, SystemFailure):
        raise
    except AssayError as fault:
        raise BrokenChain(height, str(fault)) from fault


class _Walk:
    """Executes a chain again, in memory."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._store = MemoryStore()
        self._digest = StateDigest()
        self._before: SealedHeader | None = None

    def step(self, block: Block) -> None:
        """Check the next block and execute it; raises what is wrong."""
        header = block.header
        block.sealed.check_seals(self._machine.genesis)
        block.sealed.check_follows(self._before)
        block.check_entries()
        overlay = self._machine.begin(self._store) if header.height == 0 else self._execute(block)
        overlay.move(self._digest)
        if self._digest.digest() != header.state_digest:
            raise VerificationError("the contracts' state does not have the digest in the header")
        self._store.write(overlay.writes)
        self._before = block.sealed

    def _execute(self, block: Block) -> Overlay:
        header = block.header
        transactions = [entry.transaction for entry in block.entries]
        execution = self._machine.execute(self._store, transactions, height=header.height, time=header.time)
        for position, (entry, outcome) in enumerate(zip(block.entries, execution.outcomes, strict=False)):
            if isinstance(outcome, AssayError):
                raise VerificationError(f"transaction {position} must be refused: {outcome}")
            if (outcome.height, outcome.position) != (header.height, position):
                raise VerificationError(f"transaction {position} stands on the chain already")
            if execution.entries[position].result != entry.result:
                raise VerificationError(f"transaction {position} has another result than its contract gives")
        if len(execution.entries) != len(block.entries):
            raise VerificationError("the block holds more than a block may")
        return execution.overlay

    def check_stored(self, items: Iterator[tuple[str, str, bytes]]) -> None:
        """Check that the state that the ledger keeps is the one that its blocks lead to."""
        digest = StateDigest()
        for space, key, value in items:
            digest.add(space, key, value)
        if digest.digest() != self._digest.digest():
            raise VerificationError("the stored state is not the one that the blocks lead to")
