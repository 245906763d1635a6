"""Who is certified and in force, as a state has it: looked up once, and remembered until the accounts change."""

from __future__ import annotations

import threading
from typing import Final, TypeAlias

from assay.identity.certificate import Certificate
from assay.ledger import accounts
from assay.ledger.accounts import ACCOUNTS
from assay.ledger.contracts import Account
from assay.ledger.state import Overlay, SpaceState, Store

__all__ = ["KnownAccounts", "StandingAccounts"]

_Known: TypeAlias = tuple[Certificate, Account] | None
_MOST_ACCOUNTS: Final = 10_000


class _NotLookedUp:
    """In the place of what was found."""


_NOT_LOOKED_UP: Final = _NotLookedUp()


class _Found:
    """What was found, for all states that hold the same accounts."""

    __slots__ = ("fresh", "known")

    def __init__(self) -> None:
        self.known: dict[int, _Known] = {}
        self.fresh: tuple[int, int] | None = None  # the times for which freshness was checked; so it holds between


class KnownAccounts:
    """The accounts in `store`. Whoever writes to them calls `forget`."""

    def __init__(self, store: Store, found: _Found | None = None) -> None:
        self._state = SpaceState(Overlay(store), ACCOUNTS)
        self._found = found or _Found()

    def find(self, index: int) -> _Known:
        """The newest certificate of account `index` with its standing, None when there is none."""
        known = self._found.known
        found = known.get(index, _NOT_LOOKED_UP)
        if isinstance(found, _NotLookedUp):
            certificate = accounts.certificate_of(self._state, index)
            found = None if certificate is None else (certificate, accounts.standing(self._state, certificate))
            if len(known) >= _MOST_ACCOUNTS:
                known.clear()
            known[index] = found
        return found

    def check_fresh(self, time: int) -> None:
        """Raise `RevokedError` when nobody is in force at `time`: the authority expired, or its list is stale."""
        fresh = self._found.fresh
        first, last = fresh or (time, time)
        if fresh is None or not first <= time <= last:
            accounts.check_fresh(self._state, time)
            self._found.fresh = min(first, time), max(last, time)

    def forget(self) -> None:
        """The accounts have changed."""
        self._found = _Found()


class StandingAccounts:
    """What is known about accounts, kept from one height of a chain to the next as long as they stay the same.

    A block is known to leave the accounts as they are if whoever appended it says so (`appended`); any other block, as
    one that another process appended, may have changed them. So nothing remembered outlives a change: a certificate
    that a block revokes or replaces counts as such for each state from that block on. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heights = range(0)  # the states for which `_found` holds
        self._found = _Found()

    def appended(self, height: int, *, changed: bool) -> None:
        """Block `height` follows the one before it; `changed` unless it left the accounts as they were."""
        with self._lock:
            if height == self._heights.stop and not changed:
                self._heights = range(self._heights.start, height + 1)

    def at(self, height: int, store: Store) -> KnownAccounts:
        """The accounts in `store`, the state after block `height`."""
        with self._lock:
            if height not in self._heights:
                if height < self._heights.stop:
                    return KnownAccounts(store)  # an older state than others have asked for
                self._heights, self._found = range(height, height + 1), _Found()
            return KnownAccounts(store, self._found)
