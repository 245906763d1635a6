"""Attacks on the contract: batches, configurations and permits that it must refuse. The list of all attacks stands in
test_rollup_flow.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.babyjubjub_reference import R
from support.rollup_parties import LABEL, ROLLUP, Parties, User, sample, stand_in_proof

from assay.core.errors import (
    AuthorizationError,
    EncodingError,
    InvalidInput,
    ProofError,
    RevokedError,
    SignatureError,
    StateError,
)
from assay.identity import Credentials, Role
from assay.identity.authority import DAY
from assay.ledger import Refused, Transaction
from assay.rollup import contract
from assay.rollup.account import empty_leaf
from assay.rollup.accounts import empty_tree
from assay.rollup.batch import PUBLIC_INPUTS, Submission, difference_chain
from assay.rollup.contract import configure_payload
from assay.rollup.domains import hash_fields


@pytest.fixture
def ada(parties: Parties) -> User:
    user = parties.user("ada")
    parties.flush()
    return user


def submission(parties: Parties, **public: int) -> Submission:
    """The next batch as the operator would send it, with public inputs changed; its stand-in proof holds for them."""
    batch = parties.operator._sealed[0]
    values = dict(zip(PUBLIC_INPUTS, batch.public_inputs(), strict=True)) | public
    inputs = tuple(values[name] for name in PUBLIC_INPUTS)
    return Submission(inputs, tuple(batch.differences), stand_in_proof(inputs))


@pytest.fixture
def sealed(parties: Parties, ada: User) -> Parties:
    """A batch of two queries waits to be settled."""
    parties.query(ada, LABEL)
    parties.query(ada, 3)
    return parties


def test_a_configuration_that_is_not_in_force(sealed: Parties) -> None:
    for config in sealed.other_configs():
        with sealed.refused(StateError, "configuration that is not in force"):
            sealed.send(submission(sealed, config=config.digest()))
    sealed.settle()


def test_the_next_configuration_before_its_time_and_the_last_after_it(parties: Parties, ada: User) -> None:
    old, new = parties.config, replace(parties.config, epoch=1, model_digest=bytes(32))
    parties.query(ada, LABEL)
    parties.operator.seal()
    parties.configure(new, 3)
    with parties.refused(StateError, "not in force"):
        parties.send(submission(parties, config=new.digest()))
    parties.settle()
    parties.query(ada, LABEL)
    parties.operator.seal()
    with parties.refused(StateError, "not in force"):
        parties.send(submission(parties, config=old.digest()))


def test_a_batch_from_another_root(sealed: Parties) -> None:
    other = sealed.new_operator()
    for root in (empty_tree().root, sealed.head[1] + 1, 0, sealed.operator.root, other.root):
        if root != sealed.head[1]:
            with sealed.refused(StateError, "starts from another root"):
                sealed.send(submission(sealed, old_root=root))
    sealed.settle()


def test_a_replayed_submission(sealed: Parties) -> None:
    batch = submission(sealed)
    sealed.settle()
    with sealed.refused(StateError, "the last batch is 2; the next is 3, not 2"):
        sealed.send(batch)
    for earlier in sealed.submissions:
        with sealed.refused(StateError, "the last batch is 2"):
            sealed.send(earlier)


@pytest.mark.parametrize("name", PUBLIC_INPUTS)
def test_a_public_input_above_r(sealed: Parties, name: str) -> None:
    value = dict(zip(PUBLIC_INPUTS, submission(sealed).public_inputs, strict=True))[name]
    for shifted in (value + R, value + 2 * R, value - R, R, 2**256 - 1):
        bad = submission(sealed, **{name: shifted})
        with sealed.refused(InvalidInput, f"public input {name} is not below r"):
            sealed.send(bad)


def test_a_leaf_or_index_out_of_range(sealed: Parties) -> None:
    good = submission(sealed)
    (index, leaf), second = good.differences
    for pair in ((index, leaf + R), (index, -1), (-1, leaf), (65_536, leaf), (index + 65_536, leaf)):
        with sealed.refused(InvalidInput, "index or the leaf is out of range"):
            sealed.send(replace(good, differences=(pair, second)))


def test_revoked_after_the_batch_was_filled(sealed: Parties, ada: User) -> None:
    good = submission(sealed)
    sealed.revoke(ada)
    with sealed.refused(RevokedError, f"account {ada.index} is revoked or expired"):
        sealed.operator.settle()
    with sealed.refused(RevokedError, f"account {ada.index} is revoked or expired"):
        sealed.send(good)
    with sealed.refused(RevokedError, "was revoked"):
        sealed.gateway.ask(ada.credentials.certificate, ada.client.request(sample(LABEL)))


def test_an_expired_certificate(sealed: Parties, ada: User) -> None:
    good = submission(sealed)
    sealed.clock.turn(300 * DAY)
    fresh = {
        name: sealed._enrol(sealed.authority.invite(name, role, lost_keys=True))[0]
        for name, role in (("operator", Role.OPERATOR), ("registrar", Role.REGISTRAR))
    }
    sealed.clock.turn(66 * DAY)
    sealed.operator_credentials, sealed.registrar_credentials = fresh["operator"], fresh["registrar"]
    with sealed.refused(RevokedError, "revocation list .* is stale"):
        sealed.send(good)
    sealed.update_revocations()
    with sealed.refused(RevokedError, f"account {ada.index} is revoked or expired"):
        sealed.send(good)
    with sealed.refused(RevokedError, "expired"):
        sealed.gateway.ask(ada.credentials.certificate, ada.client.request(sample(LABEL)))


def test_an_account_that_was_never_certified(parties: Parties, ada: User) -> None:
    ghost = parties.certified("ghost")  # the authority knows it, the ledger does not
    parties.register(ghost)
    parties.operator.seal()
    with parties.refused(AuthorizationError, f"account {ghost.index} was never certified"):
        parties.settle()
    parties.operator.drop([ghost.index])
    parties.query(ada, LABEL)
    parties.flush()
    assert parties.head[0] == 2


def test_a_leaf_in_the_slot_of_the_pads(sealed: Parties) -> None:
    good = submission(sealed)
    pairs = (good.differences[0], (65_535, 5))
    chain = difference_chain(sealed.rollup.batch_start(2), pairs)
    with sealed.refused(AuthorizationError, "account 65535 was never certified"):
        sealed.send(replace(submission(sealed, differences=chain), differences=pairs))


def test_a_submission_by_somebody_who_is_not_the_operator(sealed: Parties, ada: User) -> None:
    payload = submission(sealed).encode()
    everybody: list[Credentials] = [
        ada.credentials,
        sealed.owner,
        sealed.service_credentials,
        sealed.registrar_credentials,
    ]
    for credentials in everybody:
        with sealed.refused(AuthorizationError, "may not call rollup.submit"):
            sealed.send_bytes(payload, credentials)
    stranger = Parties.member(sealed, "second owner", Role.MODEL_OWNER)[0]
    with sealed.refused(AuthorizationError, "may not call rollup.submit"):
        sealed.send_bytes(payload, stranger)
    signed = sealed.as_party(sealed.operator_credentials).transaction(ROLLUP, "submit", payload)
    forged = replace(signed, signature=sealed.as_party(ada.credentials).transaction(ROLLUP, "submit", b"").signature)
    with sealed.refused(SignatureError, "does not verify"):
        sealed.ledger.submit(forged)


def test_a_batch_for_another_chain_rollup_or_number(sealed: Parties) -> None:
    here = sealed.rollup
    for change in ({"chain_id": here.chain_id ^ 1}, {"chain_id": 0}, {"rollup_id": 2}):
        with sealed.refused(Refused, "another chain or another rollup"):
            sealed.send(submission(sealed, **change))
    for number in (0, 1, 3, 2**64):
        with sealed.refused(StateError, f"the next is 2, not {number}"):
            sealed.send(submission(sealed, batch=number))


def test_an_inner_node_offered_as_a_leaf(sealed: Parties) -> None:
    """Slot 0's parent as slot 0's leaf: the tree that the contract recomputes has another root."""
    good = submission(sealed)
    state = sealed.ledger.state(ROLLUP)
    inner = state.get("node/1/0") or state.get("node/1/1")
    assert isinstance(inner, int)
    index = good.differences[0][0]
    pairs = (good.differences[0], (index, inner))
    chain = difference_chain(sealed.rollup.batch_start(2), pairs)
    with sealed.refused(ProofError, "do not lead to the new root"):
        sealed.send(replace(submission(sealed, differences=chain), differences=pairs))
    account = sealed.operator.account(index)
    fields = [index, *account.public_key, account.nonce]
    assert hash_fields("leaf", fields) != hash_fields("node", fields) != hash_fields("table-node", fields)
    path = sealed.operator._tree._tree.path(index)
    shape = sealed.operator._tree._tree.shape
    root = sealed.operator.root
    shape.verify_path(root, index, account.leaf(), path)
    node = shape.path_root(index, account.leaf(), path)
    with pytest.raises(InvalidInput):
        shape.verify_path(root, index // 4, node, path[1:])
    with pytest.raises(ProofError):
        shape.verify_path(root, index // 4, inner, path)


def test_differences_that_do_not_hash_to_h_b(sealed: Parties) -> None:
    good = submission(sealed)
    first, second = good.differences
    for pairs in ((second, first), (first, first), (first, (second[0], second[1] ^ 1)), (first, (9, second[1]))):
        with sealed.refused(ProofError, "do not hash to h_B"):
            sealed.send(replace(good, differences=pairs))
    for pairs in ((first,), (first, second, second), (first, second, (65_535, empty_leaf()))):
        with sealed.refused(EncodingError, f"a batch has 2 differences, got {len(pairs)}"):
            sealed.send(replace(good, differences=pairs))
    with sealed.refused(EncodingError, "at least one"):
        sealed.send(replace(good, differences=()))
    with sealed.refused(ProofError, "do not hash to h_B"):
        sealed.send(submission(sealed, differences=good.public_inputs[5] ^ 1))


def test_differences_that_lead_elsewhere(sealed: Parties) -> None:
    """h_B, differences and roots fit together, but the proof was not made for them."""
    good = submission(sealed)
    pairs = (good.differences[0], (good.differences[1][0], 12345))
    tree = empty_tree()
    for earlier in (sealed.submissions[0].differences, pairs):
        for index, leaf in earlier:
            tree.update(index, leaf)
    chain = difference_chain(sealed.rollup.batch_start(2), pairs)
    with sealed.refused(ProofError, "do not lead to the new root"):
        sealed.send(replace(submission(sealed, differences=chain), differences=pairs))
    with sealed.refused(ProofError, "do not lead to the new root"):
        sealed.send(submission(sealed, new_root=sealed.head[1]))
    lie = replace(submission(sealed, differences=chain, new_root=tree.root), differences=pairs, proof=good.proof)
    with sealed.refused(ProofError, "proof does not verify"):
        sealed.send(lie)


def test_a_model_update_by_somebody_else(parties: Parties, ada: User) -> None:
    config = replace(parties.config, epoch=1, model_digest=bytes(32))
    rival = parties.member("rival", Role.MODEL_OWNER)[0]
    with parties.refused(AuthorizationError, f"only the model's owner, account {parties.owner.certificate.index}"):
        parties.configure(config, 2, rival)
    for credentials in (ada.credentials, parties.operator_credentials, parties.service_credentials):
        with parties.refused(AuthorizationError, "may not call rollup.configure"):
            parties.configure(config, 2, credentials)
    payload = configure_payload(config, 2)
    signed = parties.as_party(parties.owner).transaction(ROLLUP, "configure", payload)
    resigned: list[Transaction] = [
        replace(signed, signature=parties.as_party(rival).transaction(ROLLUP, "configure", payload).signature),
        replace(signed, payload=configure_payload(replace(config, model_digest=b"\1" * 32), 2)),
        replace(signed, signature=b""),
    ]
    for forged in resigned:
        with parties.refused(SignatureError, "does not verify|64 bytes"):
            parties.ledger.submit(forged)
    parties.ledger.submit(signed)


def test_a_permit_does_not_help_another_leaf_or_account(sealed: Parties, ada: User) -> None:
    good = submission(sealed)
    sealed.revoke(ada)
    sealed.permit(ada.index, good.differences[0][1] ^ 1)
    bob = sealed.certified("bob")
    sealed.publish(bob.credentials)
    sealed.permit(bob.index, good.differences[0][1])
    with sealed.refused(RevokedError, "revoked or expired"):
        sealed.send(good)
    sealed.permit(ada.index, good.differences[0][1])
    with sealed.refused(RevokedError, "revoked or expired"):
        sealed.send(good)  # the second difference has no permit left; nothing of the batch holds


def test_the_genesis_key_is_the_only_key(parties: Parties) -> None:
    genesis = parties.ledger.state(ROLLUP).get("genesis")
    assert isinstance(genesis, list)
    assert genesis[3] == b"stand-in"
    assert {"submit", "configure", "permit"} == set(contract.RollupContract.methods)
