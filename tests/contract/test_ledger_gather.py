"""The leader of a sequencer waits for those it settled, is told when as many wait again, and never waits for long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from support.ledgers import World, add

from assay.ledger import EmbeddedLedger, Receipt, Transaction


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ledger(world: World, tmp_path: Path) -> Iterator[EmbeddedLedger]:
    with world.embedded(tmp_path / "chain.ledger") as ledger:
        yield ledger


def calls(world: World, ledger: EmbeddedLedger, number: int) -> list[Transaction]:
    user, _ = world.clients(ledger)
    user.submit("tally", "add", add(1))
    sender, key = user.credentials.certificate.index, user.credentials.key
    first = ledger.next_counter(sender)
    return [Transaction(ledger.chain_id, sender, first + i, "tally", "add", add(1)).signed(key) for i in range(number)]


def test_the_leader_is_told_when_as_many_wait(world: World, ledger: EmbeddedLedger) -> None:
    sequencer = ledger._sequencer
    assert sequencer is not None
    transactions = calls(world, ledger, 3)
    sequencer._busy, sequencer._expected, sequencer._patience = True, 3, 60.0
    leader = threading.Thread(target=sequencer._gather)
    leader.start()
    futures: list[Future[Receipt]] = [ledger.submit_later(one) for one in transactions]
    leader.join(30)
    assert not leader.is_alive()
    sequencer._lead_the_rest()
    receipts = [future.result(30) for future in futures]
    assert len({receipt.height for receipt in receipts}) == 1
    assert [receipt.position for receipt in receipts] == [0, 1, 2]


def test_who_does_not_come_is_not_waited_for_for_ever(world: World, ledger: EmbeddedLedger) -> None:
    sequencer = ledger._sequencer
    assert sequencer is not None
    sequencer._expected, sequencer._patience = 1000, 0.001
    receipts = [ledger.submit(one) for one in calls(world, ledger, 2)]
    assert receipts[1].height == receipts[0].height + 1


def test_nobody_waits_once_closed(world: World, ledger: EmbeddedLedger) -> None:
    sequencer = ledger._sequencer
    assert sequencer is not None
    ledger.close()
    sequencer._expected, sequencer._patience = 5, 3600.0
    sequencer._gather()
