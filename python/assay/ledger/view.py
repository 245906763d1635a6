"""One state of a chain, as far as the next block depends on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from assay.ledger.blocks import SealedHeader
from assay.ledger.history import History
from assay.ledger.state import StateDigest, Store

__all__ = ["Done", "View"]


class Done(NamedTuple):
    """A transaction on the chain: its counter, its digest, and where it stands."""

    counter: int
    digest: bytes
    height: int
    position: int


class View(ABC):
    """What the next block depends on: one state of a chain."""

    store: Store

    @abstractmethod
    def head(self) -> SealedHeader:
        """The header of the newest block."""

    @abstractmethod
    def last_of(self, sender: int) -> Done | None:
        """The sender's last transaction, the one that may be sent again."""

    @abstractmethod
    def state_digest(self) -> StateDigest:
        """The digest of the state, to be moved along."""

    @abstractmethod
    def history(self) -> History:
        """The history of all blocks, the newest among them."""
