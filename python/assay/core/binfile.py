"""Files of numbered sections, the container of iden3's tools: `.ptau`, `.zkey`, `.r1cs`, `.wtns`.

    4 bytes magic, u32 version, u32 number of sections, then for each section: u32 type, u64 size, its bytes

All integers little-endian; nothing is aligned. Source: github.com/iden3/binfileutils. Sections follow one another, so
that the sizes alone say where each lies: one that would reach beyond the end, or bytes after the last, or a type that
comes twice, means that the file was cut, joined or forged, and it is refused. Nothing here looks inside a section.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.core.errors import EncodingError, InvalidInput, LimitError, StateError

__all__ = ["Section", "SectionFile", "SectionWriter"]

_FILE: Final = struct.Struct("<4sII")
_SECTION: Final = struct.Struct("<IQ")
_MAX_SECTIONS: Final = 64


class Section(NamedTuple):
    """Where a section's bytes lie."""

    offset: int
    size: int


class SectionFile:
    """A section file opened for reading; a context manager. The file may be hostile.

    Reads copy (`read`, `rows`) or map (`view`); a mapped file must not be cut short by others while it is used.
    """

    def __init__(
        self, path: str | os.PathLike[str], magic: bytes, *, versions: Collection[int] = (1,), max_bytes: int = 1 << 44
    ) -> None:
        """Opens `path` and reads where its sections lie.

        Raises `EncodingError` for another magic or version, a section cut short or beyond the end, a type that comes
        twice, bytes after the last section; `LimitError` above `max_bytes` or 64 sections.
        """
        self.name: Final = Path(path).name
        self.sections: Final[dict[int, Section]] = {}
        self._descriptor: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._map: mmap.mmap | None = None
        try:
            self.size: Final = os.fstat(self._descriptor).st_size
            if self.size > max_bytes:
                raise LimitError(f"{self.name} has {self.size} bytes, above the limit of {max_bytes}")
            self.version: Final = self._scan(magic, versions)
        except BaseException:
            self.close()
            raise

    def _scan(self, magic: bytes, versions: Collection[int]) -> int:
        head = self._pread(0, min(_FILE.size, self.size))
        if len(head) < _FILE.size or head[:4] != magic:
            raise EncodingError(f"{self.name} is no {magic.decode('ascii')} file: it opens with {head[:4]!r}")
        version, count = struct.unpack_from("<II", head, 4)
        if version not in versions:
            known = ", ".join(map(str, versions))
            raise EncodingError(f"{self.name}: version {version} is not known, this reads {known}")
        if count > _MAX_SECTIONS:
            raise LimitError(f"{self.name} claims {count} sections, above the limit of {_MAX_SECTIONS}")
        at = _FILE.size
        for position in range(count):
            if self.size - at < _SECTION.size:
                raise EncodingError(f"{self.name} is cut short: section {position + 1} of {count} is missing")
            kind, size = _SECTION.unpack(self._pread(at, _SECTION.size))
            at += _SECTION.size
            if kind in self.sections:
                raise EncodingError(f"{self.name}: section {kind} comes twice")
            if size > self.size - at:
                raise EncodingError(f"{self.name}: section {kind} claims {size} bytes, but {self.size - at} are left")
            self.sections[kind] = Section(at, size)
            at += size
        if at != self.size:
            raise EncodingError(f"{self.name}: {self.size - at} bytes after the last section")
        return int(version)

    def __enter__(self) -> SectionFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __contains__(self, kind: int) -> bool:
        return kind in self.sections

    def close(self) -> None:
        """Closes the file; views stay valid until they are dropped."""
        self._map = None  # unmapped once no view is left
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def require(self, *, required: Collection[int], optional: Collection[int] = ()) -> None:
        """Raises `EncodingError` if a required section is missing, or one is there that nobody asked for."""
        for kind in required:
            if kind not in self.sections:
                raise EncodingError(f"{self.name}: section {kind} is missing")
        for kind in self.sections:
            if kind not in required and kind not in optional:
                raise EncodingError(f"{self.name}: section {kind} has no place in this kind of file")

    def size_of(self, kind: int) -> int:
        """Bytes of a section. Raises `EncodingError` if there is none of this type."""
        return self._section(kind).size

    def require_size(self, kind: int, size: int, what: str) -> None:
        """Raises `EncodingError` unless section `kind`, named `what`, has `size` bytes."""
        if (found := self._section(kind).size) != size:
            raise EncodingError(f"{self.name}: section {kind} ({what}) has {found} bytes, but {size} belong there")

    def read(self, kind: int, *, limit: int) -> bytes:
        """A whole section. Raises `LimitError` above `limit` bytes."""
        offset, size = self._section(kind)
        if size > limit:
            raise LimitError(f"{self.name}: section {kind} has {size} bytes, above the limit of {limit}")
        return self._pread(offset, size)

    def rows(self, kind: int, columns: int, start: int = 0, count: int | None = None) -> npt.NDArray[np.uint64]:
        """Rows `start`, ..., `start + count - 1` of a section of 64-bit words, uint64[count, columns], a copy.

        Raises `EncodingError` if the section is no whole number of rows, `InvalidInput` for rows it does not have.
        """
        offset, size = self._section(kind)
        row = 8 * columns
        if size % row != 0:
            raise EncodingError(f"{self.name}: section {kind} has {size} bytes, no multiple of {row}")
        total = size // row
        count = total - start if count is None else count
        if not (0 <= start <= total and 0 <= count <= total - start):
            raise InvalidInput(f"section {kind} of {self.name} has {total} rows, not [{start}, {start + count})")
        out = np.empty((count, columns), dtype="<u8")
        if count > 0:
            self._read_into(offset + row * start, out.data.cast("B"))
        return out.astype(np.uint64, copy=False)

    def bytes_after(self, kind: int, count: int) -> bytes:
        """Up to `count` bytes of the file that follow a section: the next one's head and content."""
        offset, size = self._section(kind)
        return self._pread(offset + size, min(count, self.size - offset - size))

    def view(self, kind: int) -> memoryview:
        """A section mapped into memory, read-only. It need not be aligned to its words."""
        offset, size = self._section(kind)
        if self._map is None:
            self._map = mmap.mmap(self._open_descriptor(), 0, access=mmap.ACCESS_READ)
        return memoryview(self._map)[offset : offset + size]

    def _section(self, kind: int) -> Section:
        try:
            return self.sections[kind]
        except KeyError:
            raise EncodingError(f"{self.name}: section {kind} is missing") from None

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise StateError(f"{self.name} is closed")
        return self._descriptor

    def _pread(self, offset: int, size: int) -> bytes:
        out = bytearray(size)
        self._read_into(offset, memoryview(out))
        return bytes(out)

    def _read_into(self, offset: int, out: memoryview) -> None:
        descriptor, done = self._open_descriptor(), 0
        while done < len(out):
            got = os.preadv(descriptor, [out[done : done + (1 << 30)]], offset + done)
            if got == 0:
                raise EncodingError(f"{self.name} became shorter while it was read")
            done += got


class SectionWriter:
    """Writes a section file into an open binary file, one section after another.

    with atomic_write(path) as file:
        writer = SectionWriter(file, b"ptau", version=1, count=2)
        with writer.section(1) as out:
            out.write(header)
        writer.copy(other, 2)
        writer.finish()
    """

    def __init__(self, file: BinaryIO, magic: bytes, *, version: int, count: int) -> None:
        if len(magic) != 4:
            raise InvalidInput(f"a magic has 4 bytes, got {magic!r}")
        self._file = file
        self._count = count
        self._written: dict[int, Section] = {}
        self._open = False
        file.write(_FILE.pack(magic, version, count))

    @contextmanager
    def section(self, kind: int) -> Iterator[BinaryIO]:
        """Opens section `kind`; what is written into the file until the block ends is its content."""
        if self._open or kind in self._written:
            raise StateError(f"section {kind} while another is open, or written twice")
        self._open = True
        self._file.write(_SECTION.pack(kind, 0))
        start = self._file.tell()
        yield self._file
        end = self._file.tell()
        self._file.seek(start - _SECTION.size)
        self._file.write(_SECTION.pack(kind, end - start))
        self._file.seek(end)
        self._written[kind] = Section(start, end - start)
        self._open = False

    def copy(self, source: SectionFile, kind: int) -> None:
        """Copies a section as it is."""
        piece = 1 << 24
        offset, size = source.sections[kind]
        with self.section(kind) as out:
            for at in range(0, size, piece):
                out.write(source._pread(offset + at, min(piece, size - at)))

    def read_back(self, kind: int, start: int, size: int) -> bytes:
        """Bytes of a finished section, from a file opened for reading too."""
        section = self._written[kind]
        if not 0 <= start <= start + size <= section.size:
            raise InvalidInput(f"section {kind} has {section.size} bytes, not [{start}, {start + size})")
        self._file.flush()
        return os.pread(self._file.fileno(), size, section.offset + start)

    def finish(self) -> None:
        """Raises `StateError` unless as many sections were written as the file says."""
        if self._open or len(self._written) != self._count:
            raise StateError(f"{len(self._written)} sections written, {self._count} announced")
