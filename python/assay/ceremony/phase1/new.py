"""A new file of powers: tau = alpha = beta = 1, nobody's contribution yet."""

from __future__ import annotations

import os

from assay.ceremony.phase1.challenge import first_challenge
from assay.ceremony.phase1.contribution import write_all
from assay.ceremony.phase1.ptau import CONTRIBUTIONS, HEADER, MAGIC, POWERS, VERSION, header_bytes, require_power
from assay.ceremony.points import CHUNK
from assay.core.binfile import SectionWriter
from assay.core.files import atomic_write
from assay.core.progress import SILENT, Progress

__all__ = ["new"]


def new(path: str | os.PathLike[str], power: int, *, progress: Progress = SILENT) -> bytes:
    """Writes a file for circuits of up to 2^power constraints, power 1 to 28; returns its challenge, 64 bytes."""
    require_power(power)
    with atomic_write(path) as file:
        writer = SectionWriter(file, MAGIC, version=VERSION, count=2 + len(POWERS))
        with writer.section(HEADER) as out:
            out.write(header_bytes(power))
        for powers in POWERS:
            one = powers.group.generator.astype("<u8", copy=False).tobytes()
            count = powers.count(power)
            with writer.section(powers.section) as out:
                for start in range(0, count, CHUNK):
                    out.write(one * min(CHUNK, count - start))
        with writer.section(CONTRIBUTIONS) as out:
            out.write(write_all([]))
        writer.finish()
    return first_challenge(power, progress=progress)
