"""One question to etcd for all who wait for its answer.

Whoever reads asks after it began, so that it sees what was written before. An answer therefore serves those who came
before its question was sent; those who come while it is under way share the next question.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from assay.core.errors import SystemFailure

__all__ = ["Shared"]

_T = TypeVar("_T")


class Shared(Generic[_T]):
    """Calls `ask`, one call at a time, for any number of threads."""

    def __init__(self, ask: Callable[[], _T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._next: Future[_T] | None = None  # the answer to the question that is not sent yet

    def get(self) -> _T:
        """An answer to a question that was sent after this was called; raises what `ask` does."""
        with self._lock:
            mine = self._next
            if mine is not None:
                asker = False
            else:
                mine, asker = Future(), True
                self._next = mine
        if not asker:
            return mine.result()
        with self._asking:
            with self._lock:
                self._next = None  # from here on it is too late to join
            try:
                mine.set_result(self._ask())
            except Exception as fault:
                mine.set_exception(fault)
            except BaseException:  # Ctrl-C is for this thread alone
                mine.set_exception(SystemFailure("the thread that asked etcd was interrupted; read again"))
                raise
        return mine.result()
