"""The gateway: certificates at each use, budgets, patience, many users at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.rollup_parties import LABEL, Parties, User, sample, use_stand_in

from assay.core.errors import (
    AssayError,
    AuthorizationError,
    InvalidInput,
    LimitError,
    RevokedError,
    StateError,
    WrongType,
)
from assay.identity.authority import DAY
from assay.rollup.accounts import BlockedError
from assay.rollup.gateway import Gateway


def build(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: int) -> Parties:
    use_stand_in(monkeypatch)
    return Parties(folder, **options)  # type: ignore[arg-type]


@pytest.fixture
def parties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parties]:
    made = build(tmp_path, monkeypatch, budget=3, window=10)
    yield made
    made.close()


@pytest.fixture
def ada(parties: Parties) -> User:
    return parties.user("ada")


def test_a_query_from_request_to_label(parties: Parties, ada: User) -> None:
    assert [parties.query(ada, label, i) for i, label in enumerate((LABEL, 3, LABEL))] == [LABEL, 3, LABEL]
    assert parties.gateway.used(ada.index) == 3
    assert ada.account == parties.operator.account(ada.index)


def test_the_budget_counts_every_query_begun(parties: Parties, ada: User) -> None:
    for i in range(3):
        parties.query(ada, LABEL, i)
    with parties.refused(LimitError, "spent its budget of 3"):
        parties.ask(ada, sample(LABEL, 9))
    bob = parties.user("bob")
    assert parties.query(bob, LABEL) == LABEL


def test_an_abandoned_request_counts_and_asking_again_in_time_is_free(parties: Parties, ada: User) -> None:
    first = parties.ask(ada, sample(LABEL))
    parties.seconds.now = 29.0
    assert parties.ask(ada, sample(LABEL)).commitment == first.commitment
    assert parties.gateway.used(ada.index) == 1
    parties.seconds.now = 31.0
    assert parties.ask(ada, sample(LABEL)).commitment == first.commitment
    assert parties.gateway.used(ada.index) == 2
    parties.seconds.now = 62.0
    parties.ask(ada, sample(LABEL))
    parties.seconds.now = 93.0
    with parties.refused(LimitError, "budget"):
        parties.ask(ada, sample(LABEL))


def test_a_late_co_signature_is_asked_for_again(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    holder = ada.client.cosign(answer, parties.config)
    parties.seconds.now = 30.5
    with parties.refused(StateError, "ask again"):
        parties.gateway.complete(ada.index, 1, answer, holder)
    answer = parties.ask(ada, sample(LABEL))
    released = parties.gateway.complete(ada.index, 1, answer, ada.client.cosign(answer, parties.config))
    assert released.opening.label == LABEL
    assert parties.gateway.used(ada.index) == 2


def test_what_the_service_refuses_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parties = build(tmp_path, monkeypatch, budget=5, window=1)
    ada = parties.user("ada")
    parties.query(ada, LABEL)
    for _ in range(3):
        with parties.refused(LimitError, "ahead of what is proved"):
            parties.ask(ada, sample(LABEL, 1))
    assert parties.gateway.used(ada.index) == 1
    with pytest.raises(StateError, match="no request"):
        parties.gateway.complete(ada.index, 2, parties.service.answer, ada.client._key.sign(1))  # type: ignore[arg-type]
    parties.flush()
    parties.query(ada, LABEL, 1)
    parties.flush()
    parties.ask(ada, sample(LABEL, 2))
    parties.seconds.now = 31.0
    with parties.refused(StateError, "another input"):
        parties.ask(ada, sample(3, 2))
    parties.close()


def test_an_answer_ends_when_it_is_completed(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    holder = ada.client.cosign(answer, parties.config)
    parties.gateway.complete(ada.index, 1, answer, holder)
    with parties.refused(StateError, "no request of account"):
        parties.gateway.complete(ada.index, 1, answer, holder)
    with parties.refused(StateError, "no request of account 77"):
        parties.gateway.complete(77, 1, answer, holder)


def test_a_certificate_revoked_before_the_request(parties: Parties, ada: User) -> None:
    parties.revoke(ada)
    with parties.refused(RevokedError, "revoked"):
        parties.ask(ada, sample(LABEL))


def test_a_certificate_revoked_between_request_and_co_signature(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    holder = ada.client.cosign(answer, parties.config)
    parties.revoke(ada)
    with parties.refused(RevokedError, "revoked"):
        parties.gateway.complete(ada.index, 1, answer, holder)


def test_an_expired_certificate_and_a_stale_list(parties: Parties, ada: User) -> None:
    parties.clock.turn(8 * DAY)
    with parties.refused(RevokedError, "stale"):
        parties.ask(ada, sample(LABEL))
    parties.clock.turn(358 * DAY)
    parties.trust.update(parties.authority.revocation_list())
    with parties.refused(RevokedError, "expired"):
        parties.ask(ada, sample(LABEL))


def test_somebody_else_s_certificate_key_or_role(parties: Parties, ada: User) -> None:
    bob = parties.user("bob")
    request = ada.client.request(sample(LABEL))
    with parties.refused(AuthorizationError, f"certificate is for account {bob.index}"):
        parties.gateway.ask(bob.credentials.certificate, request)
    with parties.refused(AuthorizationError, "is a operator"):
        parties.gateway.ask(parties.operator_credentials.certificate, request)


def test_a_renewed_certificate_waits_for_its_rotation(parties: Parties, ada: User) -> None:
    parties.query(ada, LABEL)
    old = ada.credentials.certificate
    request = ada.client.request(sample(LABEL, 1))
    parties.renew(ada)
    with parties.refused(RevokedError, "superseded"):
        parties.gateway.ask(old, request)
    with parties.refused(AuthorizationError, "rotate it first"):
        parties.gateway.ask(ada.credentials.certificate, request)
    parties.operator.submit(parties.rotation(ada))
    assert parties.query(ada, LABEL, 1) == LABEL


def test_revoked_and_blocked_accounts_are_told_apart(parties: Parties, ada: User) -> None:
    bob = parties.user("bob")
    parties.operator.submit(parties.registrar.revoke(ada.account, parties.config))
    with parties.refused(RevokedError, f"account {ada.index} is revoked"):
        parties.ask(ada, sample(LABEL))
    parties.gateway._budget = 10
    for i in range(4):
        parties.query(bob, 3, i)
    with parties.refused(BlockedError, "blocked by the detector"):
        parties.ask(bob, sample(LABEL))
    parties.operator.submit(parties.registrar.clear(bob.account, parties.config))
    bob.client.synchronise(parties.operator.account(bob.index))
    assert parties.query(bob, LABEL, 5) == LABEL


@pytest.mark.parametrize(
    "given",
    [np.array([object()]), np.array(["7"]), np.array([7 + 0j]), [7, 0], 7, np.array([(7, 0)], dtype="i4,i4")],
    ids=["object", "text", "complex", "list", "int", "record"],
)
def test_an_input_that_has_no_digest(parties: Parties, ada: User, given: object) -> None:
    with parties.refused(WrongType, "a sample is a numpy array"):
        parties.gateway.ask(
            ada.credentials.certificate,
            replace(ada.client.request(sample(LABEL)), sample=given),  # type: ignore[arg-type]
        )


def test_an_input_that_breaks_the_model(parties: Parties, ada: User) -> None:
    with pytest.raises(InvalidInput, match=r"the model cannot label int64\[0\]: IndexError"):
        parties.ask(ada, np.zeros(0, dtype=np.int64))
    assert parties.gateway.used(ada.index) == 1  # the model was asked
    assert parties.query(ada, LABEL) == LABEL


def test_the_budget_does_not_begin_again_with_the_gateway(parties: Parties, ada: User) -> None:
    for i in range(2):
        parties.query(ada, LABEL, i)
    parties.gateway = Gateway(parties.trust, parties.service, parties.operator, budget=3, clock=parties.seconds)
    parties.query(ada, LABEL, 2)
    with parties.refused(LimitError, "spent its budget of 3"):
        parties.ask(ada, sample(LABEL, 3))


def test_many_users_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parties = build(tmp_path, monkeypatch, budget=40, window=40, batch_size=7)
    users = [parties.user(f"user-{i}") for i in range(6)]
    answers: dict[int, list[int]] = {}
    failures: list[BaseException] = []

    def work(user: User, number: int) -> None:
        try:
            answers[number] = [parties.query(user, LABEL if i % 4 else number, i) for i in range(12)]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(user, i)) for i, user in enumerate(users)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 300
    while any(thread.is_alive() for thread in threads):
        assert time.monotonic() < deadline
        parties.settle()
        threads[0].join(0.02)
    parties.flush()
    assert failures == []
    assert answers == {n: [LABEL if i % 4 else n for i in range(12)] for n in range(6)}
    for user in users:
        assert user.account == parties.operator.account(user.index)
        assert user.account.nonce == parties.gateway.used(user.index) == 12
    assert parties.head == [len(parties.submissions), parties.operator.root]
    assert sum(index != 65_535 for s in parties.submissions for index, _ in s.differences) == 6 * 13
    parties.close()


def test_one_account_from_many_threads_gets_each_nonce_once(parties: Parties, ada: User) -> None:
    request = ada.client.request(sample(LABEL))
    answer = parties.gateway.ask(ada.credentials.certificate, request)
    holder = ada.client.cosign(answer, parties.config)
    start = threading.Barrier(8)
    outcomes: list[object] = []

    def work() -> None:
        start.wait(300)
        try:
            outcomes.append(parties.gateway.complete(ada.index, 1, answer, holder).opening.label)
        except AssayError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert sorted(outcomes, key=str) == [LABEL, *[StateError] * 7]
    assert parties.operator.account(ada.index).nonce == 1
