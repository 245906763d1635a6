"""How a case is timed, and the shape of what a benchmark prints.

    {"bench", "curve", "machine": {"cpu", "cores", "isa"}, "commit",
     "results": [{"case", "bits", "size", "threads", "isa", "seconds", "runs", "peak_mib", "peer", "peer_seconds",
                  "ratio", "why_no_peer"}]}

`curve` is null where there is none; `bits` is the length of the modulus or key, null where there is none.
`seconds` is the median of five runs after a warm-up, or of as many as fit in 120 s. `peak_mib` is the peak resident
memory of the process during the runs. `ratio` = peer_seconds / seconds: above 1 we are faster. Where a peer is
null, `why_no_peer` says why. A benchmark may add figures of its own to its rows, such as a rate or the number of
clients: they follow the columns above.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from assay import _native
from assay.bench.peers import why_missing

__all__ = ["CURVE", "Figures", "Report", "Result", "Timing", "alternate", "configured", "measure"]

Figures: TypeAlias = Mapping[str, str | int | float | None]

CURVE = "bn254"
RUNS = 5
BUDGET_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Median seconds of the runs made, and the peak of resident memory during them."""

    seconds: float
    runs: int
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Result:
    """One row of a report."""

    case: str
    size: int
    threads: int
    isa: str
    seconds: float
    runs: int
    peak_mib: float
    peer: str | None = None
    peer_seconds: float | None = None
    ratio: float | None = None
    why_no_peer: str | None = None
    bits: int | None = None
    figures: Figures = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The columns of every benchmark, then the figures of this one."""
        row = asdict(self)
        return {**{name: value for name, value in row.items() if name != "figures"}, **self.figures}


@dataclass(slots=True)
class Report:
    """What `assay bench NAME --json` prints."""

    bench: str
    curve: str | None = CURVE
    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self,
        case: str,
        size: int,
        timing: Timing,
        peer: str | None = None,
        peer_seconds: float | None = None,
        why_no_peer: str | None = None,
        *,
        bits: int | None = None,
        figures: Figures | None = None,
    ) -> None:
        """Appends a row; the ratio follows from the peer's seconds. Without them the row says why: `why_no_peer`, or
        what is missing on this machine, or that the peer has no such function. `figures` are further columns."""
        ratio = why = None
        if peer_seconds is not None:
            ratio = peer_seconds / timing.seconds
        else:
            why = why_no_peer or ("no peer for this case" if peer is None else why_missing())
        row = (timing.seconds, timing.runs, timing.peak_mib, peer if peer_seconds is not None else None)
        self.results.append(
            Result(
                case, size, _native.num_threads(), _native.isa(), *row, peer_seconds, ratio, why, bits, figures or {}
            )
        )

    def to_json(self) -> dict[str, Any]:
        """The object, with the machine and the commit."""
        return {
            "bench": self.bench,
            "curve": self.curve,
            "machine": {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "isa": _native.isa()},
            "commit": commit(),
            "results": [result.to_json() for result in self.results],
        }


def measure(
    run: Callable[[], object], *, runs: int = RUNS, budget: float = BUDGET_SECONDS, warm_up: bool = True
) -> Timing:
    """Times `run`: a warm-up, then up to `runs` runs while the next is expected to fit into the budget; at least
    one."""
    began = time.perf_counter()
    if warm_up:
        run()
        if time.perf_counter() - began > budget / 2:
            # So slow that one more run is all there is room for.
            runs = 1
    gc.collect()
    _reset_peak()
    seconds: list[float] = []
    while len(seconds) < runs:
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() - began + max(seconds) > budget:
            break
    return Timing(statistics.median(seconds), len(seconds), _peak_mib())


def alternate(
    ours: Callable[[], float], theirs: Callable[[], float], *, runs: int = RUNS, budget: float = BUDGET_SECONDS
) -> tuple[Timing, float]:
    """Runs two sides in turn, so that both meet the same noise of the machine; each returns its own seconds.

    A warm-up of each, then up to `runs` pairs as in `measure`. Returns our timing (the peak of memory is that of our
    runs) and the median of theirs.
    """
    began = time.perf_counter()
    ours(), theirs()
    if time.perf_counter() - began > budget / 2:
        runs = 1
    seconds: list[tuple[float, float]] = []
    peak = 0.0
    while len(seconds) < runs:
        started = time.perf_counter()
        gc.collect()
        _reset_peak()
        mine = ours()
        peak = max(peak, _peak_mib())
        gc.collect()
        seconds.append((mine, theirs()))
        now = time.perf_counter()
        if now - began + (now - started) > budget:
            break
    timing = Timing(statistics.median(mine for mine, _ in seconds), len(seconds), peak)
    return timing, statistics.median(other for _, other in seconds)


@contextmanager
def configured(threads: int | None, isa: str | None) -> Iterator[None]:
    """Runs with a number of threads and an instruction-set level, and puts back what was."""
    before = _native.num_threads(), _native.isa()
    if threads is not None:
        _native.set_num_threads(threads)
    if isa is not None:
        _native.set_isa(isa)
    try:
        yield
    finally:
        _native.set_num_threads(before[0])
        _native.set_isa(before[1])


def sizes(default: Sequence[int], asked: int | None) -> list[int]:
    """The sizes of a benchmark: its own, or the one asked for."""
    return list(default) if asked is None else [asked]


def cpu_name() -> str:
    """The processor as the system names it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str | None:
    """The commit of the checkout one stands in, if it is ours; with `+` when it is dirty."""
    if not (Path("pyproject.toml").is_file() and "assay-engine" in Path("pyproject.toml").read_text()):
        return None
    with suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return None


def _reset_peak() -> None:
    # 5 resets VmHWM (proc(5)); where that is not allowed the peak is that of the whole process.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mib() -> float:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
