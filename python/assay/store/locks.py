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

__all__ = ["Locks", "locked"]


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
            with locked(self._folder / "gate", shared=True):
                descriptor = _lock(self._folder / "adding", shared=True)
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
        with locked(self._folder / "collecting"):
            yield

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """Nobody adds."""
        with locked(self._folder / "gate"), locked(self._folder / "adding"):
            yield


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Holds the lock file `path`, alone unless `shared`."""
    descriptor = _lock(path, shared)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path, shared: bool) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
