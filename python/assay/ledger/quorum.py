"""Blocks sealed by a quorum: the sequencer seals what it proposes, and asks its cosigners to seal it too.

The sequencer is a signer like the others and seals no two blocks at one height (`seal_journal`). So what it has
proposed once has to be appended before anything else at that height, as soon as enough cosigners are there
(`unfinished`): after too few seals, after a crash between seals and commit, and after another sequencer's crash, whose
proposal the cosigners tell. A round that fails appends nothing, and its transactions may be sent again: if the block is
finished later, they get their receipts.

This never forks the chain. It goes on as long as a quorum is reachable and one sequencer proposes at a time: two that
get different blocks sealed, neither of them by enough, may leave a chain that no quorum can continue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from time import monotonic
from typing import Final, Self, TypeVar

from assay.core.errors import InvalidInput, LedgerError, VerificationError
from assay.core.logging import get_logger
from assay.identity.keys import verify_seal
from assay.ledger.backend import Reader
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.change import Change
from assay.ledger.cosigning import Behind, Cosigning
from assay.ledger.genesis import Genesis
from assay.ledger.seal_journal import JournaledKey, ProposedBlock
from assay.ledger.sealing import Sealer

__all__ = ["NoQuorum", "QuorumSealer"]

_T = TypeVar("_T")
_MOST_BLOCKS: Final = 64  # that are sent at once to a cosigner that lacks them
_log = get_logger(__name__)


class NoQuorum(LedgerError):
    """Too few signers sealed a block. Nothing was appended; the transactions may be sent again."""


class QuorumSealer(Sealer):
    """Seals with `key` and gathers seals of `cosigners`, for at most `timeout` seconds a block."""

    def __init__(
        self, genesis: Genesis, key: JournaledKey, cosigners: Sequence[Cosigning], *, timeout: float = 10.0
    ) -> None:
        keys = [key.public, *(cosigner.public for cosigner in cosigners)]
        if len(set(keys)) != len(keys) or not set(keys) <= set(genesis.signers):
            raise InvalidInput(f"sequencer and cosigners have distinct keys of signers of chain {genesis.label!r}")
        if len(keys) < genesis.quorum:
            raise InvalidInput(f"{len(keys)} signers cannot reach the quorum of {genesis.quorum}")
        self._genesis = genesis
        self._key = key
        self._cosigners = tuple(cosigners)
        self._timeout = timeout
        self._sealed = -1  # the height of the last block sealed here
        self._unfit: set[bytes] = set()  # hashes of what cosigners sealed, but is no block of this chain
        self._threads = {cosigner.public: ThreadPoolExecutor(1, "assay-cosigner") for cosigner in cosigners}

    @property
    def public(self) -> bytes:
        """The public key of the sequencer's own seals."""
        return self._key.public

    def unfinished(self, height: int) -> Block | None:
        """The block at `height` that was proposed, here or by others, as far as can be found out."""
        last = self._key.last
        if last is not None and last.header.height == height:
            return last.block()
        if self._sealed == height - 1:
            return None  # nobody else proposes
        asked = {self._start(cosigner, lambda who: who.sealed_at(height)): cosigner for cosigner in self._cosigners}
        for future in wait(asked, self._timeout).done:
            try:
                found = future.result()
                if found is not None and found[0].header.hash not in self._unfit:
                    verify_seal(asked[future].public, found[0].header.hash, found[1])
                    if found[0].header.height == height:
                        return found[0].block()
            except Exception as fault:  # of the network that `Cosigning` hides, too
                _log.warning("what cosigner %s has sealed is not known: %s", asked[future].public.hex(), fault)
        return None

    def abandon(self, block: Block) -> None:
        """Look no more at an unfinished block, which is no block of this chain."""
        last = self._key.last
        if last is not None and last.header.hash == block.header.hash:
            raise VerificationError(f"block {block.header.height}, sealed here, is no block of this chain any more")
        self._unfit.add(block.header.hash)

    def seal(self, change: Change, before: Reader | None) -> SealedHeader:
        """The header with the seals of a quorum; raises `NoQuorum`, or `Equivocation` if the key may not seal it."""
        header, signers = change.header, self._genesis.signers
        proposed = ProposedBlock(header, tuple(change.entries))
        seals = {signers.index(self.public): self._key.seal(proposed)}
        seals_before = b"" if before is None else before.head().encoded_seals
        reasons: dict[bytes, str] = {}
        deadline = monotonic() + self._timeout

        def propose(cosigner: Cosigning, lacking: Sequence[tuple[ProposedBlock, bytes]] = ()) -> bytes:
            for block, its_seals in lacking:
                cosigner.append(block, its_seals)
            return cosigner.propose(proposed, seals_before)

        asked = {self._start(cosigner, propose): cosigner for cosigner in self._cosigners}
        furthest: dict[bytes, int] = {}
        while len(seals) < self._genesis.quorum and asked:
            done, _ = wait(asked, max(0.0, deadline - monotonic()), FIRST_COMPLETED)
            if not done:
                reasons |= {cosigner.public: f"no answer in {self._timeout} s" for cosigner in asked.values()}
                break
            for future in done:
                cosigner = asked.pop(future)
                try:
                    seal = future.result()
                    verify_seal(cosigner.public, header.hash, seal)
                    seals[signers.index(cosigner.public)] = seal
                except Behind as behind:
                    if before is None or not furthest.get(cosigner.public, -1) < behind.height < header.height:
                        reasons[cosigner.public] = str(behind)
                        continue
                    furthest[cosigner.public] = behind.height
                    lacking = _blocks(before, behind.height, min(header.height, behind.height + _MOST_BLOCKS))
                    asked[self._start(cosigner, partial(propose, lacking=lacking))] = cosigner
                except Exception as fault:  # of the network that `Cosigning` hides, too
                    reasons[cosigner.public] = f"{type(fault).__name__}: {fault}"
        if len(seals) < self._genesis.quorum:
            told = "; ".join(f"{public.hex()[:16]}: {reason}" for public, reason in reasons.items())
            raise NoQuorum(
                f"block {header.height} has {len(seals)} seals of the {self._genesis.quorum} it needs ({told}); "
                "nothing was appended: send again"
            )
        self._sealed = header.height
        return SealedHeader(header, tuple(sorted(seals.items())))

    def _start(self, cosigner: Cosigning, task: Callable[[Cosigning], _T]) -> Future[_T]:
        """Begin a task with a cosigner, which does one after the other: a slow one holds up itself alone."""
        return self._threads[cosigner.public].submit(task, cosigner)

    def close(self) -> None:
        """Wait for no more answers."""
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _blocks(reader: Reader, start: int, stop: int) -> list[tuple[ProposedBlock, bytes]]:
    """Blocks with their encoded seals."""
    blocks = map(reader.block, range(start, stop))
    return [(ProposedBlock.of(block), block.sealed.encoded_seals) for block in blocks]
