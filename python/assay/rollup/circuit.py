"""The circuit of a batch: B transactions of six kinds take one root to the next (docs/bio-rollup.md).

Once a batch: config and ctx are opened, the detector's constants unpacked, both authorities' keys prepared, h_0 made.
Then one template, stamped B times, carries (root, h):

    the leaf in the slot under the root is what the kind demands, and the new leaf follows from it by the kind's rule;
    M = H(tag of the kind; ctx, a, b) is signed by whom the kind demands;
    the path gives the new root, and h' = H(difference; h, index, new leaf).

A registration is written as a step from an initial account (nonce 0, credit 0, S 0, no bits) that equals the new one.
A part that a kind does not use is switched off by the selector and takes any values that satisfy its ranges: zeros,
and the identity for a point. The credit's range is [-2^39, 2^39): its lower end is out of reach of 2^16 queries.

Salts and rho have 128 bits by agreement of the parties; nothing sound depends on it, so nothing checks it here.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from assay.circuits import Builder, Circuit, Signal, compile, template
from assay.circuits.gadgets import eddsa
from assay.circuits.gadgets.bits import from_bits, to_bits
from assay.circuits.gadgets.boolean import assert_one_hot
from assay.circuits.gadgets.comparison import is_at_least, is_equal
from assay.circuits.gadgets.eddsa import PreparedKey
from assay.circuits.gadgets.edwards import Point
from assay.circuits.gadgets.merkle import update_path
from assay.circuits.gadgets.poseidon import poseidon
from assay.circuits.gadgets.table import look_up
from assay.core.errors import InvalidInput
from assay.crypto.poseidon import domain_tag, hash_ints
from assay.rollup.account import ARITY, DEPTH
from assay.rollup.batch import PUBLIC_INPUTS

__all__ = ["ARITY", "DEPTH", "KINDS", "PUBLIC_INPUTS", "batch_circuit", "build_batch", "transaction"]

KINDS = ("query", "register", "rotate", "revoke", "clear", "pad")
"""In the order of the selector."""
INDEX_BITS = LABEL_BITS = 16  # as many as there are digits of table and tree: 4^8 = 2^16
CREDIT_BITS, SCORE_BITS = 40, 32
SCALE = 1 << 16


def _tag(name: str) -> int:
    return domain_tag(f"assay/rollup/{name}/v1")


class Detector(NamedTuple):
    """The constants of the CUSUM, each checked to lie in [0, 2^32)."""

    match: Signal
    mismatch: Signal
    threshold: Signal


class Shared(NamedTuple):
    """What all transactions of a batch have in common."""

    context: Signal
    table_root: Signal
    detector: Detector
    service: PreparedKey
    registrar: PreparedKey


class Account(NamedTuple):
    """An account's state but for its index."""

    key: Point
    nonce: Signal
    credit: Signal
    score: Signal
    blocked: Signal
    revoked: Signal
    registration: Signal
    salt: Signal


class Signature(NamedTuple):
    """(R8, S)."""

    r8: Point
    s: Signal


class Inputs(NamedTuple):
    """The private inputs of one transaction."""

    kind: list[Signal]
    slot: Signal
    old_leaf: Signal
    path: list[list[Signal]]
    """[DEPTH][ARITY], the children on the way to the old leaf from the lowest level."""
    old: Account
    key: Point
    salt: Signal
    label: Signal
    rho: Signal
    registered_label: Signal
    registered_rho: Signal
    table_path: list[list[Signal]]
    """[DEPTH][ARITY], the same for entry nonce' of the credit table."""
    authority: Signature
    holder: Signature


@cache
def batch_circuit(batch_size: int) -> Circuit:
    """The compiled circuit of batches of `batch_size` transactions."""
    if not 0 < batch_size <= 4096:
        raise InvalidInput(f"a batch has 1 to 4096 transactions, not {batch_size}")
    return compile(build_batch(batch_size))


def build_batch(batch_size: int) -> Builder:
    """The circuit before compilation."""
    c = Builder(f"rollup batch of {batch_size}")
    public = {name: c.public(name) for name in PUBLIC_INPUTS}
    shared = _shared(c, public)
    start = poseidon(c, [public["rollup_id"], public["batch"]], _tag("batch"))
    done = c.repeat(
        batch_size,
        transaction,
        carry={"root": public["old_root"], "chain": start},
        inputs={"tx": _transaction_inputs(c, batch_size)},
        shared={"shared": shared},
    )
    c.assert_equal(done.carry["root"], public["new_root"], "the last root is the new root")
    c.assert_equal(done.carry["chain"], public["differences"], "the differences hash to h_B")
    return c


def _shared(c: Builder, public: dict[str, Signal]) -> Shared:
    service, registrar = Point(*c.private("service_key", 2)), Point(*c.private("registrar_key", 2))
    model, epoch, table_root, packed = (c.private(name) for name in ("model", "epoch", "table_root", "detector"))
    with c.scope("config"):
        config = poseidon(c, [*service, *registrar, model, epoch, table_root, packed], _tag("config"))
        c.assert_equal(config, public["config"], "the configuration is the one in force")
        bits = to_bits(c, packed, 3 * SCORE_BITS)
        detector = Detector(*(from_bits(c, bits[i * SCORE_BITS : (i + 1) * SCORE_BITS]) for i in range(3)))
    context = poseidon(c, [public["chain_id"], public["rollup_id"], public["config"]], _tag("context"))
    with c.scope("keys"):
        keys = [eddsa.prepare_key(c, key) for key in (service, registrar)]
    return Shared(context, table_root, detector, *keys)


def _transaction_inputs(c: Builder, count: int) -> list[Inputs]:
    def each(name: str, *shape: int) -> Any:
        return c.private(name, (count, *shape))

    old = each("old_key", 2), *(each(f"old_{name}") for name in Account._fields[1:])
    columns = {
        "kind": each("kind", len(KINDS)),
        "slot": each("index"),
        "old_leaf": each("old_leaf"),
        "path": each("path", DEPTH, ARITY),
        "old": [Account(Point(*key), *rest) for key, *rest in zip(*old, strict=True)],
        "key": [Point(*key) for key in each("key", 2)],
        **{name: each(name) for name in ("salt", "label", "rho", "registered_label", "registered_rho")},
        "table_path": each("table_path", DEPTH, ARITY),
        "authority": [Signature(Point(x, y), s) for x, y, s in each("authority", 3)],
        "holder": [Signature(Point(x, y), s) for x, y, s in each("holder", 3)],
    }
    return [Inputs(**{name: column[i] for name, column in columns.items()}) for i in range(count)]


@template
def transaction(c: Builder, root: Signal, chain: Signal, tx: Inputs, shared: Shared) -> dict[str, Signal]:
    """One transaction: (root, h) -> (root', h')."""
    assert_one_hot(c, tx.kind)
    query, register, rotate, revoke, clear, pad = tx.kind
    index_bits = to_bits(c, tx.slot, INDEX_BITS)

    with c.scope("old account"):
        old, packed = tx.old, _packed(c, tx.old)
        c.assert_boolean(old.blocked, "blocked is 0 or 1")
        c.assert_boolean(old.revoked, "revoked is 0 or 1")
        opened = _leaf(c, tx.slot, old, packed)
        c.assert_product(1 - register - pad, tx.old_leaf - opened, 0, "the account opens the old leaf")
        c.assert_product(register, tx.old_leaf - hash_ints([0], _tag("empty")), 0, "a registration fills an empty slot")
        c.assert_product(register, packed - (1 << CREDIT_BITS - 1), 0, "a new account starts from zero")
        c.assert_product(register, old.nonce, 0, "a new account has nonce 0")
        c.assert_product(query, old.blocked + old.revoked, 0, "a query's account is neither blocked nor revoked")

    with c.scope("new account"):
        nonce = old.nonce + query
        charge = look_up(
            c, nonce, tx.table_path, shared.table_root, leaf_tag=_tag("table-leaf"), node_tag=_tag("table-node")
        ).value
        commitment, match = _answer(c, tx, query, nonce)
        blow = (1 - match) * (charge + SCALE)
        score, reached = _cusum(c, old.score, match, shared.detector)
        new = Account(
            key=tx.key,
            nonce=nonce,
            credit=old.credit + query * (SCALE - blow),
            score=(1 - query - clear) * old.score + query * score,
            blocked=(1 - clear) * old.blocked + query * reached,
            revoked=(1 - rotate - revoke) * old.revoked + revoke,
            registration=old.registration,
            salt=tx.salt,
        )
        for was, now, what in ((old.key.x, tx.key.x, "key"), (old.key.y, tx.key.y, "key"), (old.salt, tx.salt, "salt")):
            c.assert_product(1 - rotate, c.sum([now]) - was, 0, f"only a rotation changes the {what}")
        made = _leaf(c, tx.slot, new, _packed(c, new))
        new_leaf = c.wire(made + pad * (tx.old_leaf - made), "new_leaf")

    with c.scope("signatures"):
        a = tx.old_leaf + query * (commitment - tx.old_leaf)
        b = (1 - query) * new_leaf
        tag = c.dot(tx.kind[:-1], [_tag(name) for name in KINDS[:-1]])
        message = poseidon(c, [shared.context, a, b], tag)
        authority = eddsa.select_key(c, query, shared.service, shared.registrar)
        eddsa.verify_prepared(c, authority, *tx.authority, message, 1 - pad)
        eddsa.verify(c, tx.key, *tx.holder, message, query + register + rotate)

    with c.scope("tree"):
        leaf, old_root, new_root = update_path(c, index_bits, tx.path, [_tag("node")] * DEPTH, new_leaf)
        c.assert_equal(leaf, tx.old_leaf, "the path leads to the old leaf")
        c.assert_equal(old_root, root, "the path leads from the present root")
    return {"root": new_root, "chain": poseidon(c, [chain, tx.slot, new_leaf], _tag("difference"))}


def _packed(c: Builder, account: Account) -> Signal:
    """(credit + 2^39) + 2^40 S + 2^72 blocked + 2^73 revoked; checks credit and S, the bits are the caller's."""
    credit = account.credit + (1 << CREDIT_BITS - 1)
    to_bits(c, credit, CREDIT_BITS)
    to_bits(c, account.score, SCORE_BITS)
    weights = [1, 1 << 40, 1 << 72, 1 << 73]
    return c.dot([credit, account.score, account.blocked, account.revoked], weights)


def _leaf(c: Builder, index: Signal, account: Account, packed: Signal) -> Signal:
    fields = [index, *account.key, account.nonce, packed, account.registration, account.salt]
    return poseidon(c, fields, _tag("leaf"))


def _answer(c: Builder, tx: Inputs, query: Signal, nonce: Signal) -> tuple[Signal, Signal]:
    """(com, m): the commitment to the answer, and whether it equals the registered label."""
    for label in (tx.label, tx.registered_label):
        to_bits(c, label, LABEL_BITS)
    registration = poseidon(c, [tx.registered_label, tx.registered_rho], _tag("registration"))
    c.assert_product(query, tx.old.registration - registration, 0, "the registered label opens the registration")
    commitment = poseidon(c, [tx.label, tx.rho, *tx.old.key, nonce], _tag("answer"))
    return commitment, is_equal(c, tx.label, tx.registered_label)


def _cusum(c: Builder, score: Signal, match: Signal, detector: Detector) -> tuple[Signal, Signal]:
    """(S', [S' >= h]), S' = max(0, S - d_match) if m, else min(2^32 - 1, S + d_mismatch).

    For S and both steps in [0, 2^32), v = S + step + 2^32 lies in (0, 3 2^32): of its 34 bits the upper two tell
    whether S + step is negative (00), in range and equal to the lower 32 bits (01), or 2^32 and more (10).
    """
    step = detector.mismatch - match * (detector.match + detector.mismatch)
    bits = to_bits(c, score + step + (1 << SCORE_BITS), SCORE_BITS + 2)
    inside, above = bits[SCORE_BITS:]
    low = from_bits(c, bits[:SCORE_BITS])
    moved = inside * low + above * ((1 << SCORE_BITS) - 1)
    return moved, is_at_least(c, moved, detector.threshold, SCORE_BITS)
