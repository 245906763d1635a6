"""The operator: batches, receipts, settling, dropping, configurations. Proofs are stood in for."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from support.rollup_parties import Parties

from assay.core.errors import InvalidInput, LedgerError, RevokedError, StateError
from assay.rollup.accounts import empty_tree
from assay.rollup.batch import Submission
from assay.rollup.transaction import Kind, transaction_id


def test_a_full_batch_is_sealed_and_a_receipt_names_the_place(parties: Parties) -> None:
    ada = parties.user("ada")
    assert parties.operator.waiting == 0
    bob = parties.user("bob")
    assert parties.operator.waiting == 1
    receipts = [parties.operator.submit(parties.signed_query(user, 7)) for user in (ada, bob)]
    assert [(r.batch, r.position) for r in receipts] == [(2, 0), (2, 1)]
    assert [(r.index, r.nonce) for r in receipts] == [(ada.index, 1), (bob.index, 1)]
    for receipt in receipts:
        receipt.verify(parties.operator_credentials.key.public, parties.rollup)
        assert receipt.leaf == parties.operator.leaf(receipt.index)
    parties.settle()
    assert parties.head == [2, parties.operator.root]


def test_the_timer_seals_a_short_batch_with_pads(parties: Parties) -> None:
    assert parties.operator.tick() is None
    parties.user("ada")
    parties.seconds.now = 59.9
    assert parties.operator.tick() is None
    parties.seconds.now = 60.0
    batch = parties.operator.tick()
    assert batch is not None
    assert [step.kind for step in batch.steps] == [Kind.REGISTER, Kind.PAD]
    assert parties.operator.tick() is None
    assert parties.operator.seal() is None
    parties.user("bob")
    parties.seconds.now = 100.0  # the clock of the second batch began at 60
    assert parties.operator.tick() is None
    parties.settle()
    assert parties.head[0] == 1


def test_settling_without_a_batch_is_nothing(parties: Parties) -> None:
    assert parties.operator.settle() is None


def test_a_refused_batch_stays_and_can_be_settled_later(parties: Parties) -> None:
    parties.user("ada")
    parties.user("bob")
    send = parties.operator._send

    def refuse(submission: Submission) -> None:
        raise LedgerError("not now")

    parties.operator._send = refuse
    with parties.refused(LedgerError, "not now"):
        parties.operator.settle()
    parties.operator._send = send
    settlement = parties.operator.settle()
    assert settlement is not None
    assert (settlement.batch.number, parties.head[0], parties.operator.waiting) == (1, 1, 0)


def test_an_answer_lost_after_the_ledger_accepted_is_no_refusal(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept_and_fail(submission: Submission) -> None:
        parties.send(submission)
        raise LedgerError("the connection broke")

    parties.user("ada")
    parties.user("bob")
    monkeypatch.setattr(parties.operator, "_send", accept_and_fail)
    with pytest.raises(LedgerError, match="connection broke"):
        parties.operator.settle()  # nobody to ask: it counts as a refusal
    monkeypatch.setattr(parties.operator, "_head", lambda: tuple(parties.head))
    monkeypatch.setattr(parties.operator, "_send", lambda _: (_ for _ in ()).throw(LedgerError("refused again")))
    settlement = parties.operator.settle()
    assert settlement is not None
    assert parties.head == [settlement.batch.number, settlement.batch.steps[-1].new_root]
    assert parties.operator.waiting == 0


def test_the_ledger_s_tree_is_the_operator_s(parties: Parties) -> None:
    users = [parties.user(name) for name in ("ada", "bob", "cem")]
    for user in users:
        for label in (7, 3):
            parties.query(user, label)
    parties.flush()
    tree = empty_tree()
    assert parties.submissions[0].public_inputs[3] == tree.root
    for number, submission in enumerate(parties.submissions, start=1):
        assert submission.public_inputs[2:4] == (number, tree.root)
        for index, leaf in submission.differences:
            tree.update(index, leaf)
        assert submission.public_inputs[4] == tree.root
    assert parties.head == [len(parties.submissions), tree.root]
    assert tree.root == parties.operator.root


def test_drop_takes_out_one_account_and_audits_the_rest_again(parties: Parties) -> None:
    ada, bob, cem = (parties.user(name) for name in ("ada", "bob", "cem"))
    parties.flush()
    before = parties.operator.leaf(bob.index)
    queries = [parties.signed_query(user, 7) for user in (ada, bob, cem)]
    for query in queries:
        parties.operator.submit(query)
    parties.operator.submit(parties.signed_query_after(bob, 3))
    assert (parties.operator.waiting, parties.operator._next) == (2, 5)
    dropped = parties.operator.drop([bob.index])
    assert [transaction.index for transaction in dropped] == [bob.index] * 2
    assert dropped[0] == queries[1]
    assert (parties.operator.waiting, parties.operator._next) == (1, 4)
    assert parties.operator.leaf(bob.index) == before
    assert parties.operator.account(ada.index).nonce == parties.operator.account(cem.index).nonce == 1
    parties.flush()
    assert parties.head == [3, parties.operator.root]


def test_drop_of_a_registration_takes_what_stands_on_it(parties: Parties) -> None:
    ada = parties.user("ada")
    root = empty_tree().root
    parties.operator.submit(parties.signed_query(ada, 7))
    dropped = parties.operator.drop([ada.index])
    assert [t.kind for t in dropped] == [Kind.REGISTER, Kind.QUERY]
    assert parties.operator.root == root
    assert parties.operator.drop([ada.index]) == []
    parties.register(parties.certified("eve"))


def test_drop_without_unsettled_transactions_changes_nothing(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.flush()
    before = parties.snapshot()
    assert parties.operator.drop([ada.index, 12345]) == []
    assert parties.snapshot() == before
    assert parties.operator._next == 2


def test_drop_keeps_pads_out_and_batches_full(parties: Parties) -> None:
    ada, bob = parties.user("ada"), parties.user("bob")
    parties.flush()
    for user in (ada, bob, ada):
        parties.operator.submit(parties.signed_query_after(user, 7))
        parties.operator.seal()
    assert (parties.operator.waiting, parties.operator._next) == (3, 5)
    assert len(parties.operator.drop([bob.index])) == 1
    assert (parties.operator.waiting, parties.operator._next) == (1, 3)
    parties.settle()
    assert parties.head == [2, parties.operator.root]


def next_config(parties: Parties, **changes: object):
    config = parties.operator.config
    return replace(config, epoch=config.epoch + 1, **{"model_digest": bytes(32), **changes})


def reconfigure(parties: Parties, **changes: object) -> int:
    config = next_config(parties, **changes)
    first = parties.operator.reconfigure(config)
    parties.configure(config, first)
    parties.service.reconfigure(config, lambda given: int(given[0]))
    return first


def test_a_configuration_holds_from_the_batch_that_was_named(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.query(ada, 7)
    old = parties.operator.config
    parties.query(ada, 7)
    assert reconfigure(parties) == 3
    parties.query(ada, 7)
    parties.flush()
    configs = [submission.public_inputs[6] for submission in parties.submissions]
    assert configs == [old.digest(), old.digest(), parties.operator.config.digest()]
    assert parties.head[0] == 3


def test_two_configurations_in_a_row_each_have_a_batch(parties: Parties) -> None:
    assert [reconfigure(parties) for _ in range(3)] == [2, 3, 4]
    ada = parties.user("ada")
    assert parties.query(ada, 7) == 7
    parties.flush()
    assert parties.head == [4, parties.operator.root]


def test_an_epoch_is_not_skipped(parties: Parties) -> None:
    config = replace(parties.operator.config, epoch=2)
    with parties.refused(StateError, "epoch 2 does not follow 0"):
        parties.operator.reconfigure(config)


def test_drop_lets_a_configuration_begin_where_it_was_announced(parties: Parties) -> None:
    ada, bob = parties.user("ada"), parties.user("bob")
    parties.flush()
    for user in (ada, bob, bob):
        parties.operator.submit(parties.signed_query_after(user, 7))
        parties.operator.seal()
    assert reconfigure(parties) == 5
    for user in (bob, ada):
        parties.operator.submit(parties.signed_query_after(user, 7))
    assert parties.operator.waiting == 4
    assert len(parties.operator.drop([bob.index])) == 3
    parties.flush()
    assert parties.head == [5, parties.operator.root]
    kinds = [[index for index, _ in submission.differences] for submission in parties.submissions[1:]]
    pad = 65_535
    assert kinds == [[ada.index, pad], [pad, pad], [pad, pad], [ada.index, pad]]
    bob.client.synchronise(parties.operator.account(bob.index))
    assert parties.query(bob, 7) == 7
    parties.flush()
    assert parties.head == [6, parties.operator.root]


def test_drop_before_anything_came_under_the_new_configuration(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.operator.seal()
    parties.operator.submit(parties.signed_query(ada, 7))
    assert reconfigure(parties) == 3
    assert len(parties.operator.drop([ada.index])) == 2
    assert parties.operator._next == 3
    parties.settle()
    parties.user("bob")
    parties.flush()
    assert parties.head == [3, parties.operator.root]


def test_a_batch_refused_for_a_revoked_account_is_dropped_and_the_rest_lands(parties: Parties) -> None:
    ada, bob = parties.user("ada"), parties.user("bob")
    parties.settle()
    for user in (ada, bob):
        parties.query(user, 7)
    parties.revoke(ada)
    with parties.refused(RevokedError, f"account {ada.index} is revoked or expired"):
        parties.operator.settle()
    assert len(parties.operator.drop([ada.index])) == 1
    parties.flush()
    assert parties.head == [2, parties.operator.root]
    assert parties.operator.account(bob.index).nonce == 1
    assert parties.operator.account(ada.index).nonce == 0


def test_a_transaction_id_names_the_transaction_in_the_receipt(parties: Parties) -> None:
    ada = parties.user("ada")
    query = parties.signed_query(ada, 7)
    receipt = parties.operator.submit(query)
    assert receipt.transaction == transaction_id(query)
    assert transaction_id(replace(query, nonce=2)) != receipt.transaction


def test_no_operator_without_a_batch_size(parties: Parties) -> None:
    with pytest.raises(InvalidInput, match="batch_size is 0"):
        parties.new_operator(0)


def test_submit_goes_on_while_a_batch_is_proved(parties: Parties) -> None:
    ada, _ = parties.user("ada"), parties.user("bob")
    proving, go_on = threading.Event(), threading.Event()
    prove = parties.operator._prove

    def slow(batch):
        proving.set()
        assert go_on.wait(300)
        return prove(batch)

    parties.operator._prove = slow
    worker = threading.Thread(target=parties.operator.settle)
    worker.start()
    assert proving.wait(300)
    parties.query(ada, 7)
    assert (parties.operator.waiting, parties.head[0]) == (1, 0)
    go_on.set()
    worker.join(300)
    parties.flush()
    assert parties.head == [2, parties.operator.root]
