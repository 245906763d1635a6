"""Copies of a ledger in a file: backups made while writers go on, and new ledgers made of them or of an export.

A backup is a ledger file like any other: chain and state as of one block. SQLite copies it page by page inside one read
transaction, so that what is written meanwhile is not in it and nobody waits; only the write-ahead log of the source
grows until the copy ends. Every new file is built aside, and named when it is whole and on the disk: an interrupted
copy leaves nothing, and nothing that exists is replaced.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from assay.core.progress import SILENT, Progress
from assay.ledger.base import Ledger
from assay.ledger.blocks import Block, SealedHeader
from assay.ledger.contracts import ContractRegistry
from assay.ledger.embedded.database import Database, failures
from assay.ledger.embedded.files import new_file
from assay.ledger.embedded.ledger import EmbeddedBackend, EmbeddedLedger
from assay.ledger.export import ExportReader
from assay.ledger.machine import Machine
from assay.ledger.replica import Replica
from assay.ledger.verify import BrokenChain, Checkpoint, Report, blame, verify_ledger

__all__ = ["backup", "copy_chain", "restore", "restore_export"]

_STEP_PAGES: Final = 1024  # 4 MiB


def backup(source: Path, target: Path, *, progress: Progress = SILENT) -> SealedHeader:
    """Copy the ledger at `source` into the new file `target`; returns the head of the copy, to be kept elsewhere.

    Raises `StateError` when `target` exists, `SystemFailure` when it cannot be written, and what opening a ledger
    raises. The copy is not verified: `restore` does that, and `verify_ledger` at any time.
    """
    with _copied(Path(source), Path(target), progress) as copied:
        return copied.head()


def restore(
    source: Path,
    target: Path,
    registry: ContractRegistry | None = None,
    *,
    chain_id: bytes | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Copy the backup `source` into the new file `target`, and verify the copy before it takes that name.

    `chain_id` and `checkpoint` say which chain it must be and how far it must go, as in `verify_ledger`, whose
    exceptions are raised here too; `StateError` when `target` exists.
    """
    with _copied(Path(source), Path(target), progress) as copied:
        return verify_ledger(copied, registry, chain_id=chain_id, checkpoint=checkpoint, progress=progress)


def restore_export(
    stream: BinaryIO,
    target: Path,
    registry: ContractRegistry | None = None,
    *,
    chain_id: bytes | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Make the new file `target` of an export (`assay.ledger.export`), each block checked and executed again.

    Raises `BrokenChain` at the first block that breaks a rule, `EncodingError` for a stream that is no whole export,
    `LedgerError` when a contract is unknown here, `StateError` when `target` exists.
    """
    reader = ExportReader(stream)
    if chain_id is not None and reader.genesis.chain_id != chain_id:
        raise BrokenChain(0, f"the chain is {reader.genesis.chain_id.hex()}, not {chain_id.hex()}")
    machine = Machine(reader.genesis, registry or ContractRegistry())
    return _restore_blocks(machine, reader.blocks(), Path(target), checkpoint, progress)


def copy_chain(
    ledger: Ledger, target: Path, registry: ContractRegistry | None = None, *, progress: Progress = SILENT
) -> Report:
    """Make the new file `target` of the chain on any back end, up to its present head, each block executed again."""
    machine = Machine(ledger.genesis, registry or ContractRegistry())
    return _restore_blocks(machine, ledger.blocks(), Path(target), None, progress)


def _restore_blocks(
    machine: Machine, blocks: Iterator[Block], target: Path, checkpoint: Checkpoint | None, progress: Progress
) -> Report:
    header, transactions = None, 0
    with new_file(target) as draft, progress.task("restoring blocks") as task:
        with closing(_Restored(draft, machine)) as restored:
            for block in blocks:
                with blame(block.header.height):
                    restored.apply(block)
                header = block.header
                if checkpoint is not None and (checkpoint.height, checkpoint.hash) == (header.height, header.hash):
                    checkpoint = None
                transactions += header.count
                task.advance()
        if header is None:
            raise BrokenChain(0, "there is no block, not even the first")
        if checkpoint is not None:
            raise BrokenChain(checkpoint.height, f"it is not the block {checkpoint.hash.hex()}")
    return Report(header.chain_id, header.height, header.hash, transactions, header.state_digest)


class _Restored:
    """A ledger file that comes to be, block by block; it is on the disk for good when `new_file` says so."""

    def __init__(self, path: Path, machine: Machine) -> None:
        self._path = path
        self._machine = machine
        self._backend: EmbeddedBackend | None = None

    def apply(self, block: Block) -> None:
        """Check the next block, execute it, and store it."""
        if self._backend is not None:
            Replica(self._backend, self._machine).apply(block)
            return
        block.check_entries()
        EmbeddedBackend.create(self._path, self._machine.genesis, self._machine, block.sealed)
        self._backend = EmbeddedBackend(self._path, writable=True, durable=False)

    def close(self) -> None:
        """Close the file."""
        if self._backend is not None:
            self._backend.close()


@contextmanager
def _copied(source: Path, target: Path, progress: Progress) -> Iterator[EmbeddedLedger]:
    """The copy, before it takes the name `target`: an exception in the block leaves no file."""
    with new_file(target) as draft:
        _copy(source, draft, target, progress)
        with EmbeddedLedger(draft) as copied:
            yield copied


def _copy(source: Path, draft: Path, target: Path, progress: Progress) -> None:
    database = Database(source, writable=False)
    try:
        with failures(source), database.snapshot() as connection, progress.task(f"copying {source.name}") as task:
            done = 0

            def report(_: int, remaining: int, total: int) -> None:
                nonlocal done
                task.describe(f"copying {source.name}: page {total - remaining} of {total}")
                task.advance(total - remaining - done)
                done = total - remaining

            with failures(target):
                copy = sqlite3.connect(draft, isolation_level=None)
                try:
                    connection.backup(copy, pages=_STEP_PAGES, progress=report)
                finally:
                    copy.close()
    finally:
        database.close()
