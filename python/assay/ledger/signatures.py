"""The signatures of transactions and endorsements, verified many at once before a block is made.

The machine asks for one signature after the other, while a back end waits for it. `Verified` has looked at all of a
group beforehand, in one call on all cores: it remembers which of them verified, and judges any other by itself. What it
remembers are facts about (certificate, digest, signature), which hold whatever the state is: whether the certificate
counts is still the machine's to decide, on the state it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Final

from assay.core.errors import AssayError
from assay.identity.certificate import Certificate
from assay.identity.signatures import verify_signatures
from assay.ledger.endorsement import signed_endorsements
from assay.ledger.standing import KnownAccounts
from assay.ledger.transactions import ENDORSED, Transaction, check_signature, find_digests
from assay.ledger.view import View

__all__ = ["Verified"]

_MOST_CERTIFICATES: Final = 10_000


class Verified:
    """A `SignatureCheck` that has looked at a group of transactions beforehand.

    Which certificate an account had last is remembered from group to group; where that has changed since, signatures
    are verified once more, under the certificate that the machine finds.
    """

    def __init__(self) -> None:
        self._certificates: dict[int, Certificate] = {}
        self._good: set[tuple[bytes, bytes, bytes]] = set()  # fingerprint of the certificate, digest, signature

    def look_at(self, transactions: Sequence[Transaction], reading: Callable[[], AbstractContextManager[View]]) -> None:
        """Verify the signatures of `transactions`, as far as those who made them are known, or known to `reading`."""
        find_digests(transactions)
        made = [one for transaction in transactions if transaction.authenticated for one in _made(transaction)]
        if not made:
            self._good = set()
            return
        missing = {maker for maker, _, _ in made if isinstance(maker, int)} - self._certificates.keys()
        if missing:
            if len(self._certificates) + len(missing) > _MOST_CERTIFICATES:
                self._certificates.clear()
                missing = {maker for maker, _, _ in made if isinstance(maker, int)}
            with reading() as view:
                accounts = KnownAccounts(view.store)
                found = {index: accounts.find(index) for index in missing}
            self._certificates |= {index: one[0] for index, one in found.items() if one is not None}
        signed = [
            (certificate, digest32, signature)
            for maker, digest32, signature in made
            if (certificate := self._certificates.get(maker) if isinstance(maker, int) else maker) is not None
        ]
        verdicts = verify_signatures(signed)
        self._good = {
            (certificate.fingerprint, digest32, signature)
            for (certificate, digest32, signature), error in zip(signed, verdicts, strict=True)
            if error is None
        }

    def __call__(self, certificate: Certificate, digest32: bytes, signature: bytes) -> None:
        """Raise `SignatureError` unless the signature verifies."""
        if (certificate.fingerprint, digest32, signature) not in self._good:
            check_signature(certificate, digest32, signature)
            self._certificates[certificate.index] = certificate


_certificate = lru_cache(maxsize=1024)(Certificate)


def _made(transaction: Transaction) -> Iterator[tuple[int | Certificate, bytes, bytes]]:
    """Who made the signatures of a transaction, on which digests; what is malformed the machine will refuse."""
    try:
        sender = _certificate(transaction.certificate) if transaction.certificate else transaction.sender
        yield sender, transaction.digest, transaction.signature
        if transaction.type == ENDORSED:
            yield from signed_endorsements(transaction)
    except AssayError:
        return
