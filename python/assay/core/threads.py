"""Work that releases the interpreter lock: shared out over threads that live as long as one call, or done beside."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

__all__ = ["Beside", "map_threaded"]

T = TypeVar("T")
_IDLE: Final = 1.0  # seconds after which a thread that has nothing to do ends


def map_threaded(function: Callable[[int], T], count: int, workers: int) -> list[T]:
    """[function(0), ..., function(count - 1)], every `workers`-th on the same thread; the first exception is raised."""
    workers = min(workers, count)
    if workers < 2:
        return [function(i) for i in range(count)]
    results: list[T | None] = [None] * count
    with ThreadPoolExecutor(workers) as pool:
        shares = pool.map(lambda first: [function(i) for i in range(first, count, workers)], range(workers))
        for first, share in enumerate(shares):
            results[first::workers] = share
    return results  # type: ignore[return-value]


class Beside:
    """A thread that does one piece of work at a time beside its caller; it comes when called, and goes when idle."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process = os.getpid()
        self._lock = threading.Lock()  # over _work and _thread
        self._called = threading.Lock()  # released when there is work
        self._called.acquire()
        self._work: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether the thread is at work."""
        return self._work is not None

    def begin(self, work: Callable[[], T]) -> Callable[[], T]:
        """Begin `work`; what is returned waits for it, and gives or raises what it does.

        While the thread is at work already, and after a fork, the work is done when its result is asked for.
        """
        if self._process != os.getpid():
            return work
        results: list[T] = []
        failures: list[BaseException] = []
        done = threading.Lock()
        done.acquire()

        def run() -> None:
            try:
                results.append(work())
            except BaseException as failure:  # raised where it is asked for
                failures.append(failure)
            done.release()

        def result() -> T:
            done.acquire()
            if failures:
                raise failures[0]
            return results[0]

        with self._lock:
            if self._work is not None:
                return work
            self._work = run
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            self._called.release()
        return result

    def _serve(self) -> None:
        while True:
            called = self._called.acquire(timeout=_IDLE)
            with self._lock:
                if self._work is None:
                    self._thread = None
                    return
                if not called:
                    self._called.acquire()  # called at the last moment
                work = self._work
            work()
            with self._lock:
                self._work = None
