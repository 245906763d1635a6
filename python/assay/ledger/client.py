"""A client of a ledger: numbers, signs and submits the transactions of one identity."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from assay.core.clock import Clock, system_clock
from assay.core.encoding import Encodable, encode
from assay.core.errors import AssayError, SignatureError
from assay.identity.credentials import Credentials
from assay.ledger.accounts import ACCOUNTS
from assay.ledger.base import Ledger, Receipt
from assay.ledger.effects import StaleRead
from assay.ledger.endorsement import EndorsementExpired
from assay.ledger.endorser import Disagreement, Endorsing, Proposal, endorse
from assay.ledger.transactions import CALL, ENDORSED, Transaction, TransactionType

__all__ = ["Client"]


class Client:
    """Submits for `credentials`, one transaction at a time. Thread-safe; use one client an identity.

    It asks the ledger for its counter each time, never its own memory: where another client of the identity has used a
    counter for the same call, that call's receipt would come back, and this one would never be made.
    """

    def __init__(self, ledger: Ledger, credentials: Credentials, *, clock: Clock = system_clock) -> None:
        self.ledger = ledger
        self._clock = clock  # of what is endorsed
        self.credentials = credentials
        self._lock = threading.Lock()
        self._known = False  # whether the chain was seen to know the certificate

    def transaction(
        self, contract: str, method: str, payload: bytes, *, counter: int | None = None, type: TransactionType = CALL
    ) -> Transaction:
        """A signed transaction with the next counter (or `counter`), with the certificate when the chain needs it.

        One of type `ENDORSED` is a proposal, to be endorsed.
        """
        certificate = self.credentials.certificate
        if not self._known:
            self._known = self.ledger.state(ACCOUNTS).get(f"account/{certificate.index}") == certificate.der
        return Transaction(
            chain_id=self.ledger.chain_id,
            sender=certificate.index,
            counter=self.ledger.next_counter(certificate.index) if counter is None else counter,
            contract=contract,
            method=method,
            payload=payload,
            certificate=b"" if self._known else certificate.der,
            type=type,
        ).signed(self.credentials.key)

    def submit(self, contract: str, method: str, payload: bytes) -> Receipt:
        """Sign, submit and wait; raises the refusal."""
        with self._lock:
            return self._sent(lambda: self.ledger.submit(self.transaction(contract, method, payload)))

    def _sent(self, send: Callable[[], Receipt]) -> Receipt:
        """`send`, once more with the certificate if keys were replaced since the chain was seen to know it."""
        remembered = self._known
        try:
            return send()
        except SignatureError:
            self._known = False
            if not remembered:
                raise
            return send()

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
                    return self._sent(
                        lambda: self.ledger.submit(self.endorsed(contract, method, payload, endorsers, pool=pool))
                    )
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
