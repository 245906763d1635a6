"""Verification of a key that came out of phase 2, from the circuit and the powers of phase 1 alone.

    1  every contribution: made for this chain, its secret known, delta multiplied by it (transcript.verify_chain)
    2  the key before all contributions, computed again: sizes, fixed points, IC, coefficients, A, B1, B2 and circuit
       hash are the same
    3  delta in G1 is that of the last contribution, and the same in G2
    4  L and H are those of the initial key divided by delta: two sums with random coefficients of 128 bits and a
       pairing each; a wrong section passes once in 2^128

With all of it the key is right whatever the contributors did, and safe if one of them, here or in phase 1, was honest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from assay.ceremony.contributing import require_expected
from assay.ceremony.errors import CeremonyError
from assay.ceremony.phase1.ptau import PowersFile
from assay.ceremony.phase2.contribute import points_of
from assay.ceremony.phase2.initial import InitialKey
from assay.ceremony.phase2.transcript import contribution_hash, verify_chain
from assay.ceremony.points import CHUNK, G1, G2, random_coefficients, same_ratio
from assay.ceremony.randomness import MAX_LOG_ITERATIONS
from assay.core.binfile import SectionFile
from assay.core.progress import SILENT, Progress, Task
from assay.crypto.field import Limbs
from assay.crypto.groth16 import zkey
from assay.crypto.groth16.contributions import Contribution
from assay.crypto.groth16.system import ConstraintSystem

__all__ = ["Report", "verify"]


@dataclass(frozen=True)
class Report:
    """What a verified key is: its circuit hash, and its contributions with their hashes, first to last."""

    circuit_hash: bytes
    contributions: tuple[tuple[Contribution, bytes], ...]


def verify(
    circuit: ConstraintSystem,
    powers: str | os.PathLike[str],
    key: str | os.PathLike[str],
    *,
    expected: Collection[bytes] = (),
    allow_initial: bool = False,
    max_log_iterations: int = MAX_LOG_ITERATIONS,
    progress: Progress = SILENT,
) -> Report:
    """Returns what the key is if it is that of `circuit`, made from `powers` by the contributions it lists.

    powers: the prepared `.ptau`, which `phase1.verify` has to have accepted; this looks at its points, not at its
    history. expected: hashes of contributions that must be among them, such as your own: without, an older key of the
    same ceremony is as good as the last one. allow_initial: accept a key to which nobody contributed, for which anyone
    can forge. max_log_iterations: a beacon of more iterations is not computed again. Raises `CeremonyError` that names
    the contribution or section, `LimitError` for such a beacon, `EncodingError` for a malformed file.
    """
    with zkey.open_zkey(key) as file, PowersFile(powers) as powers_file:
        head, transcript = zkey.read_head(file), zkey.transcript_of(file)
        delta = verify_chain(transcript, max_log_iterations, progress=progress)
        report = Report(transcript.circuit_hash, tuple((c, contribution_hash(c)) for c in transcript.contributions))
        if not report.contributions and not allow_initial:
            raise CeremonyError("contributions", "nobody contributed: delta is 1, and anyone can forge for this key")
        require_expected({digest for _, digest in report.contributions}, expected)
        initial = InitialKey.compute(circuit, powers_file, progress=progress)
        _check_head(head, initial, delta)
        if transcript.circuit_hash != initial.circuit_hash:
            raise CeremonyError("circuit hash", "it is not that of this circuit with these powers")
        with progress.task("sections", total=sum(len(points) for points in initial.sections.values())) as task:
            for name in ("ic", "a", "b1", "b2"):
                _check_equal(file, name, initial.sections[name], task)
            _check_coefficients(file, circuit)
            for name in ("l", "h"):
                _check_divided(file, name, initial.sections[name], head, task)
    return report


def _check_head(head: zkey.Head, initial: InitialKey, delta: Limbs) -> None:
    mine = initial.head
    sizes = (head.num_wires, head.num_public, head.domain)
    if sizes != (mine.num_wires, mine.num_public, mine.domain):
        raise CeremonyError(
            "header",
            f"{sizes[0]} wires, {sizes[1]} public, domain {sizes[2]}; the circuit has {mine.num_wires}, "
            f"{mine.num_public}, {mine.domain}",
        )
    for name in ("alpha1", "beta1", "beta2", "gamma2"):
        if not np.array_equal(head.points[name], mine.points[name]):
            raise CeremonyError("header", f"{name} is not that of the powers of tau")
    delta1, delta2 = head.points["delta1"].reshape(1, 8), head.points["delta2"].reshape(1, 16)
    if not np.array_equal(delta1, delta):
        raise CeremonyError(
            "header", "delta1 is not that of the last contribution: contributions were cut off, or delta was changed"
        )
    G2.check(delta2, "header, delta2")
    if not same_ratio(G1.generator, delta1, G2.generator, delta2):
        raise CeremonyError("header", "delta2 is not the delta of delta1")


def _check_equal(file: SectionFile, name: str, expected: Limbs, task: Task) -> None:
    kind, columns = zkey.SECTIONS[name], expected.shape[1]
    for start in range(0, len(expected), CHUNK):
        piece = expected[start : start + CHUNK]
        same = (file.rows(kind, columns, start, len(piece)) == piece).all(axis=1)
        if not same.all():
            row = start + int(np.flatnonzero(~same)[0])
            raise CeremonyError(f"section {kind} ({name})", f"point {row} is not that of the circuit and the powers")
        task.advance(len(piece))


def _check_coefficients(file: SectionFile, circuit: ConstraintSystem) -> None:
    """Byte by byte, as snarkjs does: there is one order of the entries."""
    there, at = file.view(zkey.COEFFICIENTS), 0
    where = f"section {zkey.COEFFICIENTS} (coefficients)"

    def compare(piece: memoryview) -> None:
        nonlocal at
        if there[at : at + len(piece)] != piece:
            raise CeremonyError(where, "they are not those of the circuit")
        at += len(piece)

    write: Callable[[Callable[[memoryview], object]], object] = circuit.r1cs.write_coefficients
    write(compare)
    if at != len(there):
        raise CeremonyError(where, "there are more than the circuit has")


def _check_divided(file: SectionFile, name: str, expected: Limbs, head: zkey.Head, task: Task) -> None:
    """e(sum rho_i P_i, delta) = e(sum rho_i P_i of the initial key, generator)"""
    where = f"section {zkey.SECTIONS[name]} ({name})"
    mine, theirs = np.zeros((1, 8), dtype=np.uint64), np.zeros((1, 8), dtype=np.uint64)
    for start in range(0, len(expected), CHUNK):
        piece = expected[start : start + CHUNK]
        points = points_of(file, name, start, len(piece))
        if (points.any(axis=1) != piece.any(axis=1)).any():
            row = start + int(np.flatnonzero(points.any(axis=1) != piece.any(axis=1))[0])
            raise CeremonyError(where, f"point {row} is infinity in one of the key and its initial key only")
        rho = random_coefficients(len(piece))
        mine = G1.add(mine, G1.sum(np.ascontiguousarray(piece), rho))
        theirs = G1.add(theirs, G1.sum(points, rho))
        task.advance(len(piece))
    if not mine.any() and not theirs.any():
        return
    if not same_ratio(theirs, mine, G2.generator, head.points["delta2"].reshape(1, 16)):
        raise CeremonyError(where, "its points are not those of the initial key divided by delta")
