"""The ledger on etcd: the contract of every back end, and what is its own."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest
from contract.ledger_contract import LedgerContract
from support.identities import enrol
from support.ledgers import World, add

from assay.core.errors import (
    AssayError,
    AuthorizationError,
    EncodingError,
    InvalidInput,
    LedgerError,
    LimitError,
    NotFound,
    SignatureError,
    StateError,
    VerificationError,
)
from assay.identity import Role, SealingKey
from assay.ledger import (
    Client,
    ContractFault,
    ContractRegistry,
    QueueFull,
    Refused,
    Transaction,
    UsedCounter,
    verify_ledger,
)
from assay.ledger.etcd.bodies import Bodies, MissingBody
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.etcd.errors import Ambiguous, QuotaReached, Unavailable
from assay.ledger.etcd.layout import Head, decode_block
from assay.ledger.etcd.mail import Request
from assay.ledger.etcd.messages import RANGE, TXN
from assay.ledger.transactions import UNAUTHENTICATED
from assay.store import FolderStore

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


class TestEtcdThroughAnother(TestEtcd):
    """The same for a process that does not lead: everything goes through its mailbox."""

    @pytest.fixture
    def ledger(self, world, engine):
        with engine.create("chain", world.genesis, world.key), engine.open("chain", forwarding=True) as ledger:
            yield ledger

    @pytest.fixture
    def open_ledger(self, world, engine):
        with engine.create("open", world.open_genesis, world.key), engine.open("open", forwarding=True) as ledger:
            yield ledger


@pytest.fixture
def world():
    return World()


@pytest.fixture
def engine_of(world, etcd):
    """`engine_of(...)`: an engine of a process of its own, as far as etcd can tell; all under one prefix."""
    url, engines = etcd.url(f"test-{next(NUMBERS)}"), []

    def make(**options):
        engines.append(EtcdEngine(url, **{"registry": world.registry, "clock": world.clock, **options}))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def first(world, engine_of):
    """It leads; no lease ends by itself on a busy machine."""
    with engine_of(lease_seconds=30).create("chain", world.genesis, world.key) as ledger:
        wait_for(lambda: ledger.leads)
        yield ledger


@pytest.fixture
def second(world, engine_of, first):
    with engine_of(lease_seconds=30).open("chain", world.key) as ledger:
        yield ledger


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- channels --------------------------------------------------------------------------------------------------------


def test_channels_are_isolated(world, engine_of):
    with engine_of() as engine, engine.create("b", world.genesis, world.key) as one:
        assert engine.channels() == ["b"]
        with engine.create("a", world.new_genesis("other"), world.key) as other:
            assert engine.channels() == ["a", "b"]
            world.clients(one)[0].submit("tally", "add", add(5))
            assert other.head().header.height == 0
            with pytest.raises(VerificationError, match="is for chain"):
                other.submit(world.clients(one)[0].transaction("tally", "add", add(1)))
        with pytest.raises(StateError, match="already"):
            engine.create("b", world.genesis, world.key)
        with pytest.raises(NotFound):
            engine.open("c")
        with pytest.raises(InvalidInput):
            engine.open("../b")
        with pytest.raises(InvalidInput):
            engine.open("b", SealingKey.generate())


def test_what_is_opened_for_reading(world, engine_of, first):
    user, _ = world.clients(first)
    with engine_of().open("chain") as reader:
        transaction = user.transaction("tally", "add", add(5))
        with pytest.raises(StateError, match="opened for reading"):
            reader.submit(transaction)
        first.submit(transaction)
        assert reader.state("tally").get("total") == 5
        assert verify_ledger(reader, world.registry).transactions == 1
    with engine_of().open("chain", local_reads=True) as reader:
        user.submit("tally", "add", add(5))
        wait_for(lambda: reader.state("tally").get("total") == 10)
    with pytest.raises(StateError, match="closed"):
        reader.head()


def test_unknown_contracts(engine_of, etcd, first):
    with (
        EtcdEngine(first._chain.gateway.address, registry=ContractRegistry()) as engine,
        pytest.raises(LedgerError, match=r"unknown contract 'test.tally'"),
    ):
        engine.open("chain")


# --- one leader, many others -----------------------------------------------------------------------------------------


def test_transactions_go_to_the_leader(world, first, second):
    assert (first.leads, second.leads) == (True, False)
    user, operator = world.clients(second)
    assert user.submit("tally", "add", add(5)).result == 5
    assert [each.result for each in operator.submit_many([("tally", "add", add(n)) for n in (1, 2, 3)])] == [6, 8, 11]
    transaction = user.transaction("tally", "add", add(1))
    receipt = second.submit_later(transaction).result(10)
    assert first.submit(transaction) == second.submit(transaction) == receipt == second.last_receipt(0)
    assert first.head() == second.head()
    assert list(first.blocks()) == list(second.blocks())
    assert verify_ledger(second, world.registry).transactions == 5


def test_refusals_come_back_from_the_leader(world, first, second):
    user, operator = world.clients(second)
    user.submit("tally", "add", add(1))
    before = first.head()
    for error, transaction in [
        (Refused, user.transaction("tally", "add", add(-1))),
        (UsedCounter, user.transaction("tally", "add", add(1), counter=9)),
        (ContractFault, user.transaction("tally", "write_then_fail", b"")),
        (AuthorizationError, user.transaction("tally", "reset", b"")),
        (SignatureError, replace(user.transaction("tally", "add", add(1)), payload=add(2))),
        (NotFound, user.transaction("tally", "steal", b"")),
        (LimitError, user.transaction("tally", "add", bytes(1 << 20))),
        (AssayError, replace(user.transaction("tally", "add", add(1)), sender=-1)),
    ]:
        with pytest.raises(error) as here:
            first.submit(transaction)
        with pytest.raises(error) as there:
            second.submit(transaction)
        assert type(there.value) is type(here.value)
        assert str(there.value)[:400] == str(here.value)[:400]
    good, bad = user.transaction("tally", "add", add(1)), operator.transaction("tally", "add", add(-1))
    receipt, refusal = second.submit_many([good, bad])
    assert (receipt.result, type(refusal)) == (2, Refused)
    assert first.head().header.height == before.header.height + 1


def test_many_refusals_at_once(world, first, second):
    """More than one request holds, each with a long message."""
    wrong = [Transaction.record(bytes(32), UNAUTHENTICATED + n, 1, b"") for n in range(1200)]
    outcomes = second.submit_many(wrong)
    assert {type(outcome) for outcome in outcomes} == {VerificationError}
    assert all("is for chain" in str(outcome) for outcome in outcomes)
    assert second.head().header.height == 0


def test_after_a_fork_the_child_opens_it_again(world, engine_of, first):
    transaction = world.clients(first)[0].transaction("tally", "add", add(1))

    def work():
        for attempt in (first.head, lambda: first.submit(transaction), lambda: first.submit_later(transaction)):
            with pytest.raises(StateError, match="fork"):
                attempt()
        with engine_of().open("chain", forwarding=True) as mine:
            assert mine.submit(transaction).height == 1

    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert first.submit(transaction).height == 1


def test_a_process_without_a_key_may_forward(world, engine_of, first):
    with engine_of().open("chain", forwarding=True) as ledger:
        assert world.clients(ledger)[0].submit("tally", "add", add(5)).height == 1
        assert not ledger.leads


def test_another_leads_when_the_leader_goes(world, first, second):
    user, operator = world.clients(second)
    user.submit("tally", "add", add(1))
    first.close()
    assert user.submit("tally", "add", add(1)).result == 2
    wait_for(lambda: second.leads)
    with pytest.raises(StateError, match="closed"):
        world.clients(first)[0].submit("tally", "add", add(1))
    assert operator.submit("tally", "add", add(1)).result == 3


def asleep(ledger):
    """The leader does not notice that its lease ends, as in a long sleep, until etcd tells it with an append.

    It falls asleep in its own thread, so that no step is under way, and is awake again once it does not lead.
    """
    leadership, fell = ledger._leadership, threading.Event()
    step = leadership._step

    def sleep():
        if not fell.is_set():
            ledger._chain.gateway.revoke(leadership.lease)
            fell.set()
        elif not ledger.leads:
            leadership._step = step
            step()

    leadership._step = sleep
    leadership.wake()
    assert fell.wait(10)


def test_what_changes_nothing_is_asked_again(world, first):
    """While etcd elects a leader of its own, each node refuses at once."""
    user = world.clients(first)[0]
    bad = user.transaction("tally", "add", add(-1))
    transport = first._chain.gateway.transport
    send, refusals = transport.call, {TXN: 0, RANGE: 0}

    def elect(call, question, **options):
        if refusals.get(call, 0) and options["repeatable"]:
            refusals[call] -= 1
            raise Unavailable("etcdserver: no leader")
        return send(call, question, **options)

    transport.call = elect
    refusals[RANGE] = 3
    assert first.head().header.height == 0
    assert refusals[RANGE] == 0
    refusals[TXN] = 3  # the question whether the state by which it is refused is the newest
    with pytest.raises(Refused):
        first.submit(bad)
    assert refusals[TXN] == 0


def test_a_deposed_leader_hands_over(world, first, second):
    users = [Client(ledger, enrol(world.authority, name, Role.USER)) for ledger, name in ((first, "a"), (second, "b"))]
    for client in users:
        client.submit("tally", "add", add(1))
    for leader, other in ((first, second), (second, first)):
        asleep(leader)
        wait_for(lambda other=other: other.leads)
        assert leader.leads  # it still believes so
        for client in users:
            client.submit("tally", "add", add(1))
        assert not leader.leads
    assert first.state("tally").get("total") == 6
    assert verify_ledger(first, world.registry).transactions == 6


def test_a_deposed_leader_refuses_nothing_by_an_old_state(world, first, second):
    """The counter that the old leader believes is due was used with the new one."""
    user = world.clients(second)[0]
    user.submit("tally", "add", add(1))
    asleep(first)
    wait_for(lambda: second.leads)
    user.submit("tally", "add", add(1))
    transaction = user.transaction("tally", "add", add(1))
    assert first.leads
    assert first.submit(transaction).counter == 3


def test_many_processes_at_once(world, engine_of, first):
    """Threads, each with an engine of its own, while leaders come and go."""
    ledgers = [first] + [engine_of().open("chain", world.key) for _ in range(3)]
    people = [enrol(world.authority, f"p{i}", Role.USER) for i in range(4)]
    failures = []

    def write(ledger, person):
        try:
            client = Client(ledger, person)
            for _ in range(15):
                client.submit("tally", "add", add(1))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write, args=pair) for pair in zip(ledgers, people, strict=True)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.15)
        for ledger in ledgers:
            if ledger.leads:
                first._chain.gateway.revoke(ledger._leadership.lease)
    for thread in threads:
        thread.join()
    assert failures == []
    assert {ledger.state("tally").get("total") for ledger in ledgers} == {60}
    assert verify_ledger(first, world.registry).transactions == 60
    for ledger in ledgers[1:]:
        ledger.close()


def test_a_full_queue_says_so(world, engine_of, first):
    with engine_of().open("chain", forwarding=True, max_queue=3) as ledger:
        user = world.clients(ledger)[0]
        with pytest.raises(QueueFull):
            user.submit_many([("tally", "add", add(1))] * 4)
        assert ledger.state("tally").get("total") == 0
        assert len(user.submit_many([("tally", "add", add(1))] * 3)) == 3


def test_mailboxes_are_limited(world, engine_of, first, monkeypatch):
    monkeypatch.setattr("assay.ledger.etcd.mailbox.MAX_MAILBOXES", 1)
    with engine_of().open("chain", forwarding=True) as one, engine_of().open("chain", forwarding=True) as other:
        world.clients(one)[0].submit("tally", "add", add(1))
        with pytest.raises(QueueFull, match="1 processes"):
            world.clients(other)[1].submit("tally", "add", add(1))
        one.close()
        world.clients(other)[1].submit("tally", "add", add(1))


def test_nobody_answers(world, engine_of, first):
    """Without a leader a transaction is not lost in silence."""
    first.close()
    with engine_of(patience=0.3).open("chain", forwarding=True) as ledger:
        transaction = world.clients(ledger)[0].transaction("tally", "add", add(1))
        with pytest.raises(Ambiguous, match="Send it again"):
            ledger.submit(transaction)
        with engine_of().open("chain", world.key) as leader:
            assert ledger.submit(transaction).result == 1
            assert leader.state("tally").get("total") == 1


def test_closing_lets_go_whoever_waits(world, engine_of, first):
    first.close()
    with engine_of().open("chain", forwarding=True) as ledger:
        future = ledger.submit_later(world.clients(ledger)[0].transaction("tally", "add", add(1)))
        ledger.close()
        with pytest.raises(StateError, match="closed"):
            future.result(10)


@pytest.mark.parametrize("junk", [b"\x00", b"junk" * 100, Request(1, 0, (b"junk",)).encoded], ids=range(3))
def test_junk_in_a_mailbox(world, first, second, junk):
    gateway = first._chain.gateway
    gateway.put(first._chain.layout.mail_prefix + b"63", junk)
    gateway.put(first._chain.layout.mail_prefix + b"62", Bodies(None).pack(junk))
    assert world.clients(second)[0].submit("tally", "add", add(1)).height == 1
    gateway.delete(first._chain.layout.mail_prefix + b"63")
    gateway.delete(first._chain.layout.mail_prefix + b"62")


# --- bodies ----------------------------------------------------------------------------------------------------------


def test_large_bodies_lie_in_the_store(world, engine_of, etcd, tmp_path):
    store = FolderStore(tmp_path / "bodies")
    with (
        engine_of(store=store).create("open", world.open_genesis, world.key) as leader,
        engine_of(store=store).open("open", forwarding=True) as other,
    ):
        small, large, forwarded = (
            Transaction.record(leader.chain_id, UNAUTHENTICATED, counter, os.urandom(size))
            for counter, size in ((1, 100), (2, 400 << 10), (3, 500 << 10))
        )
        leader.submit(small)
        assert list(store.pins()) == []
        leader.submit(large)
        (cid,) = store.pins()
        assert len(leader._chain.gateway.range(leader._chain.layout.block(2)).pairs[0].value) < 300
        other.submit(forwarded)
        assert [len(block.entries) for block in other.blocks()] == [0, 1, 1, 1]
        verify_ledger(other, world.registry)

        with pytest.raises(StateError, match="give that store"):
            engine_of().open("open")
        address = replace(leader._chain.gateway.address, store=tmp_path / "bodies")
        with EtcdEngine(str(address), registry=world.registry) as engine, engine.open("open") as again:
            assert again.head() == leader.head()
        for path in (tmp_path / "bodies" / "blocks").rglob("*"):
            if path.is_file() and path.stat().st_size == 262_144:
                path.chmod(0o600)
                path.write_bytes(bytes(262_144))
        with pytest.raises(MissingBody, match=f"{cid}.*hash"):
            engine_of(store=store).open("open")
        store.unpin(cid)
        store.collect()
        with pytest.raises(MissingBody, match=str(cid)):
            engine_of(store=store).open("open")


@pytest.mark.parametrize("apart", [0, 1000])
def test_a_block_that_was_given_up_leaves_its_body(world, engine_of, tmp_path, apart):
    """Two leaders, one after the other, make a block of the same transaction, whose body lies in the store.

    With the same clock it is the same block, and the body of the one that was given up is that of the other: so nobody
    takes it away. Else it stays behind, and nothing names it or needs it.
    """
    store = FolderStore(tmp_path / "bodies")
    options = {"store": store, "lease_seconds": 30}
    with (
        engine_of(**options).create("open", world.open_genesis, world.key) as first,
        engine_of(clock=lambda: world.clock() + apart, **options).open("open", world.key) as second,
    ):
        asleep(first)
        wait_for(lambda: second.leads)
        large = Transaction.record(first.chain_id, UNAUTHENTICATED, 1, os.urandom(400 << 10))
        assert first.leads
        assert first.submit(large).height == 1  # its own block is refused, then the other leader's is the first
        pair = first._chain.gateway.range(first._chain.layout.block(1)).pairs[0]
        left = [cid for cid in store.pins() if str(cid).encode() not in pair.value]
        given_up = []
        for cid in left:
            with suppress(EncodingError):  # the request in the mailbox
                given_up.append(decode_block(store.get(cid, limit=1 << 20)))
        assert [block.header.height for block in given_up] == ([1] if apart else [])
        assert second.block(1).header not in [block.header for block in given_up]
        for cid in left:
            store.unpin(cid)
        store.collect()
        assert [len(block.entries) for block in second.blocks()] == [0, 1]
        assert verify_ledger(second, world.registry).transactions == 1
        with engine_of(**options).open("open") as reader:
            assert reader.head() == second.head()


def test_large_bodies_without_a_store(world, engine_of):
    with engine_of().create("open", world.open_genesis, world.key) as ledger:
        with pytest.raises(StateError, match="there is no store"):
            ledger.submit(Transaction.record(ledger.chain_id, UNAUTHENTICATED, 1, bytes(400 << 10)))
        assert ledger.head().header.height == 0
        assert ledger.submit(Transaction.record(ledger.chain_id, UNAUTHENTICATED, 1, bytes(100))).height == 1


# --- the replica -----------------------------------------------------------------------------------------------------


def test_a_replica_outlives_its_process(world, engine_of, first, tmp_path):
    user = world.clients(first)[0]
    user.submit("tally", "add", add(5))
    with engine_of(replicas=tmp_path).open("chain") as ledger:
        assert ledger.state("tally").get("total") == 5
        with pytest.raises(StateError, match="folder of its own"):
            engine_of(replicas=tmp_path).open("chain")
    user.submit("tally", "add", add(5))
    inode = (tmp_path / "chain.replica").stat().st_ino
    with engine_of(replicas=tmp_path).open("chain") as ledger:
        assert ledger.state("tally").get("total") == 10
    assert (tmp_path / "chain.replica").stat().st_ino == inode
    (tmp_path / "chain.lock").write_bytes(b"another boot")
    (tmp_path / "old").hardlink_to(tmp_path / "chain.replica")
    with engine_of(replicas=tmp_path).open("chain") as ledger:
        assert ledger.state("tally").get("total") == 10
    assert (tmp_path / "chain.replica").stat().st_ino != inode
    (tmp_path / "chain.replica").write_bytes(b"junk")
    with engine_of(replicas=tmp_path).open("chain") as ledger:
        assert verify_ledger(ledger, world.registry).transactions == 2
    with engine_of().create("twin", world.new_genesis("twin"), world.key) as twin:
        twin.head()
    (tmp_path / "chain.replica").rename(tmp_path / "twin.replica")
    (tmp_path / "chain.lock").rename(tmp_path / "twin.lock")
    with pytest.raises(StateError, match="is the replica of chain"):
        engine_of(replicas=tmp_path).open("twin")


# --- etcd is not believed --------------------------------------------------------------------------------------------


def test_blocks_that_do_not_verify_are_not_followed(world, engine_of, first):
    """Whoever can write to etcd cannot make a follower believe anything."""
    user = world.clients(first)[0]
    for _ in range(3):
        user.submit("tally", "add", add(5))
    gateway, layout = first._chain.gateway, first._chain.layout
    good = {height: gateway.range(layout.block(height)).pairs[0].value for height in range(4)}
    for height, bad in [
        (2, good[3]),
        (2, good[1]),
        (2, good[2][:-1]),
        (2, good[2][:-1] + bytes([good[2][-1] ^ 1])),
        (2, Bodies(None).pack(b"junk")),
        (2, b""),
        (0, good[1]),
    ]:
        gateway.put(layout.block(height), bad)
        with pytest.raises((VerificationError, EncodingError)):
            engine_of().open("chain")
        gateway.put(layout.block(height), good[height])
    gateway.delete(layout.block(2))
    with pytest.raises(VerificationError, match="block 2 is missing"):
        engine_of().open("chain")
    gateway.put(layout.block(2), good[2])
    head = gateway.range(layout.head).pairs[0].value
    for bad in [Head(9, bytes(32)).encoded, Head(2, bytes(32)).encoded, b"junk"]:
        gateway.put(layout.head, bad)
        with pytest.raises((VerificationError, EncodingError)):
            engine_of().open("chain")
        with pytest.raises((VerificationError, EncodingError)):
            first.head()
        gateway.put(layout.head, head)
    with engine_of().open("chain") as ledger:
        assert ledger.state("tally").get("total") == 15
    assert user.submit("tally", "add", add(5)).result == 20


def test_a_rewritten_chain_shows(world, engine_of, first, tmp_path):
    """A replica that saw other blocks refuses to go along."""
    with engine_of(replicas=tmp_path).open("chain") as ledger:
        gateway, layout = first._chain.gateway, first._chain.layout
        old = gateway.range(layout.head).pairs[0].value
        world.clients(first)[0].submit("tally", "add", add(5))
        assert ledger.head().header.height == 1
        gateway.delete(layout.block(1))
        gateway.put(layout.head, old)
    first.close()
    with pytest.raises(VerificationError, match="another chain"):
        engine_of(replicas=tmp_path).open("chain")


# --- lost answers ----------------------------------------------------------------------------------------------------


def test_an_append_that_came_through_and_was_built_on(world, first, second):
    """The answer was lost, and before the second attempt another leader has appended its own block."""
    user, operator = world.clients(first)
    transport = first._chain.gateway.transport
    send = transport.call

    def lose(call, question, **options):
        answer = send(call, question, **options)
        if call is TXN and not options["repeatable"]:
            transport.call = send
            asleep(first)
            wait_for(lambda: second.leads)
            second.submit(there)
            raise Ambiguous("lost, as the test wants it")
        return answer

    here, there = user.transaction("tally", "add", add(5)), operator.transaction("tally", "add", add(2))
    transport.call = lose
    receipt = first.submit(here)
    assert (receipt.height, receipt.result) == (1, 5)
    assert second.submit(there).height == 2
    assert first.submit(user.transaction("tally", "add", add(1))).result == 8
    assert verify_ledger(first, world.registry).transactions == 3


class Unsure:
    """Loses the answers of every second transaction that writes, after or before it was carried out."""

    def __init__(self, transport, carried_out):
        self.call_for_real = transport.call
        self.carried_out = carried_out
        self.calls = self.lost = 0

    def call(self, call, question, **options):
        if call is not TXN or not any("request_put" in part for part in question["success"]):
            return self.call_for_real(call, question, **options)
        self.calls += 1
        if self.calls % 2 == 0 and not options["repeatable"]:
            self.lost += 1
            if self.carried_out:
                self.call_for_real(call, question, **options)
            raise Ambiguous("the answer was lost, as the test wants it")
        return self.call_for_real(call, question, **options)


@pytest.mark.parametrize("carried_out", [True, False])
def test_lost_answers_lose_and_double_nothing(world, first, carried_out):
    user = world.clients(first)[0]
    unsure = Unsure(first._chain.gateway.transport, carried_out)
    first._chain.gateway.transport.call = unsure.call
    for number in range(10):
        assert user.submit("tally", "add", add(1)).result == number + 1
    assert unsure.lost >= 4
    assert first.head().header.height == 10
    assert verify_ledger(first, world.registry).transactions == 10


@pytest.mark.parametrize("carried_out", [True, False])
def test_the_write_that_reaches_the_quota(world, first, carried_out):
    """etcd carries it out, and answers it like those that it does not carry out any more."""
    user = world.clients(first)[0]
    transaction = user.transaction("tally", "add", add(5))
    transport = first._chain.gateway.transport
    send = transport.call

    def fail(call, question, **options):
        if call is TXN and not options["repeatable"]:
            if carried_out:
                send(call, question, **options)
            raise QuotaReached("etcdserver: mvcc: database space exceeded")
        return send(call, question, **options)

    transport.call = fail
    if carried_out:
        assert first.submit(transaction).height == 1
    else:
        with pytest.raises(QuotaReached):
            first.submit(transaction)
    transport.call = send
    assert first.submit(transaction).height == 1
    assert user.submit("tally", "add", add(1)).height == 2


@pytest.mark.parametrize("late", [True, False])
def test_an_answer_that_never_came(world, engine_of, late):
    """The caller is told, and sends again; meanwhile the block may have come to be."""
    with engine_of(patience=0.0).create("chain", world.genesis, world.key) as ledger:
        user = world.clients(ledger)[0]
        transport = ledger._chain.gateway.transport
        send = transport.call
        held = []

        def lose(call, question, **options):
            if call is TXN and not options["repeatable"]:
                held.append((call, question, options | {"meanwhile": None}))
                raise Ambiguous("lost, as the test wants it")
            return send(call, question, **options)

        transaction = user.transaction("tally", "add", add(5))
        transport.call = lose
        with pytest.raises(Ambiguous):
            ledger.submit(transaction)
        transport.call = send
        if late:
            call, question, options = held[0]
            send(call, question, **options)
        receipt = ledger.submit(transaction)
        assert (receipt.height, receipt.result) == (1, 5)
        assert user.submit("tally", "add", add(1)).result == 6
        if not late:  # it comes after all, when nobody wants it any more
            call, question, options = held[0]
            assert not send(call, question, **options)["succeeded"]
        assert verify_ledger(ledger, world.registry).transactions == 2
