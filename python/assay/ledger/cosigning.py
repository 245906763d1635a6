"""Cosigners: signers with a copy of the chain of their own, who seal a proposed block once they have executed it.

A cosigner seals the block proposed at height h when

1. its replica ends at h - 1, and the block follows that and does what its header says, executed here (`replica`);
2. the block's time is near the cosigner's clock;
3. it has sealed no other block at height h, also before a crash (`seal_journal`).

With a quorum of q among n signers, two different blocks at one height take 2q - n signers that break rule 3: one at
least when q > n / 2, more than a third of all when q > 2n / 3.

With a proposal go the seals of the block before, with which the cosigner appends that to its replica: a replica is one
block behind. A cosigner that lacks more says so (`Behind`), and is sent what it lacks (`append`).

`answer` takes and gives bytes, so that a network can stand between: `RemoteCosigner` is the other end of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from assay.core.clock import Clock, system_clock
from assay.core.encoding import decode_record, encode_record
from assay.core.errors import AssayError, EncodingError, InvalidInput, LedgerError, StateError, VerificationError
from assay.identity.keys import SealingKey
from assay.ledger.blocks import MAX_BLOCK_BYTES, Block, SealedHeader
from assay.ledger.change import Change
from assay.ledger.contracts import ContractRegistry
from assay.ledger.embedded.ledger import EmbeddedBackend
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Machine
from assay.ledger.replica import Replica, check_header, execute_again
from assay.ledger.seal_journal import JournaledKey, ProposedBlock
from assay.ledger.state import MemoryStore

__all__ = ["Behind", "Cosigner", "Cosigning", "CosigningRefused", "RemoteCosigner"]

MAX_SKEW: Final = 30_000  # ms between the time of a proposed block and a cosigner's clock
_MAX_BYTES: Final = 4 * MAX_BLOCK_BYTES
_REQUEST, _ANSWER = "assay.ledger.cosigning.request", "assay.ledger.cosigning.answer"
_PROPOSE, _APPEND, _SEALED_AT, _BEHIND, _REFUSED = "propose", "append", "sealed at", "behind", "refused"


class Behind(LedgerError):
    """A cosigner lacks blocks; `height` is that of the first."""

    def __init__(self, height: int) -> None:
        super().__init__(height)
        self.height = height

    def __str__(self) -> str:
        return f"the replica ends before block {self.height}"


class CosigningRefused(LedgerError):
    """A cosigner behind a network refused, for the reason it gives."""


class Cosigning(Protocol):
    """Whoever cosigns: a `Cosigner` in this process, or a `RemoteCosigner`."""

    @property
    def public(self) -> bytes:
        """The public key of its seals."""

    def propose(self, proposed: ProposedBlock, seals_before: bytes) -> bytes:
        """The seal on a block, given the encoded seals of the block before (b"" for block 0).

        Raises `Behind`, `Equivocation`, and `VerificationError` for a block that it does not agree to.
        """

    def append(self, proposed: ProposedBlock, seals: bytes) -> int:
        """Take a block with its encoded seals into the replica; returns the height of the next that it lacks."""

    def sealed_at(self, height: int) -> tuple[ProposedBlock, bytes] | None:
        """The last block that it sealed, with its seal, if that is at `height`."""


class Cosigner:
    """The signer with `key` of the chain of `genesis`; replica and journal are in `folder`, made when it is empty."""

    def __init__(
        self,
        folder: Path,
        genesis: Genesis,
        key: SealingKey,
        *,
        registry: ContractRegistry | None = None,
        clock: Clock = system_clock,
    ) -> None:
        if key.public not in genesis.signers:
            raise InvalidInput(f"the sealing key is not that of a signer of chain {genesis.label!r}")
        self.genesis = genesis
        self.path = Path(folder) / "replica.ledger"
        self._machine = Machine(genesis, registry or ContractRegistry())
        self._clock = clock
        self._lock = threading.Lock()
        self._key = JournaledKey(Path(folder) / "seals.journal", key, create=not self.path.exists())
        self._backend: EmbeddedBackend | None = None
        if self.path.exists():
            self._open()

    def _open(self) -> None:
        backend = EmbeddedBackend(self.path, writable=True)
        if backend.genesis != self.genesis:
            backend.close()
            raise StateError(f"{self.path} is a replica of chain {backend.genesis.label!r}, not {self.genesis.label!r}")
        self._backend = backend

    @property
    def public(self) -> bytes:
        """The public key of its seals."""
        return self._key.public

    # --- what it does -------------------------------------------------------------------------------------------------

    def propose(self, proposed: ProposedBlock, seals_before: bytes) -> bytes:
        """The seal on a block that it agrees to."""
        with self._lock:
            header = proposed.header
            if header.chain_id != self.genesis.chain_id:
                raise VerificationError(f"the block belongs to chain {header.chain_id.hex()}, not this one")
            if not self._key.check(proposed):
                self._catch_up(header.height, seals_before)
                if abs(header.time - self._clock()) > MAX_SKEW and header.height > 0:
                    raise VerificationError(
                        f"block {header.height} is of {header.time} ms, too far from now, {self._clock()} ms"
                    )
                self._check(proposed.block())
            return self._key.seal(proposed)

    def _check(self, block: Block) -> None:
        """Raise unless the block is what its header says, executed on the replica."""
        if block.header.height == 0:
            block.check_entries()
            check_header(block.header, Change.first(self.genesis, self._machine.begin(MemoryStore())))
            return
        assert self._backend is not None
        with self._backend.reading() as reader:
            execute_again(self._machine, reader, block, sealed=False)

    def append(self, proposed: ProposedBlock, seals: bytes) -> int:
        """Take a sealed block into the replica; returns the height of the next that it lacks."""
        with self._lock:
            if proposed.header.height == self._next():
                self._append(proposed, seals)
            return self._next()

    def _append(self, proposed: ProposedBlock, seals: bytes) -> None:
        block = proposed.block(SealedHeader.decode(proposed.header.encoded, seals).seals)
        if self._backend is not None:
            Replica(self._backend, self._machine).apply(block)
            return
        block.check_entries()
        EmbeddedBackend.create(self.path, self.genesis, self._machine, block.sealed)
        self._open()

    def _catch_up(self, height: int, seals_before: bytes) -> None:
        """Append what it sealed last, which the seals show to be on the chain; `Behind` unless `height` is next."""
        last = self._key.last
        if last is not None and self._next() == last.header.height == height - 1:
            try:
                self._append(last, seals_before)
            except (VerificationError, EncodingError):  # another block stands there, or these are not its seals
                raise Behind(height - 1) from None
        if self._next() != height:
            raise Behind(self._next())

    def _next(self) -> int:
        """The height of the first block that the replica lacks."""
        if self._backend is None:
            return 0
        with self._backend.reading() as reader:
            return reader.head().header.height + 1

    def sealed_at(self, height: int) -> tuple[ProposedBlock, bytes] | None:
        """The last block that it sealed, with its seal, if that is at `height`."""
        with self._lock:
            last = self._key.last
            return (last, self._key.seal(last)) if last is not None and last.header.height == height else None

    # --- over a network -----------------------------------------------------------------------------------------------

    def answer(self, request: bytes) -> bytes:
        """Do what a request of `RemoteCosigner` asks for; returns the answer, which may be a refusal."""
        try:
            what, height, block, seals = decode_record(request, _REQUEST, 1, str, int, bytes, bytes, limit=_MAX_BYTES)
            if what == _PROPOSE:
                return _answer(what, 0, b"", self.propose(ProposedBlock.decode(block), seals))
            if what == _APPEND:
                return _answer(what, self.append(ProposedBlock.decode(block), seals))
            if what == _SEALED_AT:
                found = self.sealed_at(height)
                return _answer(what) if found is None else _answer(what, 1, found[0].encoded, found[1])
            raise EncodingError(f"a cosigner does not know the request {what!r}")
        except Behind as behind:
            return _answer(_BEHIND, behind.height)
        except AssayError as refusal:
            return _answer(_REFUSED, 0, f"{type(refusal).__name__}: {refusal}".encode()[:1000])

    def close(self) -> None:
        """Close the replica."""
        if self._backend is not None:
            self._backend.close()


def _answer(what: str, number: int = 0, block: bytes = b"", seal: bytes = b"") -> bytes:
    return encode_record(_ANSWER, 1, what, number, block, seal, limit=_MAX_BYTES)


class RemoteCosigner:
    """The cosigner with this public key, reached by `send`, which gives the answer of `Cosigner.answer`."""

    def __init__(self, public: bytes, send: Callable[[bytes], bytes]) -> None:
        self.public = public
        self._send = send

    def propose(self, proposed: ProposedBlock, seals_before: bytes) -> bytes:
        """The seal on a block; raises `Behind`, or `CosigningRefused` with the reason."""
        return self._ask(_PROPOSE, 0, proposed.encoded, seals_before)[2]

    def append(self, proposed: ProposedBlock, seals: bytes) -> int:
        """Send a block that the replica lacks; returns the height of the next."""
        return self._ask(_APPEND, 0, proposed.encoded, seals)[0]

    def sealed_at(self, height: int) -> tuple[ProposedBlock, bytes] | None:
        """The last block that it sealed, with its seal, if that is at `height`."""
        found, block, seal = self._ask(_SEALED_AT, height, b"", b"")
        return (ProposedBlock.decode(block), seal) if found else None

    def _ask(self, what: str, height: int, block: bytes, seals: bytes) -> tuple[int, bytes, bytes]:
        """Number, block and seal in the answer to a request."""
        answer = self._send(encode_record(_REQUEST, 1, what, height, block, seals, limit=_MAX_BYTES))
        fields = decode_record(answer, _ANSWER, 1, str, int, bytes, bytes, limit=_MAX_BYTES)
        kind: str = fields[0]
        number: int = fields[1]
        data: bytes = fields[2]
        seal: bytes = fields[3]
        if kind == _BEHIND:
            raise Behind(number)
        if kind == _REFUSED:
            raise CosigningRefused(f"the cosigner refused: {data.decode(errors='replace')}")
        if kind != what:
            raise EncodingError(f"the cosigner answered {kind!r} to {what!r}")
        return number, data, seal
