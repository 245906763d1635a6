"""A folder of embedded ledgers: the channel NAME is the file NAME.ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assay.core.clock import Clock, system_clock
from assay.core.errors import NotFound
from assay.identity.keys import SealingKey
from assay.ledger.base import Engine, check_channel_name
from assay.ledger.contracts import ContractRegistry
from assay.ledger.embedded.ledger import EmbeddedLedger
from assay.ledger.genesis import Genesis
from assay.ledger.sealing import Sealer

__all__ = ["EmbeddedEngine"]

_SUFFIX: Final = ".ledger"


class EmbeddedEngine(Engine):
    """The channels in `folder`. What they need to write, the key of each aside, is the same for all."""

    def __init__(self, folder: Path, *, registry: ContractRegistry | None = None, clock: Clock = system_clock) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise NotFound(f"there is no folder {self.folder}")
        self._registry = registry or ContractRegistry()
        self._clock = clock

    def path(self, name: str) -> Path:
        """The file of channel `name`."""
        return self.folder / f"{check_channel_name(name)}{_SUFFIX}"

    def create(self, name: str, genesis: Genesis, key: SealingKey | Sealer) -> EmbeddedLedger:
        """Begin the chain of `genesis` as channel `name`, and open it; `StateError` when there is one."""
        return EmbeddedLedger.create(self.path(name), genesis, key, registry=self._registry, clock=self._clock)

    def open(self, name: str, key: SealingKey | Sealer | None = None) -> EmbeddedLedger:
        """Open channel `name`, for reading when there is no key; `NotFound` when there is none."""
        return EmbeddedLedger(self.path(name), key, registry=self._registry, clock=self._clock)

    def channels(self) -> list[str]:
        """The names of all channels, ascending."""
        names = (path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"[a-z0-9-]*{_SUFFIX}"))
        return sorted(name for name in names if self._is_channel(name))

    @staticmethod
    def _is_channel(name: str) -> bool:
        try:
            check_channel_name(name)
        except ValueError:
            return False
        return True

    def close(self) -> None:
        """Nothing is held."""
