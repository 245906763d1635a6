"""Files that only their owner may read: keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from assay.core.errors import AuthorizationError, LimitError, NotFound, StateError, SystemFailure

__all__ = ["destroy_private", "read_private", "write_private"]

_MAX_FILE: Final = 64 << 10


def write_private(path: Path, data: bytes) -> None:
    """Write `data` durably to a new file of mode 0600; an existing file is never overwritten."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise StateError(f"{path} exists already; a key file is never overwritten") from None
    except OSError as error:
        raise SystemFailure(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path) -> bytes:
    """Read a key file; refuses one that anybody but its owner may read or write."""
    try:
        with Path(path).open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_mode & 0o077:
                mode = stat.filemode(status.st_mode)
                raise AuthorizationError(f"{path} is open to others ({mode}): chmod 600 it, and consider the key known")
            data = file.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no key file {path}") from None
    except AuthorizationError:
        raise
    except OSError as error:
        raise SystemFailure(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MAX_FILE:
        raise LimitError(f"{path} is larger than {_MAX_FILE} bytes and no key file")
    return data


def destroy_private(path: Path) -> None:
    """Overwrite a key file with zeros, flush it to the disk, then delete it. Nothing happens if there is none.

    What lay in the file is gone from where the file system keeps it now. Copies that the file system or the device made
    (snapshots, copy-on-write, journals of data, remapped flash pages) and backups are out of reach.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SystemFailure(f"{path} cannot be overwritten: {error.strerror}") from error
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        file.write(bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    path.unlink()
