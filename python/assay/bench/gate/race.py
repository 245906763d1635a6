"""Two packages run one case in turns, A B B A, on one core; every ratio comes from a fresh pair of processes.

Turns of some milliseconds meet the same disturbances on both sides. What a process keeps for its life (where its
memory lies) differs between two runs of the same code by some per cent: fresh processes make it noise. Within a pair
the least time of each side counts, because disturbances only add.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.core.errors import AssayError

__all__ = ["Contender", "WorkerError", "race"]

TURNS: Final = 8
"""Turns of each side within a pair of processes."""
TURN_NANOSECONDS: Final = 20_000_000
"""What a turn takes at least: a case that is shorter is called several times."""
_LIMIT_SECONDS: Final = 120.0
_WORKER: Final = Path(__file__).with_name("worker.py")


class WorkerError(AssayError, RuntimeError):
    """A worker of `contender` could not run its case."""

    def __init__(self, contender: Contender, why: str) -> None:
        super().__init__(f"{contender.name}: {why}")
        self.contender = contender


@dataclass(frozen=True, slots=True)
class Contender:
    """A folder that holds the package `assay`, with a name for messages."""

    name: str
    package: Path


class _Worker:
    """A process of worker.py, killed when it has not ended in time."""

    def __init__(self, contender: Contender, cases: Path, case: str, core: int, isa: str | None) -> None:
        self._contender = contender
        path = os.pathsep.join(filter(None, [str(contender.package), os.environ.get("PYTHONPATH")]))
        environment = {name: value for name, value in os.environ.items() if name != "ASSAY_ISA"}
        environment |= {"PYTHONPATH": path, "ASSAY_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        environment |= {"ASSAY_ISA": isa} if isa else {}
        command = [sys.executable, "-P", str(_WORKER), str(cases), case, str(contender.package), str(core)]
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        self._timer = threading.Timer(_LIMIT_SECONDS, self._process.kill)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._process.kill()
        self._process.communicate()

    def wait_ready(self) -> None:
        """Returns when the case is prepared and has run once."""
        answer = self._answer()
        if answer != "ready":
            raise WorkerError(self._contender, answer)

    def turn(self, calls: int) -> int:
        """Nanoseconds of that many calls."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{calls}\n")
        except BrokenPipeError:
            raise WorkerError(self._contender, "the process ended") from None
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(self._contender, f"the process ended, or took longer than {_LIMIT_SECONDS:.0f} s")
        return line.strip()


def race(
    ours: Contender,
    theirs: Contender,
    cases: Path,
    case: str,
    *,
    pairs: int,
    core: int,
    isa: str | None = None,
) -> list[float]:
    """`pairs` ratios, our time / their time. `WorkerError` names the side that could not run."""
    ratios: list[float] = []
    calls = 0
    for number in range(pairs):
        with _Worker(ours, cases, case, core, isa) as a, _Worker(theirs, cases, case, core, isa) as b:
            a.wait_ready()
            b.wait_ready()
            calls = calls or _calls_for_a_turn(a)
            ratios.append(_ratio(a, b, calls, ours_first=number % 2 == 0))
    return ratios


def _ratio(a: _Worker, b: _Worker, calls: int, ours_first: bool) -> float:
    best_a = best_b = 0
    for number in range(TURNS):
        if (number % 2 == 0) == ours_first:
            time_a, time_b = a.turn(calls), b.turn(calls)
        else:
            time_b, time_a = b.turn(calls), a.turn(calls)
        best_a, best_b = min(best_a or time_a, time_a), min(best_b or time_b, time_b)
    return best_a / max(best_b, 1)


def _calls_for_a_turn(worker: _Worker) -> int:
    calls = 1
    while (spent := worker.turn(calls)) < TURN_NANOSECONDS and calls < 1 << 20:
        calls = max(2 * calls, min(1 << 20, calls * TURN_NANOSECONDS // max(spent, 1)))
    return calls
