"""Who seals the blocks that a sequencer makes: one key, or several parties (`cosigning`)."""

from __future__ import annotations

from abc import ABC, abstractmethod

from assay.core.errors import InvalidInput, StateError
from assay.identity.keys import SealingKey
from assay.ledger.backend import Reader
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.change import Change
from assay.ledger.genesis import Genesis

__all__ = ["Sealer", "seal_with", "sealer_of"]


class Sealer(ABC):
    """Gives a block the seals that its genesis asks for."""

    @abstractmethod
    def seal(self, change: Change, before: Reader | None) -> SealedHeader:
        """The sealed header of the block that `change` appends to `before` (None: of block 0)."""

    def unfinished(self, height: int) -> Block | None:
        """The block at `height` that has to be appended before any other, since some have sealed it already."""
        return None

    def abandon(self, block: Block) -> None:
        """Look no more at an unfinished block, which is no block of this chain; `StateError` where there is none."""
        raise StateError(f"block {block.header.height} is not unfinished here")


class _OneKey(Sealer):
    """The one seal of a chain that needs no more."""

    def __init__(self, signer: int, key: SealingKey) -> None:
        self._signer = signer
        self._key = key

    def seal(self, change: Change, before: Reader | None) -> SealedHeader:
        return SealedHeader(change.header, ((self._signer, self._key.seal(change.header.hash)),))


def seal_with(genesis: Genesis, key: SealingKey) -> Sealer:
    """The sealer of a chain whose blocks need the one seal of `key`."""
    if genesis.quorum != 1 or key.public not in genesis.signers:
        raise InvalidInput(
            f"the sealing key is not that of a signer of chain {genesis.label!r}, or its quorum of {genesis.quorum} "
            "needs more than one"
        )
    return _OneKey(genesis.signers.index(key.public), key)


def sealer_of(genesis: Genesis, key: SealingKey | Sealer) -> Sealer:
    """`key` itself where it seals for several, else the sealer with that key."""
    return key if isinstance(key, Sealer) else seal_with(genesis, key)
