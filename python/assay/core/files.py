"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["atomic_create", "atomic_write", "sync_folder"]


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Opens a temporary file beside `path`; it takes the place of `path` when the block ends without an exception.

    The data and the directory entry are flushed to the disk (fsync), so that after a crash `path` holds the old content
    or the new one. `mode` is the file's permission bits.
    """
    target = Path(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    sync_folder(target.parent)


def atomic_create(path: str | os.PathLike[str], data: bytes, *, mode: int = 0o644) -> None:
    """Writes a new file whole or not at all, durably. Raises `FileExistsError` and leaves alone what is there."""
    target = Path(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.link(temporary, target)
    finally:
        Path(temporary).unlink()
    sync_folder(target.parent)


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Flushes a folder's entries to the disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
