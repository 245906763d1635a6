"""What stands where in etcd, under the prefix of an engine.

    genesis/NAME                  the genesis of channel NAME
    chain/NAME/block/HEIGHT       a block, HEIGHT in 16 hexadecimal digits
    chain/NAME/control/head       height and hash of the newest block: the key that appending compares and swaps
    chain/NAME/control/leader     who may append, for as long as its lease lives
    chain/NAME/control/mail/NN    the mailbox of a process that hands its transactions to the leader, likewise

The leader watches the control keys behind the head, so their order matters. Genesis and blocks are bodies: they stand
there themselves up to 256 KiB, larger ones by their name in the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import EncodingError
from assay.ledger.base import check_channel_name
from assay.ledger.blocks import MAX_BLOCK_BYTES, Block, Entry, SealedHeader
from assay.ledger.etcd.gateway import end_of

__all__ = ["MAX_BODY_BYTES", "Head", "Layout", "decode_block", "encode_block"]

MAX_BODY_BYTES: Final = MAX_BLOCK_BYTES + (4 << 20)  # a block may end with one entry beyond its limit
_HEAD: Final = "assay.ledger.etcd.head"
_BLOCK: Final = "assay.ledger.etcd.block"


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one channel."""

    genesis: bytes
    block_prefix: bytes
    control: bytes
    head: bytes
    leader: bytes
    mail_prefix: bytes

    @classmethod
    def of(cls, prefix: str, channel: str) -> Layout:
        """The keys of `channel` under an engine's `prefix`."""
        root, name = prefix.encode(), check_channel_name(channel).encode()
        chain = root + b"chain/" + name + b"/"
        control = chain + b"control/"
        return cls(
            root + b"genesis/" + name, chain + b"block/", control, control + b"head", control + b"leader",
            control + b"mail/",
        )  # fmt: skip

    def block(self, height: int) -> bytes:
        """The key of the block at `height`."""
        return self.block_prefix + b"%016x" % height

    @property
    def control_end(self) -> bytes:
        """The end of the range of all control keys."""
        return end_of(self.control)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block, and the revision of etcd that wrote it."""

    height: int
    hash: bytes
    revision: int = 0

    @property
    def encoded(self) -> bytes:
        """The value of the key."""
        return encode_record(_HEAD, 1, self.height, self.hash)

    @classmethod
    def decode(cls, value: bytes, revision: int) -> Head:
        """Read what `encoded` gave."""
        height, digest = decode_record(value, _HEAD, 1, int, bytes, limit=200)
        if height < 0 or len(digest) != 32:
            raise EncodingError("the head of a chain is a height and a hash of 32 bytes")
        return cls(height, digest, revision)


def encode_block(sealed: SealedHeader, entries: tuple[bytes, ...]) -> bytes:
    """The canonical bytes of a block, from its encoded entries."""
    return encode_record(
        _BLOCK, 1, sealed.header.encoded, sealed.encoded_seals, b"".join(entries), tuple(map(len, entries)),
        limit=MAX_BODY_BYTES,
    )  # fmt: skip


def decode_block(data: bytes) -> Block:
    """Read what `encode_block` wrote; checks form, not seals or roots."""
    header, seals, joined, lengths = decode_record(data, _BLOCK, 1, bytes, bytes, bytes, tuple, limit=MAX_BODY_BYTES)
    if any(type(length) is not int or length < 0 for length in lengths) or sum(lengths) != len(joined):
        raise EncodingError("the lengths of a block's entries do not add up")
    entries, start = [], 0
    for length in lengths:
        entries.append(Entry.decode(joined[start : start + length]))
        start += length
    return Block(SealedHeader.decode(header, seals), tuple(entries))
