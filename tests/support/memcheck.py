"""Programs with kernels that memcheck of valgrind can run: compiled with the project's flags, at the levels portable
and adx. Needs valgrind with its headers: `apt install valgrind`.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

CPP = Path(__file__).parents[2] / "cpp"
X86 = platform.machine() == "x86_64"
LEVELS = ["portable", "adx"] if X86 else ["portable"]
_FLAGS = ["-std=c++20", "-O2", "-g", "-fno-strict-aliasing", "-fno-tree-vectorize", "-fno-tree-slp-vectorize"]
_FLAGS += ["-pthread", "-DASSAY_DECLASSIFY=1", "-I", str(CPP), *(["-DASSAY_X86=1"] if X86 else [])]
_ADX_FLAGS = ["-mbmi2", "-madx", "-DASSAY_ISA=adx", "-DASSAY_ISA_ADX=1"]


def require_valgrind() -> None:
    """Skips the test where valgrind or its headers are missing."""
    if shutil.which("valgrind") is None or not Path("/usr/include/valgrind/memcheck.h").is_file():
        pytest.skip("valgrind and its headers are not installed: apt install valgrind")


def compile_cpp(*arguments: str | Path) -> None:
    """Runs the compiler."""
    done = subprocess.run(["g++", *_FLAGS, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def objects(sources: Iterable[Path], folder: Path) -> list[Path]:
    """The object files of some sources, made on all cores."""

    def compiled(source: Path) -> Path:
        target = folder / f"{source.parent.name}_{source.stem}.o"
        compile_cpp(*(_ADX_FLAGS if source.name.endswith("_adx.cpp") else []), "-c", source, "-o", target)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compiled, sources))


def memcheck(level: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Status 9 where memcheck has found something. Its processor has adx, but does not say so."""
    return subprocess.run(
        ["valgrind", "--quiet", "--error-exitcode=9", *map(str, command)],
        env=os.environ | {"ASSAY_ISA": level, "ASSAY_CPU_ASSUME": "adx"},
        capture_output=True,
        text=True,
        check=False,
    )
