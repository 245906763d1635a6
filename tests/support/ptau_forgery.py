"""Taking a `.ptau` file apart and putting it together again, with hashes that fit, as a forger would."""

from __future__ import annotations

import dataclasses
import hashlib
import struct
from pathlib import Path

import numpy as np
from support.curve_points import g2_outside_subgroup

from assay import _native
from assay.ceremony.phase1.challenge import first_challenge
from assay.ceremony.phase1.contribution import Contribution, write_all
from assay.ceremony.phase1.ptau import POWERS, Powers, PowersFile
from assay.ceremony.points import G1
from assay.crypto.field import Fp, Limbs

MONTGOMERY = 2**256


def montgomery_row(coordinates: list[int]) -> bytes:
    """A point as a file holds it; coordinates are taken as they are, on the curve or not."""
    return b"".join((value * MONTGOMERY % Fp.modulus).to_bytes(32, "little") for value in coordinates)


G2_OUTSIDE = montgomery_row([value for coordinate in g2_outside_subgroup() for value in coordinate])


class Forgery:
    """The sections of a file, to be changed and written. Read with the contributions parsed, so from an honest file."""

    def __init__(self, path: Path) -> None:
        with PowersFile(path) as file:
            self.power = file.power
            self.sections = {kind: bytearray(file.file.view(kind)) for kind in file.file.sections}
            self.contributions: list[Contribution] = list(file.contributions)

    def write(self, path: Path) -> Path:
        """All sections in their order, section 7 from `contributions`."""
        self.sections[7] = bytearray(write_all(self.contributions))
        return self.write_raw(path, list(self.sections.items()))

    @staticmethod
    def write_raw(path: Path, sections: list[tuple[int, bytearray]]) -> Path:
        body = b"".join(struct.pack("<IQ", kind, len(data)) + bytes(data) for kind, data in sections)
        path.write_bytes(b"ptau" + struct.pack("<II", 1, len(sections)) + body)
        return path

    def points(self, powers: Powers, section: int | None = None) -> Limbs:
        data = self.sections[powers.section if section is None else section]
        return np.frombuffer(bytes(data), dtype="<u8").reshape(-1, powers.group.limbs).astype(np.uint64)

    def set_points(self, section: int, points: Limbs) -> None:
        self.sections[section] = bytearray(points.astype("<u8").tobytes())

    def set_row(self, section: int, size: int, row: int, data: bytes) -> None:
        self.sections[section][size * row : size * (row + 1)] = data

    def change_last(self, **changes: object) -> None:
        """Replaces fields of the last contribution."""
        self.contributions[-1] = dataclasses.replace(self.contributions[-1], **changes)  # type: ignore[arg-type]

    def add_top(self, top: Limbs, power: int) -> None:
        """Adds w^(-(n-1) j) / n top, n = 2^(power + 1), to that basis of tauG1: a coefficient that section 2 lacks."""
        n = 2 << power
        powers = np.zeros((n, 8), dtype=np.uint64)
        powers[-1] = top[0]
        bases = self.points(POWERS[0], 12)
        rows = slice(n - 1, 2 * n - 1)
        bases[rows] = G1.add(np.ascontiguousarray(bases[rows]), G1.lagrange(powers))
        self.set_points(12, bases)

    def rehash(self) -> None:
        """Makes the last contribution's hashes those of the points as they are now."""
        if len(self.contributions) > 1:
            challenge = self.contributions[-2].next_challenge
        else:
            challenge = first_challenge(self.power)
        response = _native.Blake2b()
        response.update(challenge)
        for powers in POWERS:
            response.update(powers.group.encode(self.points(powers), compressed=True))
        self.change_last(state=response.state())
        hasher = hashlib.blake2b(self.contributions[-1].response(), digest_size=64)
        for powers in POWERS:
            hasher.update(powers.group.encode(self.points(powers)))
        self.change_last(next_challenge=hasher.digest())
