"""Blocks on etcd that need several signers, while leaders come and go."""

from itertools import count

import pytest
from support.cosigners import Parties
from support.ledgers import add

from assay.ledger import Client, verify_ledger
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.quorum import NoQuorum

NUMBERS = count()


@pytest.fixture
def parties(tmp_path):
    parties = Parties(tmp_path, count=4, quorum=3, remote=True)
    yield parties
    parties.close()


@pytest.fixture
def engine_of(parties, etcd):
    url = etcd.url(f"quorum-{next(NUMBERS)}")
    engines = []

    def make():
        engines.append(EtcdEngine(url, registry=parties.world.registry, clock=parties.world.clock, lease_seconds=2))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def test_blocks_with_a_quorum(parties, engine_of):
    with engine_of().create("chain", parties.genesis, parties.sealer(others=[1, 2, 3])) as ledger:
        user, operator = parties.world.clients(ledger)
        assert [user.submit("tally", "add", add(n)).result for n in range(1, 4)] == [1, 3, 6]
        assert operator.submit("tally", "add", add(1)).result == 7
        assert all(len(block.sealed.seals) >= 3 for block in ledger.blocks())
        assert verify_ledger(ledger, parties.world.registry).height == 4


def test_a_new_leader_finishes_what_the_old_one_had_proposed(parties, engine_of):
    """Signer 0 leads, proposes a block that signer 2 seals, and is gone; signer 1 comes to lead."""
    with engine_of().create("chain", parties.genesis, parties.sealer(others=[2, 3])) as first:
        user, _ = parties.world.clients(first)
        user.submit("tally", "add", add(1))
        transaction = user.transaction("tally", "add", add(2))
        parties.down.add(3)
        with pytest.raises(NoQuorum):
            first.submit(transaction)
    parties.down.clear()
    with engine_of().open("chain", parties.sealer(1, others=[2, 3])) as second:
        assert Client(second, parties.world.operator).submit("tally", "add", add(4)).result == 7
        assert second.submit(transaction).result == 3
        assert [signer for signer, _ in second.head().seals] == [1, 2, 3]
        assert verify_ledger(second, parties.world.registry).transactions == 3
