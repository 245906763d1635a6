"""The load on a ledger: clients in a closed loop, each with one transaction on its way.

A client makes its next transaction when it has the receipt of the last one. Making it (numbering, signing, gathering
endorsements) lies inside the loop, and inside the latency: from the moment at which a client begins to make a
transaction to the one at which it has the receipt of a durable block. Clients share one thread, or a few, since ten
threads that wait would measure how Python switches between threads; a thread serves those of its clients whose receipts
have come together, as a service in front of them would.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from assay.core.errors import InvalidInput
from assay.ledger import Ledger, Receipt, Transaction

__all__ = ["LoadClient", "LoadClients", "Measured", "closed_loop", "each_by_itself"]

LoadClient: TypeAlias = Callable[[], Transaction]
"""Makes the next transaction of one client, ready to be submitted."""


@dataclass(frozen=True)
class LoadClients:
    """`number` clients; `make` gives the next transaction of each of those named (from 0), ready to be submitted."""

    number: int
    make: Callable[[Sequence[int]], list[Transaction]]


def each_by_itself(clients: Iterable[LoadClient]) -> LoadClients:
    """Clients that have nothing to do together."""
    makers = list(clients)
    return LoadClients(len(makers), lambda named: [makers[client]() for client in named])


@dataclass(frozen=True)
class Measured:
    """One run: seconds from the first transaction begun to the last receipt, and the latency of each in seconds."""

    seconds: float
    latencies: npt.NDArray[np.float64]

    @property
    def tps(self) -> float:
        """Transactions a second."""
        return self.latencies.size / self.seconds


def closed_loop(ledger: Ledger, clients: LoadClients, transactions: int, *, threads: int = 1) -> Measured:
    """Let `clients` submit `transactions` in all, as many each, from `threads` threads; raises the first refusal."""
    number = clients.number
    if transactions % number:
        raise InvalidInput(f"{transactions} transactions cannot be shared evenly by {number} clients")
    shares = [range(first, number, threads) for first in range(min(threads, number))]
    latencies: list[list[float]] = [[] for _ in shares]
    failures: list[BaseException] = []
    start = threading.Barrier(len(shares) + 1)

    def work(share: Sequence[int], into: list[float]) -> None:
        start.wait()
        try:
            _serve(ledger, clients, share, transactions // number, into)
        except BaseException as failure:
            failures.append(failure)

    workers = [threading.Thread(target=work, args=pair) for pair in zip(shares, latencies, strict=True)]
    gc.collect()
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return Measured(seconds, np.array([latency for part in latencies for latency in part]))


def _serve(ledger: Ledger, clients: LoadClients, share: Sequence[int], each: int, latencies: list[float]) -> None:
    """The closed loops of some clients, in this thread."""
    arrived: SimpleQueue[_Arrived] = SimpleQueue()
    left = dict.fromkeys(share, each)
    ready = list(share)
    while True:
        began = time.perf_counter()
        for client, transaction in zip(ready, clients.make(ready) if ready else [], strict=True):
            left[client] -= 1
            future = ledger.submit_later(transaction)
            future.add_done_callback(partial(_put, arrived, client, began))
        if len(latencies) == each * len(share):
            return
        ready = []
        for client, sent, future in _waiting(arrived):
            future.result()  # raises what the ledger refused
            latencies.append(time.perf_counter() - sent)
            if left[client]:
                ready.append(client)


_Arrived: TypeAlias = "tuple[int, float, Future[Receipt]]"


def _put(arrived: SimpleQueue[_Arrived], client: int, began: float, done: Future[Receipt]) -> None:
    arrived.put((client, began, done))


def _waiting(arrived: SimpleQueue[_Arrived]) -> list[_Arrived]:
    """What is in the queue, at least one."""
    found = [arrived.get()]
    try:
        while True:
            found.append(arrived.get_nowait())
    except Empty:
        return found
