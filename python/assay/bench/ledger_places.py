"""Where a benchmark of the ledger keeps its channels, each fresh, and the bare store beside each back end."""

from __future__ import annotations

import itertools
import secrets
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assay.bench.ledger_append import BareSqlite, Blocks, append_blocks
from assay.core.errors import InvalidInput, LedgerError
from assay.identity import SealingKey
from assay.ledger import ContractRegistry, EmbeddedLedger, Genesis
from assay.ledger.etcd.cluster import Cluster
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.etcd.gateway import Gateway, end_of, modified_at, put
from assay.ledger.etcd.url import Address
from assay.ledger.sequenced import SequencedLedger

__all__ = ["Place", "place"]


class Place(ABC):
    """A back end: `name`; `peer` is the bare store beside it, with its version."""

    name: str
    peer: str

    @abstractmethod
    def begin(self, genesis: Genesis, key: SealingKey, registry: ContractRegistry) -> SequencedLedger:
        """A new channel."""

    @abstractmethod
    def append_bare(self, blocks: Blocks, threads: int) -> float:
        """Seconds in which the bare store takes these blocks, from as many threads."""

    @abstractmethod
    def bytes_used(self) -> int:
        """Bytes on the disk: of the channel begun last (embedded), of a node with all it holds (etcd)."""


@contextmanager
def place(backend: str | None, folder: Path) -> Iterator[Place]:
    """Where `backend` keeps channels: "embedded" (None too), files in `folder`; "etcd", a cluster of three nodes that
    is started there and stopped at the end; or an address etcd://..., from which they are removed at the end."""
    if backend in (None, "embedded"):
        yield _Folder(folder)
    elif backend == "etcd":
        cluster = Cluster.create(folder / "cluster", options=["--quota-backend-bytes", str(8 << 30)])
        try:
            cluster.start(tied=True)
            with _on_etcd(replace(cluster.address, store=folder / "bodies")) as where:
                yield where
        finally:
            cluster.stop()
    elif backend is not None and backend.startswith("etcd://"):
        address = Address.parse(backend)
        with _on_etcd(replace(address, store=address.store or folder / "bodies")) as where:
            yield where
    else:
        raise InvalidInput(f"there is no back end {backend!r}; known: embedded, etcd, etcd://HOST:PORT/PREFIX")


class _Folder(Place):
    name = "embedded"
    peer = BareSqlite.name

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._numbers = itertools.count()

    def begin(self, genesis: Genesis, key: SealingKey, registry: ContractRegistry) -> EmbeddedLedger:
        self._path = self._folder / f"{next(self._numbers)}.ledger"
        return EmbeddedLedger.create(self._path, genesis, key, registry=registry)

    def append_bare(self, blocks: Blocks, threads: int) -> float:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            table = BareSqlite(Path(folder) / "peer.sqlite")
            try:
                return append_blocks(table.append, blocks, threads)
            finally:
                table.close()

    def bytes_used(self) -> int:
        assert self._path is not None
        return sum(path.stat().st_size for path in self._folder.glob(self._path.name + "*"))


@contextmanager
def _on_etcd(address: Address) -> Iterator[Place]:
    mine = replace(address, prefix=f"{address.prefix}bench-{secrets.token_hex(4)}/")
    gateway = Gateway(mine)
    try:
        gateway.prefer_leader()
        yield _Etcd(mine, gateway)
    finally:
        prefix = mine.prefix.encode()
        gateway.delete(prefix, end_of(prefix))
        gateway.close()


class _Etcd(Place):
    name = "etcd"

    def __init__(self, address: Address, gateway: Gateway) -> None:
        self._address = address
        self._gateway = gateway
        self._numbers = itertools.count()
        self.peer = f"compare-and-swap on etcd {gateway.status(0).version}"

    def begin(self, genesis: Genesis, key: SealingKey, registry: ContractRegistry) -> SequencedLedger:
        """Reads are answered by the replica of this process, which leads, to endorsers and clients beside it."""
        name = f"channel-{next(self._numbers)}"
        engine = EtcdEngine(self._address, registry=registry)
        try:
            engine.create(name, genesis, key).close()
            return engine.open(name, key, local_reads=True)
        finally:
            engine.close()

    def append_bare(self, blocks: Blocks, threads: int) -> float:
        chain = _BareChain(self._gateway, f"{self._address.prefix}bare/{next(self._numbers)}/".encode())
        return append_blocks(chain.append, blocks, threads)

    def bytes_used(self) -> int:
        return self._gateway.status(0).size


class _BareChain:
    """Blocks of bytes under ascending keys, each appended by compare-and-swap on the head; one writer."""

    def __init__(self, gateway: Gateway, prefix: bytes) -> None:
        self._gateway = gateway
        self._prefix = prefix
        self._lock = threading.Lock()
        self._height = self._revision = 0

    def append(self, payloads: Sequence[bytes]) -> None:
        """One step of the loop; the block is at a majority of the nodes when it returns."""
        head, body = self._prefix + b"head", b"".join(payloads)
        with self._lock:
            height = self._height + 1
            writes = [put(head, b"%d" % height), put(self._prefix + b"%020d" % height, body)]
            outcome = self._gateway.transact([modified_at(head, self._revision)], writes)
            if not outcome.succeeded:
                raise LedgerError(f"somebody else moved {head.decode()}")
            self._height, self._revision = height, outcome.revision
