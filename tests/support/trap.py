"""Runs a command with AVX-512 IFMA and SHA-256 instructions emulated where the processor lacks them.

    python tests/support/trap.py COMMAND...

The emulation is tests/support/instruction_trap, built on each change into build/. x86-64 Linux only. The kernels for
AVX-512 IFMA need a processor with AVX-512 F; on others only the SHA extensions are emulated.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "instruction_trap"
LIBRARY = Path(__file__).parents[2] / "build" / "instruction_trap.so"


def supported() -> bool:
    """Is this a system that the trap is written for?"""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def processor_flags() -> set[str]:
    """The processor's features as Linux names them."""
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


def build() -> Path:
    """Compiles the library unless it is newer than its sources; returns its path."""
    sources = sorted(SOURCE.glob("*.cpp"))
    newest = max(path.stat().st_mtime for path in SOURCE.iterdir())
    if LIBRARY.exists() and LIBRARY.stat().st_mtime >= newest:
        return LIBRARY
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        raise RuntimeError("no C++ compiler to build the instruction trap with (set CXX)")
    LIBRARY.parent.mkdir(exist_ok=True)
    unfinished = LIBRARY.with_suffix(f".{os.getpid()}")
    flags = ["-std=c++20", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared"]
    subprocess.run([compiler, *flags, *map(str, sources), "-o", str(unfinished)], check=True)
    unfinished.replace(LIBRARY)
    return LIBRARY


def environment() -> dict[str, str]:
    """The environment in which a program runs under the trap, and assay takes the instructions for granted."""
    assumed = ["sha_ni"] + (["avx512_ifma"] if "avx512f" in processor_flags() else [])
    return os.environ | {"LD_PRELOAD": str(build()), "ASSAY_CPU_ASSUME": ",".join(assumed)}


def main(command: list[str]) -> None:
    """Runs the command; this process becomes it."""
    if not supported():
        print("the instruction trap is for x86-64 Linux: nothing to run")
        return
    if not command:
        sys.exit(__doc__)
    os.execvpe(command[0], command, environment())


if __name__ == "__main__":
    main(sys.argv[1:])
