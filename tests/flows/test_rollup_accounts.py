"""The audit of all six kinds, against a rollup in plain Python that was written from the protocol alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.babyjubjub_reference import public_key, sign
from support.rollup_world import EMPTY, KINDS, TABLE, Tree, World, h, leaf

from assay.core.errors import InvalidInput, NotFound, SignatureError, StateError
from assay.crypto.eddsa import Signature
from assay.rollup.account import PAD_INDEX, Account, empty_leaf
from assay.rollup.accounts import AccountTree, BlockedError, Step
from assay.rollup.batch import Batch
from assay.rollup.config import DetectorConstants, RollupConfig, RollupId, shared_table
from assay.rollup.prover import witness_of
from assay.rollup.transaction import Clear, Kind, Opening, Query, Register, Revoke, Rotate, Transaction
from assay.rollup.witness import TransactionWitness


def config_of(world: World) -> RollupConfig:
    return RollupConfig(
        service_key=public_key(world.service),
        registrar_key=public_key(world.registrar),
        model_digest=world.model.to_bytes(31, "big") + b"\x9c",
        epoch=world.epoch,
        table_root=TABLE.root,
        detector=DetectorConstants(*world.detector),
    )


class Both:
    """The same transactions for the library's tree and for the reference."""

    def __init__(self) -> None:
        self.world = World()
        self.config = config_of(self.world)
        self.tree = AccountTree(RollupId(self.world.chain_id, self.world.rollup_id), shared_table())
        self.steps: list[Step] = []

    def transaction(self, kind: str, index: int, tx: TransactionWitness) -> Transaction:
        """What the reference signed, as the library's type."""
        authority = Signature(tx.authority[:2], tx.authority[2])
        holder = Signature(tx.holder[:2], tx.holder[2])
        match kind:
            case "query":
                nonce = tx.old.nonce + 1
                return Query(index, nonce, Opening(tx.label, tx.rho), authority, holder)
            case "register":
                opening = Opening(*self.world.labels[index])
                return Register(index, tx.old.public_key, opening, tx.old.salt, authority, holder)
            case "rotate":
                assert tx.public_key is not None
                assert tx.salt is not None
                return Rotate(index, tx.public_key, tx.salt, authority, holder)
            case "revoke":
                return Revoke(index, authority)
        return Clear(index, authority)

    def do(self, kind: str, index: int = PAD_INDEX, *args: int, **kwargs: int) -> Step:
        if kind == "pad":
            tx = self.world.pad()
            step = self.tree.pad()
        else:
            tx = getattr(self.world, kind)(index, *args, **kwargs)
            step = self.tree.apply(self.transaction(kind, index, tx), self.config)
        self.steps.append(step)
        assert step.kind is Kind(KINDS.index(kind))
        assert (step.index, step.old_leaf, step.siblings) == (tx.index, tx.old_leaf, tx.siblings)
        assert self.tree.root == step.new_root == self.world.tree.root
        if kind != "pad":
            self.assert_same(index)
        return step

    def assert_same(self, index: int) -> None:
        account, theirs = self.tree.account(index), self.world.accounts[index]
        for name in ("public_key", "nonce", "credit", "score", "blocked", "revoked", "registration", "salt"):
            assert getattr(account, name) == getattr(theirs, name), name
        assert account.leaf() == self.tree.leaf(index) == leaf(index, theirs)


@pytest.fixture
def both() -> Both:
    made = Both()
    made.do("register", 9, 33)
    return made


def every_kind(both: Both) -> None:
    both.do("register", 5, 11, label=3, rho=2**128 - 1, salt=0)
    both.do("query", 9, 7)
    both.do("query", 9, 8)
    both.do("rotate", 9, 44, salt=2**128 - 1)
    both.do("query", 5, 3)
    both.do("revoke", 9)
    both.do("rotate", 9, 45)
    both.do("query", 9, 7, rho=2**128 - 1)
    both.do("query", 5, 65_535)
    both.do("query", 5, 0)
    both.do("query", 5, 1)
    both.do("query", 5, 2)
    assert both.tree.account(5).blocked
    both.do("clear", 5)
    both.do("query", 5, 3)
    both.do("pad")


def test_all_kinds_follow_the_reference(both: Both) -> None:
    every_kind(both)
    assert both.tree.indices() == [5, 9]
    assert both.tree.root == both.world.tree.root
    assert empty_leaf() == EMPTY == both.tree.leaf(6)


def test_the_public_inputs_and_the_witness_of_a_batch_follow_the_reference(both: Both) -> None:
    every_kind(both)
    batch = Batch(both.tree.rollup, both.config, both.world.batch_number, tuple(both.steps))
    expected = both.world.batch()
    public = batch.public_inputs()
    assert batch.differences == both.world.differences()
    assert public[0] == both.world.chain_id
    assert public[6] == both.world.config
    ours = witness_of(batch, public)
    assert replace(ours, transactions=()) == replace(expected, transactions=())
    for mine, theirs in zip(ours.transactions, expected.transactions, strict=True):
        same = theirs
        if theirs.kind not in (2,):  # the reference writes unchanged key and salt out; None means the same
            same = replace(theirs, public_key=None, salt=None)
        assert mine == same
    assert ours.carries[-1] == (public[4], public[5]) == (expected.new_root, expected.differences)


def test_undo_goes_back_step_by_step(both: Both) -> None:
    roots = [both.tree.root]
    accounts = [{i: both.tree.account(i) for i in both.tree.indices()}]
    first = len(both.steps)
    for kind, args in [("query", (9, 7)), ("register", (5, 11)), ("pad", ()), ("revoke", (9,)), ("rotate", (9, 45))]:
        both.do(kind, *args)
        roots.append(both.tree.root)
        accounts.append({i: both.tree.account(i) for i in both.tree.indices()})
    done = both.steps[first:]
    both.tree.undo(done[3:])
    assert (both.tree.root, {i: both.tree.account(i) for i in both.tree.indices()}) == (roots[3], accounts[3])
    both.tree.undo(done[:3])
    assert (both.tree.root, {i: both.tree.account(i) for i in both.tree.indices()}) == (roots[0], accounts[0])
    with pytest.raises(NotFound, match="no account 5"):
        both.tree.registered(5)
    both.tree.undo(both.steps[:first])
    assert both.tree.root == Tree().root
    assert both.tree.indices() == []


def test_only_the_most_recent_steps_are_undone_and_all_or_none(both: Both) -> None:
    steps = [both.do("query", 9, 7), both.do("query", 9, 8), both.do("query", 9, 7)]
    root, account = both.tree.root, both.tree.account(9)
    for wrong in (steps[:2], [steps[0], steps[2]], steps[::-1]):
        with pytest.raises(StateError, match="most recent"):
            both.tree.undo(wrong)
        assert (both.tree.root, both.tree.account(9)) == (root, account)
    both.tree.undo(steps)


def test_pads_stand_at_the_slot_nobody_has(both: Both) -> None:
    root = both.tree.root
    step = both.do("pad")
    assert (step.index, step.old_leaf, step.new_leaf) == (65_535, EMPTY, EMPTY)
    assert step.old_root == step.new_root == root
    with pytest.raises(InvalidInput, match="65535"):
        replace(both.tree.account(9), index=PAD_INDEX)
    both.tree.undo([step])
    assert both.tree.root == root


def test_the_first_mismatch_makes_the_credit_negative(both: Both) -> None:
    account = both.do("query", 9, 8).new
    assert account is not None
    assert account.credit == -19_728 == -TABLE.values[1]
    assert account.packed == 2**39 - 19_728 + (150_000 << 40)


def test_edges_of_an_account() -> None:
    base = Account(0, (0, 1), 0, 0, 0, False, False, 0, 0)
    for name, low, high in (
        ("index", 0, 65_534),
        ("nonce", 0, 65_535),
        ("credit", 1 - 2**39, 2**39 - 1),
        ("score", 0, 2**32 - 1),
        ("salt", 0, 2**128 - 1),
    ):
        for value in (low, high):
            assert getattr(replace(base, **{name: value}), name) == value  # type: ignore[arg-type]
        for value in (low - 1, high + 1):
            with pytest.raises(InvalidInput, match=name):
                replace(base, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="nonce"):
        replace(base, nonce=True)


def test_packed_states_are_distinct() -> None:
    base = Account(3, (0, 1), 0, 0, 0, False, False, 0, 0)
    edges = [
        replace(base, credit=credit, score=score, blocked=blocked, revoked=revoked)
        for credit in (1 - 2**39, -1, 0, 2**39 - 1)
        for score in (0, 1, 2**32 - 1)
        for blocked in (False, True)
        for revoked in (False, True)
    ]
    assert len({account.packed for account in edges}) == len(edges)
    assert max(account.packed for account in edges) < 2**74


def test_blocked_revoked_and_unknown_accounts_are_refused(both: Both) -> None:
    for label in (1, 2, 3, 4):
        both.do("query", 9, label)
    account = both.tree.account(9)
    assert account.blocked
    query = both.transaction("query", 9, both.world.query(9, 7))
    with pytest.raises(BlockedError, match="registrar can clear"):
        both.tree.apply(query, both.config)
    with pytest.raises(NotFound, match="no account 8"):
        both.tree.apply(replace(query, index=8), both.config)
    assert both.tree.account(9) == account


def test_a_refused_transaction_changes_nothing(both: Both) -> None:
    root, account = both.tree.root, both.tree.account(9)
    stranger = sign(999, 1)
    forged = Signature(stranger[:2], stranger[2])
    good = both.transaction("query", 9, both.world.query(9, 7))
    assert isinstance(good, Query)
    wrong: list[tuple[Transaction, type[Exception], str]] = [
        (replace(good, authority=forged), SignatureError, "recognition service"),
        (replace(good, holder=forged), SignatureError, "account 9"),
        (replace(good, nonce=2), StateError, "nonce"),
        (replace(good, answer=Opening(8, good.answer.rho)), SignatureError, "recognition service"),
        (Revoke(9, forged), SignatureError, "registrar"),
        (Clear(9, forged), SignatureError, "registrar"),
        (Rotate(9, account.public_key, 5, forged, forged), SignatureError, "registrar"),
        (Register(9, account.public_key, Opening(7, 1), 5, forged, forged), StateError, "holds an account"),
        (Register(8, account.public_key, Opening(7, 1), 5, forged, forged), SignatureError, "registrar"),
    ]
    for transaction, error, match in wrong:
        with pytest.raises(error, match=match):
            both.tree.apply(transaction, both.config)
        assert (both.tree.root, both.tree.account(9), both.tree.indices()) == (root, account, [9])
    both.tree.apply(good, both.config)


def test_the_table_of_the_tree_is_the_reference_s() -> None:
    table = shared_table()
    assert table.values == TABLE.values
    assert table.root == TABLE.root
    for index in (0, 1, 5, 16_383, 65_535):
        assert table.path(index) == TABLE.path(index)
    with pytest.raises(InvalidInput, match="65536"):
        table.path(65_536)


def test_config_and_context_follow_the_reference(both: Both) -> None:
    assert both.config.digest() == both.world.config
    assert both.tree.rollup.context(both.config) == both.world.context
    assert both.tree.rollup.batch_start(4) == h("batch", both.world.rollup_id, 4)
    assert RollupConfig.from_map(both.config.to_map()) == both.config
