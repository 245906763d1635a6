"""Locks between threads and processes, so that nothing is collected while it is being added.

Three lock files, by flock(2), which the kernel gives back when a process dies:

    adding       shared by whoever adds, alone for the sweep of a collection
    gate         held by a collection while it waits for `adding`: those who come later wait, so that it gets its turn
    collecting   one collection at a time

Each use opens the file anew: flock belongs to the opening, so that threads of one process exclude each other as well.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.core.errors import StateError

__all__ = ["Locks"]


class Locks:
    """The locks of one store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine = threading.local()

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Keeps the sweep of a collection away; shared, and a thread may nest it."""
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            with self._held("gate", fcntl.LOCK_SH):
                descriptor = self._lock("adding", fcntl.LOCK_SH)
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            if depth == 0:
                os.close(descriptor)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """One collection at a time. `StateError` in the middle of an addition by the same thread."""
        if getattr(self._mine, "depth", 0):
            raise StateError("a collection inside of an addition would wait for itself")
        with self._held("collecting", fcntl.LOCK_EX):
            yield

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """Nobody adds."""
        with self._held("gate", fcntl.LOCK_EX), self._held("adding", fcntl.LOCK_EX):
            yield

    @contextmanager
    def _held(self, name: str, how: int) -> Iterator[None]:
        descriptor = self._lock(name, how)
        try:
            yield
        finally:
            os.close(descriptor)

    def _lock(self, name: str, how: int) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._folder / name, flags, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor
