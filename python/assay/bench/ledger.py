"""`assay bench ledger`: what a back end of the ledger takes, beside the bare store under it.

| case       | what is timed                                                          | peer                           |
|------------|------------------------------------------------------------------------|--------------------------------|
| `append`   | the back end: opaque payloads, one row each, chained, sealed, durable  | rows in bare SQLite, or a bare |
|            |                                                                        | compare-and-swap loop on etcd  |
| `record`   | the ledger: unauthenticated records submitted in groups                | the same                       |
| `client`   | a closed loop of clients that sign (Ed25519), each signature verified  | none                           |
| `endorsed` | the same with two endorsements: three signatures a transaction         | none                           |
| `grow`     | `append` until `size` transactions are in one chain                    | none                           |

Size = transactions of a run; a case has up to five runs after a warm-up, and begins none after 20 s. Ours and the peer
run in turn, each on a fresh file or prefix. Each row has these figures besides:
`backend`; `clients` (threads in `append`, `record` and `grow`); `block` (transactions a block, in the closed loops the
mean of what came of it); `payload` (bytes); `tps`; `blocks_per_second`; `signatures_per_second` (those of clients and
endorsers, made and verified; the one of each block is not counted); `mean_latency` and `p99_latency` of the closed
loops; `first_tps`, `last_tps` (the first and the last tenth) and `bytes` (on disk) of `grow`.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from assay.bench.harness import Figures, Report, Timing, alternate, measure
from assay.bench.ledger_append import Blocks, append_blocks, append_to_chain, payload_blocks, submit_records
from assay.bench.ledger_load import closed_loop
from assay.bench.ledger_places import Place, place
from assay.bench.ledger_world import SIGNATURES, LoadWorld
from assay.core.errors import InvalidInput
from assay.core.progress import SILENT, Progress, Task

__all__ = ["CASES", "Settings", "run"]

CASES: Final = ("append", "record", "client", "endorsed", "grow")
_USUAL: Final = {  # transactions of a run: embedded, etcd; `singly` is append in blocks of one
    "append": (50_000, 10_000),
    "singly": (1_000, 200),
    "record": (10_000, 5_000),
    "client": (2_000, 1_000),
    "endorsed": (1_000, 500),
    "grow": (200_000, 50_000),
}
_BUDGET: Final = 20.0  # seconds after which no further run of a case begins
_CLIENTS: Final = 10
_NO_PEER: Final = "nothing else signs, verifies and chains in one step: case append has the store alone beside it"
_NO_PEER_TO_GROW: Final = "the last tenth is compared with the first of the same run"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `assay bench ledger` takes; None: what is usual for a case."""

    backend: str = "embedded"
    size: int | None = None
    clients: int | None = None
    block: int = 100
    payload: int = 32
    cases: Sequence[str] = CASES
    folder: Path | None = None
    progress: Progress = SILENT

    def __post_init__(self) -> None:
        unknown = set(self.cases) - set(CASES)
        if unknown:
            raise InvalidInput(f"there is no case {', '.join(sorted(unknown))}; known: {', '.join(CASES)}")

    def transactions(self, case: str) -> int:
        """How many transactions one run of `case` has."""
        return self.size or _USUAL[case][self.backend != "embedded"]


def run(report: Report, settings: Settings) -> None:
    """Rows for each case asked for."""
    with (
        tempfile.TemporaryDirectory(dir=settings.folder) as name,
        place(settings.backend, Path(name)) as where,
        settings.progress.task(f"ledger on {where.name}", total=len(settings.cases)) as task,
    ):
        report.notes.append(f"4 KiB written and made durable in {Path(name).parent}: {_sync_us(Path(name)):.0f} us")
        bench = _Bench(report, settings, where, task)
        for case in settings.cases:
            task.describe(f"ledger on {where.name}: {case}")
            bench.case(case)
            task.advance()


class _Bench:
    """One run of the command."""

    def __init__(self, report: Report, settings: Settings, where: Place, task: Task) -> None:
        self._report = report
        self._settings = settings
        self._where = where
        self._task = task

    def case(self, case: str) -> None:
        settings = self._settings
        size = settings.transactions(case)
        if case in SIGNATURES:
            self._load(case, size)
        elif case == "grow":
            self._grow(size)
        elif case == "append" and settings.size is None:
            self._beside_peer(case, size, settings.block)
            if settings.block > 1:
                self._beside_peer(case, settings.transactions("singly"), 1)
        else:
            self._beside_peer(case, size, settings.block)

    def _add(
        self,
        case: str,
        size: int,
        timing: Timing,
        figures: Figures,
        *,
        peer: str | None = None,
        peer_seconds: float | None = None,
        why_no_peer: str | None = None,
    ) -> None:
        known: Figures = {"backend": self._where.name, "payload": self._settings.payload, "tps": size / timing.seconds}
        self._report.add(case, size, timing, peer, peer_seconds, why_no_peer, figures={**known, **figures})

    # --- rows beside rows ---------------------------------------------------------------------------------------------

    def _beside_peer(self, case: str, size: int, block: int) -> None:
        threads, where = self._settings.clients or 1, self._where
        blocks = payload_blocks(size, block, self._settings.payload)
        ours = {"append": self._append, "record": self._records}[case]
        timing, theirs = alternate(
            partial(ours, blocks, threads), partial(where.append_bare, blocks, threads), budget=_BUDGET
        )
        figures = {"clients": threads, "block": block, "blocks_per_second": len(blocks) / timing.seconds}
        self._add(case, size, timing, figures, peer=where.peer, peer_seconds=theirs)

    def _append(self, blocks: Blocks, threads: int) -> float:
        with LoadWorld(0) as world, world.begin(self._where, "none") as ledger:
            return append_blocks(append_to_chain(ledger, world.key), blocks, threads)

    def _records(self, blocks: Blocks, threads: int) -> float:
        with LoadWorld(0) as world, world.begin(self._where, "none") as ledger:
            return append_blocks(submit_records(ledger), blocks, threads)

    # --- clients in a closed loop -------------------------------------------------------------------------------------

    def _load(self, auth: str, size: int) -> None:
        clients = self._settings.clients or _CLIENTS
        size -= size % clients
        if not size:
            raise InvalidInput(f"--size {self._settings.size} gives {clients} clients nothing to send")
        latencies: list[np.ndarray[Any, np.dtype[np.float64]]] = []
        blocks: list[int] = []

        with LoadWorld(clients) as world, world.begin(self._where, auth) as ledger:

            def load() -> None:
                before = ledger.head().header.height
                makers = world.clients(ledger, auth, self._settings.payload)
                latencies.append(closed_loop(ledger, makers, size).latencies)
                blocks.append(ledger.head().header.height - before)

            timing = measure(load, budget=_BUDGET)
        all_latencies = np.concatenate(latencies[1:])
        made = statistics.median(blocks[1:])
        figures = {
            "clients": clients,
            "block": size / made,
            "blocks_per_second": made / timing.seconds,
            "signatures_per_second": SIGNATURES[auth] * size / timing.seconds,
            "mean_latency": float(all_latencies.mean()),
            "p99_latency": float(np.percentile(all_latencies, 99)),
        }
        self._add(auth, size, timing, figures, why_no_peer=_NO_PEER)

    # --- growth -------------------------------------------------------------------------------------------------------

    def _grow(self, size: int) -> None:
        threads, block = self._settings.clients or 1, self._settings.block
        tenth = size // 10
        if tenth < block:
            raise InvalidInput(f"to grow takes at least ten blocks of {block}, not {size} transactions")
        with LoadWorld(0) as world, world.begin(self._where, "none") as ledger:
            append = append_to_chain(ledger, world.key)
            seconds: list[float] = []

            def grow() -> None:
                with self._settings.progress.task("growing", total=10) as task:
                    for _ in range(10):
                        seconds.append(
                            append_blocks(append, payload_blocks(tenth, block, self._settings.payload), threads)
                        )
                        task.advance()

            peak = measure(grow, runs=1, warm_up=False).peak_mib
            size_on_disk = self._where.bytes_used()
        timing = Timing(sum(seconds), 1, peak)
        figures = {
            "clients": threads,
            "block": block,
            "blocks_per_second": 10 * -(-tenth // block) / timing.seconds,
            "first_tps": tenth / seconds[0],
            "last_tps": tenth / seconds[-1],
            "bytes": size_on_disk,
        }
        self._add("grow", 10 * tenth, timing, figures, why_no_peer=_NO_PEER_TO_GROW)


def _sync_us(folder: Path) -> float:
    """Microseconds that a page takes to the disk: the median of 20."""
    path = folder / "sync"
    seconds: list[float] = []
    with path.open("wb", buffering=0) as file:
        for _ in range(20):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(seconds) * 1e6
