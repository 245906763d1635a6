"""Watches the control keys of a chain, and tells the others what changed.

Who leads writes the head itself and need not be told of it: its stream begins behind that key, which saves etcd and us
the echo of every block.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from assay.core.errors import AssayError
from assay.core.logging import get_logger
from assay.ledger.etcd.errors import Compacted
from assay.ledger.etcd.gateway import Gateway, KeyValue
from assay.ledger.etcd.layout import Layout
from assay.ledger.etcd.watch import Watch

__all__ = ["Listener"]

_PAUSE: Final = 0.1
_log = get_logger(__name__)


class Listener:
    """Calls `changed(pair)` and `removed(key)` in its thread, from `start` to `close`, whatever becomes of a stream."""

    def __init__(
        self, gateway: Gateway, layout: Layout, changed: Callable[[KeyValue], None], removed: Callable[[bytes], None]
    ) -> None:
        self._gateway = gateway
        self._layout = layout
        self._changed = changed
        self._removed = removed
        self._with_head = True
        self._watch: Watch | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="assay-etcd-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def listen_to_head(self, wanted: bool) -> None:
        """Whether changes of the head are told; when they are again, all keys are told once as they are."""
        if wanted != self._with_head:
            self._with_head = wanted
            watch = self._watch
            if watch is not None:
                watch.close()

    def _run(self) -> None:
        seen = 0  # the revision up to which all was told; 0: begin with what is there
        while not self._closed.is_set():
            try:
                with_head = self._with_head
                seen = self._listen(seen or self._begin(), with_head)
                if with_head != self._with_head:
                    seen = 0
            except Compacted:
                seen = 0
            except AssayError as fault:
                if not self._closed.is_set():
                    _log.info("listening to %s: %s", self._layout.control.decode(), fault)
                self._closed.wait(_PAUSE)

    def _begin(self) -> int:
        found = self._gateway.range(self._layout.control, self._layout.control_end)
        for pair in found.pairs:
            self._tell(pair, removed=False)
        if self._layout.leader not in [pair.key for pair in found.pairs]:
            self._tell(KeyValue(self._layout.leader, b"", 0, found.revision, 0), removed=True)
        return found.revision

    def _listen(self, seen: int, with_head: bool) -> int:
        start = self._layout.head if with_head else self._layout.leader
        self._watch = Watch(self._gateway, start, self._layout.control_end, after=seen)
        if self._closed.is_set() or with_head != self._with_head:
            self._watch.close()
        for events in self._watch:
            for event in events:
                self._tell(event.pair, removed=event.removed)
                seen = event.pair.modified
        return seen

    def _tell(self, pair: KeyValue, *, removed: bool) -> None:
        try:
            if removed:
                self._removed(pair.key)
            else:
                self._changed(pair)
        except AssayError as fault:  # it will be tried again with the next change
            if not self._closed.is_set():
                _log.warning("%s: %s", pair.key.decode(errors="replace"), fault)

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        if self._watch is not None:
            self._watch.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
