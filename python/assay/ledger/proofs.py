"""Inclusion proofs: that an entry stands in a sealed block of a chain, checked without the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import EncodingError
from assay.ledger import merkle
from assay.ledger.blocks import Block, Entry, SealedHeader
from assay.ledger.genesis import Genesis

__all__ = ["InclusionProof"]

_KIND = "assay.ledger.inclusion"
_MAX_BYTES = 2 << 20


@dataclass(frozen=True)
class InclusionProof:
    """A sealed header, an entry, its position, and its path in the block's tree."""

    sealed: SealedHeader
    entry: Entry
    position: int
    path: tuple[bytes, ...]

    @classmethod
    def of(cls, block: Block, position: int) -> InclusionProof:
        """The proof for the entry at `position` of `block`."""
        path = merkle.path([entry.encoded for entry in block.entries], position)
        return cls(block.sealed, block.entries[position], position, tuple(path))

    def verify(self, genesis: Genesis) -> None:
        """Raise unless the entry stands in a block that enough signers of `genesis` sealed.

        The verifier needs a genesis that it trusts: compare `genesis.chain_id` with the one it was told.
        """
        self.sealed.check_seals(genesis)
        header = self.sealed.header
        merkle.check_path(header.entries_root, self.entry.encoded, self.position, header.count, self.path)

    def encode(self) -> bytes:
        """The canonical bytes."""
        sealed = self.sealed
        return encode_record(
            _KIND, 1, sealed.header.encoded, sealed.encoded_seals, self.entry.encoded, self.position, self.path
        )

    @classmethod
    def decode(cls, data: bytes) -> InclusionProof:
        """Read what `encode` wrote."""
        types = (bytes, bytes, bytes, int, tuple)
        header, seals, entry, position, path = decode_record(data, _KIND, 1, *types, limit=_MAX_BYTES)
        if len(path) > 32 or any(type(node) is not bytes or len(node) != 32 for node in path):
            raise EncodingError("the path of an inclusion proof has at most 32 nodes of 32 bytes")
        return cls(SealedHeader.decode(header, seals), Entry.decode(entry), position, path)
