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
from assay.ledger import Client, verify_ledger

WRITER = """
import sys, threading
from pathlib import Path
from assay.identity import Credentials, SealingKey
from assay.ledger import Client, ContractRegistry, EmbeddedLedger
from support.ledgers import Tally, add

folder = Path(sys.argv[1])
ledger = EmbeddedLedger(
    folder / "chain.ledger", SealingKey.load(folder / "seal.pem"), registry=ContractRegistry([Tally()]),
    clock=lambda: int(sys.argv[2]),
)
lock = threading.Lock()

def write(name):
    client = Client(ledger, Credentials.load(folder / name))
    while True:
        receipt = client.submit("tally", "add", add(1))
        with lock:
            sys.stdout.write(f"{receipt.sender} {receipt.counter} {receipt.height} {receipt.position}\\n")
            sys.stdout.flush()

for name in sys.argv[3:]:
    threading.Thread(target=write, args=[name]).start()
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
    world.embedded(path).close()

    acknowledged: list[tuple[int, int, int, int]] = []
    for _ in range(2):  # killed, opened again, killed again
        acknowledged += run_and_kill(tmp_path, world.clock(), [str(i) for i in range(3)], lines)
        with world.reopen(path) as ledger:
            blocks = list(ledger.blocks())
            for sender, counter, height, position in acknowledged:
                transaction = blocks[height].entries[position].transaction
                assert (transaction.sender, transaction.counter) == (sender, counter)
            ids = [(e.transaction.sender, e.transaction.counter) for block in blocks for e in block.entries]
            assert len(set(ids)) == len(ids) == ledger.state("tally").get("total")
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
