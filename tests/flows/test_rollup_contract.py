"""The contract: genesis, configurations, standing and permits. Proofs are stood in for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.rollup_parties import LABEL, ROLLUP, Parties

from assay.core.encoding import encode_record
from assay.core.errors import (
    AssayError,
    AuthorizationError,
    EncodingError,
    InvalidInput,
    LimitError,
    NotFound,
    RevokedError,
)
from assay.identity import Role
from assay.identity.authority import DAY
from assay.ledger import EmbeddedLedger, Origin, Refused, verify_ledger
from assay.ledger.state import MemoryStore, Overlay, SpaceState
from assay.rollup import contract
from assay.rollup.accounts import empty_tree
from assay.rollup.contract import RollupContract, configure_payload, genesis_parameters


def begin(parameters: bytes) -> SpaceState:
    state = SpaceState(Overlay(MemoryStore()), ROLLUP)
    RollupContract().begin(state, parameters, Origin(bytes(range(32)), ROLLUP, 0))
    return state


def test_genesis_is_the_empty_tree_and_batch_zero(parties: Parties) -> None:
    assert parties.head == [0, empty_tree().root]
    assert parties.rollup.chain_id == int.from_bytes(parties.ledger.chain_id[:31], "big") < 2**248


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"batch_size": 0}, Refused, "batch size 0"),
        ({"owner": -1}, Refused, "owner -1"),
        ({"owner": 65_536}, Refused, "owner 65536"),
        ({"rollup_id": 2**64}, InvalidInput, "rollup_id"),
        ({"rollup_id": -1}, InvalidInput, "rollup_id"),
        ({"epoch": 1}, Refused, "epoch 0, not 1"),
    ],
)
def test_genesis_parameters_out_of_range(
    parties: Parties, change: dict[str, int], error: type[AssayError], match: str
) -> None:
    given = {"rollup_id": 1, "batch_size": 2, "owner": 0, "epoch": 0} | change
    config = replace(parties.config, epoch=given.pop("epoch"))
    with pytest.raises(error, match=match):
        begin(genesis_parameters(**given, verifying_key=b"", config=config))


def test_genesis_wants_a_key_of_seven_inputs(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_verifying_key", lambda data: SimpleNamespace(num_public=6))
    with pytest.raises(Refused, match="seven public inputs"):
        begin(genesis_parameters(1, 2, 0, b"", parties.config))


def config_map(parties: Parties, **changes: Any) -> dict[str, Any]:
    return {**replace(parties.config, epoch=1).to_map(), **changes}


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"epoch": "1"}, InvalidInput, "epoch"),
        ({"epoch": True}, InvalidInput, "epoch"),
        ({"epoch": 2**64}, InvalidInput, "epoch"),
        ({"epoch": None}, InvalidInput, "epoch"),
        ({"table_root": None}, InvalidInput, "field element"),
        ({"table_root": -1}, InvalidInput, "field element"),
        ({"service_key": [1]}, EncodingError, "service_key"),
        ({"service_key": [0, "1"]}, EncodingError, "service_key"),
        ({"service_key": [0, 1]}, InvalidInput, "service_key can sign nothing"),
        ({"service_key": [5, 5]}, InvalidInput, "service_key can sign nothing"),
        ({"registrar_key": [0, -1]}, InvalidInput, "field element"),
        ({"model_digest": b"short"}, EncodingError, "32 bytes"),
        ({"detector": [0, 1, 1]}, InvalidInput, "match"),
        ({"detector": [1, 2**32 - 1, 2]}, InvalidInput, "together"),
        ({"detector": [1, 1]}, EncodingError, "detector"),
        ({"more": 1}, EncodingError, "exactly the keys"),
    ],
)
def test_a_configuration_that_nobody_could_use(
    parties: Parties, changes: dict[str, Any], error: type[AssayError], match: str
) -> None:
    payload = encode_record("assay/rollup/configure", 1, config_map(parties, **changes), 2)
    with parties.refused(error, match):
        parties.as_party(parties.owner).submit(ROLLUP, "configure", payload)


@pytest.mark.parametrize("first", [-5, 0, 1, 10**8, 2**70])
def test_a_configuration_begins_in_the_future(parties: Parties, first: int) -> None:
    with parties.refused(Refused, "must begin after batch 1"):
        parties.configure(replace(parties.config, epoch=1), first)


def test_configurations_in_order(parties: Parties) -> None:
    parties.user("ada")
    parties.flush()
    for epoch in (0, 2):
        with parties.refused(Refused, "does not follow 0"):
            parties.configure(replace(parties.config, epoch=epoch), 9)
    parties.configure(replace(parties.config, epoch=1), 5)
    with parties.refused(Refused, "after batch 5, not at 5"):
        parties.configure(replace(parties.config, epoch=2), 5)
    parties.configure(replace(parties.config, epoch=2), 6)
    state = parties.ledger.state(ROLLUP)
    in_force = [contract._config_in_force(state, batch).epoch for batch in (1, 4, 5, 6, 7, 10**8)]  # type: ignore[arg-type]
    assert in_force == [0, 0, 1, 2, 2, 2]


def test_a_revoked_account_takes_the_permitted_leaf_once(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.query(ada, LABEL)
    parties.flush()
    parties.revoke(ada)
    transaction = parties.registrar.revoke(ada.account, parties.config)
    parties.operator.submit(transaction)
    parties.operator.seal()
    with parties.refused(RevokedError, "revoked or expired: it may only take the leaf"):
        parties.settle()
    parties.permit(ada.index, ada.account.leaf())  # the leaf it has already: no use
    with parties.refused(RevokedError, "revoked or expired"):
        parties.settle()
    parties.permit(ada.index, parties.operator.leaf(ada.index))
    parties.settle()
    assert parties.ledger.state(ROLLUP).get(f"permit/{ada.index}") is None
    assert parties.ledger.state(ROLLUP).get(f"node/0/{ada.index}") == parties.operator.leaf(ada.index)
    assert parties.operator.account(ada.index).revoked


def test_renewal_rotation_and_the_queries_after(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.query(ada, LABEL)
    parties.flush()
    parties.renew(ada)
    rotation = parties.rotation(ada)
    parties.operator.submit(rotation)
    parties.query(ada, LABEL)
    with parties.refused(RevokedError, "was certified anew"):
        parties.settle()
    parties.permit(ada.index, ada.account.leaf())  # the leaf after the query, not the rotation's
    with parties.refused(RevokedError, "was certified anew"):
        parties.settle()
    parties.permit(ada.index, parties.operator._sealed[0].differences[0][1])
    parties.settle()
    parties.query(ada, LABEL)
    parties.flush()
    assert parties.ledger.state(ROLLUP).get(f"generation/{ada.index}") == 1


def test_the_old_key_s_queries_do_not_land_after_a_renewal(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.flush()
    parties.query(ada, LABEL)
    parties.operator.seal()
    parties.renew(ada)
    with parties.refused(RevokedError, "was certified anew"):
        parties.settle()


def test_a_registration_under_a_superseded_key_needs_a_permit(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.operator.seal()
    parties.renew(ada)
    with parties.refused(RevokedError, "was certified anew"):
        parties.settle()
    parties.permit(ada.index, parties.operator.leaf(ada.index))
    parties.settle()
    assert parties.head[0] == 1


def test_an_expired_account_does_not_move(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.flush()
    parties.query(ada, LABEL)
    parties.operator.seal()
    parties.clock.turn(300 * DAY)
    renewed, _ = parties._enrol(parties.authority.invite("operator", Role.OPERATOR, lost_keys=True))
    registrar, _ = parties._enrol(parties.authority.invite("registrar", Role.REGISTRAR, lost_keys=True))
    parties.clock.turn(66 * DAY)
    parties.operator_credentials, parties.registrar_credentials = renewed, registrar
    parties.update_revocations()
    with parties.refused(RevokedError, "revoked or expired"):
        parties.settle()


def test_a_permit_is_spent_by_the_leaf_it_names_also_in_good_standing(parties: Parties) -> None:
    ada = parties.user("ada")
    parties.permit(ada.index, ada.account.leaf())
    parties.flush()
    assert parties.ledger.state(ROLLUP).get(f"permit/{ada.index}") is None


def test_a_newer_certificate_voids_a_permit(parties: Parties) -> None:
    """A rotation to keys that were replaced in the meantime does not land, permit or not."""
    ada = parties.user("ada")
    parties.flush()
    parties.renew(ada)
    parties.operator.submit(parties.rotation(ada))
    parties.operator.seal()
    parties.permit(ada.index, ada.account.leaf())
    parties.renew(ada)
    with parties.refused(RevokedError, "was certified anew"):
        parties.settle()
    parties.operator.drop([ada.index])
    parties.operator.submit(parties.second_rotation(ada))
    parties.permit(ada.index, ada.account.leaf())
    parties.flush()
    assert parties.ledger.state(ROLLUP).get(f"generation/{ada.index}") == 2


def test_no_permit_for_an_account_nobody_certified(parties: Parties) -> None:
    with parties.refused(AuthorizationError, "account 99 was never certified"):
        parties.permit(99, 5)


def test_who_may_call_what(parties: Parties) -> None:
    ada = parties.user("ada")
    for credentials in (ada.credentials, parties.operator_credentials, parties.owner, parties.service_credentials):
        with parties.refused(AuthorizationError, "may not call rollup.permit"):
            parties.permit(ada.index, 5, credentials)
    for credentials in (ada.credentials, parties.operator_credentials, parties.registrar_credentials):
        with parties.refused(AuthorizationError, "may not call rollup.configure"):
            parties.configure(replace(parties.config, epoch=1), 2, credentials)
    with parties.refused(NotFound, "has no method"):
        parties.as_party(parties.owner).submit(ROLLUP, "reset", b"")


@pytest.mark.parametrize(("index", "leaf"), [(-1, 0), (65_536, 0), (2**40, 0), (0, -1), (0, contract.MODULUS)])
def test_a_permit_out_of_range(parties: Parties, index: int, leaf: int) -> None:
    with parties.refused(InvalidInput, "out of range"):
        parties.permit(index, leaf)


def test_payloads_of_another_kind(parties: Parties) -> None:
    payload = configure_payload(replace(parties.config, epoch=1), 5)
    for method, credentials in (("submit", parties.operator_credentials), ("permit", parties.registrar_credentials)):
        with parties.refused(EncodingError, "record"):
            parties.as_party(credentials).submit(ROLLUP, method, payload)
    with parties.refused(LimitError, "at most 1048576 bytes"):
        parties.send_bytes(bytes(2 << 20)[: (1 << 20) + 1])


def test_the_chain_executes_again_to_the_same_state(parties: Parties, tmp_path: Path) -> None:
    ada = parties.user("ada")
    for i in range(3):
        parties.query(ada, LABEL, i)
    parties.flush()
    parties.configure(replace(parties.config, epoch=1), 9)
    with EmbeddedLedger(tmp_path / "ledger.db", registry=parties.registry) as ledger:
        report = verify_ledger(ledger, parties.registry, chain_id=parties.ledger.chain_id)
    assert report.height == parties.ledger.head().header.height
