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
        self._fresh: int | None = None  # the time for which freshness was checked

    def find(self, index: int) -> _Known:
        """The newest certificate of account `index` with its standing, None when there is none."""
        if index not in self._known:
            certificate, account = accounts.certificate_of(self._state, index), accounts.account(self._state, index)
            self._known[index] = None if certificate is None or account is None else (certificate, account)
        return self._known[index]

    def check_fresh(self, time: int) -> None:
        """Raise `RevokedError` when nobody is in force at `time`: the authority expired, or its list is stale."""
        if self._fresh != time:
            accounts.check_fresh(self._state, time)
            self._fresh = time

    def forget(self) -> None:
        """The accounts have changed."""
        self._known.clear()
        self._fresh = None
