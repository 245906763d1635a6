"""Sections of a key file in the process's address space, checked before use and watched while in use.

A section's checksum is computed when the section is first asked for, a window of the file at a time, whose pages are
given back: checking a key of gigabytes takes no memory. The file may not change meanwhile: its length and time are
compared before and after every use, and a page that is gone reads as zeros and is noted (bindings/mapped_file.h),
so that a file cut short is an `EncodingError` and not the end of the process.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from assay import _native
from assay.core.errors import EncodingError
from assay.crypto.field import Limbs

__all__ = ["MappedSections", "checksum", "damaged_section"]

_WINDOW: Final = 1 << 22


def damaged_section(path: Path, name: str) -> str:
    """What to say of a section whose checksum is wrong."""
    return f"{path}: section {name} does not have the checksum in the header: the file is damaged"


def checksum(data: np.ndarray, offset: int, length: int, discard: Callable[[int, int], object]) -> bytes:
    """SHA-256 of a part of a mapped file, whose pages are given back on the way by discard(offset, length)."""
    sha = hashlib.sha256()
    for at in range(offset, offset + length, _WINDOW):
        size = min(_WINDOW, offset + length - at)
        sha.update(data[at : at + size].data)
        discard(at, size)
    return sha.digest()


class MappedSections(Mapping[str, Limbs]):
    """Read-only arrays by name, uint64[rows, words], backed by the file; `EncodingError` for one that is damaged."""

    def __init__(
        self,
        path: Path,
        descriptor: int,
        sections: Sequence[tuple[str, int, int]],
        shapes: Mapping[str, tuple[int, int]],
        checksums: Mapping[str, bytes],
    ) -> None:
        """Takes over `descriptor`. sections: (name, offset, length); a section without a checksum is not checked."""
        self._path = path
        self._descriptor = descriptor
        self._state = self._signature()
        self._file = _native.MappedFile(descriptor, self._state[0])
        self.data: Final = np.frombuffer(cast("Any", self._file), dtype=np.uint8)
        self._sections = {name: (offset, length) for name, offset, length in sections}
        self._shapes = dict(shapes)
        self._unchecked = dict(checksums)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def __len__(self) -> int:
        return len(self._sections)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __getitem__(self, name: str) -> Limbs:
        offset, length = self._sections[name]
        self.require_unchanged()
        if name in self._unchecked:
            if checksum(self.data, offset, length, self._file.discard) != self._unchecked[name]:
                self.require_unchanged()
                raise EncodingError(damaged_section(self._path, name))
            self.require_unchanged()
            del self._unchecked[name]
        array: Limbs = self.data[offset : offset + length].view(np.uint64).reshape(self._shapes[name])
        return array

    def require_unchanged(self) -> None:
        """`EncodingError` if the file is not what it was when it was opened."""
        _native.MappedFile.guard()
        if self._signature() != self._state or self._file.damaged:
            raise EncodingError(f"{self._path}: the file was changed or cut while it was in use; load the key again")

    def _signature(self) -> tuple[int, ...]:
        state = os.fstat(self._descriptor)
        return state.st_size, state.st_mtime_ns
