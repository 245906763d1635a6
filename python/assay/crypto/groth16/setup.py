"""Set-up of a key from local randomness."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay import _native
from assay.core.errors import LimitError
from assay.core.logging import get_logger
from assay.core.progress import SILENT, Progress
from assay.crypto.groth16 import keyfile
from assay.crypto.groth16.jobs import native_progress
from assay.crypto.groth16.keys import LOCAL_SETUP, ProvingKey
from assay.crypto.groth16.system import ConstraintSystem, require_system

__all__ = ["setup"]

_LOG = get_logger(__name__)


def setup(circuit: ConstraintSystem, *, progress: Progress = SILENT) -> ProvingKey:
    """Draws a key for `circuit` from the operating system's randomness, on all threads; Ctrl-C stops it.

    The trapdoor is wiped, but **whoever runs this could have kept it and can then forge any proof** for the key: a
    key made here convinces its maker only. The key says so in `ceremony`. BN254 gives about 100 bits of security. See
    `estimate` for time and memory. Raises `LimitError` above 2^27 rows.
    """
    system = require_system(circuit)
    key = empty_key(system, LOCAL_SETUP)
    _LOG.warning(
        "local set-up for circuit %s: whoever ran it can forge proofs for this key", key.circuit_digest.hex()[:16]
    )
    with native_progress(progress, "set-up") as report:
        arguments: tuple[Any, ...] = (system.r1cs, *key.native_arguments(), report)
        _native.groth16_setup(*arguments)
    return key


def empty_key(system: ConstraintSystem, ceremony: str) -> ProvingKey:
    """A key of the right sizes, every point infinity."""
    r1cs = system.r1cs
    log_n = _native.groth16_domain_log(r1cs.num_constraints, r1cs.num_public)
    if log_n > _native.GROTH16_MAX_LOG:
        raise LimitError(f"{r1cs.num_constraints} constraints are above the limit of 2^{_native.GROTH16_MAX_LOG} rows")
    header = keyfile.Header(keyfile.PROVING_KEY, r1cs.num_wires, r1cs.num_public, log_n, system.digest(), ceremony)
    return ProvingKey(header, {name: np.zeros(shape, dtype=np.uint64) for name, shape in header.shapes().items()})
