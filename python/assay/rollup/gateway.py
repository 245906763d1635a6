"""The gateway: the only door to the model. It lets certified, unrevoked users with budget left in, and lets a label
out only against a receipt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from assay.core.errors import AuthorizationError, LimitError, RevokedError, StateError
from assay.crypto import eddsa
from assay.identity.certificate import Certificate
from assay.identity.roles import Role
from assay.identity.trust import TrustStore
from assay.rollup.account import NONCE_LIMIT
from assay.rollup.accounts import BlockedError
from assay.rollup.client import Request, input_digest, request_message
from assay.rollup.operator import Operator
from assay.rollup.receipt import Receipt
from assay.rollup.service import Answer, RecognitionService
from assay.rollup.transaction import Opening, Query

__all__ = ["Gateway", "Released"]


@dataclass(frozen=True, slots=True)
class Released:
    """The end of a query: the opening and the receipt that it was released against."""

    opening: Opening
    receipt: Receipt


@dataclass(slots=True)
class _Account:
    used: int = 0
    pending: int | None = None  # nonce' of a request that waits for its co-signature
    deadline: float = 0.0
    certificate: Certificate | None = None  # that it was asked under


class Gateway:
    """Between users, recognition service and operator. Thread-safe.

    Args:
        trust: checks a certificate's issuer, role, validity and revocation, at each request.
        budget: queries that one certified identity may begin, abandoned ones included.
        patience: seconds in which a request must be co-signed; after that it has spent one query of the budget for
            nothing.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        trust: TrustStore,
        service: RecognitionService,
        operator: Operator,
        *,
        budget: int = NONCE_LIMIT,
        patience: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trust = trust
        self._service = service
        self._operator = operator
        self._budget = budget
        self._patience = patience
        self._clock = clock
        self._accounts: dict[int, _Account] = {}
        self._lock = threading.Lock()

    def ask(self, certificate: Certificate, request: Request) -> Answer:
        """Step 1 of a query: a signed request for a signed commitment.

        Raises:
            AuthorizationError: no valid certificate for this account and key (RevokedError, BlockedError among them).
            SignatureError: the request is not signed by the certified key.
            StateError: the request does not carry the account's next nonce.
            LimitError: the budget is spent, or the service's window is full.
        """
        self._trust.check(certificate, roles={Role.USER})
        if certificate.index != request.index:
            raise AuthorizationError(f"the certificate is for account {certificate.index}, not {request.index}")
        account = self._operator.account(request.index)
        if account.public_key != certificate.babyjubjub:
            raise AuthorizationError(
                f"account {request.index} stands under another key than the certificate's: rotate it first"
            )
        digest = input_digest(request.sample)
        eddsa.PublicKey(*account.public_key).verify(
            request_message(self._operator.rollup, request.index, request.nonce, digest), request.signature
        )
        if account.revoked:
            raise RevokedError(f"account {request.index} is revoked")
        if account.blocked:
            raise BlockedError(f"account {request.index} was blocked by the detector; the registrar can clear it")
        if request.nonce != account.nonce + 1:
            raise StateError(
                f"account {request.index} is at nonce {account.nonce}; the next request carries {account.nonce + 1}"
            )
        charged = self._charge(certificate, request.nonce)
        try:
            return self._service.answer(request.index, account.public_key, request.nonce, request.sample, digest)
        except (LimitError, StateError):  # refused before the model was asked
            if charged:
                self._refund(request.index, request.nonce)
            raise

    def complete(self, index: int, nonce: int, answer: Answer, holder: eddsa.Signature) -> Released:
        """Step 2: the co-signature for a receipt and the opening. The label leaves only after the operator's receipt.

        Raises:
            StateError: no such request is waiting, or its time is over: ask again.
            RevokedError: the certificate was revoked or expired since the request.
            SignatureError: the co-signature does not verify.

        In each case the label stays closed.
        """
        with self._lock:
            waiting = self._accounts.get(index)
            if waiting is None or waiting.pending != nonce:
                raise StateError(f"no request of account {index} with nonce {nonce} waits for a co-signature")
            if self._clock() > waiting.deadline:
                raise StateError(
                    f"the co-signature of account {index}, nonce {nonce} came after {self._patience} s: ask again"
                )
            certificate = waiting.certificate
        assert certificate is not None
        self._trust.check(certificate, roles={Role.USER})
        query = Query(index, nonce, self._service.opening_for_operator(index, nonce), answer.authority, holder)
        receipt = self._operator.submit(query)
        with self._lock:
            if self._accounts[index].pending == nonce:
                self._accounts[index].pending = None
        return Released(self._service.release(query, receipt), receipt)

    def used(self, index: int) -> int:
        """Queries of its budget that an account has spent; NotFound for a slot without an account."""
        completed = self._operator.account(index).nonce
        with self._lock:
            return self._accounts[index].used if index in self._accounts else completed

    def _charge(self, certificate: Certificate, nonce: int) -> bool:
        """Takes one query from the budget, unless it is paid for; tells whether it did."""
        index = certificate.index
        with self._lock:
            # After a restart at least the queries that were completed still count.
            account = self._accounts.setdefault(index, _Account(used=nonce - 1))
            now = self._clock()
            account.certificate = certificate
            # Asking again in time for the commitment that is waiting is free; asking again too late is paid for once
            # more.
            if account.pending == nonce and now <= account.deadline:
                return False
            if account.used >= self._budget:
                raise LimitError(f"account {index} has spent its budget of {self._budget} queries")
            account.used += 1
            account.pending, account.deadline = nonce, now + self._patience
            return True

    def _refund(self, index: int, nonce: int) -> None:
        with self._lock:
            account = self._accounts[index]
            account.used -= 1
            if account.pending == nonce:
                account.pending = None
