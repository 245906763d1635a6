"""The signatures of transactions and endorsements, verified many at once before a block is made.

The machine asks for one signature after the other, while a back end waits for it. `Verified` has looked at all of a
group beforehand, in one call on all cores: it remembers which of them verified, and judges any other by itself. What it
remembers are facts about (certificate, digest, signature), which hold whatever the state is: whether the certificate
counts is still the machine's to decide, on the state it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from assay.core.errors import AssayError
from assay.identity.certificate import Certificate
from assay.identity.signatures import verify_signatures
from assay.ledger import accounts
from assay.ledger.accounts import ACCOUNTS
from assay.ledger.endorsement import signed_endorsements
from assay.ledger.state import Overlay, SpaceState, Store
from assay.ledger.transactions import ENDORSED, Transaction, check_signature

__all__ = ["Verified"]


class Verified:
    """A `SignatureCheck` that remembers signatures which verified."""

    def __init__(self) -> None:
        self._good: set[tuple[bytes, bytes, bytes]] = set()  # fingerprint of the certificate, digest, signature

    def add(self, store: Store, transactions: Iterable[Transaction]) -> None:
        """Verify the signatures of `transactions`, as far as `store` knows who made them."""
        known = SpaceState(Overlay(store), ACCOUNTS)
        signed = [one for transaction in transactions for one in _signed(known, transaction)]
        verdicts = verify_signatures(signed)
        self._good.update(
            (certificate.fingerprint, digest32, signature)
            for (certificate, digest32, signature), error in zip(signed, verdicts, strict=True)
            if error is None
        )

    def __call__(self, certificate: Certificate, digest32: bytes, signature: bytes) -> None:
        """Raise `SignatureError` unless the signature verifies."""
        if (certificate.fingerprint, digest32, signature) not in self._good:
            check_signature(certificate, digest32, signature)


_certificate = lru_cache(maxsize=1024)(Certificate)


def _signed(known: SpaceState, transaction: Transaction) -> Iterator[tuple[Certificate, bytes, bytes]]:
    """The signatures of one transaction whose makers are known; what is malformed is left to the machine to refuse."""
    if not transaction.authenticated:
        return
    try:
        sender = (
            _certificate(transaction.certificate)
            if transaction.certificate
            else accounts.certificate_of(known, transaction.sender)
        )
        if sender is not None:
            yield sender, transaction.digest, transaction.signature
        if transaction.type == ENDORSED:
            for index, digest32, signature in signed_endorsements(transaction):
                certificate = accounts.certificate_of(known, index)
                if certificate is not None:
                    yield certificate, digest32, signature
    except AssayError:
        return
