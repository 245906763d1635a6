"""The write-ahead log of a ledger file is kept short beside the writer, and nothing depends on that."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from support.ledgers import World

from assay.core.encoding import encode_record
from assay.core.threads import Beside
from assay.ledger import EmbeddedLedger, Ledger, Receipt, verify_ledger
from assay.ledger.embedded import log


@pytest.fixture
def world() -> World:
    return World()


def keep(world: World, ledger: Ledger, blocks: int) -> None:
    _, operator = world.clients(ledger)
    for block in range(blocks):
        large = [("tally", "keep", encode_record("tally.keep", 1, f"{i:0200}")) for i in range(50)]
        assert all(isinstance(outcome, Receipt) for outcome in operator.submit_many(large)), block


def length(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def test_the_log_begins_anew(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    for pages in (log._LONG_PAGES, 60):
        monkeypatch.setattr(log, "_LONG_PAGES", pages)
        path = tmp_path / f"{pages}.ledger"
        with world.embedded(path) as ledger:
            for _ in range(60):
                keep(world, ledger, 1)
                while ledger.backend._database._log._beside.busy:
                    time.sleep(0.001)
            lengths.append(length(path))
            head = ledger.head()
        with EmbeddedLedger(path) as again:
            assert again.head() == head
            verify_ledger(again, world.registry)
    assert lengths[1] < lengths[0] / 2


def test_a_reader_keeps_its_state_meanwhile(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_LONG_PAGES", 60)
    with world.embedded(tmp_path / "chain.ledger") as ledger:
        keep(world, ledger, 1)
        with ledger.snapshot() as before:
            head = before.head
            keep(world, ledger, 40)
            assert before.head == head
        assert ledger.head().header.height > head.header.height
        verify_ledger(ledger, world.registry)


def test_the_ledger_goes_on_where_the_log_cannot_be_carried_over(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_LONG_PAGES", 60)
    monkeypatch.setattr(log, "_CARRY", "PRAGMA wal_checkpoint(PASSIVE) nonsense")
    path = tmp_path / "chain.ledger"
    with world.embedded(path) as ledger:
        keep(world, ledger, 40)
    with EmbeddedLedger(path) as again:
        verify_ledger(again, world.registry)


def test_a_ledger_is_closed_while_its_log_is_carried_over(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_LONG_PAGES", 1)
    for number in range(5):
        path = tmp_path / f"{number}.ledger"
        with world.embedded(path) as ledger:
            keep(world, ledger, 1 + number)
        assert not path.with_name(path.name + "-wal").exists()  # the last connection was closed


def test_work_beside() -> None:
    beside = Beside("test")
    go = threading.Event()
    first = beside.begin(lambda: go.wait(10) and threading.get_ident())
    assert beside.busy
    assert beside.begin(threading.get_ident)() == threading.get_ident()  # at work already: the caller does it
    go.set()
    assert first() != threading.get_ident()

    def fail() -> None:
        raise sqlite3.OperationalError("no")

    while beside.busy:
        pass
    failed = beside.begin(fail)
    with pytest.raises(sqlite3.OperationalError, match="no"):
        failed()


def test_the_thread_beside_ends_when_idle_and_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.core.threads._IDLE", 0.01)
    beside = Beside("test")
    for number in range(3):
        assert beside.begin(lambda: number)() == number  # noqa: B023
        thread = beside._thread
        if thread is not None:
            thread.join(10)
            assert not thread.is_alive()
