"""Faults under load: of etcd's nodes, of the network, of our leading process, and of the space quota.

After each: no acknowledged transaction is lost, none is there twice, each sender's order is kept, the chain verifies.
The longest time without an acknowledgement is printed (`pytest -s`) and recorded (`--junitxml`).

Each case runs once; ASSAY_CRASH_REPEATS=20 repeats it (`make crash`).
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.etcd import running
from support.ledgers import World
from support.load import Load, account, report
from support.rounds import repeated

from assay.core.errors import SystemFailure
from assay.ledger import Transaction
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.etcd.errors import QuotaReached
from assay.ledger.etcd.gateway import Gateway
from assay.ledger.etcd.maintenance import recover
from assay.ledger.etcd.url import Endpoint
from assay.ledger.transactions import UNAUTHENTICATED

BEFORE, AFTER = 40, 60  # acknowledgements before and after the fault


@pytest.fixture
def world():
    return World()


@pytest.fixture
def dice(request):
    """When and whom it hits differs from round to round."""
    return random.Random(request.node.name)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One cluster for all cases: whatever was done to it, it must work again afterwards."""
    with running(tmp_path_factory.mktemp("faults") / "cluster", proxied=True) as cluster:
        yield cluster


@pytest.fixture
def engine_of(world, cluster, request):
    """`engine_of(...)`: an engine of its own, on a prefix of this test, through the clients' proxies if wanted."""
    prefix = f"/{abs(hash(request.node.name))}/"
    engines = []

    def make(*, proxied=False, order=(0, 1, 2), **options):
        ports = cluster.network.clients if proxied else [node.client for node in cluster.nodes]
        address = replace(
            cluster.address, endpoints=tuple(Endpoint("127.0.0.1", ports[i]) for i in order), prefix=prefix
        )
        engines.append(EtcdEngine(address, registry=world.registry, clock=world.clock, timeout=1.0, **options))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@repeated
def test_kill_the_leading_node(world, cluster, engine_of, dice, record_property, attempt):
    with engine_of().create("chain", world.open_genesis, world.key) as ledger:
        with Load(ledger) as load:
            load.wait(BEFORE + dice.randrange(20))
            victim = cluster.leader()
            cluster.kill(victim)
            load.wait(AFTER)
            cluster.start_node(victim, tied=True)
            load.wait(AFTER)
        cluster.wait(120)
        account(ledger, world, load.acknowledged)
        report(record_property, "leading node killed", load.acknowledged, sent_again=load.sent_again)


@repeated
def test_kill_all_nodes_at_once(world, cluster, engine_of, dice, record_property, attempt):
    with engine_of().create("chain", world.open_genesis, world.key) as ledger:
        with Load(ledger) as load:
            load.wait(BEFORE + dice.randrange(20))
            for node in cluster.nodes:
                os.kill(node.pid, signal.SIGKILL)
            for number in range(3):
                cluster.kill(number)
            time.sleep(dice.random() / 2)
            cluster.start(tied=True, wait=0)
            load.wait(AFTER)
        cluster.wait(120)
        account(ledger, world, load.acknowledged)
        report(record_property, "all nodes killed", load.acknowledged, sent_again=load.sent_again)


@repeated
def test_cut_off_the_leading_node(world, cluster, engine_of, record_property, attempt):
    """The others elect a new one; clients that still reach the old one must not get an answer from it."""
    victim = cluster.leader()
    order = [victim, *(number for number in range(3) if number != victim)]
    try:
        with engine_of(order=order).create("chain", world.open_genesis, world.key) as ledger:
            with Load(ledger) as load:
                load.wait(BEFORE)
                cluster.network.isolate(victim)
                load.wait(AFTER)
                cluster.network.heal()
                load.wait(AFTER)
            account(ledger, world, load.acknowledged)
            report(record_property, "leading node cut off", load.acknowledged, sent_again=load.sent_again)
    finally:
        cluster.network.heal()
        cluster.wait(120)


@repeated
def test_cut_off_the_client(world, cluster, engine_of, dice, record_property, attempt):
    """First from the node it talks to, then for a while from all."""
    try:
        with engine_of(proxied=True).create("chain", world.open_genesis, world.key) as ledger:
            with Load(ledger) as load:
                load.wait(BEFORE)
                cluster.network.cut_clients(ledger._chain.gateway.transport.preferred)
                load.wait(AFTER)
                cluster.network.cut_clients(0, 1, 2)
                time.sleep(0.5 + dice.random())
                cluster.network.heal()
                load.wait(AFTER)
            account(ledger, world, load.acknowledged)
            report(record_property, "client cut off", load.acknowledged, sent_again=load.sent_again)
    finally:
        cluster.network.heal()


# --- our own leading process -----------------------------------------------------------------------------------------

LEADER = """
import os, sys
from assay.identity import SealingKey
from assay.ledger import ContractRegistry
from assay.ledger.etcd.engine import EtcdEngine
from support.ledgers import Tally
from support.load import Load

url, key, clock = sys.argv[1:]
engine = EtcdEngine(url, registry=ContractRegistry([Tally()]), clock=lambda: int(clock))
ledger = engine.open("chain", SealingKey.load(key))
assert ledger.leads
load = Load(ledger, clients=3, pause=0.02)

class Told(list):
    def append(self, item):
        sys.stdout.write(" ".join(map(str, item)) + "\\n")
        sys.stdout.flush()

load.acknowledged = Told()
load.__enter__()
sys.stdin.read()  # until the test ends, however it does
os._exit(0)
"""


@repeated
def test_kill_the_leading_process(world, engine_of, dice, tmp_path, record_property, attempt):
    """Another takes over, in mid-append or wherever it was; what the others handed to the dead leader is not lost."""
    world.key.save(tmp_path / "seal.pem")
    engine = engine_of()
    engine.create("chain", world.open_genesis, world.key).close()
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-c", LEADER, str(engine.address), str(tmp_path / "seal.pem"), str(world.clock())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    printed = [process.stdout.readline()]  # it leads
    reading = threading.Thread(target=lambda: printed.extend(process.stdout), daemon=True)
    reading.start()
    with engine.open("chain", world.key) as ledger, engine_of().open("chain", forwarding=True) as other:
        load = Load(ledger, other, clients=4)
        for number, thread in enumerate(load._threads):
            thread._args = (thread._args[0], UNAUTHENTICATED + 100 + number)
        with load:
            load.wait(BEFORE)
            assert not ledger.leads
            time.sleep(dice.random() / 10)
            process.kill()
            process.wait()
            reading.join()
            process.stdin.close()
            load.wait(AFTER)
        assert ledger.leads
        theirs = [tuple(map(float, line.split())) for line in printed if line.endswith("\n")]
        assert len(theirs) > 1
        everything = load.acknowledged + [(when, *map(int, rest)) for when, *rest in theirs]
        account(other, world, everything)
        report(record_property, "leading process killed", load.acknowledged, theirs=len(theirs))


# --- the quota -------------------------------------------------------------------------------------------------------


@repeated
def test_the_quota_is_reached(world, tmp_path, record_property, attempt):
    """Writes are refused clearly, reads go on, and compacting, defragmenting and disarming brings it all back."""
    options = ["--quota-backend-bytes", str(16 << 20)]
    with (
        running(tmp_path / "cluster", options=options) as cluster,
        EtcdEngine(cluster.url(), registry=world.registry, clock=world.clock) as engine,
        engine.create("chain", world.open_genesis, world.key) as ledger,
        engine.open("chain", forwarding=True) as other,
    ):
        gateway = Gateway(cluster.address)
        acknowledged = []

        def send(counter, size):
            receipt = ledger.submit(Transaction.record(ledger.chain_id, UNAUTHENTICATED, counter, bytes(size)))
            acknowledged.append((time.monotonic(), UNAUTHENTICATED, counter, receipt.height, receipt.position))

        def fill():
            for counter in range(1, 200):
                gateway.put(b"elsewhere", os.urandom(200 << 10))  # overwritten again and again: what compaction frees
                send(counter, 10_000)

        with pytest.raises(QuotaReached, match="assay ledger cluster recover"):
            fill()
        counter = len(acknowledged) + 1
        assert gateway.alarms()
        with pytest.raises(QuotaReached):
            send(counter, 10)
        with pytest.raises(SystemFailure):
            other.submit(Transaction.record(ledger.chain_id, UNAUTHENTICATED + 1, 1, b"x"))
        assert ledger.head().header.height == other.head().header.height == counter - 1
        with engine.open("chain") as reader:
            account(reader, world, acknowledged)

        began = time.monotonic()
        recovered = recover(gateway)
        seconds = time.monotonic() - began
        gateway.close()
        assert all(after < before for before, after in zip(recovered.before, recovered.after, strict=True))
        send(counter, 10)
        assert other.submit(Transaction.record(ledger.chain_id, UNAUTHENTICATED + 1, 1, b"x")).height == counter + 1
        account(ledger, world, [*acknowledged])
        report(record_property, "quota reached", acknowledged, recovery_s=round(seconds, 3))
