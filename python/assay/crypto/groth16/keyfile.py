"""The key file: a header, a table of sections with checksums, and the sections, aligned for mapping into memory.

All integers little-endian. Offsets and lengths in bytes.

    0    magic "ASSAYKEY"
    8    u32 version = 1
    12   u32 kind: 1 proving key, 2 verifying key (Groth16)
    16   u32 curve: 1 = BN254
    20   u32 sections
    24   u64 wires, u64 public, u64 log2 of the domain
    48   32 bytes digest of the circuit
    80   64 bytes ceremony, ASCII, padded with zeros
    144  sections times: u64 offset, u64 length, 32 bytes SHA-256 of the section
    ...  32 bytes SHA-256 of everything before, then zeros up to a multiple of 64

Sections follow in the order of the table, each at the next multiple of 64, the gaps zero, and the file ends with the
last one. Kind and sizes determine every offset and length, so that there is one layout for each key; everything else
is refused.
"""

from __future__ import annotations

import hashlib
import mmap as memory_map
import os
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from assay.core.errors import EncodingError, InvalidInput, LimitError, SystemFailure
from assay.core.files import atomic_write
from assay.crypto.field import Limbs
from assay.crypto.groth16.mapped import MappedSections, checksum, damaged_section

__all__ = ["MAGIC", "PROVING_KEY", "VERIFYING_KEY", "Header", "create", "read", "write"]

PROVING_KEY: Final = 1
VERIFYING_KEY: Final = 2

MAGIC: Final = b"ASSAYKEY"
_VERSION: Final = 1
_BN254: Final = 1
_FIXED: Final = struct.Struct("<8sIIIIQQQ32s64s")
_ENTRY: Final = struct.Struct("<QQ32s")
_ALIGN: Final = 64
_MAX_LOG: Final = 27
_MAX_WIRES: Final = 2**32 - 1
_NAMES: Final = {PROVING_KEY: "proving key", VERIFYING_KEY: "verifying key"}


@dataclass(frozen=True)
class Header:
    """What a key file says about its key."""

    kind: int
    num_wires: int
    num_public: int
    domain_log: int
    circuit_digest: bytes
    ceremony: str

    def __post_init__(self) -> None:
        if self.kind not in _NAMES:
            raise EncodingError(f"unknown kind of key: {self.kind}")
        if self.num_wires > _MAX_WIRES or self.domain_log > _MAX_LOG:
            raise LimitError(f"a key of {self.num_wires} wires and a domain of 2^{self.domain_log} is above the limits")
        if self.num_wires < self.num_public + 1 or 2**self.domain_log < self.num_public + 1:
            raise EncodingError(
                f"impossible sizes: {self.num_wires} wires, {self.num_public} public, domain 2^{self.domain_log}"
            )
        if len(self.circuit_digest) != 32:
            raise InvalidInput(f"a circuit digest has 32 bytes, got {len(self.circuit_digest)}")
        if not (self.ceremony.isascii() and self.ceremony.isprintable() and 0 < len(self.ceremony) <= 64):
            raise EncodingError("the ceremony is 1 to 64 printable ASCII characters")

    def shapes(self) -> dict[str, tuple[int, int]]:
        """Name and shape, uint64[rows, words], of each section, in order."""
        publics = self.num_public + 1
        if self.kind == VERIFYING_KEY:
            return {"fixed": (14, 4), "ic": (2 * publics, 4)}
        return {
            "fixed": (1, 72),
            "ic": (publics, 8),
            "a": (self.num_wires, 8),
            "b1": (self.num_wires, 8),
            "b2": (self.num_wires, 16),
            "l": (self.num_wires - publics, 8),
            "h": (2**self.domain_log, 8),
        }

    def layout(self) -> tuple[int, list[tuple[str, int, int]]]:
        """The size of the header, and (name, offset, length) of each section."""
        shapes = self.shapes()
        header = _align(_FIXED.size + len(shapes) * _ENTRY.size + 32)
        offset, sections = header, []
        for name, (rows, words) in shapes.items():
            offset = _align(offset)
            sections.append((name, offset, 8 * rows * words))
            offset += 8 * rows * words
        return header, sections

    def file_bytes(self) -> int:
        """The length of the file."""
        _, offset, length = self.layout()[1][-1]
        return offset + length

    def pack(self, checksums: Sequence[bytes]) -> bytes:
        """The header's bytes, with the checksum of each section."""
        size, sections = self.layout()
        raw = _FIXED.pack(
            MAGIC,
            _VERSION,
            self.kind,
            _BN254,
            len(sections),
            self.num_wires,
            self.num_public,
            self.domain_log,
            self.circuit_digest,
            self.ceremony.encode("ascii"),
        )
        for (_, offset, length), sha in zip(sections, checksums, strict=True):
            raw += _ENTRY.pack(offset, length, sha)
        return (raw + hashlib.sha256(raw).digest()).ljust(size, b"\0")


def _align(offset: int) -> int:
    return -(-offset // _ALIGN) * _ALIGN


def write(path: str | os.PathLike[str], header: Header, sections: Mapping[str, Limbs]) -> None:
    """Writes a key file; the file appears whole or not at all."""
    _require_little_endian()
    for name, shape in header.shapes().items():
        if sections[name].shape != shape or sections[name].dtype != np.uint64 or not sections[name].flags.c_contiguous:
            raise InvalidInput(f"section {name} must be C-contiguous uint64{list(shape)}")
    checksums = [hashlib.sha256(sections[name].data).digest() for name in header.shapes()]
    with atomic_write(path) as file:
        file.write(header.pack(checksums))
        for name, offset, _ in header.layout()[1]:
            file.write(b"\0" * (offset - file.tell()))
            file.write(sections[name].data)


@contextmanager
def create(path: str | os.PathLike[str], header: Header) -> Iterator[dict[str, Limbs]]:
    """Opens a key file's sections for writing, as a shared map of zeros; the file appears whole when the block ends.

    What is written goes to the disk as the system likes, so a key larger than the memory can be made. The room on the
    disk is taken first: `SystemFailure` if there is not enough.
    """
    _require_little_endian()
    with atomic_write(path) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, header.file_bytes())
        except OSError as error:
            raise SystemFailure(f"{path}: no room for {header.file_bytes()} bytes: {error.strerror}") from None
        mapped = memory_map.mmap(file.fileno(), header.file_bytes())
        data = np.frombuffer(mapped, dtype=np.uint8)
        sections = header.layout()[1]

        def discard(offset: int, length: int) -> None:
            first = offset // memory_map.PAGESIZE * memory_map.PAGESIZE
            mapped.madvise(memory_map.MADV_DONTNEED, first, offset + length - first)

        yield {
            name: data[offset : offset + length].view(np.uint64).reshape(header.shapes()[name])
            for name, offset, length in sections
        }
        checksums = [checksum(data, offset, length, discard) for _, offset, length in sections]
        raw = header.pack(checksums)
        data[: len(raw)] = np.frombuffer(raw, dtype=np.uint8)


def read(
    path: str | os.PathLike[str], kind: int, *, mmap: bool = True, checksums: bool = True
) -> tuple[Header, Mapping[str, Limbs]]:
    """Header and sections of a key file, the sections read-only.

    With `mmap` they are a `MappedSections`: backed by the file, each checked when it is first asked for. Otherwise they
    are read and checked at once. The header, its checksum, the layout and the gaps are always checked, the sections'
    checksums unless told not to (a key of gigabytes takes seconds). `EncodingError` for anything but the one encoding
    of a key of this `kind`.
    """
    _require_little_endian()
    path = Path(path)
    with path.open("rb") as file:
        header, expected = _read_header(file.read(4096), kind, path)
        size = os.fstat(file.fileno()).st_size
        if size != header.file_bytes():
            raise EncodingError(f"{path}: {size} bytes, but a key of these sizes has {header.file_bytes()}: truncated?")
        checks = dict(zip(header.shapes(), expected, strict=True)) if checksums else {}
        if mmap:
            sections = header.layout()[1]
            mapped = MappedSections(path, os.dup(file.fileno()), sections, header.shapes(), checks)
            _require_zero_gaps(mapped.data, header, path)
            return header, mapped
        file.seek(0)
        data = np.frombuffer(file.read(size), dtype=np.uint8)
    if len(data) != size:
        raise EncodingError(f"{path}: the file was cut while it was read")
    _require_zero_gaps(data, header, path)
    arrays: dict[str, Limbs] = {}
    for name, offset, length in header.layout()[1]:
        piece = data[offset : offset + length]
        if checksums and hashlib.sha256(piece.data).digest() != checks[name]:
            raise EncodingError(damaged_section(path, name))
        arrays[name] = piece.view(np.uint64).reshape(header.shapes()[name])
    return header, arrays


def _require_zero_gaps(data: np.ndarray, header: Header, path: Path) -> None:
    end, sections = header.layout()
    for name, offset, length in sections:
        if data[end:offset].any():
            raise EncodingError(f"{path}: the gap before section {name} is not zero")
        end = offset + length


def _read_header(raw: bytes, kind: int, path: Path) -> tuple[Header, list[bytes]]:
    if len(raw) < _FIXED.size or raw[:8] != MAGIC:
        raise EncodingError(f"{path}: not a key file of assay")
    _, version, found, curve, count, wires, public, log_n, digest, ceremony = _FIXED.unpack_from(raw)
    if version != _VERSION:
        raise EncodingError(f"{path}: key file version {version}; this release reads version {_VERSION}")
    if curve != _BN254:
        raise EncodingError(f"{path}: curve {curve}; this release knows 1 (BN254)")
    if found != kind:
        raise EncodingError(f"{path}: a {_NAMES.get(found, f'key of unknown kind {found}')}, not a {_NAMES[kind]}")
    text = ceremony.rstrip(b"\0")
    if not text.isascii():
        raise EncodingError(f"{path}: the ceremony is not ASCII")
    header = Header(found, wires, public, log_n, digest, text.decode("ascii"))
    size, sections = header.layout()
    entries = (
        [_ENTRY.unpack_from(raw, _FIXED.size + i * _ENTRY.size) for i in range(len(sections))]
        if len(raw) >= size
        else []
    )
    if count != len(sections) or [(o, n) for o, n, _ in entries] != [(o, n) for _, o, n in sections]:
        raise EncodingError(f"{path}: the section table is not that of a {_NAMES[kind]} of these sizes")
    checksums = [checksum for _, _, checksum in entries]
    if raw[:size] != header.pack(checksums):
        raise EncodingError(f"{path}: the header does not have its checksum: the file is damaged")
    return header, checksums


def _require_little_endian() -> None:
    if sys.byteorder != "little":
        raise SystemFailure("key files are mapped as they are and need a little-endian machine")
