"""The user's side: what it checks, and what it can tell from published data alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.rollup_parties import LABEL, Parties, User, sample

from assay.core.errors import AuthorizationError, NotFound, SignatureError, StateError, VerificationError
from assay.crypto import eddsa
from assay.rollup.batch import Submission
from assay.rollup.service import Answer
from assay.rollup.transaction import Kind, Opening, message


@pytest.fixture
def ada(parties: Parties) -> User:
    return parties.user("ada")


def published(parties: Parties) -> list[tuple[int, int]]:
    """All differences, read from the blocks of the ledger alone."""
    pairs: list[tuple[int, int]] = []
    for block in parties.ledger.blocks():
        for entry in block.entries:
            if entry.transaction.method == "submit":
                pairs += Submission.decode(entry.transaction.payload).differences
    return pairs


def test_a_user_opens_its_leaf_from_published_data_alone(parties: Parties, ada: User) -> None:
    bob = parties.user("bob")
    states = [ada.account]
    for label in (LABEL, 3, LABEL):
        parties.query(ada, label)
        parties.query(bob, 5)
        states.append(ada.account)
    parties.flush()
    leaves = [leaf for index, leaf in published(parties) if index == ada.index]
    assert [ada.client.state_of(leaf) for leaf in leaves] == states
    assert ada.client.state_of(leaves[-1]) == parties.operator.account(ada.index)
    with pytest.raises(NotFound, match="none that account"):
        bob.client.state_of(leaves[-1])


def test_the_service_s_signature_is_checked_before_the_co_signature(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    stranger = eddsa.PrivateKey.generate()
    signed = message(Kind.QUERY, parties.rollup.context(parties.config), answer.commitment, 0)
    other = replace(parties.config, epoch=1)
    for bad, config in (
        (replace(answer, commitment=answer.commitment + 1), parties.config),
        (Answer(answer.commitment, stranger.sign(signed)), parties.config),
        (answer, other),
    ):
        with parties.refused(SignatureError, "signature"):
            ada.client.cosign(bad, config)
    ada.client.cosign(answer, parties.config)


def test_no_second_commitment_is_co_signed_for_a_nonce(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    first = ada.client.cosign(answer, parties.config)
    signed = message(Kind.QUERY, parties.rollup.context(parties.config), 12345, 0)
    with parties.refused(StateError, "co-signed for nonce 1 already"):
        ada.client.cosign(Answer(12345, parties.service_key.sign(signed)), parties.config)
    parties.gateway.complete(ada.index, 1, answer, first)


def test_what_the_release_must_show(parties: Parties, ada: User) -> None:
    operator = parties.operator_credentials.key
    answer = parties.ask(ada, sample(LABEL))
    holder = ada.client.cosign(answer, parties.config)
    released = parties.gateway.complete(ada.index, 1, answer, holder)
    opening, receipt = released.opening, released.receipt

    def signed(**changes: object):
        return replace(receipt, **changes).signed(operator, parties.rollup)  # type: ignore[arg-type]

    wrong = [
        (Opening(3, opening.rho), receipt, VerificationError, "does not open"),
        (Opening(opening.label, opening.rho ^ 1), receipt, VerificationError, "does not open"),
        (opening, replace(receipt, leaf=receipt.leaf + 1), SignatureError, "does not verify"),
        (opening, receipt.signed(parties.registrar_credentials.key, parties.rollup), SignatureError, "does not verify"),
        (opening, signed(leaf=receipt.leaf + 1), SignatureError, "another leaf"),
        (opening, signed(nonce=2), SignatureError, "another leaf"),
        (opening, signed(index=ada.index + 1), SignatureError, "another leaf"),
        (opening, signed(transaction=bytes(32)), SignatureError, "another transaction"),
    ]
    for given, shown, error, match in wrong:
        with parties.refused(error, match):
            ada.client.accept(given, shown, parties.config, operator.public)
    assert ada.client.accept(opening, receipt, parties.config, operator.public) == LABEL
    with parties.refused(StateError, "no query is waiting"):
        ada.client.accept(opening, receipt, parties.config, operator.public)


def test_the_registrar_s_changes_are_taken_over_and_no_others(parties: Parties, ada: User) -> None:
    for i in range(4):
        parties.query(ada, 3, i)
    assert ada.account.blocked
    base = ada.account
    for bad in (
        replace(base, credit=0),
        replace(base, nonce=base.nonce + 1),
        replace(base, blocked=False),
        replace(base, score=0),
        replace(base, salt=base.salt ^ 1),
        replace(base, registration=1),
    ):
        with parties.refused(VerificationError, "without its user"):
            ada.client.synchronise(bad)
    parties.operator.submit(parties.registrar.clear(base, parties.config))
    ada.client.synchronise(parties.operator.account(ada.index))
    assert (ada.account.blocked, ada.account.score, ada.account.credit) == (False, 0, base.credit)
    parties.operator.submit(parties.registrar.revoke(ada.account, parties.config))
    ada.client.synchronise(parties.operator.account(ada.index))
    assert ada.account.revoked


def test_a_user_goes_back_when_the_operator_dropped(parties: Parties, ada: User) -> None:
    parties.flush()
    parties.query(ada, LABEL)
    parties.query(ada, 3)
    parties.operator.drop([ada.index])
    ada.client.synchronise(parties.operator.account(ada.index))
    assert ada.account.nonce == 0
    assert [parties.query(ada, LABEL), parties.query(ada, 3)] == [LABEL, 3]
    parties.flush()
    assert ada.client.state_of(published(parties)[-1][1]) == ada.account


def test_rotation_keeps_index_history_and_salt_fresh(parties: Parties, ada: User) -> None:
    parties.query(ada, 3)
    before = ada.account
    parties.renew(ada)
    parties.operator.submit(parties.rotation(ada))
    after = ada.account
    assert after == replace(before, public_key=ada.key.public_key.point, salt=after.salt)
    assert after.salt != before.salt
    assert parties.query(ada, LABEL) == LABEL
    assert ada.account.nonce == 2


def test_the_registrar_signs_nothing_but_what_is_certified(parties: Parties, ada: User) -> None:
    bob = parties.certified("bob")
    config, certificate = parties.config, bob.credentials.certificate
    holder = bob.client.sign_registration(config)
    register = parties.registrar.register
    good = (bob.account, certificate.index, certificate.babyjubjub, holder, config)
    with pytest.raises(AuthorizationError, match="not the one certified"):
        register(bob.account, certificate.index + 1, *good[2:])
    with pytest.raises(AuthorizationError, match="its key differs"):
        register(bob.account, certificate.index, ada.account.public_key, holder, config)
    for changed in (
        replace(bob.account, credit=1),
        replace(bob.account, nonce=1),
        replace(bob.account, score=1),
        replace(bob.account, blocked=True),
        replace(bob.account, revoked=True),
    ):
        with pytest.raises(StateError, match="begins with"):
            register(changed, *good[1:])
    with pytest.raises(SignatureError):
        register(bob.account, certificate.index, certificate.babyjubjub, ada.client.sign_registration(config), config)
    register(*good)
    # com names the key and not the index: the same key is never signed for another account
    twin = replace(bob.account, index=ada.index)
    signed = message(Kind.REGISTER, parties.rollup.context(config), parties.operator.leaf(99), twin.leaf())
    with pytest.raises(AuthorizationError, match=f"the key of account {bob.index} cannot serve"):
        register(twin, ada.index, bob.account.public_key, bob.key.sign(signed), config)


def test_a_rotation_changes_key_and_salt_only(parties: Parties, ada: User) -> None:
    parties.renew(ada)
    old, config, certified = ada.account, parties.config, ada.credentials.certificate.babyjubjub
    new, _ = ada.client.rotation(ada.key, config)
    context = parties.rollup.context(config)
    for bad, match in (
        (replace(new, credit=5), "changes nothing else"),
        (replace(new, blocked=not new.blocked), "changes nothing else"),
        (replace(new, registration=5), "changes nothing else"),
        (replace(new, public_key=old.public_key), "changes nothing else"),
        (replace(new, salt=old.salt), "fresh salt"),
    ):
        holder = ada.key.sign(message(Kind.ROTATE, context, old.leaf(), bad.leaf()))
        with parties.refused(AuthorizationError, match):
            parties.registrar.rotate(old, bad, certified, holder, config)
    with parties.refused(SignatureError, "verif"):
        parties.registrar.rotate(old, new, certified, ada.client._key.sign(1), config)
