"""SHA-256 (FIPS 180-4): one message, many of one length, files.

Many messages are hashed side by side, 32 with AVX-512 and eight with AVX2, in the pool. One message or file runs on one
thread, at about the speed of OpenSSL.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from assay import _native
from assay.core.errors import InvalidInput, WrongType
from assay.core.progress import SILENT, Progress

__all__ = [
    "Bytes",
    "batch_implementation",
    "digest",
    "digest_many",
    "digest_prefixed",
    "file_digest",
    "implementation",
    "require_rows",
]

Bytes: TypeAlias = npt.NDArray[np.uint8]

_PIECE: Final = 1 << 20


def require_rows(array: Bytes, columns: int | None, name: str) -> None:
    """`WrongType` unless the array is uint8, `InvalidInput` unless its shape is [n, columns]; None: any columns."""
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise WrongType(f"{name} must be a uint8 array, got {found}")
    if array.ndim != 2 or columns not in (None, array.shape[1]):
        raise InvalidInput(f"{name} must have shape [n, {columns or 'length'}], got {list(array.shape)}")


def digest(data: bytes) -> bytes:
    """The 32 bytes of SHA-256(data). Constant-time in the content."""
    out: bytes = _native.sha256(data)
    return out


def digest_many(messages: Bytes) -> Bytes:
    """SHA-256 of each row of uint8[n, length]: uint8[n, 32]. Constant-time in the content.

    Raises:
        WrongType: another dtype.
        InvalidInput: another number of dimensions.
    """
    require_rows(messages, None, "messages")
    out: Bytes = _native.sha256_messages(np.ascontiguousarray(messages))
    return out


def digest_prefixed(prefix: bytes, messages: Sequence[bytes]) -> list[bytes]:
    """SHA-256(prefix || message) of each message; those of one length are hashed side by side, on this thread.

    Raises:
        WrongType: a message that is not bytes.
    """
    out: list[bytes] = _native.sha256_prefixed(prefix, list(messages))
    return out


def file_digest(path: str | PathLike[str], progress: Progress = SILENT) -> bytes:
    """The 32 bytes of SHA-256 of a file's content, read piece by piece: takes 1 MiB of memory.

    Ctrl-C and an exception of `progress` stop it. What is hashed is what the reads returned: a file that somebody
    writes to meanwhile has the digest of no version of it.
    """
    stream, piece = _native.Sha256Stream(), bytearray(_PIECE)
    view = memoryview(piece)
    with Path(path).open("rb", buffering=0) as file:
        total = Path(path).stat().st_size
        with progress.task("hashing", total=total) as task:
            while count := file.readinto(piece):
                stream.update(view[:count])
                task.advance(count)
    out: bytes = stream.digest()
    return out


def implementation() -> str:
    """For one message: `sha_ni` (the processor's SHA extensions), `avx2` or `portable`, after a known-answer test."""
    name: str = _native.sha256_implementation()
    return name


def batch_implementation() -> str:
    """For many messages: `avx512` (32 at once), `avx2` (eight), or one by one by `implementation()`."""
    name: str = _native.sha256_batch_implementation()
    return name
