"""Transactions: a sender asks for one thing, on one chain, once.

    call      the ledger executes a contract: `contract` (an instance in the genesis), `method`, `payload`
    endorsed  the effects were found by endorsers, who signed them: `effects`, `endorsements`; the ledger applies them
    record    `payload` is kept as it is, by no contract; the genesis says who may (`Genesis.records`)

    body        = (type, chain id, sender, counter, contract, method, payload, certificate, effects, endorsements)
    digest      = digest_bytes("assay/ledger/transaction/v2", encoding of body), what the sender signs
    transaction = ("assay.ledger.transaction", 2, encoding of body, signature)

The id of a transaction is (sender, counter): a number that grows by one with each accepted transaction of the sender.
Sending the same transaction again gives the same receipt; another one under a used id is refused. A sender is the index
of a certified account; its certificate is attached when the ledger has not seen it yet: at first use, and after keys
were replaced. From `UNAUTHENTICATED` on, senders are nobody in particular: such records carry no signature, and only a
chain whose genesis allows records by anyone takes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from assay.core.encoding import decode, decode_record, digest_bytes, encode, encode_parts
from assay.core.errors import AssayError, EncodingError, LimitError
from assay.core.once import once
from assay.crypto import sha256
from assay.identity.certificate import MAX_INDEX, Certificate
from assay.identity.keys import SigningKey
from assay.identity.signatures import verify_digest

__all__ = [
    "CALL",
    "ENDORSED",
    "MAX_TRANSACTION_BYTES",
    "RECORD",
    "UNAUTHENTICATED",
    "Transaction",
    "TransactionType",
    "find_digests",
]

TransactionType: TypeAlias = Literal["call", "endorsed", "record"]
CALL: Final = "call"
ENDORSED: Final = "endorsed"
RECORD: Final = "record"

SignatureCheck: TypeAlias = Callable[[Certificate, bytes, bytes], None]
"""Raises `SignatureError` unless the certificate's key made the signature (last) on the digest of 32 bytes."""

MAX_TRANSACTION_BYTES: Final = 1 << 20
MAX_COUNTER: Final = (1 << 63) - 1
UNAUTHENTICATED: Final = MAX_INDEX + 1  # the first of the senders that are nobody in particular, up to 2^63
_KIND = "assay.ledger.transaction"
_SIGNATURE = "assay/ledger/transaction/v2"
_DOMAIN = hashlib.sha256(_SIGNATURE.encode()).digest() * 2  # what `digest_bytes` puts before the body
_TYPES = (str, bytes, int, int, str, str, bytes, bytes, bytes, bytes)


def check_signature(certificate: Certificate, digest32: bytes, signature: bytes) -> None:
    """The `SignatureCheck` of one signature by itself."""
    verify_digest(certificate.public_key, digest32, signature)


@dataclass(frozen=True)
class Transaction:
    """One transaction. Fields that its type does not use are empty."""

    chain_id: bytes
    sender: int
    counter: int
    contract: str
    method: str
    payload: bytes
    certificate: bytes = b""  # DER, or empty when the ledger knows it
    type: TransactionType = CALL
    effects: bytes = b""
    endorsements: bytes = b""
    signature: bytes = b""

    @classmethod
    def record(
        cls, chain_id: bytes, sender: int, counter: int, payload: bytes, certificate: bytes = b""
    ) -> Transaction:
        """A record that `sender` has still to sign, unless the sender is from `UNAUTHENTICATED` on."""
        return cls(chain_id, sender, counter, "", "", payload, certificate, RECORD)

    @property
    def authenticated(self) -> bool:
        """Whether the sender is a certified account."""
        return self.sender < UNAUTHENTICATED

    def _fields(self) -> tuple[str, bytes, int, int, str, str, bytes, bytes, bytes, bytes]:
        return (
            self.type, self.chain_id, self.sender, self.counter, self.contract, self.method, self.payload,
            self.certificate, self.effects, self.endorsements,
        )  # fmt: skip

    @once
    def body(self) -> bytes:
        """The canonical bytes of all but the signature. Above `MAX_TRANSACTION_BYTES` no ledger takes them."""
        return encode(self._fields())

    @once
    def digest(self) -> bytes:
        """The 32 bytes that stand for everything but the signature."""
        return digest_bytes(_SIGNATURE, self.body)

    def signed(self, key: SigningKey) -> Transaction:
        """The same transaction with the sender's signature."""
        signed = replace(self, signature=key.sign_digest(self.digest))
        signed.__dict__.update(body=self.body, digest=self.digest)
        if "proposal" in self.__dict__:
            signed.__dict__["proposal"] = self.proposal
        return signed

    def endorsed(self, effects: bytes, endorsements: bytes) -> Transaction:
        """A proposal with what its endorsers gave, for its sender to sign."""
        endorsed = replace(self, effects=effects, endorsements=endorsements, signature=b"")
        endorsed.__dict__["proposal"] = self
        return endorsed

    def check_signature(self, certificate: Certificate) -> None:
        """Raise `SignatureError` unless the key of `certificate` signed this transaction."""
        check_signature(certificate, self.digest, self.signature)

    @once
    def proposal(self) -> Transaction:
        """What the endorsers of this transaction executed: it without effects, endorsements and signature."""
        return replace(self, type=ENDORSED, effects=b"", endorsements=b"", signature=b"")

    @once
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return encode_parts(_KIND, 2, self.body, self.signature)

    @classmethod
    def decode(cls, data: bytes) -> Transaction:
        """Read what `encoded` gave; checks form and ranges, not the signature."""
        return cls.of_parts(*decode_record(data, _KIND, 2, bytes, bytes, limit=MAX_TRANSACTION_BYTES + 256))

    @classmethod
    def of_parts(cls, body: bytes, signature: bytes) -> Transaction:
        """The transaction with this `body` and signature; checks form and ranges."""
        _check_size(body)
        fields = decode(body)
        if not isinstance(fields, tuple) or tuple(map(type, fields)) != _TYPES:
            raise EncodingError("the body of a transaction is a tuple of ten fields")
        kind, *others, effects, endorsements = fields
        transaction = cls(*others, kind, effects, endorsements, signature)  # type: ignore[arg-type, call-arg]
        transaction.__dict__["body"] = body
        transaction.check_form()
        return transaction

    def check_form(self) -> None:
        """Raise `EncodingError` or `LimitError` for fields that no ledger accepts: wrong types, out of range."""
        if tuple(map(type, self._fields())) != _TYPES or type(self.signature) is not bytes:
            raise EncodingError("a field of the transaction has the wrong type")
        if len(self.chain_id) != 32:
            raise EncodingError(f"a chain id has 32 bytes, not {len(self.chain_id)}")
        if not 0 <= self.sender < 1 << 63:
            raise EncodingError(f"sender {self.sender} lies outside [0, 2^63)")
        if not 1 <= self.counter <= MAX_COUNTER:
            raise EncodingError(f"counter {self.counter} lies outside [1, 2^63)")
        if len(self.signature) > 256:
            raise LimitError(f"a signature has at most 256 bytes, not {len(self.signature)}")
        _check_size(self.body)
        if self.type == RECORD:
            if self.contract or self.method:
                raise EncodingError("a record names no contract and no method")
        elif self.type not in (CALL, ENDORSED):
            raise EncodingError(f"{self.type!r} is no type of transaction")
        if self.type != ENDORSED and (self.effects or self.endorsements):
            raise EncodingError(f"a transaction of type {self.type!r} carries no effects and no endorsements")
        if not self.authenticated and (self.type != RECORD or self.certificate or self.signature):
            raise EncodingError(f"sender {self.sender} is nobody in particular: it sends records without a signature")


def find_digests(transactions: Iterable[Transaction]) -> None:
    """Find the digests of many transactions at once, each of which remembers its own."""
    fresh: list[Transaction] = []
    for transaction in transactions:
        if "digest" not in transaction.__dict__:
            try:
                if len(transaction.body) <= MAX_TRANSACTION_BYTES:
                    fresh.append(transaction)
            except AssayError:  # what is malformed has none
                continue
    digests = sha256.digest_prefixed(_DOMAIN, [transaction.body for transaction in fresh])
    for transaction, found in zip(fresh, digests, strict=True):
        transaction.__dict__["digest"] = found


def _check_size(body: bytes) -> None:
    if len(body) > MAX_TRANSACTION_BYTES:
        raise LimitError(f"a transaction has at most {MAX_TRANSACTION_BYTES} bytes, not {len(body)}")
