"""The key before anybody contributed: delta = 1, every other point from the circuit and the powers of phase 1.

Everything in it is public and follows from the two files, so that whoever verifies a key computes this one again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay import _native
from assay.ceremony.phase1.ptau import POWERS, PowersFile
from assay.ceremony.phase2.circuit_hash import circuit_hash
from assay.ceremony.points import G1, G2
from assay.core.errors import LimitError, StateError
from assay.core.progress import SILENT, Progress, native_progress
from assay.crypto.field import Limbs
from assay.crypto.groth16 import zkey
from assay.crypto.groth16.contributions import Transcript
from assay.crypto.groth16.system import ConstraintSystem, require_system

__all__ = ["InitialKey", "new"]

_TAU1, _TAU2, _ALPHA, _BETA, _BETA2 = POWERS


@dataclass(frozen=True)
class InitialKey:
    """Its head and points (Montgomery words, by the names of `zkey.SECTIONS`), and the circuit hash of snarkjs."""

    head: zkey.Head
    sections: dict[str, Limbs]
    circuit_hash: bytes

    @classmethod
    def compute(cls, circuit: ConstraintSystem, powers: PowersFile, *, progress: Progress = SILENT) -> InitialKey:
        """The key of `circuit` from prepared powers, whose points are checked here; that they are powers of one tau is
        for `phase1.verify` to say.

        Raises `StateError` if the powers are not prepared, `LimitError` if they are too few.
        """
        r1cs = require_system(circuit).r1cs
        log_n = _native.groth16_domain_log(r1cs.num_constraints, r1cs.num_public)
        if not powers.prepared:
            raise StateError(f"{powers.name} has no Lagrange bases yet: run assay ceremony phase1 prepare")
        if log_n > powers.power:
            raise LimitError(
                f"{powers.name} holds powers for domains up to 2^{powers.power}; "
                f"{r1cs.num_constraints} constraints and {r1cs.num_public} public wires need 2^{log_n}"
            )
        head = zkey.Head(r1cs.num_wires, r1cs.num_public, 1 << log_n, _fixed_points(powers))
        header = head.key_header(bytes(32), "unknown")
        sections = {name: np.zeros(shape, dtype=np.uint64) for name, shape in header.shapes().items()}
        sections["h"] = np.ascontiguousarray(powers.basis(_TAU1, log_n + 1)[1::2])
        bases = [powers.basis(each, log_n) for each in (_TAU1, _TAU2, _ALPHA, _BETA)]
        with native_progress(progress, "initial key") as report:
            arguments: tuple[Any, ...] = (
                r1cs,
                head.num_wires,
                head.num_public,
                log_n,
                *sections.values(),
                *bases,
                report,
            )
            _native.groth16_columns_from_lagrange(*arguments)
        del sections["fixed"]
        digest = circuit_hash(head, sections, powers, progress)
        return cls(head, sections, digest)


def new(
    circuit: ConstraintSystem,
    powers: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    progress: Progress = SILENT,
) -> bytes:
    """Writes the initial `.zkey` of `circuit` and returns its circuit hash, 64 bytes.

    powers: a prepared `.ptau` that you verified. Nobody may use the key before at least one honest contribution: with
    delta = 1 anyone forges. Errors as `InitialKey.compute`.
    """
    with PowersFile(powers) as file:
        key = InitialKey.compute(circuit, file, progress=progress)
    zkey.write_sections(
        target,
        key.head,
        {name: zkey.writer_of(points) for name, points in key.sections.items()},
        circuit.r1cs.write_coefficients,
        Transcript(key.circuit_hash),
    )
    return key.circuit_hash


def _fixed_points(powers: PowersFile) -> dict[str, Limbs]:
    points = {
        "alpha1": powers.points(_ALPHA, 1),
        "beta1": powers.points(_BETA, 1),
        "beta2": powers.points(_BETA2, 1),
        "gamma2": G2.generator,
        "delta1": G1.generator,
        "delta2": G2.generator,
    }
    return {name: np.array(point.reshape(-1)) for name, point in points.items()}
