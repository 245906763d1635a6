"""The plain data of a batch, and how it enters the circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.circuits import MODULUS
from assay.core.errors import InvalidInput
from assay.crypto.poseidon import domain_tag, hash_ints
from assay.rollup.circuit import ARITY, DEPTH, KINDS, PUBLIC_INPUTS

__all__ = ["NO_SIGNATURE", "AccountWitness", "BatchWitness", "TransactionWitness", "batch_carries", "batch_inputs"]

SignatureWitness = tuple[int, int, int]
"""(R8.x, R8.y, S)."""

NO_SIGNATURE: SignatureWitness = (0, 1, 0)
"""Where a kind needs no signature: the identity is on the curve, as R8 must be."""


@dataclass(frozen=True, slots=True, repr=False)
class AccountWitness:
    """An account as its leaf commits to it; docs/bio-rollup.md. Credit is signed. Not printed: salts are secret."""

    public_key: tuple[int, int]
    nonce: int
    credit: int
    score: int
    blocked: bool
    revoked: bool
    registration: int
    salt: int


NO_ACCOUNT = AccountWitness((0, 1), 0, 0, 0, False, False, 0, 0)
"""The account of a pad: nothing is claimed of it but ranges and a point on the curve."""


@dataclass(frozen=True, slots=True, repr=False)
class TransactionWitness:
    """One transaction, in plain integers. Not printed: labels and openings are secret.

    Attributes:
        kind: 0 to 5, in the order of `KINDS`.
        index: the slot.
        old_leaf: the leaf in it before.
        siblings: [DEPTH][ARITY - 1] from the lowest level, in slot order without the node on the path.
        old: the account before; for a registration the new one, for a pad `NO_ACCOUNT`.
        table_path: [DEPTH][ARITY], all children on the way to entry nonce' of the credit table, from the lowest level.
        public_key, salt: those after; None means unchanged. Only a rotation may change them.
        label, rho: opening of the answer; a query only.
        registered_label, registered_rho: opening of the registration; a query only.
        authority: signature of the service (query) or the registrar; none for a pad.
        holder: signature of the account's key; query, register and rotate.
    """

    kind: int
    index: int
    old_leaf: int
    siblings: Sequence[Sequence[int]]
    table_path: Sequence[Sequence[int]]
    old: AccountWitness = NO_ACCOUNT
    public_key: tuple[int, int] | None = None
    salt: int | None = None
    label: int = 0
    rho: int = 0
    registered_label: int = 0
    registered_rho: int = 0
    authority: SignatureWitness = NO_SIGNATURE
    holder: SignatureWitness = NO_SIGNATURE


@dataclass(frozen=True, slots=True)
class BatchWitness:
    """A batch: the seven public inputs, the configuration's preimage, and the transactions in order.

    Attributes:
        detector: (d_match, d_mismatch, h), each in [0, 2^32).
        model: the field element of the model digest.
        carries: (root, h_k) after each transaction, or empty; with them the witness is solved in parallel.
    """

    chain_id: int
    rollup_id: int
    batch: int
    old_root: int
    new_root: int
    differences: int
    config: int
    service_key: tuple[int, int]
    registrar_key: tuple[int, int]
    model: int
    epoch: int
    table_root: int
    detector: tuple[int, int, int]
    transactions: tuple[TransactionWitness, ...]
    carries: tuple[tuple[int, int], ...] = ()


def batch_inputs(batch: BatchWitness) -> dict[str, Any]:
    """The inputs of `batch_circuit(len(batch.transactions))`, by name. Checks shapes; the circuit checks the rest."""
    match, mismatch, threshold = batch.detector
    inputs: dict[str, Any] = {name: getattr(batch, name) for name in PUBLIC_INPUTS}
    inputs |= {
        "service_key": batch.service_key,
        "registrar_key": batch.registrar_key,
        "model": batch.model,
        "epoch": batch.epoch,
        "table_root": batch.table_root,
        "detector": match + (mismatch << 32) + (threshold << 64),
    }
    rows = [_row(tx) for tx in batch.transactions]
    return inputs | {name: [row[name] for row in rows] for name in rows[0]}


def batch_carries(batch: BatchWitness) -> dict[str, dict[str, list[int]]] | None:
    """The `carries` of `Circuit.witness` for this batch, None if it has none."""
    if not batch.carries:
        return None
    roots, chain = zip(*batch.carries, strict=True)
    return {"transaction": {"root": list(roots), "chain": list(chain)}}


def _row(tx: TransactionWitness) -> dict[str, Any]:
    if not 0 <= tx.kind < len(KINDS):
        raise InvalidInput(f"kind {tx.kind} is not one of {', '.join(KINDS)} (0 to {len(KINDS) - 1})")
    old = tx.old
    return {
        "kind": [int(i == tx.kind) for i in range(len(KINDS))],
        "index": tx.index,
        "old_leaf": tx.old_leaf,
        "path": _children(tx),
        "old_key": old.public_key,
        "old_nonce": old.nonce,
        "old_credit": old.credit % MODULUS,
        "old_score": old.score,
        "old_blocked": int(old.blocked),
        "old_revoked": int(old.revoked),
        "old_registration": old.registration,
        "old_salt": old.salt,
        "key": old.public_key if tx.public_key is None else tx.public_key,
        "salt": old.salt if tx.salt is None else tx.salt,
        "label": tx.label,
        "rho": tx.rho,
        "registered_label": tx.registered_label,
        "registered_rho": tx.registered_rho,
        "table_path": tx.table_path,
        "authority": tx.authority,
        "holder": tx.holder,
    }


def _children(tx: TransactionWitness) -> list[list[int]]:
    """All children on the way to the leaf: the siblings with the node on the path in its place."""
    if len(tx.siblings) != DEPTH or any(len(level) != ARITY - 1 for level in tx.siblings):
        raise InvalidInput(f"siblings must be [{DEPTH}][{ARITY - 1}]")
    tag = domain_tag("assay/rollup/node/v1")
    path, node, index = [], tx.old_leaf, tx.index
    for siblings in tx.siblings:
        children = [*siblings]
        children.insert(index % ARITY, node)
        path.append(children)
        node, index = hash_ints(children, tag), index // ARITY
    return path
