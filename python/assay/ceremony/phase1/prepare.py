"""Preparing for phase 2: from powers of tau to the values of the Lagrange polynomials, by a transform of points.

    L_j(tau) = sum_i w^(-i j) tau^i / n,  so [L_j(tau)] is the inverse transform of [tau^i]

for each domain of n = 2^0, ..., 2^power, and for tauG1 of 2^(power + 1) with the missing last power as 0. Nothing here
is secret and nothing has to be trusted: `verify` checks the result against the powers.
"""

from __future__ import annotations

import os

import numpy as np

from assay.ceremony.contributing import require_other_file
from assay.ceremony.phase1.ptau import CONTRIBUTIONS, HEADER, MAGIC, MAX_PREPARED_POWER, POWERS, VERSION, PowersFile
from assay.core.binfile import SectionWriter
from assay.core.errors import InvalidInput, StateError
from assay.core.files import atomic_write
from assay.core.progress import SILENT, Progress

__all__ = ["prepare"]


def prepare(source: str | os.PathLike[str], target: str | os.PathLike[str], *, progress: Progress = SILENT) -> None:
    """Writes `target`: all of `source`, and the Lagrange bases of its powers (sections 12 to 15).

    Memory: the points of the largest domain twice. Raises `StateError` for a file without a contribution, whose tau = 1
    lies in every domain; `InvalidInput` above the power of 27; `CeremonyError` for a point outside its group.
    """
    require_other_file(source, target)
    with PowersFile(source) as old:
        if not old.contributions:
            raise StateError(f"{old.name} has no contribution: its tau is 1, known to all")
        if old.power > MAX_PREPARED_POWER:
            raise InvalidInput(f"{old.name} has a power of {old.power}; this prepares up to {MAX_PREPARED_POWER}")
        groups = [powers for powers in POWERS if powers.prepared is not None]
        with atomic_write(target) as file:
            writer = SectionWriter(file, MAGIC, version=VERSION, count=2 + len(POWERS) + len(groups))
            for section in (HEADER, *(powers.section for powers in POWERS), CONTRIBUTIONS):
                writer.copy(old.file, section)
            for powers in groups:
                assert powers.prepared is not None
                points = old.points(powers, powers.count(old.power))
                if powers.section == 2:
                    points = np.concatenate([points, np.zeros((1, powers.group.limbs), dtype=np.uint64)])
                with writer.section(powers.prepared) as out:
                    for level in powers.levels(old.power):
                        label = f"{powers.name}, basis of 2^{level}"
                        basis = powers.group.lagrange(points[: 1 << level], label=label, progress=progress)
                        out.write(basis.astype("<u8", copy=False).data)
            writer.finish()
