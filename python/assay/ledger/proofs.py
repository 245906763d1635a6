"""Proofs about a chain, checked with its genesis and without the ledger.

- `InclusionProof`: an entry stands in a sealed block
- `HistoryProof`: a block is one of those before a sealed block, so that one checked header vouches for all older ones
- `ExtensionProof`: of two sealed blocks the newer one follows from the older, no block before it rewritten

The last two walk the Merkle mountain range whose root is in each header (`history`).
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import EncodingError, ProofError
from assay.ledger import merkle
from assay.ledger.blocks import Block, Entry, SealedHeader
from assay.ledger.genesis import Genesis
from assay.ledger.history import ConsistencyProof, HistoryPath

__all__ = ["ExtensionProof", "HistoryProof", "InclusionProof"]

_KIND = "assay.ledger.inclusion"
_HISTORY, _EXTENSION = "assay.ledger.proof.history", "assay.ledger.proof.extension"
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


@dataclass(frozen=True)
class HistoryProof:
    """A sealed header, and the path from the hash of an older block to its history root."""

    sealed: SealedHeader
    path: HistoryPath

    @property
    def height(self) -> int:
        """The height of the block that is proved."""
        return self.path.height

    def verify(self, genesis: Genesis, block_hash: bytes) -> None:
        """Raise unless the block of that hash is at `height` of the chain that signers of `genesis` sealed."""
        self.sealed.check_seals(genesis)
        header = self.sealed.header
        if self.path.size != header.height:
            raise ProofError(f"the path is over {self.path.size} blocks, block {header.height} has {header.height}")
        self.path.verify(header.history_root, block_hash)

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_HISTORY, 1, self.sealed.header.encoded, self.sealed.encoded_seals, self.path.encode())

    @classmethod
    def decode(cls, data: bytes) -> HistoryProof:
        """Read what `encode` wrote."""
        header, seals, path = decode_record(data, _HISTORY, 1, bytes, bytes, bytes, limit=_MAX_BYTES)
        return cls(SealedHeader.decode(header, seals), HistoryPath.decode(path))


@dataclass(frozen=True)
class ExtensionProof:
    """Two sealed headers of one chain, and that the history of the newer one begins with that of the older one.

    The histories are those *before* the two blocks; `inclusion` adds that the older block itself is in the newer
    history (None when both are one block).
    """

    old: SealedHeader
    new: SealedHeader
    consistency: ConsistencyProof
    inclusion: HistoryPath | None

    def verify(self, genesis: Genesis) -> None:
        """Raise unless signers of `genesis` sealed both blocks, and `new` follows from `old`."""
        self.old.check_seals(genesis)
        self.new.check_seals(genesis)
        old, new = self.old.header, self.new.header
        if (self.consistency.old, self.consistency.new) != (old.height, new.height):
            raise ProofError(f"the proof is not about blocks {old.height} and {new.height}")
        self.consistency.verify(old.history_root, new.history_root)
        if old.height == new.height:
            if old.hash != new.hash or self.inclusion is not None:
                raise ProofError(f"these are two blocks of height {old.height}: the chain was forked")
            return
        if self.inclusion is None or (self.inclusion.size, self.inclusion.height) != (new.height, old.height):
            raise ProofError(f"the proof does not say that block {old.height} is before block {new.height}")
        self.inclusion.verify(new.history_root, old.hash)

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(
            _EXTENSION, 1, self.old.header.encoded, self.old.encoded_seals, self.new.header.encoded,
            self.new.encoded_seals, self.consistency.encode(),
            b"" if self.inclusion is None else self.inclusion.encode(),
        )  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> ExtensionProof:
        """Read what `encode` wrote."""
        parts = decode_record(data, _EXTENSION, 1, *[bytes] * 6, limit=_MAX_BYTES)
        old, old_seals, new, new_seals, consistency, inclusion = parts
        return cls(
            SealedHeader.decode(old, old_seals),
            SealedHeader.decode(new, new_seals),
            ConsistencyProof.decode(consistency),
            HistoryPath.decode(inclusion) if inclusion else None,
        )
