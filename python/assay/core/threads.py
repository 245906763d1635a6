"""Work that releases the interpreter lock, shared out over threads that live as long as one call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["map_threaded"]

T = TypeVar("T")


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
