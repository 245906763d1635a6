"""The load on a ledger: clients in a closed loop, each with one transaction on its way.

A client makes its next transaction when it has the receipt of the last one. Making it (numbering, signing, gathering
endorsements) lies inside the loop, and inside the latency: from the moment at which a client begins to make a
transaction to the one at which it has the receipt of a durable block. Clients share a few threads, since ten threads
that wait would measure how Python switches between threads; each thread serves its clients as their receipts come.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from assay.core.errors import InvalidInput
from assay.ledger import Ledger, Receipt, Transaction

__all__ = ["LoadClient", "Measured", "closed_loop"]

LoadClient: TypeAlias = Callable[[], Transaction]
"""Makes the next transaction of one client, ready to be submitted."""


@dataclass(frozen=True)
class Measured:
    """One run: seconds from the first transaction begun to the last receipt, and the latency of each in seconds."""

    seconds: float
    latencies: npt.NDArray[np.float64]

    @property
    def tps(self) -> float:
        """Transactions a second."""
        return self.latencies.size / self.seconds


def closed_loop(ledger: Ledger, clients: Sequence[LoadClient], transactions: int, *, threads: int = 1) -> Measured:
    """Let `clients` submit `transactions` in all, as many each, from `threads` threads; raises the first refusal."""
    if transactions % len(clients):
        raise InvalidInput(f"{transactions} transactions cannot be shared evenly by {len(clients)} clients")
    shares = [clients[first::threads] for first in range(min(threads, len(clients)))]
    latencies: list[list[float]] = [[] for _ in shares]
    failures: list[BaseException] = []
    start = threading.Barrier(len(shares) + 1)

    def work(share: Sequence[LoadClient], into: list[float]) -> None:
        start.wait()
        try:
            _serve(ledger, share, transactions // len(clients), into)
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


def _serve(ledger: Ledger, clients: Sequence[LoadClient], each: int, latencies: list[float]) -> None:
    """The closed loops of some clients, in this thread."""
    arrived: SimpleQueue[tuple[int, float, Future[Receipt]]] = SimpleQueue()
    left = [each] * len(clients)

    def send(client: int) -> None:
        left[client] -= 1
        began = time.perf_counter()
        future = ledger.submit_later(clients[client]())
        future.add_done_callback(lambda done: arrived.put((client, began, done)))

    for client in range(len(clients)):
        send(client)
    for _ in range(each * len(clients)):
        client, began, future = arrived.get()
        future.result()  # raises what the ledger refused
        latencies.append(time.perf_counter() - began)
        if left[client]:
            send(client)
