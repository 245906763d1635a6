"""Blocks: a sealed header over a list of entries, chained by hash.

    header = ("assay.ledger.header", 2, chain id, height, previous hash, time, count, entries root, state digest,
              history root)
    hash   = digest_bytes("assay/ledger/header/v2", header)
    seal   = (index of the signer in the genesis, Ed25519 signature on the hash)
    entry  = ("assay.ledger.entry", 2, body of the transaction, its signature, result)

Block 0 has no entries, and 32 zero bytes for the previous hash. Times never go back. The state digest is that of all
contracts' state after the block (`state`), the history root that over the hashes of all blocks before it (`history`).
A block holds at least `quorum` seals, in ascending order of signers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assay.core.encoding import decode, decode_record, digest_bytes, encode, encode_parts, encode_record
from assay.core.errors import EncodingError, SignatureError, VerificationError
from assay.core.once import once
from assay.identity.keys import SealingKey, verify_seal
from assay.ledger import merkle
from assay.ledger.genesis import Genesis
from assay.ledger.transactions import MAX_TRANSACTION_BYTES, Transaction

__all__ = ["MAX_BLOCK_BYTES", "MAX_BLOCK_ENTRIES", "NO_BLOCK", "Block", "Entry", "Header", "SealedHeader"]

MAX_BLOCK_ENTRIES: Final = 10_000
MAX_BLOCK_BYTES: Final = 8 << 20
MAX_RESULT_BYTES: Final = 64 << 10
NO_BLOCK: Final = bytes(32)
_HEADER, _ENTRY = "assay.ledger.header", "assay.ledger.entry"


@dataclass(frozen=True)
class Header:
    """What a seal stands for."""

    chain_id: bytes
    height: int
    previous: bytes
    time: int
    count: int
    entries_root: bytes
    state_digest: bytes
    history_root: bytes

    @once
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return encode_record(
            _HEADER, 2, self.chain_id, self.height, self.previous, self.time, self.count, self.entries_root,
            self.state_digest, self.history_root,
        )  # fmt: skip

    @once
    def hash(self) -> bytes:
        """The 32 bytes that name the block."""
        return digest_bytes("assay/ledger/header/v2", self.encoded)

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Read what `encoded` gave."""
        types = (bytes, int, bytes, int, int, bytes, bytes, bytes)
        header = cls(*decode_record(data, _HEADER, 2, *types, limit=1 << 10))
        if header.height < 0 or header.time < 0 or not 0 <= header.count <= MAX_BLOCK_ENTRIES:
            raise EncodingError(f"height, time or count of block {header.height} is out of range")
        return header

    def sealed(self, genesis: Genesis, keys: Sequence[SealingKey]) -> SealedHeader:
        """The header with the seals of `keys`, which are signers of the genesis."""
        numbered = sorted((genesis.signers.index(key.public), key.seal(self.hash)) for key in keys)
        return SealedHeader(self, tuple(numbered))


@dataclass(frozen=True)
class SealedHeader:
    """A header with its seals: enough to prove what a block holds."""

    header: Header
    seals: tuple[tuple[int, bytes], ...]

    @property
    def encoded_seals(self) -> bytes:
        """The canonical bytes of the seals."""
        return encode(self.seals)

    @classmethod
    def decode(cls, header: bytes, seals: bytes) -> SealedHeader:
        """Read header and seals."""
        parts = decode(seals, limit=32 << 10)
        if not isinstance(parts, tuple):
            raise EncodingError("seals are a tuple")
        checked: list[tuple[int, bytes]] = []
        for part in parts:
            if not isinstance(part, tuple) or [type(field) for field in part] != [int, bytes]:
                raise EncodingError("a seal is (signer, signature)")
            checked.append(part)  # type: ignore[arg-type]
        return cls(Header.decode(header), tuple(checked))

    def check_seals(self, genesis: Genesis) -> None:
        """Raise unless enough signers of `genesis` sealed this header for its chain."""
        if self.header.chain_id != genesis.chain_id:
            raise VerificationError(
                f"the block belongs to chain {self.header.chain_id.hex()}, not {genesis.chain_id.hex()}"
            )
        signers = [signer for signer, _ in self.seals]
        if sorted(set(signers)) != signers or (signers and not 0 <= signers[0] <= signers[-1] < len(genesis.signers)):
            raise SignatureError("the seals are not those of ascending signers of the genesis")
        if len(signers) < genesis.quorum:
            raise SignatureError(f"the block has {len(signers)} seals of the {genesis.quorum} it needs")
        for signer, signature in self.seals:
            verify_seal(genesis.signers[signer], self.header.hash, signature)

    def check_follows(self, before: SealedHeader | None) -> None:
        """Raise unless this header follows `before` (None before block 0) in one chain."""
        here = self.header
        height, previous, time = (-1, NO_BLOCK, 0) if before is None else _link(before.header)
        if here.height != height + 1:
            raise VerificationError(f"block {here.height} stands where block {height + 1} is due")
        if here.previous != previous:
            raise VerificationError("the block does not name the hash of the block before it")
        if here.time < time:
            raise VerificationError("the block is older than the block before it")


def _link(header: Header) -> tuple[int, bytes, int]:
    return header.height, header.hash, header.time


@dataclass(frozen=True)
class Entry:
    """A transaction as it was executed, with the canonical bytes of its result."""

    transaction: Transaction
    result: bytes

    @once
    def encoded(self) -> bytes:
        """The canonical bytes, a leaf of the block's tree."""
        return encode_parts(_ENTRY, 2, self.transaction.body, self.transaction.signature, self.result)

    @classmethod
    def decode(cls, data: bytes) -> Entry:
        """Read what `encoded` gave."""
        limit = MAX_TRANSACTION_BYTES + MAX_RESULT_BYTES + 1024
        body, signature, result = decode_record(data, _ENTRY, 2, bytes, bytes, bytes, limit=limit)
        decode(result, limit=MAX_RESULT_BYTES)
        return cls(Transaction.of_parts(body, signature), result)


@dataclass(frozen=True)
class Block:
    """A sealed header and the entries it stands for."""

    sealed: SealedHeader
    entries: tuple[Entry, ...]

    @property
    def header(self) -> Header:
        """The header."""
        return self.sealed.header

    def check_entries(self) -> None:
        """Raise unless the entries are those that the header names."""
        header = self.header
        if len(self.entries) != header.count:
            raise VerificationError(f"the block holds {len(self.entries)} entries, not {header.count}")
        if merkle.root([entry.encoded for entry in self.entries]) != header.entries_root:
            raise VerificationError("the entries do not have the root in the header")
