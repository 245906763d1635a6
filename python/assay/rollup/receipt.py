"""The operator's receipt: this transaction has this place in this batch, and leaves the account at this leaf.

Signed with the operator's P-256 key over the canonical bytes, rollup included. A user that holds a receipt whose batch lands without its transaction can show
the operator's fault.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assay.core.encoding import encode_record
from assay.core.errors import SignatureError
from assay.rollup.config import RollupId

__all__ = ["Receipt"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed promise of inclusion.

    Attributes:
        index, nonce: account and its nonce after the transaction.
        transaction: 32-byte id of the transaction.
        batch, position: where it will stand; position counts from 0.
        leaf: the account's new leaf.
        signature: ECDSA P-256 with SHA-256, DER.
    """

    index: int
    nonce: int
    transaction: bytes
    batch: int
    position: int
    leaf: int
    signature: bytes = b""

    def signed_bytes(self, rollup: RollupId) -> bytes:
        """What the operator signs."""
        ids = (rollup.chain_id, rollup.rollup_id)
        place = (self.index, self.nonce, self.transaction, self.batch, self.position, self.leaf)
        return encode_record("assay/rollup/receipt", 1, *ids, *place)

    def verify(self, operator_key: bytes, rollup: RollupId) -> None:
        """Raises SignatureError unless the operator (P-256 public key, DER SubjectPublicKeyInfo) signed it."""
        key = serialization.load_der_public_key(operator_key)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise SignatureError("the operator's key is not an elliptic-curve key")
        try:
            key.verify(self.signature, self.signed_bytes(rollup), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise SignatureError("the receipt is not signed by the operator") from None
