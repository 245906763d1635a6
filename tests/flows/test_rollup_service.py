"""The recognition service: order, window, journal, release."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.rollup_parties import LABEL, Parties, User, sample, use_stand_in

from assay.core.errors import InvalidInput, LimitError, NotFound, SignatureError, StateError, SystemFailure
from assay.crypto import eddsa
from assay.rollup.account import answer_commitment
from assay.rollup.client import input_digest
from assay.rollup.service import Answer, RecognitionService
from assay.rollup.transaction import transaction_id


@pytest.fixture
def parties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parties]:
    use_stand_in(monkeypatch)
    made = Parties(tmp_path, window=3, journal=tmp_path / "answers.db")
    yield made
    made.close()


@pytest.fixture
def ada(parties: Parties) -> User:
    return parties.user("ada")


def ask(service: RecognitionService, user: User, nonce: int, label: int = LABEL, variant: int = 0) -> Answer:
    given = sample(label, variant)
    return service.answer(user.index, user.account.public_key, nonce, given, input_digest(given))


def test_one_commitment_for_each_nonce(parties: Parties, ada: User) -> None:
    first = ask(parties.service, ada, 1)
    again = ask(parties.service, ada, 1)
    assert again.commitment == first.commitment
    opening = parties.service.opening_for_operator(ada.index, 1)
    assert first.commitment == answer_commitment(LABEL, opening.rho, ada.account.public_key, 1)
    with parties.refused(StateError, "nonce 1 was answered for another input"):
        ask(parties.service, ada, 1, label=3)
    assert ask(parties.service, ada, 2).commitment != first.commitment


def test_the_same_input_for_another_nonce_is_hidden_afresh(parties: Parties, ada: User) -> None:
    ask(parties.service, ada, 1)
    ask(parties.service, ada, 2)
    openings = [parties.service.opening_for_operator(ada.index, nonce) for nonce in (1, 2)]
    assert openings[0].label == openings[1].label
    assert openings[0].rho != openings[1].rho


@pytest.mark.parametrize("nonce", [0, 2, 3, 65_535, 65_536])
def test_nonces_in_order(parties: Parties, ada: User, nonce: int) -> None:
    with parties.refused(StateError, f"nonce 1 next, not {nonce}"):
        ask(parties.service, ada, nonce)


def test_the_window_moves_with_the_proofs(parties: Parties, ada: User) -> None:
    for nonce in (1, 2, 3):
        ask(parties.service, ada, nonce)
    with parties.refused(LimitError, "4 queries ahead of what is proved; at most 3"):
        ask(parties.service, ada, 4)
    parties.service.proved(ada.index, 1)
    ask(parties.service, ada, 4)
    with parties.refused(LimitError, "ahead"):
        ask(parties.service, ada, 5)
    parties.service.proved(ada.index, 3)
    parties.service.proved(ada.index, 2)  # late news does not move it back
    ask(parties.service, ada, 5)
    ask(parties.service, ada, 6)
    bob = parties.user("bob")
    ask(parties.service, bob, 1)


def test_a_window_is_at_least_one(parties: Parties) -> None:
    with pytest.raises(InvalidInput, match="window is 0"):
        parties.new_service(window=0, journal=None)


def test_a_full_account_gets_no_answer(parties: Parties, ada: User) -> None:
    parties.service.proved(ada.index, 65_534)
    ask(parties.service, ada, 65_535)
    with parties.refused(StateError, "not 65536"):
        ask(parties.service, ada, 65_536)


def test_a_restart_gives_no_second_commitment(parties: Parties, ada: User, tmp_path: Path) -> None:
    journal = tmp_path / "answers.db"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    answers = [ask(parties.service, ada, nonce) for nonce in (1, 2, 3)]
    parties.service.proved(ada.index, 2)
    parties.service.close()
    parties.service = parties.new_service(window=3, journal=journal)
    for nonce, answer in enumerate(answers, start=1):
        assert ask(parties.service, ada, nonce).commitment == answer.commitment
        with parties.refused(StateError, "another input"):
            ask(parties.service, ada, nonce, label=3)
    for nonce in (4, 5):  # the window did not forget what is proved
        ask(parties.service, ada, nonce)
    with parties.refused(LimitError, "ahead"):
        ask(parties.service, ada, 6)


def test_an_answer_is_in_the_journal_before_it_is_signed(
    parties: Parties, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []

    class Key:
        public_key = parties.service_key.public_key

        def sign(self, message: int) -> eddsa.Signature:
            kept.append(parties.service._journal.execute("SELECT account, nonce FROM answer").fetchall())
            assert not parties.service._journal.in_transaction
            return parties.service_key.sign(message)

    parties.service._key = Key()  # type: ignore[assignment]
    ask(parties.service, ada, 1)
    assert kept == [[(ada.index, 1)]]


def test_a_journal_that_cannot_be_opened(parties: Parties, tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="cannot be opened"):
        parties.new_service(window=1, journal=tmp_path / "no" / "such" / "folder.db")
    (tmp_path / "noise.db").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(SystemFailure, match="journal"):
        parties.new_service(window=1, journal=tmp_path / "noise.db")


def test_the_label_waits_for_exactly_the_right_receipt(parties: Parties, ada: User) -> None:
    bob = parties.user("bob")
    query, other = parties.signed_query(ada, LABEL), parties.signed_query(bob, 3)
    receipt, theirs = parties.operator.submit(query), parties.operator.submit(other)
    signer = parties.registrar_credentials.key
    wrong = [
        (theirs, "for account"),
        (replace(receipt, nonce=2), "nonce 2"),
        (replace(receipt, index=bob.index), "for account"),
        (replace(receipt, transaction=theirs.transaction), "another transaction"),
        (replace(receipt, leaf=receipt.leaf + 1), "does not verify"),
        (replace(receipt, batch=receipt.batch + 1), "does not verify"),
        (replace(receipt, signature=b""), "64 bytes"),
        (replace(receipt, signature=theirs.signature), "does not verify"),
        (receipt.signed(signer, parties.rollup), "does not verify"),
        (receipt.signed(parties.operator_credentials.key, replace(parties.rollup, rollup_id=2)), "does not verify"),
    ]
    for bad, match in wrong:
        with parties.refused(SignatureError, match):
            parties.service.release(query, bad)
    with parties.refused(NotFound, "never answered"):
        other_query = replace(query, nonce=9)
        forged = replace(receipt, nonce=9, transaction=transaction_id(other_query))
        parties.service.release(other_query, forged.signed(parties.operator_credentials.key, parties.rollup))
    assert parties.service.release(query, receipt) == query.answer


def test_a_rotation_does_not_strand_the_nonce_that_waits(parties: Parties, ada: User) -> None:
    old = ask(parties.service, ada, 1)
    old_query = parties.signed_query(ada, LABEL)
    parties.renew(ada)
    rotation = parties.rotation(ada)
    parties.operator.submit(rotation)
    new = parties.ask(ada, sample(3))
    assert new.commitment != old.commitment
    with parties.refused(StateError, "another input"):
        ask(parties.service, ada, 1, label=4)
    holder = ada.client.cosign(new, parties.operator.config)
    with parties.refused(SignatureError, "recognition service"):
        parties.operator.submit(old_query)
    released = parties.gateway.complete(ada.index, 1, new, holder)
    assert released.opening.label == 3


def test_a_rotation_gives_no_second_label(parties: Parties, ada: User) -> None:
    parties.query(ada, LABEL)
    before = parties.service.opening_for_operator(ada.index, 1)
    parties.operator.drop([ada.index])
    parties.register_again(ada)
    parties.renew(ada)
    parties.operator.submit(parties.rotation(ada))
    with parties.refused(StateError, "another input"):
        parties.service.answer(ada.index, ada.account.public_key, 1, sample(3), input_digest(sample(3)))
    assert parties.query(ada, LABEL) == LABEL
    assert parties.service.opening_for_operator(ada.index, 1) == before


def test_reconfiguration_wants_the_model_it_names(parties: Parties, ada: User) -> None:
    waiting = ask(parties.service, ada, 1)
    config = replace(parties.config, epoch=1)
    parties.service.reconfigure(config)
    assert ask(parties.service, ada, 1).commitment == waiting.commitment
    config = replace(config, epoch=2, model_digest=bytes(32))
    with parties.refused(StateError, "names another model"):
        parties.service.reconfigure(config)
    parties.service.reconfigure(config, lambda given: 9)
    ask(parties.service, ada, 2)
    assert [parties.service.opening_for_operator(ada.index, nonce).label for nonce in (1, 2)] == [LABEL, 9]
    other = eddsa.PrivateKey.generate().public_key.point
    with parties.refused(StateError, "another service key"):
        parties.service.reconfigure(replace(config, epoch=3, service_key=other))
    parties.config = replace(config, service_key=other)
    with pytest.raises(StateError, match="another service key"):
        parties.new_service(window=1, journal=None)


@pytest.mark.parametrize("label", [-1, 65_536, 2**200])
def test_a_label_out_of_range_commits_to_nothing(parties: Parties, ada: User, label: int) -> None:
    parties.service._model = lambda given: label
    with parties.refused(InvalidInput, "a label is an int"):
        ask(parties.service, ada, 1)
    parties.service._model = lambda given: 65_535
    ask(parties.service, ada, 1)


def test_secrets_are_not_printed(parties: Parties, ada: User) -> None:
    ask(parties.service, ada, 1)
    opening = parties.service.opening_for_operator(ada.index, 1)
    query = parties.signed_query(ada, LABEL)
    for thing in (opening, query, parties.service, ada.client):
        assert str(opening.rho) not in repr(thing)
        assert hex(opening.rho)[2:] not in repr(thing)


def test_the_journal_holds_what_was_asked_by_content(parties: Parties) -> None:
    digests = {
        input_digest(np.array(values, dtype=dtype).reshape(shape))
        for values, dtype, shape in [
            ([1, 2, 3, 4], "<i4", (4,)),
            ([1, 2, 3, 4], "<i4", (2, 2)),
            ([1, 2, 3, 4], ">i4", (4,)),
            ([1, 2, 3, 4], "<u4", (4,)),
            ([1, 2, 3, 5], "<i4", (4,)),
        ]
    }
    assert len(digests) == 5
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert input_digest(array) == input_digest(np.asfortranarray(array))
