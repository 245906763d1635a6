"""The `.ptau` format of snarkjs, version 1: the powers of tau and who contributed to them.

    1   header: u32 32, the prime p, u32 power, u32 power of the ceremony
    2   tauG1        tau^i G1            i < 2^(power + 1) - 1
    3   tauG2        tau^i G2            i < 2^power
    4   alphaTauG1   alpha tau^i G1      i < 2^power
    5   betaTauG1    beta tau^i G1       i < 2^power
    6   betaG2       beta G2
    7   contributions: u32 count, then each (phase1/contribution.py)
    12  L_j(tau) G1 for every domain of 2^0, ..., 2^power and, of tauG1 with a last 0, 2^(power + 1), one after another
    13, 14, 15   the same of tauG2, alphaTauG1, betaTauG1, for 2^0, ..., 2^power

Sections 12 to 15 are there once the file is prepared. A file cut down to fewer powers than its ceremony had says so in
its header. Source: snarkjs 0.7.6, powersoftau_new.js, powersoftau_preparephase2.js. BN254 only.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from assay.ceremony.phase1.contribution import Accumulated, Contribution, read_all
from assay.ceremony.points import CHUNK, G1, G2, PointGroup
from assay.core.binfile import SectionFile
from assay.core.errors import EncodingError, InvalidInput
from assay.core.progress import Task
from assay.crypto.field import Fp, Limbs

__all__ = [
    "CONTRIBUTIONS",
    "HEADER",
    "MAGIC",
    "MAX_POWER",
    "MAX_PREPARED_POWER",
    "POWERS",
    "VERSION",
    "Powers",
    "PowersFile",
    "header_bytes",
    "require_power",
]

MAGIC: Final = b"ptau"
VERSION: Final = 1
HEADER: Final = 1
CONTRIBUTIONS: Final = 7
MAX_POWER: Final = 28
MAX_PREPARED_POWER: Final = 27
"""tauG1 needs the domain of 2^(power + 1) points, and the field has none above 2^28."""
_HEADER: Final = struct.Struct("<I32sII")
_MAX_CONTRIBUTIONS_BYTES: Final = 1 << 28


@dataclass(frozen=True)
class Powers:
    """A section of powers: [first tau^i] for i < count(power)."""

    section: int
    name: str
    group: PointGroup
    prepared: int | None
    """The section of its Lagrange bases."""

    def count(self, power: int) -> int:
        """Points for a power."""
        if self.section == 2:
            return (2 << power) - 1
        return 1 if self.section == 6 else 1 << power

    def levels(self, power: int) -> range:
        """Logarithms of the domains that it is prepared for."""
        return range(power + (2 if self.section == 2 else 1))

    def prepared_count(self, power: int) -> int:
        """Points of all its Lagrange bases."""
        return (1 << len(self.levels(power))) - 1


POWERS: Final = (
    Powers(2, "tauG1", G1, 12),
    Powers(3, "tauG2", G2, 13),
    Powers(4, "alphaTauG1", G1, 14),
    Powers(5, "betaTauG1", G1, 15),
    Powers(6, "betaG2", G2, None),
)
_PREPARED: Final = tuple(powers.prepared for powers in POWERS if powers.prepared is not None)


def require_power(power: int) -> int:
    """The power, if it is 1 to 28. Raises `InvalidInput`."""
    if not 1 <= power <= MAX_POWER:
        raise InvalidInput(f"the power must be 1 to {MAX_POWER}, got {power}")
    return power


def header_bytes(power: int) -> bytes:
    """Section 1 of a file that was not cut down."""
    return _HEADER.pack(32, Fp.modulus.to_bytes(32, "little"), power, power)


class PowersFile:
    """A `.ptau` file opened for reading; a context manager. Sizes are checked, points as they are read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises `EncodingError` for a file that is no `.ptau` over BN254; `LimitError` above the format's limits."""
        self.file: Final = SectionFile(path, MAGIC, versions=(VERSION,))
        try:
            power, ceremony_power = self._read_header()
            self.power: Final = power
            self.ceremony_power: Final = ceremony_power
            self._check_sizes()
            self.contributions: Final[list[Contribution]] = read_all(
                self.file.read(CONTRIBUTIONS, limit=_MAX_CONTRIBUTIONS_BYTES)
            )
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> PowersFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self.file.close()

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.file.name

    @property
    def reduced(self) -> bool:
        """Whether it was cut down to fewer powers than its ceremony had."""
        return self.power != self.ceremony_power

    @property
    def prepared(self) -> bool:
        """Whether it has the Lagrange bases."""
        return _PREPARED[0] in self.file

    def chunks(self, powers: Powers, task: Task | None = None) -> Iterator[tuple[int, Limbs]]:
        """(index of the first, points) of a section of powers, checked: each in its group and not infinity."""
        total = powers.count(self.power)
        for start in range(0, total, CHUNK):
            points = self.file.rows(powers.section, powers.group.limbs, start, min(CHUNK, total - start))
            powers.group.check(points, f"section {powers.section} ({powers.name})", first=start)
            yield start, points
            if task is not None:
                task.advance(len(points))

    def points(self, powers: Powers, count: int) -> Limbs:
        """The first `count` points of a section, checked."""
        points = self.file.rows(powers.section, powers.group.limbs, 0, count)
        powers.group.check(points, f"section {powers.section} ({powers.name})")
        return points

    def basis(self, powers: Powers, level: int) -> Limbs:
        """[L_j(tau)] over the domain of 2^level, times 1, alpha or beta, checked; `InvalidInput` if there is none."""
        if powers.prepared is None or level not in powers.levels(self.power):
            raise InvalidInput(f"{powers.name} of {self.name} has no basis of 2^{level}")
        points = self.file.rows(powers.prepared, powers.group.limbs, (1 << level) - 1, 1 << level)
        powers.group.check(points, f"section {powers.prepared} ({powers.name}, basis of 2^{level})")
        return points

    def accumulated(self) -> Accumulated:
        """What the sections themselves say, checked."""
        tau_g1, tau_g2 = self.points(POWERS[0], 2), self.points(POWERS[1], 2)
        alpha, beta = self.points(POWERS[2], 1), self.points(POWERS[3], 1)
        return Accumulated(tau_g1[1:], tau_g2[1:], alpha, beta, self.points(POWERS[4], 1))

    def _read_header(self) -> tuple[int, int]:
        width: int
        prime: bytes
        power: int
        ceremony_power: int
        self.file.require_size(HEADER, _HEADER.size, "header")
        width, prime, power, ceremony_power = _HEADER.unpack(self.file.read(HEADER, limit=_HEADER.size))
        if width != 32 or int.from_bytes(prime, "little") != Fp.modulus:
            raise EncodingError(f"{self.file.name} is not over BN254: this reads no other curve")
        if not 1 <= power <= ceremony_power <= MAX_POWER:
            raise EncodingError(
                f"{self.file.name}: a power of {power} in a ceremony of {ceremony_power}; known are 1 to {MAX_POWER}"
            )
        return power, ceremony_power

    def _check_sizes(self) -> None:
        required = [HEADER, *(powers.section for powers in POWERS), CONTRIBUTIONS]
        if any(section in self.file for section in _PREPARED):
            if self.power > MAX_PREPARED_POWER:
                raise EncodingError(
                    f"{self.name} is prepared for a power of {self.power}; this reads up to {MAX_PREPARED_POWER}"
                )
            required += _PREPARED
        self.file.require(required=required)
        for powers in POWERS:
            self.file.require_size(powers.section, powers.count(self.power) * powers.group.bytes, powers.name)
            if self.prepared and powers.prepared is not None:
                size = powers.prepared_count(self.power) * powers.group.bytes
                self.file.require_size(powers.prepared, size, f"Lagrange bases of {powers.name}")
