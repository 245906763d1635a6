"""A contribution: delta multiplied by a secret, and the points of L and H divided by it.

The secret is drawn, used and wiped in native memory, constant time in it; what is left is the proof that somebody knew
it. A beacon does the same with a secret that everybody can compute, once the last contributor can no longer choose.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from assay import _native
from assay.ceremony.contributing import require_name, require_other_file
from assay.ceremony.errors import CeremonyError
from assay.ceremony.knowledge import hash_to_g2, prove_knowledge
from assay.ceremony.phase2.transcript import Chain, contribution_hash
from assay.ceremony.points import CHUNK, G1, G2
from assay.ceremony.randomness import Beacon, system_generator
from assay.core.binfile import SectionFile
from assay.core.progress import SILENT, Progress, Task
from assay.crypto.field import Limbs
from assay.crypto.groth16 import zkey
from assay.crypto.groth16.contributions import Contribution, Transcript

__all__ = ["Receipt", "apply_beacon", "contribute", "points_of"]


@dataclass(frozen=True)
class Receipt:
    """What a contributor publishes: with it anybody finds the contribution in the final key."""

    position: int
    """Which contribution it is, from 1."""
    hash: bytes
    circuit_hash: bytes


def contribute(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    name: str = "",
    entropy: str | None = None,
    progress: Progress = SILENT,
) -> Receipt:
    """Writes `target`: the key `source` with a secret of this machine in delta.

    The secret comes from the operating system; `entropy`, any text, is mixed in. The points that it multiplies are
    checked to be in their groups, because a secret times a point outside would tell about the secret; whether the key
    and the contributions before verify is for `verify` to say. Raises `CeremonyError` for such a point,
    `EncodingError` for a file that is no `.zkey` of Groth16 over BN254.
    """
    return _apply(source, target, name, None, lambda: system_generator(entropy), progress)


def apply_beacon(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    beacon: Beacon,
    *,
    name: str = "",
    progress: Progress = SILENT,
) -> Receipt:
    """As `contribute`, with a secret that follows from the beacon: everybody gets the same file. Errors as there."""
    return _apply(source, target, name, beacon, lambda: beacon.generator(progress=progress), progress)


def points_of(file: SectionFile, name: str, start: int, count: int) -> Limbs:
    """Rows of a section, each in its group; infinity only in `l`, for wires that occur nowhere."""
    kind = zkey.SECTIONS[name]
    points = file.rows(kind, G1.limbs, start, count)
    finite = points if name == "h" else points[points.any(axis=1)]
    if len(finite) == len(points):
        G1.check(points, f"section {kind} ({name})", first=start)
    else:
        G1.check(np.ascontiguousarray(finite), f"section {kind} ({name}) from point {start}")
    return points


def _apply(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    name: str,
    beacon: Beacon | None,
    generator: Callable[[], _native.CeremonyGenerator],
    progress: Progress,
) -> Receipt:
    require_name(name)
    require_other_file(source, target)
    with zkey.open_zkey(source) as old:
        head, transcript = zkey.read_head(old), zkey.transcript_of(old)
        delta1, delta2 = head.points["delta1"].reshape(1, 8), head.points["delta2"].reshape(1, 16)
        G1.check(delta1, "delta1 of the header")
        G2.check(delta2, "delta2 of the header")
        if not any(transcript.circuit_hash):
            raise CeremonyError(old.name, "it has no circuit hash: it comes from a local set-up, not from a ceremony")
        drawn = generator()
        secret = drawn.scalar()
        s = G1.draw(drawn)
        sx = G1.scale(s, secret)
        digest = Chain.of(transcript).transcript(s, sx)
        knowledge = prove_knowledge(secret, s, sx, hash_to_g2(digest))
        after1, after2 = G1.scale(delta1, secret), G2.scale(delta2, secret)
        mine = Contribution(
            after1,
            s,
            sx,
            knowledge.g2_spx,
            digest,
            name,
            None if beacon is None else beacon.value,
            None if beacon is None else beacon.log_iterations,
        )
        inverse = secret.inverse()
        rows = {each: old.size_of(zkey.SECTIONS[each]) // G1.bytes for each in ("l", "h")}
        with progress.task("contributing", total=sum(rows.values())) as task:
            points = {each: _copy(old, zkey.SECTIONS[each]) for each in zkey.SECTIONS}
            points |= {each: _scaled(old, each, count, inverse, task) for each, count in rows.items()}
            zkey.write_sections(
                target,
                replace(head, points={**head.points, "delta1": after1.reshape(-1), "delta2": after2.reshape(-1)}),
                points,
                _copy(old, zkey.COEFFICIENTS),
                Transcript(transcript.circuit_hash, (*transcript.contributions, mine)),
            )
    return Receipt(len(transcript.contributions) + 1, contribution_hash(mine), transcript.circuit_hash)


def _copy(file: SectionFile, kind: int) -> zkey.Writer:
    return lambda write: write(file.view(kind))


def _scaled(file: SectionFile, name: str, count: int, factor: _native.SecretScalar, task: Task) -> zkey.Writer:
    def write_to(write: Callable[[bytes | memoryview], object]) -> None:
        for start in range(0, count, CHUNK):
            points = points_of(file, name, start, min(CHUNK, count - start))
            write(G1.scale(points, factor).astype("<u8", copy=False).data)
            task.advance(len(points))

    return write_to
