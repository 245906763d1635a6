"""Who may append: whoever made the key control/leader, for as long as its lease lives.

The fence of a leader is the revision at which its key was made. Each append names it, so a leader that was deposed
without noticing (its lease ran out while it slept) cannot append any more: the fence, not the clock, is what keeps the
chain single. The clock only decides when the others may take over.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from assay.core.errors import AssayError
from assay.core.logging import get_logger
from assay.ledger.etcd.gateway import Gateway, absent, get, put
from assay.ledger.etcd.layout import Layout

__all__ = ["LEASE_SECONDS", "Leadership"]

LEASE_SECONDS: Final = 3
_log = get_logger(__name__)


class Leadership:
    """Keeps one lease alive, and campaigns with it when `candidate`. Its thread runs from `start` to `close`."""

    def __init__(
        self, gateway: Gateway, layout: Layout, *, candidate: bool, changed: Callable[[], None], seconds: int
    ) -> None:
        """`changed` is called in the thread whenever `fence` or `lease` did."""
        self._gateway = gateway
        self._layout = layout
        self._candidate = candidate
        self._changed = changed
        self._seconds = seconds
        self.identity = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(8)}".encode()
        self.lease = 0
        self.fence = 0  # 0: somebody else leads, or nobody
        self._wake = threading.Event()
        self._closed = False
        self._expires = 0.0
        self._thread = threading.Thread(target=self._run, name="assay-etcd-leadership", daemon=True)

    def start(self) -> None:
        """Campaign once, then go on in the thread."""
        self._try()
        self._thread.start()

    def wake(self) -> None:
        """Campaign now: the leader's key is gone."""
        self._wake.set()

    def deposed(self, fence: int) -> None:
        """Note that `fence` does not hold any more."""
        if self.fence == fence:
            self.fence = 0
            self._wake.set()

    def _run(self) -> None:
        while not self._wake.wait(self._seconds / 3) or not self._closed:
            self._wake.clear()
            self._try()

    def _try(self) -> None:
        before = (self.fence, self.lease)
        try:
            self._step()
        except AssayError as fault:
            if time.monotonic() > self._expires:
                self.fence = 0
            _log.info("the lease on %s: %s", self._layout.control.decode(), fault)
        if (self.fence, self.lease) != before and not self._closed:
            with suppress(AssayError):
                self._changed()

    def _step(self) -> None:
        now = time.monotonic()
        if self.lease and not self._gateway.keep_alive(self.lease):
            self.lease = self.fence = 0
        if not self.lease:
            self.lease = self._gateway.grant(self._seconds)
        self._expires = now + self._seconds
        if self._candidate and not self.fence:
            self._campaign()

    def _campaign(self) -> None:
        layout = self._layout
        outcome = self._gateway.transact(
            [absent(layout.leader)],
            [put(layout.leader, self.identity, self.lease), get(layout.leader)],
            [get(layout.leader)],
            repeatable=True,  # a second time it fails, and finds our identity
        )
        (pairs,) = outcome.reads
        if pairs and pairs[0].value == self.identity and pairs[0].lease == self.lease:
            self.fence = pairs[0].created
            _log.info("leads %s with fence %d", layout.control.decode(), self.fence)
            self._gateway.prefer_leader()

    def close(self) -> None:
        """Give the lease back, so that somebody else can lead at once."""
        self._closed = True
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        self.fence = 0
        if self.lease:
            with suppress(AssayError):
                self._gateway.revoke(self.lease)
