"""The protocol of a store, and what all back ends share: names are checked here, so that none can forget it.

A *block* is up to 2 MiB of bytes under the name `Cid.of(codec, bytes)`. A *file* of any size is a tree of blocks under
the name of its top block (`layout`), cut as the store's `profile` says. What is *pinned* is kept with all blocks below
it; `collect` deletes the rest. Files are pinned when they are added, unless told otherwise.

    store = FolderStore("blobs")
    cid = store.put(b"some bytes")
    assert store.get(cid) == b"some bytes"

Stores may be used by many threads at once.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from assay.core.errors import InvalidInput, LimitError, WrongType
from assay.core.progress import SILENT, Progress
from assay.store import dagpb, layout, reading
from assay.store.cid import Cid, Codec
from assay.store.errors import DamagedBlock
from assay.store.hashing import digests
from assay.store.layout import Block, Readable
from assay.store.profiles import Profile

__all__ = ["MAX_BLOCK", "Adding", "Collected", "Store"]

MAX_BLOCK: Final = 2 << 20  # what Kubo's nodes exchange at most
_GET_LIMIT: Final = 64 << 20
_FILE_LIMIT: Final = 1 << 50


class Collected(NamedTuple):
    """What `collect` deleted."""

    blocks: int
    bytes: int


class Adding(ABC):
    """One addition: blocks, then perhaps a pin. Nothing saved here is collected before it ends."""

    @abstractmethod
    def save(self, blocks: Sequence[Block]) -> None:
        """Stores blocks whose names are known to be right. They are durable once the addition ends."""

    @abstractmethod
    def pin(self, cid: Cid) -> None:
        """Pins a root whose blocks were all saved or found in this addition."""


class Store(ABC):
    """Content-addressed blobs."""

    profile: Profile

    # --- what a back end brings ---------------------------------------------------------------------------------------

    @abstractmethod
    def load(self, cid: Cid) -> bytes:
        """What lies under a name, not verified; at most `MAX_BLOCK` bytes. Use `get_block`.

        Raises `MissingBlock`; `DamagedBlock` when what lies there cannot be the block.
        """

    @abstractmethod
    def adding(self) -> AbstractContextManager[Adding]:
        """Opens an addition; what it saved is durable when the block ends without an exception."""

    @abstractmethod
    def has(self, cid: Cid) -> bool:
        """Whether there is a block under this name; whether it is the right one, only reading it tells."""

    @abstractmethod
    def pin(self, cid: Cid) -> None:
        """Keeps a root and all blocks below it. Raises `MissingBlock` if one of them is not here."""

    @abstractmethod
    def unpin(self, cid: Cid) -> None:
        """Lets go of a root. Raises `NotFound` if it is not pinned."""

    @abstractmethod
    def pins(self) -> Iterator[Cid]:
        """The roots that are pinned, in any order."""

    @abstractmethod
    def collect(self, progress: Progress = SILENT) -> Collected:
        """Deletes all blocks that no pinned root leads to."""

    # --- files --------------------------------------------------------------------------------------------------------

    def put(self, data: bytes, *, pin: bool = True) -> Cid:
        """Stores bytes as a file; durable on return. What is stored already costs a comparison.

        Raises:
            WrongType: not bytes.
            SystemFailure: the store cannot be written (full, read-only, not reachable).
        """
        with self.adding() as adding:
            root = layout.blocks_of_bytes(data, self.profile, adding.save)
            if pin:
                adding.pin(root.cid)
        return root.cid

    def add(self, source: str | os.PathLike[str] | Readable, *, pin: bool = True, progress: Progress = SILENT) -> Cid:
        """Stores a file, given by its path or opened; durable on return. Takes 40 MiB of memory, whatever the size.

        A file that somebody writes to meanwhile is stored as the reads returned it. Raises as `put` does.
        """
        if isinstance(source, (str, os.PathLike)):
            with Path(source).open("rb", buffering=0) as file:
                return self.add(file, pin=pin, progress=progress)
        return self._add_stream(source, pin, progress)

    def _add_stream(self, source: Readable, pin: bool, progress: Progress) -> Cid:
        with self.adding() as adding:
            root = layout.blocks_of_file(source, self.profile, adding.save, progress)
            if pin:
                adding.pin(root.cid)
        return root.cid

    def get(self, cid: Cid, *, limit: int = _GET_LIMIT) -> bytes:
        """The bytes of a file.

        Raises:
            MissingBlock: the store does not hold all of it.
            DamagedBlock: what lies under a name is not what it names.
            BadFile: the blocks are no file (a directory, wrong sizes, a tree too deep).
            LimitError: more than `limit` bytes.
        """
        return b"".join(reading.pieces(self.get_blocks, cid, limit))

    def cat(self, cid: Cid, *, limit: int = _FILE_LIMIT) -> Iterator[bytes]:
        """The bytes of a file, piece by piece, each verified; bounded memory. Raises as `get` does, at any piece."""
        return reading.pieces(self.get_blocks, cid, limit)

    def size(self, cid: Cid) -> int:
        """Bytes of a file, as its top block claims; `get` and `cat` check it."""
        return reading.file_size(self.get_blocks, cid)

    # --- blocks -------------------------------------------------------------------------------------------------------

    def put_block(self, codec: Codec, block: bytes) -> Cid:
        """Stores one block, not pinned. `InvalidInput` above `MAX_BLOCK` bytes or, for dag-pb, if it is no node."""
        if not isinstance(block, bytes):
            raise WrongType(f"a block is bytes, not {type(block).__name__}")
        if len(block) > MAX_BLOCK:
            raise LimitError(f"a block of {len(block)} bytes is above the limit of {MAX_BLOCK}")
        if codec == Codec.DAG_PB:
            dagpb.decode(block)
        elif codec != Codec.RAW:
            raise InvalidInput(f"a block is raw or dag-pb, not {codec!r}")
        cid = Cid.of(codec, block)
        with self.adding() as adding:
            adding.save([(cid, block)])
        return cid

    def get_block(self, cid: Cid) -> bytes:
        """One block, verified against its name. Raises `MissingBlock`, `DamagedBlock`."""
        return self.get_blocks([cid])[0]

    def get_blocks(self, cids: Sequence[Cid]) -> list[bytes]:
        """Several blocks, verified; many of one length are hashed side by side."""
        blocks = [self.load(cid) for cid in cids]
        for cid, block, digest in zip(cids, blocks, digests(blocks), strict=True):
            if digest != cid.digest:
                raise DamagedBlock(cid, f"its {len(block)} bytes hash to {digest.hex()}")
        return blocks

    def blocks_under(self, cid: Cid) -> Iterator[Cid]:
        """The names of the blocks that `cid` leads to, itself first, each once."""
        return reading.blocks_under(self.get_blocks, iter([cid]), set())
