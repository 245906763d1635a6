"""A sealing key that seals no two blocks at one height, whatever happens to the process that holds it.

The journal holds the last block that the key sealed, whole, so that whoever proposed it can go on with it after a
crash. It is on disk before the seal is given away. Several threads and processes may share it.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import EncodingError, NotFound, StateError, SystemFailure, VerificationError
from assay.core.files import atomic_write
from assay.identity.keys import SealingKey
from assay.ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, Block, Entry, Header, SealedHeader

__all__ = ["Equivocation", "JournaledKey", "ProposedBlock"]

_MAX_BYTES: Final = 3 * MAX_BLOCK_BYTES
_BLOCK: Final = "assay.ledger.proposed"


class Equivocation(VerificationError):
    """The key has sealed another block at this height, or a later one."""


@dataclass(frozen=True)
class ProposedBlock:
    """A header and the encoded entries of its block, without seals."""

    header: Header
    entries: tuple[bytes, ...]

    @cached_property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_BLOCK, 1, self.header.encoded, self.entries, limit=_MAX_BYTES)

    @classmethod
    def decode(cls, data: bytes) -> ProposedBlock:
        """Read what `encoded` gave; the entries are not looked into."""
        header, entries = decode_record(data, _BLOCK, 1, bytes, tuple, limit=_MAX_BYTES)
        if len(entries) > MAX_BLOCK_ENTRIES or not all(type(entry) is bytes for entry in entries):
            raise EncodingError(f"the entries of a block are at most {MAX_BLOCK_ENTRIES} byte strings")
        return cls(Header.decode(header), entries)

    @classmethod
    def of(cls, block: Block) -> ProposedBlock:
        """A block without its seals."""
        return cls(block.header, tuple(entry.encoded for entry in block.entries))

    def block(self, seals: tuple[tuple[int, bytes], ...] = ()) -> Block:
        """The block with these seals."""
        return Block(SealedHeader(self.header, seals), tuple(map(Entry.decode, self.entries)))


class JournaledKey:
    """The sealing key `key` with its journal at `path`.

    `create` begins the journal: for a key that has sealed nothing on its chain yet. Without it a journal that is
    missing is an error, since nobody knows then what the key has sealed.
    """

    def __init__(self, path: Path, key: SealingKey, *, create: bool = False) -> None:
        self.path = Path(path)
        self._key = key
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int, int], ProposedBlock | None] | None = None
        if create and not self.path.exists():
            with self._locked():
                if not self.path.exists():
                    self._write(b"")
        self.last  # noqa: B018 - a journal that cannot be read is told now

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public

    @property
    def last(self) -> ProposedBlock | None:
        """The last block that the key sealed."""
        try:
            stat = self.path.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)  # each version is a file of its own
            if self._read is not None and self._read[0] == version:
                return self._read[1]
            data = self.path.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"there is no journal of seals at {self.path}: begin one for a key that has sealed nothing yet, "
                "and for no other"
            ) from None
        except OSError as error:
            raise SystemFailure(f"the journal of seals at {self.path} cannot be read: {error}") from error
        try:
            last = ProposedBlock.decode(data) if data else None
        except EncodingError as error:
            raise StateError(f"{self.path} is not a journal of seals: {error}") from None
        self._read = (version, last)
        return last

    def check(self, proposed: ProposedBlock) -> bool:
        """Whether the key has sealed this block already; raises `Equivocation` when it may not any more."""
        last, header = self.last, proposed.header
        if last is None or (last.header.chain_id == header.chain_id and last.header.height < header.height):
            return False
        if last.header.hash == header.hash:
            return True
        if last.header.chain_id != header.chain_id:
            raise Equivocation(f"{self.path} is the journal of another chain, {last.header.chain_id.hex()}")
        raise Equivocation(
            f"block {last.header.height} with hash {last.header.hash.hex()} was sealed before: no other block is at "
            f"height {header.height}"
        )

    def seal(self, proposed: ProposedBlock) -> bytes:
        """The seal on a block, once the journal on disk says so; raises `Equivocation`."""
        with self._locked():
            if not self.check(proposed):
                self._write(proposed.encoded)
            return self._key.seal(proposed.header.hash)

    def _write(self, data: bytes) -> None:
        try:
            with atomic_write(self.path, mode=0o600) as file:
                file.write(data)
        except OSError as error:
            raise SystemFailure(f"the journal of seals at {self.path} cannot be written: {error}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One thread of one process at a time."""
        with self._lock:
            try:
                descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise SystemFailure(f"{self.path}.lock cannot be opened: {error}") from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
