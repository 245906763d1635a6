"""The user's side: keys that never leave it, its own copy of its account, and what it checks before it believes an
answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from assay.core.errors import NotFound, SignatureError, StateError, VerificationError, WrongType
from assay.crypto import eddsa
from assay.identity import signatures
from assay.rollup.account import Account, answer_commitment, empty_leaf, registration_commitment
from assay.rollup.config import CreditTable, RollupConfig, RollupId
from assay.rollup.domains import hash_fields, random_scalar_128
from assay.rollup.receipt import Receipt
from assay.rollup.service import Answer
from assay.rollup.transaction import Kind, Opening, Query, Register, Rotate, message, transaction_id

__all__ = ["Client", "Request", "input_digest", "request_message"]


def input_digest(sample: np.ndarray) -> bytes:
    """SHA-256 over dtype, shape and C-order bytes of a sample; WrongType unless it is an array of numbers."""
    if not isinstance(sample, np.ndarray) or sample.dtype.kind not in "biuf":
        raise WrongType("a sample is a numpy array of bool, integers or floating point")
    array = np.ascontiguousarray(sample)
    head = f"assay/rollup/input/v1|{array.dtype.str}|{array.shape}|".encode()
    return hashlib.sha256(head + array.tobytes()).digest()


def request_message(rollup: RollupId, index: int, nonce: int, digest: bytes) -> int:
    """H(request; chain id, rollup id, index, nonce', input digest), the digest's first 31 bytes as an integer."""
    fields = [rollup.chain_id, rollup.rollup_id, index, nonce, int.from_bytes(digest[:31], "big")]
    return hash_fields("request", fields)


@dataclass(frozen=True, slots=True)
class Request:
    """A signed request for one answer."""

    index: int
    nonce: int
    sample: np.ndarray
    signature: eddsa.Signature


class Client:
    """One user of one rollup.

    Args:
        key: its Baby Jubjub key, made here.
        index: the account index in its certificate.
        label: the label it registers under.
    """

    def __init__(self, key: eddsa.PrivateKey, index: int, label: int, rollup: RollupId, table: CreditTable) -> None:
        self._key = key
        self._rollup = rollup
        self._table = table
        self.registered = Opening(label, random_scalar_128())
        self.account = Account(
            index=index,
            public_key=key.public_key.point,
            nonce=0,
            credit=0,
            score=0,
            blocked=False,
            revoked=False,
            registration=registration_commitment(label, self.registered.rho),
            salt=random_scalar_128(),
        )
        self._held = {self.account.leaf(): self.account}  # every state that the account was in, by its leaf
        self._pending: tuple[int, Answer, eddsa.Signature] | None = None  # nonce', and what was co-signed

    def sign_registration(self, config: RollupConfig) -> eddsa.Signature:
        """The holder's signature on its registration."""
        return self._key.sign(message(Kind.REGISTER, self._rollup.context(config), empty_leaf(), self.account.leaf()))

    def registration(self, authority: eddsa.Signature, holder: eddsa.Signature) -> Register:
        """The transaction that opens the account."""
        account = self.account
        return Register(account.index, account.public_key, self.registered, account.salt, authority, holder)

    def rotation(self, key: eddsa.PrivateKey, config: RollupConfig) -> tuple[Account, eddsa.Signature]:
        """The account under a new key, and the new key's signature on the change; `rotated` completes it."""
        new = replace(self.account, public_key=key.public_key.point, salt=random_scalar_128(), revoked=False)
        signed = message(Kind.ROTATE, self._rollup.context(config), self.account.leaf(), new.leaf())
        return new, key.sign(signed)

    def rotated(
        self, key: eddsa.PrivateKey, new: Account, authority: eddsa.Signature, holder: eddsa.Signature
    ) -> Rotate:
        """Takes the new key into use and returns the transaction."""
        self._key = key
        self._take(new)
        return Rotate(new.index, new.public_key, new.salt, authority, holder)

    def request(self, sample: np.ndarray) -> Request:
        """Asks for the label of a sample under the next nonce."""
        nonce = self.account.nonce + 1
        signed = request_message(self._rollup, self.account.index, nonce, input_digest(sample))
        return Request(self.account.index, nonce, sample, self._key.sign(signed))

    def cosign(self, answer: Answer, config: RollupConfig) -> eddsa.Signature:
        """Checks the service's signature on the commitment and adds the user's own.

        Raises:
            SignatureError: the commitment is not the service's under the configuration in force.
            StateError: another commitment was co-signed for this nonce.
        """
        signed = message(Kind.QUERY, self._rollup.context(config), answer.commitment, 0)
        eddsa.PublicKey(*config.service_key).verify(signed, answer.authority)
        if self._pending is not None and self._pending[1].commitment != answer.commitment:
            raise StateError(f"another answer was co-signed for nonce {self._pending[0]} already")
        holder = self._key.sign(signed)
        self._pending = (self.account.nonce + 1, answer, holder)
        return holder

    def accept(
        self, opening: Opening, receipt: Receipt, config: RollupConfig, operator_key: signatures.PublicKey
    ) -> int:
        """The label, once it opens the commitment and the receipt shows the leaf that follows from it.

        Raises:
            StateError: nothing was co-signed.
            VerificationError: the opening or the receipt is not what was promised; the account copy stays as it was.
        """
        if self._pending is None:
            raise StateError("no query is waiting for its opening")
        nonce, answer, holder = self._pending
        account = self.account
        if answer_commitment(opening.label, opening.rho, account.public_key, nonce) != answer.commitment:
            raise VerificationError("the released label does not open the commitment that the service signed")
        receipt.verify(operator_key, self._rollup)
        if receipt.transaction != transaction_id(Query(account.index, nonce, opening, answer.authority, holder)):
            raise SignatureError("the operator's receipt is for another transaction than the one co-signed")
        match = opening.label == self.registered.label
        score, blocked = config.detector.step(account.score, match)
        credit = account.credit + (1 << 16 if match else -self._table.values[nonce])
        new = replace(account, nonce=nonce, credit=credit, score=score, blocked=blocked)
        if (receipt.index, receipt.nonce, receipt.leaf) != (new.index, nonce, new.leaf()):
            raise SignatureError("the operator's receipt shows another leaf than the answer leads to")
        self._take(new)
        return opening.label

    def state_of(self, leaf: int) -> Account:
        """The state of its own that a published leaf commits to; NotFound for a leaf that it does not know."""
        try:
            return self._held[leaf]
        except KeyError:
            raise NotFound(f"the published leaf is none that account {self.account.index} has been at") from None

    def synchronise(self, now: Account) -> None:
        """Takes over the state of the account where it moved without the user: the operator dropped the last
        transactions, or the registrar revoked the account or cleared its block.

        Raises:
            VerificationError: the state is neither one that the account was in, nor one that the registrar alone can
                lead to from the present one.
        """
        old = self.account
        cleared = replace(old, score=0, blocked=False)
        registrars = (replace(old, revoked=True), cleared, replace(cleared, revoked=True))
        if now not in registrars and self._held.get(now.leaf()) != now:
            raise VerificationError(f"account {old.index} cannot have come to this state without its user")
        if now != old:
            self._take(now)

    def _take(self, new: Account) -> None:
        self.account, self._pending = new, None
        self._held[new.leaf()] = new
