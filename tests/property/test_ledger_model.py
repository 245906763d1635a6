"""The embedded ledger beside a model of a few lines: any mix of good, bad and repeated transactions, and reopening."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.ledgers import World, add

from assay.core.errors import AssayError
from assay.identity import SigningKey
from assay.ledger import Client, verify_ledger

WORLD = World()
FORGER = SigningKey.generate()


class LedgerModel(RuleBasedStateMachine):
    """The model: two totals, a counter for each sender, and the number of blocks and transactions."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "chain.ledger"
        self.ledger = WORLD.embedded(self.path)
        self.totals = {"tally": 0, "other": 0}
        self.counters = {0: 0, 1: 0}
        self.height = self.transactions = 0
        self.last = {}

    def teardown(self):
        assert verify_ledger(self.ledger, WORLD.registry).transactions == self.transactions
        self.ledger.close()
        self.folder.cleanup()

    def client(self, sender):
        return Client(self.ledger, (WORLD.user, WORLD.operator)[sender])

    def accepted(self, sender, transaction, contract, amount):
        self.totals[contract] += amount
        self.counters[sender] += 1
        self.transactions += 1
        self.last[sender] = transaction

    @rule(sender=st.sampled_from([0, 1]), contract=st.sampled_from(["tally", "other"]), amount=st.integers(1, 9))
    def good(self, sender, contract, amount):
        transaction = self.client(sender).transaction(contract, "add", add(amount))
        self.accepted(sender, transaction, contract, amount)
        self.height += 1
        receipt = self.ledger.submit(transaction)
        assert (receipt.counter, receipt.height) == (self.counters[sender], self.height)
        assert receipt.result == self.totals[contract]

    @rule(amounts=st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(-2, 5)), max_size=6))
    def many(self, amounts):
        """Several in one go, those with an amount below 1 refused; counters as if all of a sender's were good."""
        batch, due = [], dict(self.counters)
        for sender, amount in amounts:
            good = amount > 0
            counter = due[sender] + 1
            transaction = self.client(sender).transaction("tally", "add", add(amount), counter=counter)
            batch.append((sender, amount, good, transaction))
            due[sender] += good
        outcomes = self.ledger.submit_many([transaction for *_, transaction in batch])
        for (sender, amount, good, transaction), outcome in zip(batch, outcomes, strict=True):
            assert isinstance(outcome, AssayError) != good
            if good:
                self.accepted(sender, transaction, "tally", amount)
        self.height += any(good for _, _, good, _ in batch)

    @rule(sender=st.sampled_from([0, 1]))
    def again(self, sender):
        if sender in self.last:
            assert self.ledger.submit(self.last[sender]) == self.ledger.last_receipt(sender)

    @rule(
        sender=st.sampled_from([0, 1]),
        change=st.sampled_from(["counter", "forged", "chain", "contract", "method", "payload", "fail", "refuse"]),
    )
    def bad(self, sender, change):
        client = self.client(sender)
        good = client.transaction("tally", "add", add(1))
        key = client.credentials.key
        bad = {
            "counter": replace(good, counter=good.counter + 1).signed(key),
            "forged": good.signed(FORGER),
            "chain": replace(good, chain_id=bytes(32)).signed(key),
            "contract": replace(good, contract="x").signed(key),
            "method": replace(good, method="x").signed(key),
            "payload": replace(good, payload=add(2)),
            "fail": replace(good, method="write_then_fail").signed(key),
            "refuse": replace(good, method="write_then_refuse").signed(key),
        }[change]
        (outcome,) = self.ledger.submit_many([bad])
        assert isinstance(outcome, AssayError)

    @rule()
    def reopen(self):
        self.ledger.close()
        self.ledger = WORLD.reopen(self.path)

    @invariant()
    def as_the_model_says(self):
        assert {name: self.ledger.state(name).get("total") for name in self.totals} == self.totals
        assert {sender: self.ledger.next_counter(sender) - 1 for sender in (0, 1)} == self.counters
        assert self.ledger.head().header.height == self.height


TestLedgerModel = LedgerModel.TestCase
TestLedgerModel.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
