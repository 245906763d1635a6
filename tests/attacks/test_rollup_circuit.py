"""What nobody can prove, whoever writes the witness: each attack is refused by the constraint that is there for it.

The attacker chooses every private input; the message tells which constraint stopped it. Attacks on the values that the
solver computes (hints and intermediate values) are in tests/property/test_soundness.py.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from support import babyjubjub_reference as curve
from support.babyjubjub_reference import GENERATOR, IDENTITY, L, R, public_key, sign
from support.rollup_world import (
    CLEAR,
    EMPTY,
    PAD_INDEX,
    QUERY,
    REGISTER,
    REVOKE,
    ROTATE,
    TABLE,
    World,
    h,
    leaf,
)

from assay.core.errors import InvalidInput, UnsatisfiedError
from assay.rollup.circuit import KINDS, batch_circuit
from assay.rollup.witness import NO_SIGNATURE, BatchWitness, TransactionWitness, batch_inputs

USER = 11
SIGNATURE = "the signature verifies"
OPENS = "the account opens the old leaf"


@pytest.fixture
def world() -> World:
    made = World()
    made.place(5, secret=USER)
    return made


def refused(batch: BatchWitness, match: str, error: type[Exception] = UnsatisfiedError, **inputs: Any) -> None:
    circuit = batch_circuit(len(batch.transactions))
    with pytest.raises(error, match=match):
        circuit.witness(batch_inputs(batch) | inputs)


def with_transaction(batch: BatchWitness, **changes: Any) -> BatchWitness:
    """The batch with its last transaction changed."""
    *before, last = batch.transactions
    return replace(batch, transactions=(*before, replace(last, **changes)))


def with_account(batch: BatchWitness, **changes: Any) -> BatchWitness:
    return with_transaction(batch, old=replace(batch.transactions[-1].old, **changes))


def signed_query(world: World, nonce: int, label: int = 7, rho: int = 55, **secrets: int) -> dict[str, Any]:
    """Signatures on an answer, by default of the right parties."""
    com = h("answer", label, rho, *world.accounts[5].public_key, nonce)
    message = h("query", world.context, com, 0)
    return {
        "authority": sign(secrets.get("service", world.service), message),
        "holder": sign(secrets.get("user", USER), message),
    }


# Signatures


@pytest.mark.parametrize("secret", [2002, USER, 9999])
def test_an_answer_that_the_service_did_not_sign(world: World, secret: int) -> None:
    world.query(5, 7)
    refused(with_transaction(world.batch(), **signed_query(world, 1, service=secret)), SIGNATURE)


@pytest.mark.parametrize("secret", [1001, 2002, 9999])
def test_an_answer_that_the_user_did_not_sign(world: World, secret: int) -> None:
    world.query(5, 7)
    refused(with_transaction(world.batch(), **signed_query(world, 1, user=secret)), SIGNATURE)


@pytest.mark.parametrize("which", ["authority", "holder"])
def test_no_signature(world: World, which: str) -> None:
    world.query(5, 7)
    refused(with_transaction(world.batch(), **{which: NO_SIGNATURE}), SIGNATURE)


@pytest.mark.parametrize("which", ["authority", "holder"])
def test_a_signature_with_s_not_reduced(world: World, which: str) -> None:
    x, y, s = getattr(world.query(5, 7), which)
    refused(with_transaction(world.batch(), **{which: (x, y, s + L)}), "exceed the bound|is at most")


@pytest.mark.parametrize("which", ["authority", "holder"])
@pytest.mark.parametrize("r8", [(1, 1), (0, 0), (5, 7)])
def test_a_signature_with_r8_off_the_curve(world: World, which: str, r8: tuple[int, int]) -> None:
    s = getattr(world.query(5, 7), which)[2]
    refused(with_transaction(world.batch(), **{which: (*r8, s)}), "on Baby Jubjub")


def test_r8_shifted_by_a_point_of_small_order(world: World) -> None:
    x, y, s = world.query(5, 7).holder
    moved = curve.add((x, y), curve.times(L, GENERATOR))
    refused(with_transaction(world.batch(), holder=(*moved, s)), SIGNATURE)


@pytest.mark.parametrize("field", ["chain_id", "rollup_id", "epoch", "model", "detector"])
def test_a_transaction_signed_for_another_context(world: World, field: str) -> None:
    other = World(**{field: (1, 2, 3) if field == "detector" else 123_456})
    other.place(5, secret=USER)
    foreign = other.query(5, 7)
    world.query(5, 7)
    refused(with_transaction(world.batch(), authority=foreign.authority, holder=foreign.holder), SIGNATURE)


def test_a_revocation_replayed_as_a_clearance() -> None:
    world = World()
    world.place(5, secret=USER, score=600_000, blocked=1)
    cleared = leaf(5, replace(world.accounts[5], score=0, blocked=False))
    old = leaf(5, world.accounts[5])
    world.clear(5)
    stolen = sign(world.registrar, h("revoke", world.context, old, cleared))
    refused(with_transaction(world.batch(), authority=stolen), SIGNATURE)


# Keys


@pytest.mark.parametrize("key", [IDENTITY, (0, R - 1), curve.times(L, GENERATOR), curve.times(2 * L, GENERATOR)])
def test_a_registered_key_of_small_order(key: curve.Point) -> None:
    # S = 0 and R8 = 0 satisfy the equation for every message, because 8 A = 0
    world = World()
    world.register(5, USER, key=key)
    refused(with_transaction(world.batch(), holder=NO_SIGNATURE), "small order")


def test_a_registered_key_off_the_curve() -> None:
    world = World()
    world.register(5, USER, key=(5, 6))
    refused(world.batch(), "on Baby Jubjub")


@pytest.mark.parametrize("name", ["service_key", "registrar_key"])
@pytest.mark.parametrize("key", [public_key(USER), (5, 6), IDENTITY])
def test_a_key_that_is_not_in_the_configuration(world: World, name: str, key: curve.Point) -> None:
    world.query(5, 7)
    refused(replace(world.batch(), **{name: key}), "the configuration is the one in force")


@pytest.mark.parametrize("key", [(5, 6), IDENTITY])
def test_a_configuration_with_an_unfit_key(world: World, key: curve.Point) -> None:
    world.query(5, 7)
    batch = replace(world.batch(), registrar_key=key)
    match, mismatch, threshold = batch.detector
    packed = match + (mismatch << 32) + (threshold << 64)
    config = h("config", *batch.service_key, *key, batch.model, batch.epoch, batch.table_root, packed)
    refused(replace(batch, config=config), "small order|on Baby Jubjub")


# Configuration, chain and batch


@pytest.mark.parametrize("change", [{"model": 1}, {"epoch": 4}, {"table_root": 1}, {"detector": (0, 0, 2**32 - 1)}])
def test_a_model_table_or_detector_that_is_not_in_force(world: World, change: dict[str, Any]) -> None:
    world.query(5, 7)
    refused(replace(world.batch(), **change), "the configuration is the one in force")


def test_a_detector_that_does_not_unpack(world: World) -> None:
    world.detector = (0, 0, 2**32)
    world.query(5, 7)
    refused(world.batch(), "fits 96 bits")


@pytest.mark.parametrize("name", ["chain_id", "rollup_id", "batch", "old_root", "new_root", "differences", "config"])
def test_each_public_input_is_bound(world: World, name: str) -> None:
    world.query(5, 7)
    batch = world.batch()
    refused(replace(batch, **{name: getattr(batch, name) + 1}), "not satisfied")
    refused(replace(batch, **{name: getattr(batch, name) + R}), "outside", InvalidInput)


def test_differences_reordered_or_missing(world: World) -> None:
    world.place(6, secret=12)
    world.query(5, 7)
    world.query(6, 7)
    batch = world.batch()
    start = h("batch", world.rollup_id, world.batch_number)
    first, second = world.differences()
    for order in ([second, first], [first], [first, first], []):
        chain = start
        for pair in order:
            chain = h("difference", chain, *pair)
        refused(replace(batch, differences=chain), "the differences hash to h_B")


def test_transactions_reordered(world: World) -> None:
    world.query(5, 7)
    world.query(5, 8)
    batch = world.batch()
    refused(replace(batch, transactions=batch.transactions[::-1]), "not satisfied")


# The old leaf


def test_a_used_nonce(world: World) -> None:
    world.query(5, 7)
    world.query(5, 7)
    first = world.steps[0]
    batch = world.batch()
    refused(with_transaction(batch, authority=first.authority, holder=first.holder), SIGNATURE)
    refused(with_account(batch, nonce=0), OPENS)
    refused(replace(batch, transactions=(first, first)), "the path leads from the present root")


def test_a_skipped_nonce(world: World) -> None:
    world.query(5, 7)
    refused(with_transaction(world.batch(), **signed_query(world, 2)), SIGNATURE)


def test_a_full_account() -> None:
    world = World()
    world.place(5, secret=USER, nonce=65_535)
    world.query(5, 7)
    refused(world.batch(), "fits 16 bits")


@pytest.mark.parametrize("bit", ["blocked", "revoked"])
def test_a_query_on_a_blocked_or_revoked_account(bit: str) -> None:
    world = World()
    world.place(5, secret=USER, **{bit: 1})
    world.query(5, 7)
    refused(world.batch(), "neither blocked nor revoked")
    refused(with_account(world.batch(), **{bit: False}), OPENS)


@pytest.mark.parametrize(
    ("opening", "match"),
    [
        # all of them pack to the same field element as the true account
        ({"score": 600_000 + 2**32, "blocked": 0}, "fits 32 bits"),
        ({"credit": 100 + (1 << 72), "blocked": 0}, "fits 40 bits"),
        ({"credit": 100 + (1 << 40), "score": 600_000 - 1}, "fits 40 bits"),
        ({"blocked": 3, "revoked": R - 1}, "blocked is 0 or 1"),
    ],
)
def test_a_packed_value_opens_in_one_way(opening: dict[str, int], match: str) -> None:
    world = World()
    world.place(5, secret=USER, credit=100, score=600_000, blocked=1)
    world.clear(5)
    batch = world.batch()
    inputs = {f"old_{name}": [value % R] for name, value in opening.items()}
    refused(batch, match, **inputs)


@pytest.mark.parametrize(
    "change",
    [{"credit": 5}, {"score": 1}, {"nonce": 3}, {"salt": 1}, {"registration": 1}, {"public_key": public_key(12)}],
)
def test_an_account_that_is_not_in_the_tree(world: World, change: dict[str, Any]) -> None:
    world.query(5, 7)
    refused(with_account(world.batch(), **change), OPENS)


def test_an_account_in_another_slot(world: World) -> None:
    world.query(5, 7)
    batch = with_transaction(world.batch(), index=6)
    refused(batch, OPENS)


def test_a_path_that_does_not_lead_to_the_root(world: World) -> None:
    tx = world.query(5, 7)
    for level in range(8):
        siblings = [list(row) for row in tx.siblings]
        siblings[level][level % 3] += 1
        refused(with_transaction(world.batch(), siblings=siblings), "the path leads from the present root")


def test_a_leaf_under_another_slot_of_the_same_path(world: World) -> None:
    world.pad(5)
    refused(world.batch(), "the path leads to the old leaf", index=[4])


def test_an_inner_node_as_a_leaf(world: World) -> None:
    node = world.tree.get(1, 1)
    path = [row[:] for row in world.tree.siblings(5)]
    lifted = [*path[1:], [0, 0, 0]]
    world.pad(5)
    batch = with_transaction(world.batch(), old_leaf=node, siblings=lifted, index=1)
    refused(batch, "the path leads from the present root")
    account = replace(world.accounts[5], public_key=(world.tree.get(0, 4), world.tree.get(0, 5)))
    world.steps[-1] = replace(world.steps[-1], kind=CLEAR, old=account, old_leaf=node, siblings=lifted, index=1)
    refused(replace(batch, transactions=tuple(world.steps)), OPENS)


# The answer


def test_a_mismatch_that_claims_to_match(world: World) -> None:
    world.query(5, 8)
    batch = world.batch()
    refused(with_transaction(batch, label=7), SIGNATURE)
    refused(with_transaction(batch, registered_label=8), "opens the registration")
    refused(with_transaction(batch, rho=56), SIGNATURE)


@pytest.mark.parametrize("name", ["label", "registered_label"])
@pytest.mark.parametrize("value", [1 << 16, R - 1])
def test_a_label_out_of_range(world: World, name: str, value: int) -> None:
    world.query(5, 8)
    refused(with_transaction(world.batch(), **{name: value}), "fits 16 bits")


def test_a_mismatch_that_wraps_the_credit() -> None:
    world = World()
    world.place(5, secret=USER, credit=-(2**39) + TABLE.values[1] - 1)
    world.query(5, 8)
    refused(world.batch(), "fits 40 bits")
    above = World()
    above.place(5, secret=USER, credit=2**39 - 65_536)
    above.query(5, 7)
    refused(above.batch(), "fits 40 bits")


def test_a_first_mismatch_taken_for_a_large_credit(world: World) -> None:
    world.query(5, 8)
    world.query(5, 7)
    for bits in (40, 64):
        refused(with_account(world.batch(), credit=2**bits - TABLE.values[1]), "fits 40 bits")


def test_a_table_entry_that_is_not_the_committed_one(world: World) -> None:
    tx = world.query(5, 8)
    path = [row[:] for row in tx.table_path]
    path[0][1] = 0
    refused(with_transaction(world.batch(), table_path=path), "the child on the path is the digest from below")
    refused(with_transaction(world.batch(), table_path=TABLE.path(4)), "the child on the path|committed table")


def test_an_inner_node_of_the_table_as_an_entry(world: World) -> None:
    tx = world.query(5, 8)
    lifted = [*tx.table_path[1:], [TABLE.root, 0, 0, 0]]
    refused(with_transaction(world.batch(), table_path=lifted), "the child on the path is the digest from below")


# Kinds


def selector(batch: BatchWitness, kind: list[int], match: str = "selector") -> None:
    refused(batch, match, kind=[[k % R for k in kind]])


@pytest.mark.parametrize(
    "kind",
    [[0] * 6, [1, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, -1], [1, 1, 0, 0, 0, -1], [0, 0, 0, 3, -1, -1], [-1, 1, 1, 0, 0, 0]],
)
def test_a_selector_that_is_not_one_kind(world: World, kind: list[int]) -> None:
    world.query(5, 7)
    selector(world.batch(), kind)


@pytest.mark.parametrize("kind", range(5))
def test_a_pad_turned_into_a_transaction(kind: int) -> None:
    world = World()
    world.pad(PAD_INDEX)
    refused(with_transaction(world.batch(), kind=kind), "not satisfied")


def test_a_query_hidden_in_a_pad_changes_nothing(world: World) -> None:
    world.query(5, 8)
    refused(with_transaction(world.batch(), kind=KINDS.index("pad")), "not satisfied")


def test_a_registration_on_a_taken_slot(world: World) -> None:
    world.register(5, 33)
    refused(world.batch(), "a registration fills an empty slot")
    refused(with_transaction(world.batch(), old_leaf=EMPTY), "the path leads from the present root")


@pytest.mark.parametrize("state", [{"credit": 1}, {"score": 1}, {"blocked": True}, {"revoked": True}, {"credit": -1}])
def test_a_registration_that_starts_above_zero(state: dict[str, Any]) -> None:
    world = World()
    world.register(5, USER)
    refused(with_account(world.batch(), **state), "a new account starts from zero")


def test_a_registration_that_starts_with_a_nonce() -> None:
    world = World()
    world.register(5, USER)
    refused(with_account(world.batch(), nonce=1), "a new account has nonce 0")


@pytest.mark.parametrize("which", ["authority", "holder"])
@pytest.mark.parametrize("kind", [REGISTER, ROTATE])
def test_registrar_and_new_key_must_both_sign(kind: int, which: str) -> None:
    world = World()
    if kind == REGISTER:
        tx = world.register(5, 33)
    else:
        world.place(5, secret=USER)
        tx = world.rotate(5, 33)
    refused(with_transaction(world.batch(), **{which: NO_SIGNATURE}), SIGNATURE)
    other = {"authority": "holder", "holder": "authority"}[which]
    refused(with_transaction(world.batch(), **{which: getattr(tx, other)}), SIGNATURE)


@pytest.mark.parametrize("kind", [REVOKE, CLEAR])
@pytest.mark.parametrize("secret", [USER, 1001])
def test_only_the_registrar_revokes_and_clears(kind: int, secret: int) -> None:
    world = World()
    world.place(5, secret=USER, blocked=1, score=600_000)
    old = leaf(5, world.accounts[5])
    (world.revoke if kind == REVOKE else world.clear)(5)
    forged = sign(secret, h(KINDS[kind], world.context, old, leaf(5, world.accounts[5])))
    refused(with_transaction(world.batch(), authority=forged), SIGNATURE)


@pytest.mark.parametrize("kind", [QUERY, REGISTER, REVOKE, CLEAR])
def test_only_a_rotation_changes_key_and_salt(kind: int) -> None:
    world = World()
    if kind == REGISTER:
        world.register(5, USER)
    else:
        world.place(5, secret=USER)
        {QUERY: lambda: world.query(5, 7), REVOKE: lambda: world.revoke(5), CLEAR: lambda: world.clear(5)}[kind]()
    refused(with_transaction(world.batch(), public_key=public_key(33)), "only a rotation changes the key")
    refused(with_transaction(world.batch(), salt=1), "only a rotation changes the salt")


@pytest.mark.parametrize(("kind", "turned"), list(permutations([ROTATE, REVOKE, CLEAR], 2)))
def test_a_permitted_change_turned_into_another(kind: int, turned: int) -> None:
    if kind == turned:
        return
    world = World()
    world.place(5, secret=USER, blocked=1, score=600_000)
    {ROTATE: lambda: world.rotate(5, 33), REVOKE: lambda: world.revoke(5), CLEAR: lambda: world.clear(5)}[kind]()
    refused(with_transaction(world.batch(), kind=turned), "not satisfied")


def test_witness_data_does_not_print_secrets(world: World) -> None:
    tx: TransactionWitness = world.query(5, 7)
    shown = re.sub(r" at 0x[0-9a-f]+", "", repr(tx))  # an address may hold any digits
    assert "55" not in shown
    assert str(world.accounts[5].salt) not in repr(tx.old)
