"""Following a chain: each block is checked and executed again before it is stored.

Whoever keeps a copy of a chain (a backup being restored, a follower, a co-signer) applies its blocks to a back end of
its own, and need not trust where they came from: only the genesis.
"""

from __future__ import annotations

from contextlib import nullcontext

from assay.core.errors import AssayError, VerificationError
from assay.ledger.backend import Backend
from assay.ledger.blocks import Block, Header
from assay.ledger.change import Change
from assay.ledger.machine import Machine
from assay.ledger.signatures import Verified
from assay.ledger.view import View

__all__ = ["Replica", "check_header", "execute_again"]


class Replica:
    """The chain on `backend`, moved on by blocks that were made elsewhere."""

    def __init__(self, backend: Backend, machine: Machine) -> None:
        self._backend = backend
        self._machine = machine

    def apply(self, block: Block) -> None:
        """Check the block that follows the head, execute it, and store it with all that it changes.

        Raises `VerificationError` for a block that is not the next one of this chain, or that its signers should not
        have made; nothing is stored then.
        """
        with self._backend.appending() as append:
            change = execute_again(self._machine, append, block)
            append.stage(change)
            append.commit(block.sealed)


def execute_again(machine: Machine, before: View, block: Block, *, sealed: bool = True) -> Change:
    """What `block` changes when executed on `before`; raises `VerificationError` unless it is what it says.

    `sealed`: whether the seals are checked, which a co-signer's are not yet there to be.
    """
    if sealed:
        block.sealed.check_seals(machine.genesis)
    block.sealed.check_follows(before.head())
    block.check_entries()
    header = block.header
    transactions = [entry.transaction for entry in block.entries]
    verified = Verified()
    verified.look_at(transactions, lambda: nullcontext(before))
    execution = machine.execute(before, transactions, height=header.height, time=header.time, check_signature=verified)
    for position, (entry, outcome) in enumerate(zip(block.entries, execution.outcomes, strict=False)):
        if isinstance(outcome, AssayError):
            raise VerificationError(f"transaction {position} must be refused: {outcome}")
        if (outcome.height, outcome.position) != (header.height, position):
            raise VerificationError(f"transaction {position} stands on the chain already")
        if execution.entries[position].result != entry.result:
            raise VerificationError(f"transaction {position} has another result than it gives")
    if len(execution.entries) != len(block.entries):
        raise VerificationError("the block holds more than a block may")
    change = Change.following(before, execution, header.time)
    check_header(header, change)
    return change


def check_header(header: Header, change: Change) -> None:
    """Raise unless `header` is the one that the change leads to."""
    if header.state_digest != change.header.state_digest:
        raise VerificationError("the contracts' state does not have the digest in the header")
    if header.history_root != change.header.history_root:
        raise VerificationError("the blocks before it do not have the history root in the header")
    if header != change.header:
        raise VerificationError("the header is not the one that the block leads to")
