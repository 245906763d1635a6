"""One block in one file: read with suspicion, written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from assay.core.errors import SystemFailure
from assay.store.base import MAX_BLOCK
from assay.store.cid import Cid
from assay.store.errors import DamagedBlock, MissingBlock

__all__ = ["holds", "read_block", "write_block"]

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def read_block(place: Path, cid: Cid) -> bytes:
    """What lies there, not verified. Raises `MissingBlock`; `DamagedBlock` for what is no file or too large."""
    try:
        descriptor = os.open(place, _READ)
    except FileNotFoundError:
        raise MissingBlock(cid) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedBlock(cid, "a symbolic link lies in its place") from None
        raise SystemFailure(f"the block {cid} cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedBlock(cid, "no file lies in its place")
        if status.st_size > MAX_BLOCK:
            raise DamagedBlock(cid, f"its file has {status.st_size} bytes, above the limit of {MAX_BLOCK}")
        block = os.read(descriptor, status.st_size + 1)
        while len(block) < status.st_size and (piece := os.read(descriptor, status.st_size - len(block))):
            block += piece
        return block
    finally:
        os.close(descriptor)


def holds(place: Path, cid: Cid, block: bytes | memoryview) -> bool:
    """Whether these very bytes lie there."""
    try:
        return read_block(place, cid) == bytes(block)  # a memoryview compares byte by byte
    except (MissingBlock, DamagedBlock):
        return False


def write_block(place: Path, block: bytes | memoryview, incoming: Path) -> None:
    """Writes a block under another name in the folder `incoming`, flushes it and renames it to its place.

    The folder of `place` must be there, and is not flushed. A link in that folder's place is refused with `OSError`.
    """
    temporary = incoming / secrets.token_hex(16)
    descriptor = os.open(temporary, _CREATE, 0o600)
    try:
        try:
            view = memoryview(block)
            while len(view):
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder = os.open(place.parent, _FOLDER)  # refuses a link in the place of the folder
        try:
            os.replace(temporary, place.name, dst_dir_fd=folder)
        finally:
            os.close(folder)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
