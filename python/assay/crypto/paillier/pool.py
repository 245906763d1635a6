"""A stock of blindings, filled by threads in the background: encryption then costs two products.

    with RandomnessPool(ShortRandomness(key), capacity=4096) as pool:
        key.encrypt(column, randomness=pool)

A value leaves the pool once. After a fork the child starts with an empty stock and threads of its own: parent and
child never hold the same value, whatever was in stock or under way. Values are overwritten when they are thrown away.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, Self

import numpy as np

from assay.core.errors import InvalidInput, StateError, WrongType
from assay.crypto.paillier.encoding import Rows
from assay.crypto.paillier.randomness import Progress, Randomness, require_count

if TYPE_CHECKING:
    from assay.crypto.paillier.keys import PublicKey

__all__ = ["RandomnessPool"]

_BATCH: Final = 16  # blindings made at a time: two blocks of eight lanes, and what closing may have to wait for


class RandomnessPool:
    """Blindings of `source`, made ahead of time.

    Args:
        source: an `ExactRandomness`, `ShortRandomness` or `KeyholderRandomness`.
        capacity: values kept in stock, of 2 bits(N) each.
        threads: that fill it. They compete for processors with whatever else runs.

    Threads start with the first `take` or `fill`. `take` gives what is in stock and has the source make the rest.
    """

    def __init__(self, source: Randomness, *, capacity: int = 1024, threads: int = 1) -> None:
        for name, value, most in (("capacity", capacity, 1 << 20), ("threads", threads, 64)):
            if type(value) is not int:
                raise WrongType(f"{name} is an int, not {type(value).__name__}")
            if not 1 <= value <= most:
                raise InvalidInput(f"{name} is from 1 to {most}, got {value}")
        if isinstance(source, RandomnessPool):
            raise InvalidInput("a pool is not filled from another pool")
        self._source = source
        self._capacity = capacity
        self._thread_count = threads
        self._closed = False
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        """An empty stock and no threads: at the start, and in the child of a fork."""
        self._changed = threading.Condition()
        self._stock: deque[Rows] = deque()  # of one row each, uint64[2 k]
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None
        self._process = os.getpid()

    @property
    def public_key(self) -> PublicKey:
        """The key whose ciphertexts these blindings fit."""
        return self._source.public_key

    def __len__(self) -> int:
        self._check_process()
        return len(self._stock)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"RandomnessPool({self._source!r}, capacity={self._capacity})"

    def take(self, count: int, progress: Progress | None = None) -> Rows:
        """`count` blindings that nobody was given before, uint64[count, 2 k].

        Raises `StateError` after `close`, and what stopped a filling thread, if anything did.
        """
        require_count(count)
        with self._ready():
            ready = [self._stock.popleft() for _ in range(min(count, len(self._stock)))]
            self._changed.notify_all()
        missing = count - len(ready)
        made = self._source.take(missing, progress)
        if not ready:
            return made
        out = np.concatenate([np.stack(ready), made])
        for row in ready:
            row[:] = 0
        made[:] = 0
        return out

    def fill(self, timeout: float | None = None) -> bool:
        """Waits until the stock is full, at most `timeout` seconds; is it?"""
        with self._ready():
            self._changed.wait_for(lambda: self._full() or self._closed or self._failure is not None, timeout)
            self._raise_failure()
            return self._full()

    def close(self) -> None:
        """Stops the threads and overwrites the stock. A batch under way is finished and thrown away first."""
        self._check_process()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise StateError("a RandomnessPool is not pickled: two processes would share blindings")

    def _ready(self) -> threading.Condition:
        """The condition to hold, with the threads running and nothing wrong."""
        self._check_process()
        with self._changed:
            if self._closed:
                raise StateError("the pool is closed")
            self._raise_failure()
            while len(self._threads) < self._thread_count:
                worker = threading.Thread(target=_work, args=(weakref.ref(self), self._changed), daemon=True)
                worker.start()
                self._threads.append(worker)
        return self._changed

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise StateError(f"a thread that fills the pool stopped: {self._failure}") from self._failure

    def _full(self) -> bool:
        return len(self._stock) >= self._capacity

    def _check_process(self) -> None:
        if self._process != os.getpid():  # a fork that ran no handlers of ours
            self._begin()

    def _drop(self) -> None:
        while self._stock:
            self._stock.popleft()[:] = 0

    def _after_fork(self) -> None:
        self._drop()  # the child's copies: the parent keeps its own
        self._begin()

    def _step(self, changed: threading.Condition) -> bool:
        """Makes and stores one batch; waits while the stock is full. Is there more to do?"""
        with changed:
            while self._full() and not self._closed:
                if not changed.wait(timeout=1):
                    return True  # lets the thread see whether anybody still holds the pool
            if self._closed or self._failure is not None:
                return False
        try:
            rows = self._source.take(_BATCH)
        except BaseException as error:
            with changed:
                self._failure = error
                changed.notify_all()
            return False
        with changed:
            if not self._closed:
                room = self._capacity - len(self._stock)
                self._stock.extend(row.copy() for row in rows[:room])
                changed.notify_all()
        rows[:] = 0
        return True


def _work(pool: weakref.ref[RandomnessPool], changed: threading.Condition) -> None:
    """A filling thread: ends when the pool is closed or nobody holds it any more."""
    while True:
        held = pool()
        if held is None or not held._step(changed):
            return
        del held


_pools: weakref.WeakSet[RandomnessPool] = weakref.WeakSet()


def _forget_in_child() -> None:
    for pool in list(_pools):
        pool._after_fork()


def _close_all() -> None:
    for pool in list(_pools):
        pool.close()


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(_close_all)  # a thread inside the kernels must not outlive the interpreter
