"""A load of clients on a ledger that is being disturbed, and the account that is taken afterwards."""

import itertools
import json
import threading
import time

from assay.core.errors import SystemFailure
from assay.ledger import QueueFull, Transaction, verify_ledger
from assay.ledger.transactions import UNAUTHENTICATED


class Load:
    """Clients in closed loops, each a thread with a sender of its own; each sends again what was not acknowledged.

    `acknowledged` holds (time, sender, counter, height, position) in the order in which the receipts came.
    """

    def __init__(self, *ledgers, clients=3, pause=0.0):
        self.acknowledged = []
        self.failures = []
        self.sent_again = 0
        self._pause = pause  # seconds between an acknowledgement and the next transaction
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=[ledgers[i % len(ledgers)], UNAUTHENTICATED + i], daemon=True)
            for i in range(clients)
        ]

    def _run(self, ledger, sender):
        try:
            counter = ledger.next_counter(sender)
            while not self._stop.is_set():
                transaction = Transaction.record(ledger.chain_id, sender, counter, b"%d of %d" % (counter, sender))
                try:
                    receipt = ledger.submit(transaction)
                except (SystemFailure, QueueFull):
                    self.sent_again += 1
                    time.sleep(0.05)
                    continue
                self.acknowledged.append((time.monotonic(), sender, counter, receipt.height, receipt.position))
                counter += 1
                time.sleep(self._pause)
        except BaseException as failure:
            self.failures.append(failure)
            raise

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(300)
        assert not any(thread.is_alive() for thread in self._threads)

    def wait(self, count, seconds=300):
        """Wait until `count` more transactions are acknowledged."""
        goal, deadline = len(self.acknowledged) + count, time.monotonic() + seconds
        while len(self.acknowledged) < goal:
            assert self.failures == []
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} of {goal} after {seconds} s"
            time.sleep(0.005)


def account(ledger, world, acknowledged):
    """Nothing that was acknowledged is lost, nothing is there twice, and each sender's order is kept."""
    placed, order = {}, {}
    for block in ledger.blocks():
        for position, entry in enumerate(block.entries):
            transaction = entry.transaction
            id = (transaction.sender, transaction.counter)
            assert id not in placed, f"{id} is on the chain twice"
            placed[id] = (block.header.height, position)
            assert transaction.counter == order.get(transaction.sender, 0) + 1
            order[transaction.sender] = transaction.counter
    for _, sender, counter, height, position in acknowledged:
        assert placed.get((sender, counter)) == (height, position), f"{(sender, counter)} was acknowledged"
    latest = {}
    for _, sender, counter, *_ in acknowledged:
        latest[sender] = max(latest.get(sender, 0), counter)
    assert all(order[sender] <= latest.get(sender, 0) + 1 for sender in order), "more than the one in flight"
    assert verify_ledger(ledger, world.registry).transactions == len(placed)


def outage(acknowledged):
    """The longest time (s) between two acknowledgements."""
    times = sorted(moment for moment, *_ in acknowledged)
    return max((after - before for before, after in itertools.pairwise(times)), default=0.0)


def report(record_property, case, acknowledged, **facts):
    """Record and print one line of JSON: how many were acknowledged, and the longest outage."""
    facts = {"case": case, "acknowledged": len(acknowledged), "outage_s": round(outage(acknowledged), 3)} | facts
    for name, value in facts.items():
        record_property(name, value)
    print(json.dumps(facts))
