"""A client of a ledger: numbers, signs and submits the transactions of one identity."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Executor

from assay.core.clock import Clock, system_clock
from assay.core.encoding import Encodable, encode
from assay.core.errors import AssayError
from assay.identity.credentials import Credentials
from assay.ledger.accounts import ACCOUNTS
from assay.ledger.base import Ledger, Receipt
from assay.ledger.effects import StaleRead
from assay.ledger.endorsement import EndorsementExpired
from assay.ledger.endorser import Disagreement, Endorsing, Proposal, endorse
from assay.ledger.transactions import CALL, ENDORSED, Transaction, TransactionType

__all__ = ["Client"]


class Client:
    """Submits for `credentials`, one transaction at a time. Thread-safe; use one client an identity."""

    def __init__(self, ledger: Ledger, credentials: Credentials, *, clock: Clock = system_clock) -> None:
        self.ledger = ledger
        self._clock = clock  # of what is endorsed
        self.credentials = credentials
        self._lock = threading.Lock()

    def transaction(
        self, contract: str, method: str, payload: bytes, *, counter: int | None = None, type: TransactionType = CALL
    ) -> Transaction:
        """A signed transaction with the next counter (or `counter`), with the certificate when the chain needs it.

        One of type `ENDORSED` is a proposal, to be endorsed.
        """
        certificate = self.credentials.certificate
        known = self.ledger.state(ACCOUNTS).get(f"account/{certificate.index}") == certificate.der
        return Transaction(
            chain_id=self.ledger.chain_id,
            sender=certificate.index,
            counter=self.ledger.next_counter(certificate.index) if counter is None else counter,
            contract=contract,
            method=method,
            payload=payload,
            certificate=b"" if known else certificate.der,
            type=type,
        ).signed(self.credentials.key)

    def submit(self, contract: str, method: str, payload: bytes) -> Receipt:
        """Sign, submit and wait; raises the refusal."""
        with self._lock:
            return self.ledger.submit(self.transaction(contract, method, payload))

    def call(self, contract: str, method: str, *fields: Encodable) -> Receipt:
        """`submit` with the encoding of the tuple `fields` for payload."""
        return self.submit(contract, method, encode(fields))

    def endorsed(
        self,
        contract: str,
        method: str,
        payload: bytes,
        endorsers: Sequence[Endorsing],
        *,
        pool: Executor | None = None,
    ) -> Transaction:
        """A signed transaction on whose effects all `endorsers` agree; raises the refusal of any, or `Disagreement`."""
        head = self.ledger.head().header
        transaction = self.transaction(contract, method, payload, type=ENDORSED)
        proposal = Proposal(transaction, head.height + 1, max(self._clock(), head.time))
        return endorse(proposal, endorsers, pool).signed(self.credentials.key)

    def submit_endorsed(
        self,
        contract: str,
        method: str,
        payload: bytes,
        endorsers: Sequence[Endorsing],
        *,
        attempts: int = 8,
        pool: Executor | None = None,
    ) -> Receipt:
        """Have a call endorsed, submit it and wait; raises the refusal.

        It is endorsed again, `attempts` times in all, when others changed what it read meanwhile, or when the endorsers
        knew different states.
        """
        with self._lock:
            while True:
                attempts -= 1
                try:
                    return self.ledger.submit(self.endorsed(contract, method, payload, endorsers, pool=pool))
                except (StaleRead, Disagreement, EndorsementExpired):
                    if attempts <= 0:
                        raise

    def submit_many(self, calls: list[tuple[str, str, bytes]]) -> list[Receipt | AssayError]:
        """Submit (contract, method, payload) in order; after a refusal the later ones carry too high a counter."""
        with self._lock:
            first = self.ledger.next_counter(self.credentials.certificate.index)
            return self.ledger.submit_many(
                [self.transaction(*call, counter=first + offset) for offset, call in enumerate(calls)]
            )
