"""dag-pb: the encoding of a node, links and data.

    PBNode = Links (field 2, each a PBLink), then Data (field 1, bytes)
    PBLink = Hash (field 1, a binary CID), Name (field 2, UTF-8), Tsize (field 3, bytes of all blocks below)

Source: ipld.io/specs/codecs/dag-pb/spec. Links come before data, though their number is higher. `decode` accepts
canonical blocks only (fields in this order, none twice, none unknown), with the stricter rules that a file's node
follows: each link has a CIDv1 of ours or a CIDv0 (bare multihash), a name and a Tsize.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from assay.core.errors import EncodingError, LimitError
from assay.store.cid import Cid, Codec
from assay.store.protobuf import fields, put_bytes, put_varint

__all__ = ["MAX_LINKS", "Link", "Node", "decode", "encode"]

MAX_LINKS: Final = 1 << 13

_V0_PREFIX: Final = b"\x12\x20"


class Link(NamedTuple):
    """A link of a node. `total` is Tsize: the bytes of the block named and of all blocks below it."""

    cid: Cid
    total: int
    name: str = ""


class Node(NamedTuple):
    """What a dag-pb block says. `data` is None where the field is missing."""

    links: tuple[Link, ...]
    data: bytes | None


def encode(node: Node) -> bytes:
    """The canonical block."""
    out = bytearray()
    for link in node.links:
        inner = bytearray()
        put_bytes(inner, 1, link.cid.encode())
        put_bytes(inner, 2, link.name.encode("utf-8"))
        put_varint(inner, 3, link.total)
        put_bytes(out, 2, inner)
    if node.data is not None:
        put_bytes(out, 1, node.data)
    return bytes(out)


def decode(block: bytes) -> Node:
    """The node; `EncodingError` unless canonical, `LimitError` above `MAX_LINKS` links."""
    links: list[Link] = []
    data: bytes | None = None
    for field, value in fields(block, "a dag-pb node"):
        if not isinstance(value, bytes) or field not in (1, 2):
            raise EncodingError(f"a dag-pb node has no field {field} of this kind")
        if data is not None:
            raise EncodingError("a dag-pb node has a field after its data, which comes last")
        if field == 1:
            data = value
        elif len(links) == MAX_LINKS:
            raise LimitError(f"a dag-pb node has more than {MAX_LINKS} links")
        else:
            links.append(_decode_link(value))
    return Node(tuple(links), data)


def _decode_link(message: bytes) -> Link:
    found = list(fields(message, "a dag-pb link"))
    if [field for field, _ in found] != [1, 2, 3]:
        raise EncodingError(f"a dag-pb link has the fields 1, 2, 3, not {[field for field, _ in found][:8]}")
    (_, target), (_, name), (_, total) = found
    if not isinstance(target, bytes) or not isinstance(name, bytes) or not isinstance(total, int):
        raise EncodingError("a field of a dag-pb link is of the wrong kind")
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        raise EncodingError("the name of a dag-pb link is not UTF-8") from None
    if len(target) == 34 and target.startswith(_V0_PREFIX):
        return Link(Cid(Codec.DAG_PB, target[2:]), total, text)
    return Link(Cid.decode(target), total, text)
