"""UnixFS: what the data of a file's dag-pb node says.

    Data = Type (field 1), Data (field 2, the bytes of a leaf), filesize (field 3), blocksizes (field 4, one a link)

Source: specs.ipfs.tech/unixfs. Of the types, files (2) and the older form of their leaves (0, raw) are read; files are
written. Directories, symbolic links and metadata are refused by name, as are files with a mode or time, whose bytes
would depend on where they came from. Blocksizes are one field each (not packed), as all known writers have them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from assay.core.errors import EncodingError
from assay.store.protobuf import fields, put_varint

__all__ = ["FileNode", "decode", "encode_inner"]

_RAW, _FILE = 0, 2
_OTHERS: Final = {1: "a directory", 3: "metadata", 4: "a symbolic link", 5: "a sharded directory"}
_FOREIGN: Final = {5: "hashType", 6: "fanout", 7: "mode", 8: "mtime"}


class FileNode(NamedTuple):
    """A file or a part of one: either `data` alone, or the sizes of the parts that the node's links lead to."""

    size: int
    data: bytes
    parts: tuple[int, ...]


def encode_inner(parts: list[int]) -> bytes:
    """The data of a node whose links lead to parts of a file of these sizes."""
    out = bytearray()
    put_varint(out, 1, _FILE)
    put_varint(out, 3, sum(parts))
    for size in parts:
        put_varint(out, 4, size)
    return bytes(out)


def decode(message: bytes) -> FileNode:
    """The file; `EncodingError` for what is not canonical, no file, or contradicts itself.

    The sizes add up, every part of several has at least one byte, and a node has data or parts, never both.
    """
    kind: int | None = None
    size: int | None = None
    data = b""
    parts: list[int] = []
    last = 0
    for field, value in fields(message, "a UnixFS node"):
        if field < last or (field == last and field != 4):
            raise EncodingError(f"a UnixFS node has field {field} twice or out of order")
        last = field
        if field == 2 and isinstance(value, bytes):
            data = value
        elif not isinstance(value, int) or field not in (1, 3, 4):
            raise EncodingError(f"a UnixFS node has a field {_FOREIGN.get(field, field)}, which is not supported")
        elif field == 1:
            kind = value
        elif field == 3:
            size = value
        else:
            parts.append(value)
    if kind not in (_RAW, _FILE):
        found = "without a type" if kind is None else _OTHERS.get(kind, f"of the unknown type {kind}")
        raise EncodingError(f"a UnixFS node is {found}, not a file")
    if data and parts:
        raise EncodingError("a UnixFS file has data beside its links, which the balanced layout does not know")
    if size != len(data) + sum(parts):
        raise EncodingError(f"a UnixFS file claims {size} bytes, but its parts have {len(data) + sum(parts)}")
    if 0 in parts:
        raise EncodingError("a UnixFS file has an empty part")
    return FileNode(size, data, tuple(parts))
