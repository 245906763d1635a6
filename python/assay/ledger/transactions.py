"""Transactions: a certified sender asks a contract to do something, on one chain, once.

The id of a transaction is (sender, counter): the account index and a number that grows by one with each accepted
transaction. Sending the same transaction again gives the same receipt; another one under a used id is refused. The
sender's certificate is attached when the ledger has not seen it yet: at first use, and after keys were replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from assay.core.encoding import decode_record, digest, encode_record
from assay.core.errors import EncodingError, LimitError
from assay.identity.certificate import MAX_INDEX, Certificate
from assay.identity.keys import SigningKey, verify_signature

__all__ = ["MAX_TRANSACTION_BYTES", "Transaction"]

MAX_TRANSACTION_BYTES: Final = 1 << 20
MAX_COUNTER: Final = (1 << 63) - 1
_KIND = "assay.ledger.transaction"
_SIGNATURE = "assay/ledger/transaction/v1"


@dataclass(frozen=True)
class Transaction:
    """One call of a contract. `contract` is the name of an instance in the genesis."""

    chain_id: bytes
    sender: int
    counter: int
    contract: str
    method: str
    payload: bytes
    certificate: bytes = b""  # DER, or empty when the ledger knows it
    signature: bytes = b""

    def _unsigned(self) -> tuple[bytes, int, int, str, str, bytes, bytes]:
        return (
            self.chain_id, self.sender, self.counter, self.contract, self.method, self.payload, self.certificate,
        )  # fmt: skip

    @cached_property
    def digest(self) -> bytes:
        """The 32 bytes that stand for everything but the signature."""
        return digest(_SIGNATURE, self._unsigned())

    def signed(self, key: SigningKey) -> Transaction:
        """The same transaction with the sender's signature."""
        return replace(self, signature=key.sign(_SIGNATURE, self._unsigned()))

    def check_signature(self, certificate: Certificate) -> None:
        """Raise `SignatureError` unless the key of `certificate` signed this transaction."""
        verify_signature(certificate.public_key, _SIGNATURE, self._unsigned(), self.signature)

    @cached_property
    def encoded(self) -> bytes:
        """The canonical bytes; `LimitError` above `MAX_TRANSACTION_BYTES`."""
        return encode_record(_KIND, 1, *self._unsigned(), self.signature, limit=MAX_TRANSACTION_BYTES)

    @classmethod
    def decode(cls, data: bytes) -> Transaction:
        """Read what `encoded` gave; checks form and ranges, not the signature."""
        types = (bytes, int, int, str, str, bytes, bytes, bytes)
        transaction = cls(*decode_record(data, _KIND, 1, *types, limit=MAX_TRANSACTION_BYTES))
        transaction.check_form()
        return transaction

    def check_form(self) -> None:
        """Raise `EncodingError` or `LimitError` for fields that no ledger accepts."""
        if len(self.chain_id) != 32:
            raise EncodingError(f"a chain id has 32 bytes, not {len(self.chain_id)}")
        if not 0 <= self.sender <= MAX_INDEX:
            raise EncodingError(f"sender {self.sender} is not an account index")
        if not 1 <= self.counter <= MAX_COUNTER:
            raise EncodingError(f"counter {self.counter} lies outside [1, 2^63)")
        if len(self.encoded) > MAX_TRANSACTION_BYTES:
            raise LimitError(f"a transaction has at most {MAX_TRANSACTION_BYTES} bytes")
