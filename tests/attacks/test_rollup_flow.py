"""Attacks on the rollup's flow. What must be refused, and where it is tested (the circuit's own refusals stand in
test_rollup_circuit.py, hostile bytes in test_rollup_bytes.py):

- a digest without the service's signature: test_an_answer_that_the_service_did_not_sign
- a service key, model or table that is not the config in force: test_a_query_signed_under_another_configuration,
  test_another_credit_table, test_rollup_submission.test_a_configuration_that_is_not_in_force
- a used (pk, nonce) or a skipped nonce: test_a_used_or_skipped_nonce
- a valid proof whose old root is not current: test_rollup_proof.test_a_valid_proof_from_another_root,
  test_rollup_submission.test_a_batch_from_another_root
- a public input >= r: test_rollup_submission.test_a_public_input_above_r,
  test_rollup_proof.test_every_public_input_is_bound_by_the_proof
- a first mismatch that wraps: test_a_first_mismatch_that_wraps
- a transaction on a blocked or full account: test_a_blocked_account, test_a_full_account
- a revoked or expired certificate, also when revoked after the batch was filled: test_a_revoked_certificate,
  test_rollup_submission.test_revoked_after_the_batch_was_filled, test_rollup_submission.test_an_expired_certificate
- a non-canonical signature or a point off the curve: test_a_signature_in_another_form, test_a_point_off_the_curve
- a transaction for another chain, rollup or epoch: test_a_transaction_for_another_chain_rollup_or_epoch,
  test_rollup_submission.test_a_batch_for_another_chain_rollup_or_number
- an inner node offered as a leaf: test_rollup_submission.test_an_inner_node_offered_as_a_leaf
- a proof for another circuit or key: test_rollup_proof.test_a_proof_for_another_circuit_or_key
- a batch whose differences are missing, reordered or do not hash to h_B:
  test_rollup_submission.test_differences_that_do_not_hash_to_h_b
- a model update not signed by its owner: test_rollup_submission.test_a_model_update_by_somebody_else
- a label released before the co-signature: test_a_label_before_the_co_signature

Each refusal is checked by `Parties.refused`: exactly this class of error, a message that names the cause, and contract,
tree, journal, budgets and clients as before. Proofs are stood in for; a stand-in holds for its public inputs alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.babyjubjub_reference import GENERATOR, L, R, times
from support.rollup_parties import LABEL, Parties, User, sample

from assay.core.errors import (
    AuthorizationError,
    EncodingError,
    InvalidInput,
    NotFound,
    RevokedError,
    SignatureError,
    StateError,
    VerificationError,
)
from assay.crypto import babyjubjub, eddsa
from assay.crypto.eddsa import Signature
from assay.identity import CertificateAuthority, Role, SigningKey, apply
from assay.rollup.account import CREDIT_LIMIT, empty_leaf
from assay.rollup.accounts import BlockedError
from assay.rollup.client import input_digest, request_message
from assay.rollup.config import CreditTable, RollupConfig, RollupId, shared_table
from assay.rollup.domains import hash_fields
from assay.rollup.service import Answer
from assay.rollup.transaction import Clear, Kind, Opening, Query, Revoke, decode, encode, message


@pytest.fixture
def ada(parties: Parties) -> User:
    user = parties.user("ada")
    parties.flush()
    return user


# Signatures, keys, configurations


def test_an_answer_that_the_service_did_not_sign(parties: Parties, ada: User) -> None:
    stranger = eddsa.PrivateKey.generate()
    answer = parties.ask(ada, sample(LABEL))
    opening = parties.service.opening_for_operator(ada.index, 1)
    context = parties.rollup.context(parties.config)
    signed = message(Kind.QUERY, context, answer.commitment, 0)
    holder = ada.client._key.sign(signed)
    for forged in (stranger.sign(signed), ada.key.sign(signed), parties.registrar_key.sign(signed), holder):
        with parties.refused(SignatureError, "the recognition service does not verify"):
            parties.operator.submit(Query(ada.index, 1, opening, forged, holder))
        with parties.refused(SignatureError, "the recognition service does not verify"):
            parties.gateway.complete(ada.index, 1, Answer(answer.commitment, forged), holder)
        with parties.refused(SignatureError, "verif"):
            ada.client.cosign(Answer(answer.commitment, forged), parties.config)
    # the thief's own digest of its registered label, as in the paper's Algorithm 1
    own = Opening(LABEL, opening.rho ^ 1)
    with parties.refused(SignatureError, "the recognition service does not verify"):
        parties.operator.submit(Query(ada.index, 1, own, answer.authority, holder))
    parties.gateway.complete(ada.index, 1, answer, holder)


def test_a_commitment_in_the_answer_is_not_believed(parties: Parties, ada: User) -> None:
    """Whatever commitment the user names, the operator audits the one in the service's journal."""
    answer = parties.ask(ada, sample(3))
    holder = ada.client.cosign(answer, parties.config)
    released = parties.gateway.complete(ada.index, 1, Answer(12345, answer.authority), holder)
    assert released.opening.label == 3
    assert parties.operator.account(ada.index).credit < 0


def test_a_query_signed_under_another_configuration(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    opening = parties.service.opening_for_operator(ada.index, 1)
    for config in parties.other_configs():
        signed = message(Kind.QUERY, parties.rollup.context(config), answer.commitment, 0)
        query = Query(ada.index, 1, opening, parties.service_key.sign(signed), ada.key.sign(signed))
        with parties.refused(SignatureError, "the recognition service does not verify"):
            parties.operator.submit(query)


def test_another_credit_table(parties: Parties, ada: User) -> None:
    query = parties.signed_query(ada, LABEL)
    natural = CreditTable(2.718281828459045)
    parties.operator._tree.table = natural
    with parties.refused(StateError, "another credit table"):
        parties.operator.submit(query)
    parties.operator._tree.table = shared_table()
    parties.operator.submit(query)


# Nonces, roots, ranges


def test_a_used_or_skipped_nonce(parties: Parties, ada: User) -> None:
    first = parties.signed_query(ada, LABEL)
    receipt = parties.operator.submit(first)
    with parties.refused(StateError, "at nonce 1; the next query carries 2, not 1"):
        parties.operator.submit(first)
    for nonce in (-1, 0, 1, 3, 65_536, 2**70):
        request = ada.client.request(sample(LABEL, nonce % 100))
        signed = request_message(parties.rollup, ada.index, nonce % R, input_digest(request.sample))
        forged = replace(request, nonce=nonce, signature=ada.key.sign(signed))
        error, match = (InvalidInput, r"not in \[0, p\)") if nonce < 0 else (StateError, "is at nonce 1")
        with parties.refused(error, match):
            parties.gateway.ask(ada.credentials.certificate, forged)
        with parties.refused(StateError, "the next query carries 2"):
            parties.operator.submit(replace(first, nonce=nonce))
    with parties.refused(StateError, "the next query carries 2, not 1"):
        parties.gateway.complete(ada.index, 1, Answer(0, first.authority), first.holder)
    with parties.refused(StateError, "no request"):
        parties.gateway.complete(ada.index, 2, Answer(0, first.authority), first.holder)
    assert receipt.nonce == 1
    parties.flush()
    with parties.refused(StateError, "the next query carries 2, not 1"):
        parties.operator.submit(first)  # nor in a later batch


def test_a_first_mismatch_that_wraps(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(3))
    holder = ada.client.cosign(answer, parties.config)
    receipt = parties.gateway.complete(ada.index, 1, answer, holder).receipt
    account = parties.operator.account(ada.index)
    assert account.credit == -19_728
    for wrapped in (2**64 - 19_728, 2**40 - 19_728, CREDIT_LIMIT, R - 19_728):
        with parties.refused(InvalidInput, "credit is"):
            replace(account, credit=wrapped)
    opening = parties.service.opening_for_operator(ada.index, 1)
    positive = replace(account, credit=CREDIT_LIMIT - 19_728)
    lie = replace(receipt, leaf=positive.leaf()).signed(parties.operator_credentials.key, parties.rollup)
    with parties.refused(SignatureError, "another leaf than the answer leads to"):
        ada.client.accept(opening, lie, parties.config, parties.operator_credentials.key.public)


# Standing


def test_a_blocked_account(parties: Parties, ada: User) -> None:
    for i in range(4):
        parties.query(ada, 3, i)
    assert parties.operator.account(ada.index).blocked
    with parties.refused(BlockedError, "blocked by the detector"):
        parties.ask(ada, sample(LABEL))
    nonce = ada.account.nonce + 1
    given = sample(LABEL)
    answer = parties.service.answer(ada.index, ada.account.public_key, nonce, given, input_digest(given))
    opening = parties.service.opening_for_operator(ada.index, nonce)
    prepared = Query(ada.index, nonce, opening, answer.authority, ada.client.cosign(answer, parties.config))
    with parties.refused(BlockedError, "blocked by the detector"):
        parties.operator.submit(prepared)
    # neither the user nor the service can clear it
    cleared = replace(ada.account, score=0, blocked=False)
    signed = message(Kind.CLEAR, parties.rollup.context(parties.config), ada.account.leaf(), cleared.leaf())
    clear = parties.registrar.clear(ada.account, parties.config)
    for key in (ada.key, parties.service_key):
        with parties.refused(SignatureError, "the registrar does not verify"):
            parties.operator.submit(replace(clear, authority=key.sign(signed)))
    parties.operator.submit(clear)
    parties.operator.submit(prepared)
    with parties.refused(SignatureError, "the registrar does not verify"):
        parties.operator.submit(clear)  # and the registrar's word counts once


def test_a_full_account(parties: Parties, ada: User) -> None:
    tree = parties.operator._tree
    full = replace(ada.account, nonce=65_535)
    tree._accounts[ada.index] = full
    tree._tree.update(ada.index, full.leaf())
    stranger = Signature((0, 1), 0)
    for nonce in (0, 65_535, 65_536):
        with parties.refused(StateError, "is full: it made 65535 queries and its nonce never wraps"):
            parties.operator.submit(Query(ada.index, nonce, Opening(LABEL, 1), stranger, stranger))
    ada.client.account = full
    with parties.refused(StateError, "may ask for nonce"):
        parties.ask(ada, sample(LABEL))
    parties.service.proved(ada.index, 65_535)
    with parties.refused(StateError, "may ask for nonce 65536 next, not 65536"):
        parties.ask(ada, sample(LABEL))


def test_a_revoked_certificate(parties: Parties, ada: User) -> None:
    parties.revoke(ada)
    with parties.refused(RevokedError, "was revoked"):
        parties.ask(ada, sample(LABEL))
    with parties.refused(RevokedError, "is not in force: revoked"):
        parties.as_party(ada.credentials).submit("accounts", "publish", b"")


def test_a_user_s_revoked_bit_in_the_rollup(parties: Parties, ada: User) -> None:
    query = parties.signed_query(ada, LABEL)
    parties.operator.submit(parties.registrar.revoke(ada.account, parties.config))
    with parties.refused(RevokedError, f"account {ada.index} is revoked"):
        parties.operator.submit(query)
    with parties.refused(RevokedError, f"account {ada.index} is revoked"):
        parties.gateway.complete(ada.index, 1, Answer(0, query.authority), query.holder)


# Forms


def test_a_signature_in_another_form(parties: Parties, ada: User) -> None:
    query = parties.signed_query(ada, LABEL)
    good = query.authority
    for shifted in (good.S + L, good.S + 8 * L, -1, L):
        with pytest.raises(EncodingError, match="S of an EdDSA signature"):
            Signature(good.R8, shifted)
    for coordinates in ((good.R8[0] + R, good.R8[1]), (good.R8[0], good.R8[1] + R)):
        with pytest.raises(EncodingError, match="R8"):
            Signature(coordinates, good.S)
    encoded = encode(query)
    raw = good.to_bytes()
    for bad in (
        raw[:32] + (good.S + L).to_bytes(32, "little"),
        (babyjubjub.ORDER * 8).to_bytes(32, "little") + raw[32:],
        b"\xff" * 32 + raw[32:],
    ):
        with parties.refused(EncodingError, "must be|not|EdDSA|packed|canonical"):
            decode(Kind.QUERY, encoded.replace(raw, bad))
    # the cofactored equation's other solutions: R8 plus a point of small order
    torsion = times(L, GENERATOR)
    shifted_r = Signature(babyjubjub.add(good.R8, torsion), good.S)
    for authority, holder, who in (
        (shifted_r, query.holder, "the recognition service"),
        (good, Signature(babyjubjub.add(query.holder.R8, torsion), query.holder.S), f"account {ada.index}"),
    ):
        with parties.refused(SignatureError, f"{who} does not verify"):
            parties.operator.submit(replace(query, authority=authority, holder=holder))
    parties.operator.submit(query)


def test_a_point_off_the_curve(parties: Parties, ada: User) -> None:
    query = parties.signed_query(ada, LABEL)
    x, y = query.authority.R8
    for r8 in ((x, y + 1), (1, 1), (0, 0)):
        bad = Signature(r8, query.authority.S)
        with parties.refused(SignatureError, "the recognition service does not verify"):
            parties.operator.submit(replace(query, authority=bad))
        with parties.refused(SignatureError, f"account {ada.index} does not verify"):
            parties.operator.submit(replace(query, holder=bad))
    bob = parties.certified("bob")
    registration = bob.client.registration(query.authority, query.holder)
    for point in ((5, 5), (0, 1), (0, R - 1), times(L, GENERATOR), GENERATOR):
        with pytest.raises(InvalidInput):
            eddsa.PublicKey(*point)
        forged = replace(registration, public_key=point)
        fields = [bob.index, *point, 0, CREDIT_LIMIT, bob.account.registration, bob.account.salt]
        new_leaf = hash_fields("leaf", fields)
        signed = message(Kind.REGISTER, parties.rollup.context(parties.config), empty_leaf(), new_leaf)
        forged = replace(forged, authority=parties.registrar_key.sign(signed))
        with parties.refused(SignatureError, "the new account's key does not verify"):
            parties.operator.submit(forged)


def test_a_transaction_for_another_chain_rollup_or_epoch(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(LABEL))
    opening = parties.service.opening_for_operator(ada.index, 1)
    here, config = parties.rollup, parties.config
    elsewhere: list[tuple[RollupId, RollupConfig]] = [
        (replace(here, chain_id=here.chain_id + 1), config),
        (replace(here, rollup_id=here.rollup_id + 1), config),
        (here, replace(config, epoch=1)),
    ]
    for rollup, other in elsewhere:
        signed = message(Kind.QUERY, rollup.context(other), answer.commitment, 0)
        authority, holder = parties.service_key.sign(signed), ada.key.sign(signed)
        with parties.refused(SignatureError, "the recognition service does not verify"):
            parties.operator.submit(Query(ada.index, 1, opening, authority, holder))
        with parties.refused(SignatureError, f"account {ada.index} does not verify"):
            parties.operator.submit(Query(ada.index, 1, opening, answer.authority, holder))
        bob = parties.certified(f"bob {rollup.rollup_id} {rollup.chain_id % 97} {other.epoch}")
        signed = message(Kind.REGISTER, rollup.context(other), empty_leaf(), bob.account.leaf())
        registration = bob.client.registration(parties.registrar_key.sign(signed), bob.key.sign(signed))
        with parties.refused(SignatureError, "the registrar does not verify"):
            parties.operator.submit(registration)
        for kind, build, new in (
            (Kind.REVOKE, parties.registrar.revoke, replace(ada.account, revoked=True)),
            (Kind.CLEAR, parties.registrar.clear, replace(ada.account, score=0)),
        ):
            signed = message(kind, rollup.context(other), ada.account.leaf(), new.leaf())
            transaction = replace(build(ada.account, config), authority=parties.registrar_key.sign(signed))
            with parties.refused(SignatureError, "the registrar does not verify"):
                parties.operator.submit(transaction)


def test_a_request_for_another_rollup(parties: Parties, ada: User) -> None:
    request = ada.client.request(sample(LABEL))
    here, digest = parties.rollup, input_digest(request.sample)
    for rollup in (replace(here, chain_id=here.chain_id ^ 1), replace(here, rollup_id=2)):
        forged = replace(request, signature=ada.key.sign(request_message(rollup, ada.index, 1, digest)))
        with parties.refused(SignatureError, "verif"):
            parties.gateway.ask(ada.credentials.certificate, forged)
    with parties.refused(SignatureError, "verif"):
        parties.gateway.ask(ada.credentials.certificate, replace(request, sample=sample(3)))


def test_a_signature_of_one_kind_offered_as_another(parties: Parties, ada: User) -> None:
    revoke = parties.registrar.revoke(ada.account, parties.config)
    clear = parties.registrar.clear(ada.account, parties.config)
    with parties.refused(SignatureError, "the registrar does not verify"):
        parties.operator.submit(Clear(ada.index, revoke.authority))
    with parties.refused(SignatureError, "the registrar does not verify"):
        parties.operator.submit(Revoke(ada.index, clear.authority))
    # nor is a proof of possession or a request a co-signature
    answer = parties.ask(ada, sample(LABEL))
    request = ada.client.request(sample(LABEL))
    with parties.refused(SignatureError, f"account {ada.index} does not verify"):
        parties.gateway.complete(ada.index, 1, answer, request.signature)


# Labels


def test_a_label_before_the_co_signature(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(3))
    assert not hasattr(answer, "label")
    bob = parties.user("bob")
    context = parties.rollup.context(parties.config)
    signed = message(Kind.QUERY, context, answer.commitment, 0)
    other = message(Kind.QUERY, context, answer.commitment + 1, 0)
    for holder in (bob.key.sign(signed), ada.key.sign(other), ada.key.sign(0), answer.authority, Signature((0, 1), 0)):
        with parties.refused(SignatureError, f"account {ada.index} does not verify"):
            parties.gateway.complete(ada.index, 1, answer, holder)
    opening = parties.service.opening_for_operator(ada.index, 1)
    unsigned = Query(ada.index, 1, opening, answer.authority, Signature((0, 1), 0))
    receipt = parties.operator.submit(parties.signed_query(bob, LABEL))
    for forged in (receipt, replace(receipt, index=ada.index), replace(receipt, index=ada.index, signature=b"")):
        with parties.refused(SignatureError, "receipt"):
            parties.service.release(unsigned, forged)
    assert (parties.operator.account(ada.index).nonce, ada.account.nonce) == (0, 0)


def test_an_answer_of_another_account_or_nonce(parties: Parties, ada: User) -> None:
    bob = parties.user("bob")
    mine, theirs = parties.ask(ada, sample(3)), parties.ask(bob, sample(LABEL))
    context = parties.rollup.context(parties.config)
    for answer in (mine, theirs):
        signed = message(Kind.QUERY, context, answer.commitment, 0)
        wrong = theirs if answer is mine else mine
        index = ada.index if answer is mine else bob.index
        key = ada.key if answer is mine else bob.key
        with parties.refused(SignatureError, "the recognition service does not verify"):
            parties.gateway.complete(index, 1, wrong, key.sign(signed))
    # bob's opening for ada: com names the key
    opening = parties.service.opening_for_operator(bob.index, 1)
    signed = message(Kind.QUERY, context, theirs.commitment, 0)
    with parties.refused(SignatureError, "the recognition service does not verify"):
        parties.operator.submit(Query(ada.index, 1, opening, theirs.authority, ada.key.sign(signed)))


def test_somebody_else_s_request(parties: Parties, ada: User) -> None:
    bob = parties.user("bob")
    request = bob.client.request(sample(LABEL))
    with parties.refused(SignatureError, "verif"):
        parties.gateway.ask(ada.credentials.certificate, replace(request, index=ada.index))
    with parties.refused(AuthorizationError, "the certificate is for account"):
        parties.gateway.ask(bob.credentials.certificate, replace(request, index=ada.index))


def test_a_certificate_of_another_authority(parties: Parties, ada: User) -> None:
    other = CertificateAuthority.create("Test authority", clock=parties.clock)
    for i in range(ada.index + 1):
        key, signing = eddsa.PrivateKey.generate(), SigningKey.generate()
        invitation = other.invite(f"user {i}", Role.USER)
        certificate = other.enrol(
            apply(invitation, signing, key.public_key.point, lambda m, key=key: key.sign(m).to_bytes())
        )
    assert certificate.index == ada.index
    with parties.refused(SignatureError, "is not signed by"):
        parties.gateway.ask(certificate, ada.client.request(sample(LABEL)))
    other.close()


def test_an_account_nobody_opened(parties: Parties) -> None:
    ghost = parties.certified("ghost")
    with parties.refused(NotFound, f"no account {ghost.index}"):
        parties.ask(ghost, sample(LABEL))


def test_a_registration_into_a_taken_slot(parties: Parties, ada: User) -> None:
    other = replace(ada.account, registration=5, salt=1)
    signed = message(Kind.REGISTER, parties.rollup.context(parties.config), empty_leaf(), other.leaf())
    again = ada.client.registration(parties.registrar_key.sign(signed), ada.key.sign(signed))
    with parties.refused(StateError, f"slot {ada.index} holds an account already"):
        parties.operator.submit(again)


def test_a_false_opening_for_the_user(parties: Parties, ada: User) -> None:
    answer = parties.ask(ada, sample(3))
    holder = ada.client.cosign(answer, parties.config)
    released = parties.gateway.complete(ada.index, 1, answer, holder)
    lie = replace(released.opening, label=LABEL)
    with parties.refused(VerificationError, "does not open the commitment"):
        ada.client.accept(lie, released.receipt, parties.config, parties.operator_credentials.key.public)


def test_every_part_of_the_configuration_counts(parties: Parties) -> None:
    configs = [parties.config, *parties.other_configs()]
    assert len({config.digest() for config in configs}) == len(configs)
    assert len({parties.rollup.context(config) for config in configs}) == len(configs)


def test_the_list_above_names_tests_that_exist() -> None:
    assert __doc__ is not None
    here = Path(__file__).parent
    for module, name in re.findall(r"(test_rollup_\w+)?[.]?(test_(?!rollup)\w+)", __doc__):
        source = (here / f"{module or Path(__file__).stem}.py").read_text()
        assert f"def {name}(" in source, name
