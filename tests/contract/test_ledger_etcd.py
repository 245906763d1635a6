"""The ledger on etcd: the contract of every back end, and what is its own."""

from itertools import count

import pytest
from contract.ledger_contract import LedgerContract
from support.ledgers import World

from assay.ledger import EmbeddedLedger, Replica
from assay.ledger.embedded.ledger import EmbeddedBackend
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.machine import Machine

NUMBERS = count()


class TestEtcd(LedgerContract):
    @pytest.fixture
    def engine(self, world, etcd):
        with EtcdEngine(etcd.url(f"test-{next(NUMBERS)}"), registry=world.registry, clock=world.clock) as engine:
            yield engine

    @pytest.fixture
    def ledger(self, world, engine):
        with engine.create("chain", world.genesis, world.key) as ledger:
            yield ledger

    @pytest.fixture
    def open_ledger(self, world, engine):
        with engine.create("open", world.open_genesis, world.key) as ledger:
            yield ledger

    @pytest.fixture
    def replica(self, world, ledger, tmp_path):
        path = tmp_path / "replica.ledger"
        world.embedded(path).close()
        with EmbeddedBackend(path, writable=True) as backend, EmbeddedLedger(path) as copy:
            yield Replica(backend, Machine(world.genesis, world.registry)), copy


@pytest.fixture
def world():
    return World()
