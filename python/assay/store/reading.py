"""From a root back to the file, and to the names of all blocks below it. Every block comes verified from `Fetch`.

A hash says that a block is what its parent named, not that its author was honest: node by node the sizes claimed must
be the sizes found, the depth is bounded, and every part has a byte or more, so that a small DAG that names the same
block over and over costs no more than the bytes it claims, which the caller bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from assay.core.errors import EncodingError, LimitError
from assay.store import dagpb, unixfs
from assay.store.cid import Cid, Codec
from assay.store.errors import BadFile
from assay.store.hashing import LANES

__all__ = ["MAX_DEPTH", "Fetch", "blocks_under", "file_size", "pieces"]

MAX_DEPTH: Final = 32

Fetch: TypeAlias = Callable[[Sequence[Cid]], list[bytes]]


def file_size(fetch: Fetch, root: Cid) -> int:
    """Bytes of the file, as its top block claims."""
    (block,) = fetch([root])
    return len(block) if root.codec == Codec.RAW else _decode(root, block)[1].size


def pieces(fetch: Fetch, root: Cid, limit: int) -> Iterator[bytes]:
    """The file's bytes in order, block by block.

    Raises `BadFile` when the DAG is none or contradicts itself, `LimitError` before the first byte if the file has more
    than `limit` bytes, and what `fetch` raises. What was yielded before is right as far as it goes.
    """
    (block,) = fetch([root])
    size = len(block) if root.codec == Codec.RAW else _decode(root, block)[1].size
    if size > limit:
        raise LimitError(f"{root} has {size} bytes, above the limit of {limit}")
    return _part(fetch, root, block, size, None, 0)


def blocks_under(fetch: Fetch, roots: Iterator[Cid], seen: set[Cid]) -> Iterator[Cid]:
    """The names of all blocks that `roots` lead to, themselves included, but for those in `seen`, to which it adds.

    Reads dag-pb nodes only; whether a raw block is there is for the caller to see.
    """
    for root in roots:
        open_ends = [root]
        while open_ends:
            cid = open_ends.pop()
            if cid in seen:
                continue
            seen.add(cid)
            yield cid
            if cid.codec == Codec.DAG_PB:
                (block,) = fetch([cid])
                try:
                    open_ends += [link.cid for link in dagpb.decode(block).links]
                except EncodingError as error:
                    raise BadFile(cid, str(error)) from None


def _decode(cid: Cid, block: bytes) -> tuple[dagpb.Node, unixfs.FileNode]:
    try:
        node = dagpb.decode(block)
        if node.data is None:
            raise EncodingError("the node has no data")
        file = unixfs.decode(node.data)
    except (EncodingError, LimitError) as error:
        raise BadFile(cid, str(error)) from None
    if len(node.links) != len(file.parts):
        raise BadFile(cid, f"{len(node.links)} links, but the sizes of {len(file.parts)} parts")
    if any(link.name for link in node.links):
        raise BadFile(cid, "a link to a part of the file has a name")
    return node, file


def _part(fetch: Fetch, cid: Cid, block: bytes, size: int, total: int | None, depth: int) -> Iterator[bytes]:
    """The bytes below `block`, of which the parent says that they are `size`, and with all blocks `total` (Tsize)."""
    if cid.codec == Codec.RAW:
        _expect(cid, "bytes", len(block), size)
        _expect(cid, "bytes with all blocks below it", len(block), total)
        yield block
        return
    if depth >= MAX_DEPTH:
        raise BadFile(cid, f"it lies more than {MAX_DEPTH} levels deep")
    node, file = _decode(cid, block)
    _expect(cid, "bytes", file.size, size)
    _expect(cid, "bytes with all blocks below it", len(block) + sum(link.total for link in node.links), total)
    if not node.links:
        yield file.data
        return
    for start, stop in _runs(node.links):
        links, parts = node.links[start:stop], file.parts[start:stop]
        children = fetch([link.cid for link in links])
        for link, child, part in zip(links, children, parts, strict=True):
            yield from _part(fetch, link.cid, child, part, link.total, depth + 1)


def _runs(links: Sequence[dagpb.Link]) -> Iterator[tuple[int, int]]:
    """Ranges of links to fetch at once: up to 32 raw blocks, or one node (so that memory does not grow with depth)."""
    start = 0
    while start < len(links):
        stop = start + 1
        while (
            stop < len(links) and stop - start < LANES and links[start].cid.codec == links[stop].cid.codec == Codec.RAW
        ):
            stop += 1
        yield start, stop
        start = stop


def _expect(cid: Cid, what: str, found: int, claimed: int | None) -> None:
    if claimed is not None and found != claimed:
        raise BadFile(cid, f"it has {found} {what}, but its parent claims {claimed}")
