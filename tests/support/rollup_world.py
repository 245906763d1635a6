"""A small rollup in plain Python, written from docs/bio-rollup.md alone: it fills the circuit's witness.

Only Poseidon comes from the library.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace

from support.babyjubjub_reference import public_key, sign

from assay.crypto.field import Fr
from assay.crypto.poseidon import hash_ints, poseidon
from assay.rollup.witness import NO_ACCOUNT, NO_SIGNATURE, AccountWitness, BatchWitness, TransactionWitness

KINDS = ["query", "register", "rotate", "revoke", "clear", "pad"]
QUERY, REGISTER, ROTATE, REVOKE, CLEAR, PAD = range(6)
PAD_INDEX = 65535


def tag(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"assay/rollup/{name}/v1".encode()).digest()[:31], "big")


def h(name: str, *values: int) -> int:
    return hash_ints(values, tag(name))


EMPTY = h("empty", 0)


class Tree:
    """4-ary, depth 8, sparse."""

    def __init__(self, empty: int = EMPTY) -> None:
        self.default = [empty]
        for _ in range(8):
            self.default.append(h("node", *[self.default[-1]] * 4))
        self.levels: list[dict[int, int]] = [{} for _ in range(9)]

    def get(self, level: int, position: int) -> int:
        return self.levels[level].get(position, self.default[level])

    @property
    def root(self) -> int:
        return self.get(8, 0)

    def siblings(self, index: int) -> list[list[int]]:
        out = []
        for level in range(8):
            first = index - index % 4
            out.append([self.get(level, first + k) for k in range(4) if first + k != index])
            index //= 4
        return out

    def update(self, index: int, leaf: int) -> None:
        self.levels[0][index] = leaf
        for level in range(8):
            index //= 4
            self.levels[level + 1][index] = h("node", *(self.get(level, 4 * index + k) for k in range(4)))


class Table:
    """T[i] = round(2^16 log10(i + 1)), i < 2^16."""

    def __init__(self) -> None:
        self.values = [round(65536 * math.log10(i + 1)) for i in range(1 << 16)]
        self.levels = [self.values]
        for level in range(8):
            rows = Fr.to_limbs(self.levels[-1]).reshape(-1, 4, 4)
            self.levels.append(Fr.from_limbs(poseidon(rows, tag("table-node" if level else "table-leaf"))))
        self.root = self.levels[8][0]

    def path(self, index: int) -> list[list[int]]:
        out = []
        for level in range(8):
            index //= 4
            out.append(self.levels[level][4 * index : 4 * index + 4])
        return out


TABLE = Table()


def packed(a: AccountWitness) -> int:
    return a.credit + (1 << 39) + (a.score << 40) + (int(a.blocked) << 72) + (int(a.revoked) << 73)


def leaf(index: int, a: AccountWitness) -> int:
    return h("leaf", index, *a.public_key, a.nonce, packed(a), a.registration, a.salt)


@dataclass
class World:
    detector: tuple[int, int, int] = (20_000, 150_000, 500_000)
    service: int = 1001
    registrar: int = 2002
    chain_id: int = 77
    rollup_id: int = 5
    batch_number: int = 1
    epoch: int = 3
    model: int = 0x123456789ABCDEF
    tree: Tree = field(default_factory=Tree)
    accounts: dict[int, AccountWitness] = field(default_factory=dict)
    secrets: dict[int, int] = field(default_factory=dict)
    labels: dict[int, tuple[int, int]] = field(default_factory=dict)
    steps: list[TransactionWitness] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    start_root: int = 0

    def __post_init__(self) -> None:
        self.start_root = self.tree.root

    @property
    def config(self) -> int:
        match, mismatch, threshold = self.detector
        keys = (*public_key(self.service), *public_key(self.registrar))
        return h("config", *keys, self.model, self.epoch, TABLE.root, match + (mismatch << 32) + (threshold << 64))

    @property
    def context(self) -> int:
        return h("context", self.chain_id, self.rollup_id, self.config)

    def place(self, index: int, secret: int, label: int = 7, **state: int) -> None:
        """Puts an account into the genesis state of the test, without a transaction."""
        rho = 1000 + index
        fields = {"nonce": 0, "credit": 0, "score": 0, "blocked": False, "revoked": False, **state}
        account = AccountWitness(
            public_key=public_key(secret), registration=h("registration", label, rho), salt=9000 + index, **fields
        )
        self.accounts[index], self.secrets[index], self.labels[index] = account, secret, (label, rho)
        self.tree.update(index, leaf(index, account))
        self.start_root = self.tree.root

    def _step(self, tx: TransactionWitness, index: int, new: AccountWitness, new_leaf: int) -> TransactionWitness:
        self.tree.update(index, new_leaf)
        self.accounts[index] = new
        self.steps.append(tx)
        self.roots.append(self.tree.root)
        return tx

    def _sign(self, kind: int, a: int, b: int, secret: int, context: int | None = None) -> tuple[int, int, int]:
        return sign(secret, h(KINDS[kind], self.context if context is None else context, a, b))

    def query(self, index: int, label: int, rho: int = 55) -> TransactionWitness:
        old = self.accounts[index]
        nonce = old.nonce + 1
        registered_label, registered_rho = self.labels[index]
        match = label == registered_label
        d_match, d_mismatch, threshold = self.detector
        score = max(0, old.score - d_match) if match else min(2**32 - 1, old.score + d_mismatch)
        new = replace(
            old,
            nonce=nonce,
            credit=old.credit + (65536 if match else -TABLE.values[nonce % 65536]),
            score=score,
            blocked=score >= threshold,
        )
        com = h("answer", label, rho, *old.public_key, nonce)
        tx = TransactionWitness(
            kind=QUERY,
            index=index,
            old_leaf=leaf(index, old),
            siblings=self.tree.siblings(index),
            table_path=TABLE.path(nonce % 65536),
            old=old,
            label=label,
            rho=rho,
            registered_label=registered_label,
            registered_rho=registered_rho,
            authority=self._sign(QUERY, com, 0, self.service),
            holder=self._sign(QUERY, com, 0, self.secrets[index]),
        )
        return self._step(tx, index, new, leaf(index, new))

    def register(
        self,
        index: int,
        secret: int,
        label: int = 7,
        rho: int = 321,
        salt: int = 99,
        key: tuple[int, int] | None = None,
    ) -> TransactionWitness:
        new = AccountWitness(key or public_key(secret), 0, 0, 0, False, False, h("registration", label, rho), salt)
        new_leaf = leaf(index, new)
        tx = TransactionWitness(
            kind=REGISTER,
            index=index,
            old_leaf=self.tree.get(0, index),
            siblings=self.tree.siblings(index),
            table_path=TABLE.path(0),
            old=new,
            authority=self._sign(REGISTER, EMPTY, new_leaf, self.registrar),
            holder=self._sign(REGISTER, EMPTY, new_leaf, secret),
        )
        self.secrets[index], self.labels[index] = secret, (label, rho)
        return self._step(tx, index, new, new_leaf)

    def _administer(self, kind: int, index: int, new: AccountWitness, holder: int | None = None) -> TransactionWitness:
        old = self.accounts[index]
        old_leaf, new_leaf = leaf(index, old), leaf(index, new)
        tx = TransactionWitness(
            kind=kind,
            index=index,
            old_leaf=old_leaf,
            siblings=self.tree.siblings(index),
            table_path=TABLE.path(old.nonce),
            old=old,
            public_key=new.public_key,
            salt=new.salt,
            authority=self._sign(kind, old_leaf, new_leaf, self.registrar),
            holder=NO_SIGNATURE if holder is None else self._sign(kind, old_leaf, new_leaf, holder),
        )
        return self._step(tx, index, new, new_leaf)

    def rotate(self, index: int, secret: int, salt: int = 4444) -> TransactionWitness:
        self.secrets[index] = secret
        new = replace(self.accounts[index], public_key=public_key(secret), salt=salt, revoked=False)
        return self._administer(ROTATE, index, new, secret)

    def revoke(self, index: int) -> TransactionWitness:
        return self._administer(REVOKE, index, replace(self.accounts[index], revoked=True))

    def clear(self, index: int) -> TransactionWitness:
        return self._administer(CLEAR, index, replace(self.accounts[index], score=0, blocked=False))

    def pad(self, index: int = PAD_INDEX) -> TransactionWitness:
        tx = TransactionWitness(
            kind=PAD,
            index=index,
            old_leaf=self.tree.get(0, index),
            siblings=self.tree.siblings(index),
            table_path=TABLE.path(0),
            old=NO_ACCOUNT,
        )
        self.steps.append(tx)
        self.roots.append(self.tree.root)
        return tx

    def differences(self) -> list[tuple[int, int]]:
        """Replays the steps' leaves: only right after building the batch, in order."""
        return [(tx.index, self._leaf_after(i)) for i, tx in enumerate(self.steps)]

    def _leaf_after(self, position: int) -> int:
        tx = self.steps[position]
        for later in self.steps[position + 1 :]:
            if later.index == tx.index:
                return later.old_leaf
        return self.tree.get(0, tx.index)

    def batch(self) -> BatchWitness:
        chain = h("batch", self.rollup_id, self.batch_number)
        carries = []
        for (index, new_leaf), root in zip(self.differences(), self.roots, strict=True):
            chain = h("difference", chain, index, new_leaf)
            carries.append((root, chain))
        return BatchWitness(
            chain_id=self.chain_id,
            rollup_id=self.rollup_id,
            batch=self.batch_number,
            old_root=self.start_root,
            new_root=self.tree.root,
            differences=chain,
            config=self.config,
            service_key=public_key(self.service),
            registrar_key=public_key(self.registrar),
            model=self.model,
            epoch=self.epoch,
            table_root=TABLE.root,
            detector=self.detector,
            transactions=tuple(self.steps),
            carries=tuple(carries),
        )
