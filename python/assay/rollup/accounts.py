"""The account tree and its audit: what a transaction does to a leaf, and when it is refused.

The same rules hold in the circuit (`circuit.py`), in the field; here they are on integers, with words for each
refusal. A refused transaction leaves the tree as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay.core.errors import AuthorizationError, InvalidInput, NotFound, RevokedError, SignatureError, StateError
from assay.crypto import eddsa
from assay.crypto.field import Fr
from assay.crypto.merkle import SparseTree
from assay.rollup.account import (
    ARITY,
    DEPTH,
    NONCE_LIMIT,
    PAD_INDEX,
    Account,
    PublicKey,
    answer_commitment,
    empty_leaf,
    registration_commitment,
)
from assay.rollup.config import CreditTable, RollupConfig, RollupId
from assay.rollup.domains import domain
from assay.rollup.transaction import Clear, Kind, Opening, Query, Register, Revoke, Rotate, Transaction, message

__all__ = ["AccountTree", "BlockedError", "Step", "empty_tree"]


class BlockedError(AuthorizationError):
    """The detector blocked the account; only the registrar can clear it."""


def empty_tree() -> SparseTree:
    """The tree of genesis: every slot EMPTY."""
    return SparseTree(arity=ARITY, depth=DEPTH, node_tag=domain("node"), empty_leaf=empty_leaf())


@dataclass(frozen=True, slots=True)
class Step:
    """One audited transaction: all that the circuit's witness needs.

    Attributes:
        kind: which transition.
        index: the slot.
        old: the account before; None for a registration and a pad.
        new: the account after; None for a pad.
        old_leaf, new_leaf: leaves before and after.
        siblings: int[DEPTH][ARITY - 1], from the lowest level, in slot order without the node itself.
        old_root, new_root: roots before and after.
        transaction: what was signed; None for a pad.
        registered: opening of the account's registration, for a query.
    """

    kind: Kind
    index: int
    old: Account | None
    new: Account | None
    old_leaf: int
    new_leaf: int
    siblings: list[list[int]]
    old_root: int
    new_root: int
    transaction: Transaction | None
    registered: Opening | None


class AccountTree:
    """Accounts with their leaves in a 4-ary Poseidon tree of 2^16 slots. Not thread-safe: the operator owns it."""

    def __init__(self, rollup: RollupId, table: CreditTable) -> None:
        self.rollup = rollup
        self.table = table
        self._tree = empty_tree()
        self._accounts: dict[int, Account] = {}
        self._registered: dict[int, Opening] = {}

    @property
    def root(self) -> int:
        """The present root."""
        return self._tree.root

    def account(self, index: int) -> Account:
        """The account in a slot; NotFound if none."""
        try:
            return self._accounts[index]
        except KeyError:
            raise NotFound(f"there is no account {index}") from None

    def indices(self) -> list[int]:
        """Assigned slots in ascending order."""
        return sorted(self._accounts)

    def registered(self, index: int) -> Opening:
        """The opening of an account's registered label."""
        self.account(index)
        return self._registered[index]

    def leaf(self, index: int) -> int:
        """The leaf in a slot, EMPTY if unassigned."""
        return self._accounts[index].leaf() if index in self._accounts else empty_leaf()

    def preview(self, transaction: Transaction, config: RollupConfig) -> tuple[Account | None, Account]:
        """The account before and after, if the transaction is legal; raises otherwise. Changes nothing."""
        context = self.rollup.context(config)
        match transaction:
            case Query():
                return self._query(transaction, config, context)
            case Register():
                return None, self._register(transaction, config, context)
        old = self.account(transaction.index)
        match transaction:
            case Rotate():
                new = replace(old, public_key=transaction.public_key, salt=transaction.salt, revoked=False)
            case Revoke():
                new = replace(old, revoked=True)
            case Clear():
                new = replace(old, score=0, blocked=False)
        signed = message(transaction.kind, context, old.leaf(), new.leaf())
        _verify(config.registrar_key, signed, transaction.authority, "the registrar")
        if isinstance(transaction, Rotate):
            _verify(new.public_key, signed, transaction.holder, "the new key")
        return old, new

    def apply(self, transaction: Transaction, config: RollupConfig) -> Step:
        """Audits a transaction and moves the account; on any refusal nothing has changed."""
        old, new = self.preview(transaction, config)
        index = transaction.index
        old_leaf, new_leaf = self.leaf(index), new.leaf()
        registered = self._registered[index] if isinstance(transaction, Query) else None
        siblings = self._siblings(index)
        old_root = self._tree.root
        new_root = self._tree.update(index, new_leaf)
        self._accounts[index] = new
        if isinstance(transaction, Register):
            self._registered[index] = transaction.registered
        return Step(
            transaction.kind, index, old, new, old_leaf, new_leaf, siblings, old_root, new_root, transaction, registered
        )

    def pad(self) -> Step:
        """A step that changes nothing, at the slot that is never assigned."""
        leaf = empty_leaf()
        root = self._tree.root
        return Step(Kind.PAD, PAD_INDEX, None, None, leaf, leaf, self._siblings(PAD_INDEX), root, root, None, None)

    def undo(self, steps: list[Step]) -> None:
        """Takes back the most recent steps, given in the order in which they were applied; all of them or none."""
        root = self._tree.root
        for step in reversed(steps):
            if step.new_root != root:
                raise StateError("only the most recent steps can be undone")
            root = step.old_root
        for step in reversed(steps):
            if step.kind is Kind.PAD:
                continue
            self._tree.update(step.index, step.old_leaf)
            if step.old is None:
                del self._accounts[step.index], self._registered[step.index]
            else:
                self._accounts[step.index] = step.old

    def _siblings(self, index: int) -> list[list[int]]:
        path = Fr.from_limbs(self._tree.path(index).reshape(-1, 4))
        return [path[i : i + ARITY - 1] for i in range(0, len(path), ARITY - 1)]

    def _query(self, query: Query, config: RollupConfig, context: int) -> tuple[Account, Account]:
        old = self.account(query.index)
        if old.revoked:
            raise RevokedError(f"account {old.index} is revoked")
        if old.blocked:
            raise BlockedError(f"account {old.index} was blocked by the detector; the registrar can clear it")
        nonce = old.nonce + 1
        if nonce >= NONCE_LIMIT:
            raise StateError(f"account {old.index} is full: it made {old.nonce} queries and its nonce never wraps")
        if query.nonce != nonce:
            raise StateError(
                f"account {old.index} is at nonce {old.nonce}; the next query carries {nonce}, not {query.nonce}"
            )
        if config.table_root != self.table.root:
            raise StateError("the configuration names another credit table than this operator has")
        commitment = answer_commitment(query.answer.label, query.answer.rho, old.public_key, nonce)
        signed = message(Kind.QUERY, context, commitment, 0)
        _verify(config.service_key, signed, query.authority, "the recognition service")
        _verify(old.public_key, signed, query.holder, f"account {old.index}")
        match = query.answer.label == self._registered[old.index].label
        credit = old.credit + (1 << 16 if match else -self.table.values[nonce])
        score, blocked = config.detector.step(old.score, match)
        return old, replace(old, nonce=nonce, credit=credit, score=score, blocked=blocked)

    def _register(self, transaction: Register, config: RollupConfig, context: int) -> Account:
        index = transaction.index
        if index in self._accounts:
            raise StateError(f"slot {index} holds an account already; a new key for it is a rotation")
        opening = transaction.registered
        new = Account(
            index=index,
            public_key=transaction.public_key,
            nonce=0,
            credit=0,
            score=0,
            blocked=False,
            revoked=False,
            registration=registration_commitment(opening.label, opening.rho),
            salt=transaction.salt,
        )
        signed = message(Kind.REGISTER, context, empty_leaf(), new.leaf())
        _verify(config.registrar_key, signed, transaction.authority, "the registrar")
        _verify(new.public_key, signed, transaction.holder, "the new account's key")
        return new


def _verify(key: PublicKey, signed: int, signature: eddsa.Signature, who: str) -> None:
    try:
        eddsa.PublicKey(*key).verify(signed, signature)
    except (SignatureError, InvalidInput) as error:
        raise SignatureError(f"the signature of {who} does not verify: {error}") from error
