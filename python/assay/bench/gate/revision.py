"""The two packages that the gate compares: the working tree's, and that of a revision unpacked and built beside it.

Both are staged alike: the tree's python/assay with an extension built from the tree's C++. Extensions are kept in the
cache under a digest of their sources, so that revisions which differ in Python alone share one build, and the working
tree's own extension serves where it is newer than its sources.
"""

from __future__ import annotations

import fcntl
import filecmp
import hashlib
import importlib.util
import io
import os
import platform
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from assay.core.config import cache_dir
from assay.core.errors import DependencyMissing, NotFound, SystemFailure
from assay.core.files import atomic_write

__all__ = ["BuildError", "checkout", "resolve", "stage_revision", "stage_tree"]

_SOURCES: Final = ("CMakeLists.txt", "cmake", "cpp", "bindings")
_PATTERN: Final = "_native*.so"
_BUILD_SECONDS: Final = 1800


class BuildError(SystemFailure):
    """A revision that does not build."""


def checkout(folder: Path) -> Path:
    """The top of the checkout of assay that holds `folder`; `NotFound` if there is none."""
    try:
        top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())
    except NotFound:
        raise NotFound(f"{folder.absolute()} is no git checkout; name one of assay with --repo") from None
    if not (top / "python" / "assay").is_dir() or not (top / "CMakeLists.txt").is_file():
        raise NotFound(f"{top} is no checkout of assay: it lacks python/assay or CMakeLists.txt")
    return top


def resolve(top: Path, revision: str) -> str:
    """The commit's hash; `NotFound` with what to do about it."""
    try:
        return (
            _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
        )
    except NotFound:
        shallow = _git(top, "rev-parse", "--is-shallow-repository").strip() == b"true"
        hint = "this clone is shallow: `git fetch --unshallow`" if shallow else "there is no such commit here"
        raise NotFound(f"the revision {revision!r} is unknown ({hint})") from None


def stage_tree(top: Path, stage: Path, say: Callable[[str], object]) -> Path:
    """The working tree as it stands; the folder to put on PYTHONPATH."""
    return _stage(top, stage / "ours", top, say)


def stage_revision(top: Path, commit: str, stage: Path, say: Callable[[str], object]) -> Path:
    """A commit, from `git archive`; the folder to put on PYTHONPATH. `BuildError` if it does not build."""
    tree = stage / "tree"
    with tarfile.open(fileobj=io.BytesIO(_git(top, "archive", "--format=tar", commit))) as archive:
        archive.extractall(tree, filter="data")
    if not (tree / "python" / "assay").is_dir():
        raise BuildError(f"{commit[:12]} holds no python/assay")
    return _stage(tree, stage / "theirs", top, say)


def _stage(tree: Path, target: Path, top: Path, say: Callable[[str], object]) -> Path:
    shutil.copytree(tree / "python" / "assay", target / "assay", ignore=shutil.ignore_patterns("__pycache__", _PATTERN))
    extension = _extension(tree, top, say)
    shutil.copyfile(extension, target / "assay" / extension.name)
    return target


def _extension(tree: Path, top: Path, say: Callable[[str], object]) -> Path:
    """An extension built from the tree's sources: the cached one, the one in use, or a new one."""
    digest = _digest(tree)
    folder = cache_dir("gate", digest)
    with _lock(folder):
        for found in folder.glob(_PATTERN):
            return found
        running = _running_extension(top)
        if running is not None and _digest(top) == digest:
            return running
        say(f"building the extension of sources {digest[:12]} (minutes; kept in {folder})")
        with tempfile.TemporaryDirectory(prefix="assay-gate-") as scratch:
            return _keep(_build(tree, Path(scratch)), folder)


def _digest(tree: Path) -> str:
    """Of the names and contents of all C++ and CMake files, and of what else decides about the binary."""
    h = hashlib.sha256()
    flags = os.environ.get("CXXFLAGS", ""), os.environ.get("CXX", "")
    for text in (platform.machine(), sysconfig.get_config_var("EXT_SUFFIX") or "", *flags):
        h.update(f"{len(text)}:{text}".encode())
    for path in _source_files(tree):
        data, name = path.read_bytes(), path.relative_to(tree).as_posix()
        h.update(f"{len(name)}:{name}{len(data)}:".encode() + data)
    return h.hexdigest()


def _source_files(tree: Path) -> list[Path]:
    found = (f for name in _SOURCES for f in ([tree / name] if (tree / name).is_file() else (tree / name).rglob("*")))
    return sorted(f for f in found if f.is_file())


def _running_extension(top: Path) -> Path | None:
    """The extension of this process, if it is newer than all sources of the working tree and its package's Python is
    the tree's."""
    specification = importlib.util.find_spec("assay._native")
    if specification is None or specification.origin is None:
        return None
    path, package = Path(specification.origin), top / "python" / "assay"
    newest = max(f.stat().st_mtime for f in _source_files(top))
    if not path.match(_PATTERN) or path.stat().st_mtime <= newest:
        return None
    ours = (f.relative_to(package) for f in package.rglob("*.py"))
    same = all((path.parent / f).is_file() and filecmp.cmp(path.parent / f, package / f) for f in ours)
    return path if same else None


def _build(tree: Path, scratch: Path) -> Path:
    cmake = _tool("cmake")
    if cmake is None:
        raise DependencyMissing("cmake is missing: pip install cmake ninja pybind11")
    source = scratch / "tree"  # a copy, because the build places the extension in it
    (source / "python" / "assay").mkdir(parents=True)
    for path in _source_files(tree):
        copy = source / path.relative_to(tree)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    command = [cmake, "-S", str(source), "-B", str(scratch / "build"), "-DCMAKE_BUILD_TYPE=Release"]
    command += ["-DASSAY_INPLACE=ON", f"-DPython_EXECUTABLE={sys.executable}"]
    if (ninja := _tool("ninja")) is not None:
        command += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    if importlib.util.find_spec("pybind11") is not None:
        found = subprocess.run(
            [sys.executable, "-m", "pybind11", "--cmakedir"], capture_output=True, text=True, check=True
        )
        command.append(f"-Dpybind11_DIR={found.stdout.strip()}")
    if (ccache := _tool("ccache")) is not None:
        command.append(f"-DCMAKE_CXX_COMPILER_LAUNCHER={ccache}")
    _run(command, scratch)
    _run([cmake, "--build", str(scratch / "build"), "--parallel", str(len(os.sched_getaffinity(0)))], scratch)
    built = list((source / "python" / "assay").glob(_PATTERN))
    if len(built) != 1:
        raise BuildError(f"the build made {len(built)} extensions instead of one")
    return built[0]


def _run(command: list[str], folder: Path) -> None:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = process.wait(_BUILD_SECONDS)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)  # the compilers too
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise BuildError(f"the build took longer than {_BUILD_SECONDS} s") from None
            raise
    if status:
        tail = " | ".join(line for line in log.read_text(errors="replace").splitlines()[-8:] if line.strip())
        raise BuildError(f"the sources do not build: {tail[-600:]}")


def _keep(built: Path, folder: Path) -> Path:
    kept = folder / built.name
    with atomic_write(kept, mode=0o755) as file:
        file.write(built.read_bytes())
    return kept


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One build of these sources at a time."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tool(name: str) -> str | None:
    """A program beside the interpreter, else on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)


def _git(folder: Path, *arguments: str) -> bytes:
    git = shutil.which("git")
    if git is None:
        raise DependencyMissing("git is missing: apt install git")
    done = subprocess.run([git, "-C", str(folder), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise NotFound(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout
