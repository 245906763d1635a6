"""Many chains on one cluster of etcd: the channel NAME is a prefix of keys (`layout`)."""

from __future__ import annotations

from pathlib import Path

from assay.core.clock import Clock, system_clock
from assay.identity.keys import SealingKey
from assay.ledger.base import Engine
from assay.ledger.change import Change
from assay.ledger.contracts import ContractRegistry
from assay.ledger.etcd.bodies import Bodies
from assay.ledger.etcd.chain import Chain
from assay.ledger.etcd.gateway import Gateway, end_of
from assay.ledger.etcd.layout import Head, Layout, encode_block
from assay.ledger.etcd.leadership import LEASE_SECONDS
from assay.ledger.etcd.ledger import EtcdLedger
from assay.ledger.etcd.url import Address
from assay.ledger.genesis import Genesis
from assay.ledger.machine import Machine
from assay.ledger.sealing import Sealer, sealer_of
from assay.ledger.sequencer import MAX_QUEUE
from assay.ledger.state import MemoryStore
from assay.store import FolderStore, Store

__all__ = ["EtcdEngine"]


class EtcdEngine(Engine):
    """The channels at an address etcd://host:port,.../prefix (`url`)."""

    def __init__(
        self,
        url: str | Address,
        *,
        registry: ContractRegistry | None = None,
        clock: Clock = system_clock,
        store: Store | None = None,
        replicas: Path | None = None,
        timeout: float = 3.0,
        patience: float = 15.0,
        lease_seconds: int = LEASE_SECONDS,
    ) -> None:
        """`store` keeps bodies above 256 KiB, for all who use a channel; when None, the folder that the address names.

        `replicas` is a folder of this process's own, where the replicas outlive it (temporary ones when None).
        `timeout` (s) is for one request to one node, `patience` (s) for a transaction while etcd or the leader is out;
        `lease_seconds` (at least 2) is the time after which another process takes over from a leader that died.
        """
        self.address = Address.parse(url) if isinstance(url, str) else url
        self._registry = registry or ContractRegistry()
        self._clock = clock
        if store is None and self.address.store is not None:
            store = FolderStore(self.address.store)
        self._bodies = Bodies(store)
        self._replicas = replicas
        self._timeout = timeout
        self._patience = patience
        self._lease_seconds = lease_seconds
        self._gateway = Gateway(self.address, timeout=timeout)

    def _chain(self, name: str, gateway: Gateway) -> Chain:
        return Chain(gateway, Layout.of(self.address.prefix, name), self._bodies, self._patience)

    def create(self, name: str, genesis: Genesis, key: SealingKey | Sealer) -> EtcdLedger:
        """Begin the chain of `genesis` as channel `name`, and open it; `StateError` when there is one."""
        sealer = sealer_of(genesis, key)
        change = Change.first(genesis, Machine(genesis, self._registry).begin(MemoryStore()))
        sealed = sealer.seal(change, None)
        body = encode_block(sealed, tuple(change.entries))
        self._chain(name, self._gateway).create(genesis.encoded, Head(0, sealed.header.hash), body)
        return self.open(name, key)

    def open(
        self,
        name: str,
        key: SealingKey | Sealer | None = None,
        *,
        forwarding: bool = False,
        local_reads: bool = False,
        max_queue: int = MAX_QUEUE,
    ) -> EtcdLedger:
        """Open channel `name`; `NotFound` when there is none.

        With `key`, or a sealer for several, the process may come to lead; with `forwarding` it hands its
        transactions to whoever leads; with neither it is for reading. `local_reads` are answered by the replica
        alone, and may be a moment old.
        """
        gateway = Gateway(self.address, timeout=self._timeout)
        return EtcdLedger(
            f"{self.address} channel {name}",
            self._chain(name, gateway),
            key,
            channel=name,
            registry=self._registry,
            clock=self._clock,
            replica=self._replicas,
            local_reads=local_reads,
            forwarding=forwarding,
            lease_seconds=self._lease_seconds,
            max_queue=max_queue,
        )

    def channels(self) -> list[str]:
        """The names of all channels, ascending."""
        prefix = self.address.prefix.encode() + b"genesis/"
        pairs = self._gateway.range(prefix, end_of(prefix), keys_only=True).pairs
        return [pair.key.removeprefix(prefix).decode(errors="replace") for pair in pairs]

    def close(self) -> None:
        """Close the connections of the engine itself."""
        self._gateway.close()
