"""The operator's receipt: this transaction has this place in this batch, and leaves the account at this leaf.

Signed with the operator's P-256 key over the canonical bytes, rollup included. A user that holds a receipt whose
batch lands without its transaction can show the operator's fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay.core.encoding import Encodable
from assay.identity import signatures
from assay.identity.keys import SigningKey, verify_signature
from assay.rollup.config import RollupId

__all__ = ["Receipt"]

_TAG = "assay/rollup/receipt/v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed promise of inclusion.

    Attributes:
        index, nonce: account and its nonce after the transaction.
        transaction: 32-byte id of the transaction.
        batch, position: where it will stand; position counts from 0.
        leaf: the account's new leaf.
        signature: ECDSA P-256, r || s; empty before `signed`.
    """

    index: int
    nonce: int
    transaction: bytes
    batch: int
    position: int
    leaf: int
    signature: bytes = b""

    def signed(self, key: SigningKey, rollup: RollupId) -> Receipt:
        """The receipt with the operator's signature."""
        return replace(self, signature=key.sign(_TAG, self._statement(rollup)))

    def verify(self, operator_key: signatures.PublicKey, rollup: RollupId) -> None:
        """Raises SignatureError unless the operator signed it for this rollup."""
        verify_signature(operator_key, _TAG, self._statement(rollup), self.signature)

    def _statement(self, rollup: RollupId) -> Encodable:
        ids = (rollup.chain_id, rollup.rollup_id)
        return (*ids, self.index, self.nonce, self.transaction, self.batch, self.position, self.leaf)
