"""The replica of a chain on this machine: an embedded ledger file without fsyncs, made again when in doubt."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from assay.core.errors import LedgerError, StateError, SystemFailure, VerificationError
from assay.ledger.blocks import Block
from assay.ledger.change import Change
from assay.ledger.embedded.database import Database
from assay.ledger.embedded.ledger import EmbeddedBackend
from assay.ledger.embedded.tables import insert_first
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Machine
from assay.ledger.state import MemoryStore

__all__ = ["Local"]

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Local:
    """The replica in `folder`, or in a temporary one that goes with it. One process at a time has it."""

    def __init__(self, folder: Path | None, channel: str) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="assay-replica-")
        self._folder = Path(self._temporary.name if self._temporary else folder or "")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = self._folder / f"{channel}.replica"
        self._lock = os.open(self._folder / f"{channel}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StateError(f"another process has the replica {self.path}: give each a folder of its own") from None

    def open(self, genesis: Genesis, machine: Machine, first: Callable[[], Block]) -> EmbeddedBackend:
        """The replica of `genesis`, whose block 0 `first` gets when there is none yet."""
        backend = self._reopen(genesis) if self._is_of_this_boot() else None
        if backend is None:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{suffix}").unlink()
            _begin(self.path, genesis, machine, first())
            backend = EmbeddedBackend(self.path, writable=True, durable=False)
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, _boot(), 0)
        return backend

    def _reopen(self, genesis: Genesis) -> EmbeddedBackend | None:
        try:
            backend = EmbeddedBackend(self.path, writable=True, durable=False)
        except (LookupError, LedgerError, VerificationError, SystemFailure):
            return None
        if backend.genesis.chain_id != genesis.chain_id:
            backend.close()
            raise StateError(
                f"{self.path} is the replica of chain {backend.genesis.chain_id.hex()}, not {genesis.chain_id.hex()}: "
                "give another folder, or remove it"
            )
        return backend

    def _is_of_this_boot(self) -> bool:
        """Whether the machine has run all the time since: then nothing written was lost, whatever killed the writer."""
        return bool(_boot()) and os.pread(self._lock, 100, 0) == _boot()

    def close(self) -> None:
        """Let go of the folder, and remove it when it is a temporary one."""
        os.close(self._lock)
        if self._temporary is not None:
            self._temporary.cleanup()


def _boot() -> bytes:
    try:
        return _BOOT.read_bytes().strip()
    except OSError:
        return b""


def _begin(path: Path, genesis: Genesis, machine: Machine, block: Block) -> None:
    """Make the file, with block 0 as the genesis demands it."""
    change = Change.first(genesis, machine.begin(MemoryStore()))
    if block.header != change.header or block.entries:
        raise VerificationError("block 0 in etcd is not the one that the genesis leads to")
    block.sealed.check_seals(genesis)
    Database.create(path, lambda connection: insert_first(connection, genesis, change, block.sealed))
