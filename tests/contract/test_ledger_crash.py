"""kill -9 in the middle of writing: every acknowledged transaction is on the chain, once, and the chain goes on.

The writer prints each receipt after `submit` returned; whatever it printed is acknowledged. It is killed after a number
of lines, while its other threads are in mid-append.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.identities import enrol
from support.ledgers import World, add
from support.rounds import repeated

from assay.identity import Role
from assay.ledger import UNAUTHENTICATED, Client, verify_ledger

WRITER = """
import sys, threading
from pathlib import Path
from assay.identity import Credentials, SealingKey
from assay.ledger import UNAUTHENTICATED, Client, ContractRegistry, EmbeddedLedger, Transaction
from support.ledgers import Tally, add

folder = Path(sys.argv[1])
ledger = EmbeddedLedger(
    folder / "chain.ledger", SealingKey.load(folder / "seal.pem"), registry=ContractRegistry([Tally()]),
    clock=lambda: int(sys.argv[2]),
)
lock = threading.Lock()

def tell(receipt):
    with lock:
        sys.stdout.write(f"{receipt.sender} {receipt.counter} {receipt.height} {receipt.position}\\n")
        sys.stdout.flush()

def call(name):
    client = Client(ledger, Credentials.load(folder / name))
    while True:
        tell(client.submit("tally", "add", add(1)))

def record(sender):
    counter = ledger.next_counter(sender)
    while True:
        tell(ledger.submit(Transaction.record(ledger.chain_id, sender, counter, bytes(32))))
        counter += 1

def go_on(future):
    receipt = future.result()
    tell(receipt)
    later(receipt.sender, receipt.counter + 1)

def later(sender, counter):
    ledger.submit_later(Transaction.record(ledger.chain_id, sender, counter, bytes(32))).add_done_callback(go_on)

for name in sys.argv[3:]:
    threading.Thread(target=call, args=[name]).start()
for sender in range(UNAUTHENTICATED, UNAUTHENTICATED + 2):
    threading.Thread(target=record, args=[sender]).start()
for sender in range(UNAUTHENTICATED + 2, UNAUTHENTICATED + 4):
    later(sender, ledger.next_counter(sender))
"""


@pytest.fixture
def world():
    return World()


@repeated
@pytest.mark.parametrize("lines", [1, 7, 40, 150])
def test_no_acknowledged_transaction_is_lost(world, tmp_path, lines, attempt):
    people = [enrol(world.authority, f"writer {i}", Role.USER) for i in range(3)]
    for i, person in enumerate(people):
        person.save(tmp_path / str(i))
    world.key.save(tmp_path / "seal.pem")
    path = tmp_path / "chain.ledger"
    world.embedded(path, world.open_genesis).close()

    acknowledged: list[tuple[int, int, int, int]] = []
    for _ in range(2):  # killed, opened again, killed again
        acknowledged += run_and_kill(tmp_path, world.clock(), [str(i) for i in range(3)], lines)
        with world.reopen(path) as ledger:
            blocks = list(ledger.blocks())
            for sender, counter, height, position in acknowledged:
                transaction = blocks[height].entries[position].transaction
                assert (transaction.sender, transaction.counter) == (sender, counter)
            ids = [(e.transaction.sender, e.transaction.counter) for block in blocks for e in block.entries]
            calls = sum(sender < UNAUTHENTICATED for sender, _ in ids)
            assert calls == ledger.state("tally").get("total")
            assert len(set(ids)) == len(ids)
            for sender, last in ledger.client_items():  # none is missing between the first and the last
                assert {counter for who, counter in ids if who == sender} == set(range(1, last.counter + 1))
            assert verify_ledger(ledger, world.registry).transactions == len(ids)
    with world.reopen(path) as ledger:
        last = ledger.last_receipt(people[0].certificate.index)
        assert Client(ledger, people[0]).submit("tally", "add", add(1)).counter == (last.counter if last else 0) + 1


def run_and_kill(folder, now, names, lines):
    """Start the writer, kill it after `lines` receipts; returns all that it printed in whole lines."""
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), *filter(None, sys.path)])}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(now), *names],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    assert process.wait() == -signal.SIGKILL
    printed += rest.splitlines(keepends=True)
    return [tuple(map(int, line.split())) for line in printed if line.endswith("\n")]
