"""Who is certified and in force, as a state has it: looked up once, and remembered until the accounts change."""

from __future__ import annotations

from typing import TypeAlias

from assay.identity.certificate import Certificate
from assay.ledger import accounts
from assay.ledger.accounts import ACCOUNTS
from assay.ledger.contracts import Account
from assay.ledger.state import Overlay, SpaceState, Store

__all__ = ["KnownAccounts"]

_Known: TypeAlias = tuple[Certificate, Account] | None


class KnownAccounts:
    """The accounts in `store`. Whoever writes to them calls `forget`."""

    def __init__(self, store: Store) -> None:
        self._state = SpaceState(Overlay(store), ACCOUNTS)
        self._known: dict[int, _Known] = {}
        self._fresh: tuple[int, int] | None = None  # the times for which freshness was checked; so it holds between

    def find(self, index: int) -> _Known:
        """The newest certificate of account `index` with its standing, None when there is none."""
        if index not in self._known:
            certificate = accounts.certificate_of(self._state, index)
            if certificate is None:
                self._known[index] = None
            else:
                self._known[index] = certificate, accounts.standing(self._state, certificate)
        return self._known[index]

    def check_fresh(self, time: int) -> None:
        """Raise `RevokedError` when nobody is in force at `time`: the authority expired, or its list is stale."""
        first, last = self._fresh or (time, time)
        if self._fresh is None or not first <= time <= last:
            accounts.check_fresh(self._state, time)
            self._fresh = min(first, time), max(last, time)

    def forget(self) -> None:
        """The accounts have changed."""
        self._known.clear()
        self._fresh = None
