"""One process of the gate: runs a case of the `assay` found first on PYTHONPATH, as often as it is told.

Started as a script by race.py, from this tree for both revisions, so that it measures them alike:

    python -P worker.py CASES_FILE CASE PACKAGE CORE

It answers each line on standard input, a number of calls, with their nanoseconds; the first line it writes is "ready"
or says why not. Time is the processor time of the process, which other processes on the core do not enter, or
what the CLOCK of the file of cases counts.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO


def main(cases: str, case: str, package: str, core: int) -> None:
    """Serves until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a case prints does not reach the gate
    try:
        os.sched_setaffinity(0, {core})
        _require_package(Path(package))
        clock, call = _load(cases, case)
        call()
    except Exception as error:
        answers.write(f"{type(error).__name__}: {error}".replace("\n", " ") + "\n")
        return
    answers.write("ready\n")
    _serve(call, clock, answers)


def _serve(call: Callable[[], object], clock: Callable[[], int], answers: TextIO) -> None:
    gc.collect()
    gc.disable()
    for line in sys.stdin:
        calls = range(int(line))
        began = clock()
        for _ in calls:
            call()
        answers.write(f"{clock() - began}\n")


def _load(cases: str, case: str) -> tuple[Callable[[], int], Callable[[], object]]:
    specification = importlib.util.spec_from_file_location("_cases", cases)
    if specification is None or specification.loader is None:
        raise ImportError(f"{cases} is no Python file")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return getattr(module, "CLOCK", time.process_time_ns), module.CASES[case]()


def _require_package(package: Path) -> None:
    """That PYTHONPATH leads to the package meant and the level asked for is in force."""
    import assay
    from assay import _native

    found = Path(assay.__file__).resolve().parent
    if found != (package / "assay").resolve():
        raise ImportError(f"another installation hides the package to measure: {found}")
    asked = os.environ.get("ASSAY_ISA")
    accepted = ("portable", "adx") if asked == "scalar" else (asked,)
    if asked and _native.isa() not in accepted:
        raise ImportError(f"the level {asked} is not to be had, only {_native.isa()}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
