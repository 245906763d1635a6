"""Set-up of a key from local randomness."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from assay import _native
from assay.core.errors import LimitError
from assay.core.logging import get_logger
from assay.core.progress import SILENT, Progress, native_progress
from assay.crypto.field import Limbs
from assay.crypto.groth16 import keyfile
from assay.crypto.groth16.keys import LOCAL_SETUP, ProvingKey
from assay.crypto.groth16.system import ConstraintSystem, require_system

__all__ = ["setup"]

_LOG = get_logger(__name__)


def setup(
    circuit: ConstraintSystem, *, path: str | os.PathLike[str] | None = None, progress: Progress = SILENT
) -> ProvingKey:
    """Draws a key for `circuit` from the operating system's randomness, on all threads; Ctrl-C stops it.

    With `path` the key is written there as it is made, whole or not at all, and comes back mapped: memory stays bounded
    by the circuit, not by the key. The trapdoor is wiped, but **whoever runs this could have kept it and can then forge
    any proof** for the key: a key made here convinces its maker only. The key says so in `ceremony`. BN254 gives about
    100 bits of security. See `estimate` for time and memory. Raises `LimitError` above 2^27 rows, `SystemFailure` if
    the disk has no room.
    """
    system = require_system(circuit)
    header = key_header(system, LOCAL_SETUP)
    _LOG.warning(
        "local set-up for circuit %s: whoever ran it can forge proofs for this key", header.circuit_digest.hex()[:16]
    )
    if path is None:
        sections = _zeros(header)
        _fill(system, header, sections, progress, mapped=False)
        return ProvingKey(header, sections)
    with keyfile.create(path, header) as sections:
        _fill(system, header, sections, progress, mapped=True)
    return ProvingKey.load(path)


def key_header(system: ConstraintSystem, ceremony: str) -> keyfile.Header:
    """What the key of a system measures."""
    r1cs = system.r1cs
    log_n = _native.groth16_domain_log(r1cs.num_constraints, r1cs.num_public)
    if log_n > _native.GROTH16_MAX_LOG:
        raise LimitError(f"{r1cs.num_constraints} constraints are above the limit of 2^{_native.GROTH16_MAX_LOG} rows")
    return keyfile.Header(keyfile.PROVING_KEY, r1cs.num_wires, r1cs.num_public, log_n, system.digest(), ceremony)


def empty_key(system: ConstraintSystem, ceremony: str) -> ProvingKey:
    """A key of the right sizes, every point infinity."""
    header = key_header(system, ceremony)
    return ProvingKey(header, _zeros(header))


def _zeros(header: keyfile.Header) -> dict[str, Limbs]:
    return {name: np.zeros(shape, dtype=np.uint64) for name, shape in header.shapes().items()}


def _fill(
    system: ConstraintSystem, header: keyfile.Header, sections: dict[str, Limbs], progress: Progress, *, mapped: bool
) -> None:
    sizes = (header.num_wires, header.num_public, header.domain_log)
    with native_progress(progress, "set-up") as report:
        arguments: tuple[Any, ...] = (system.r1cs, *sizes, *sections.values(), report, None, mapped)
        _native.groth16_setup(*arguments)
