"""From a file to its blocks: chunks, and the balanced tree over them.

    leaves    the chunks, as raw blocks
    level k   nodes of up to `links` children each, in order; all leaves lie equally deep
    root      the only node of the highest level; a file of one chunk is its own root

Source: specs.ipfs.tech/unixfs, layout "balanced" as Kubo and Helia build it. A level's last node may have a single
child: the tree is never packed tighter. Chunks are read and hashed 32 at a time (`crypto.sha256.digest_many`); what is
held is one such group and, of each level, the links of one node: 32 chunks + O(links * log(size)) bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from assay.core.errors import SystemFailure, WrongType
from assay.core.progress import SILENT, Progress
from assay.crypto import sha256
from assay.store import dagpb, unixfs
from assay.store.cid import Cid, Codec
from assay.store.hashing import LANES, digests
from assay.store.profiles import Profile

__all__ = ["Block", "Readable", "Root", "Sink", "blocks_of_bytes", "blocks_of_file", "cid_of"]

_GROUP: Final = LANES

Block: TypeAlias = tuple[Cid, bytes | memoryview]
Sink: TypeAlias = Callable[[Sequence[Block]], None]


class Readable(Protocol):
    """A file opened for reading binary, or a stream like one."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fills the buffer from its start; 0 at the end."""


class Root(NamedTuple):
    """A part of a file: the CID of its top block, its bytes, and the bytes of all blocks that make it up (Tsize)."""

    cid: Cid
    size: int
    total: int


class _Balanced:
    """Takes leaves from left to right; `levels[k]` holds the children of the open node of level k + 1."""

    def __init__(self, links: int, sink: Sink) -> None:
        self._links = links
        self._sink = sink
        self._levels: list[list[Root]] = [[]]

    def push(self, part: Root, level: int = 0) -> None:
        if level == len(self._levels):
            self._levels.append([])
        if len(self._levels[level]) == self._links:
            self._close(level)
        self._levels[level].append(part)

    def _close(self, level: int) -> None:
        parts = self._levels[level]
        links = tuple(dagpb.Link(part.cid, part.total) for part in parts)
        block = dagpb.encode(dagpb.Node(links, unixfs.encode_inner([part.size for part in parts])))
        cid = Cid.of(Codec.DAG_PB, block)
        self._sink([(cid, block)])
        total = len(block) + sum(part.total for part in parts)
        self._levels[level] = []
        self.push(Root(cid, sum(part.size for part in parts), total), level + 1)

    def finish(self) -> Root:
        level = 0
        while level + 1 < len(self._levels) or len(self._levels[level]) > 1:
            self._close(level)
            level += 1
        return self._levels[level][0]


def blocks_of_file(file: Readable, profile: Profile, sink: Sink, progress: Progress = SILENT) -> Root:
    """Reads `file` to its end and gives each block to `sink`, children before parents. Progress counts bytes.

    Blocks come in lists; their memory is valid until `sink` returns. Ctrl-C and an exception of `progress` or `sink`
    stop it.
    """
    profile.check()
    tree = _Balanced(profile.links, sink)
    buffer: npt.NDArray[np.uint8] = np.empty(_GROUP * profile.chunk, np.uint8)
    view = buffer.data
    empty = True
    with progress.task("adding") as task:
        while count := _fill(file, view):
            _add_group(tree, sink, buffer[:count], profile.chunk)
            task.advance(count)
            empty = False
            if count < len(buffer):
                break
    if empty:
        _add_group(tree, sink, buffer[:0], profile.chunk)
    return tree.finish()


def blocks_of_bytes(data: bytes, profile: Profile, sink: Sink) -> Root:
    """`blocks_of_file` for bytes in memory."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise WrongType(f"what is stored is bytes, not {type(data).__name__}")
    profile.check()
    tree = _Balanced(profile.links, sink)
    content = np.frombuffer(data, np.uint8)
    for at in range(0, max(1, len(content)), _GROUP * profile.chunk):
        _add_group(tree, sink, content[at : at + _GROUP * profile.chunk], profile.chunk)
    return tree.finish()


def cid_of(source: bytes | Readable, profile: Profile) -> Cid:
    """The CID that `source` has under `profile`; nothing is stored."""
    if isinstance(source, bytes):
        return blocks_of_bytes(source, profile, _nowhere).cid
    return blocks_of_file(source, profile, _nowhere).cid


def _nowhere(blocks: Sequence[Block]) -> None:
    pass


def _fill(file: Readable, buffer: memoryview) -> int:
    """Reads until the buffer is full or the file ends; the bytes read."""
    done = 0
    while done < len(buffer):
        count = file.readinto(buffer[done:])
        if count is None:
            raise SystemFailure("the source is not ready: open it in blocking mode")
        if count == 0:
            break
        done += count
    return done


def _add_group(tree: _Balanced, sink: Sink, content: npt.NDArray[np.uint8], chunk: int) -> None:
    """Up to 32 chunks, of which only the last may be short. No content is one empty leaf."""
    pieces = [content[at : at + chunk].data for at in range(0, max(1, len(content)), chunk)]
    if len(content) == _GROUP * chunk:  # no need to copy them together
        hashes = [row.tobytes() for row in sha256.digest_many(content.reshape(_GROUP, chunk))]
    else:
        hashes = digests(pieces)
    cids = [Cid(Codec.RAW, digest) for digest in hashes]
    sink(list(zip(cids, pieces, strict=True)))
    for cid, piece in zip(cids, pieces, strict=True):
        tree.push(Root(cid, len(piece), len(piece)))
