"""Time and memory before a job that takes much of either."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Final, SupportsIndex

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.groth16.keyfile import PROVING_KEY, Header
from assay.crypto.groth16.system import ConstraintSystem

__all__ = ["Estimate", "estimate"]

# Seconds of one thread for one point or row (2.5 GHz, mulx and adx), measured at 2^17 wires, domain 2^18, full-size
# witness values: fixed-base multiplications at set-up; multi-scalar multiplications and transforms at proving.
_SETUP_G1: Final = 4.4e-6
_SETUP_G2: Final = 11.2e-6
_SETUP_ROW: Final = 5.7e-6
_PROVE_G1: Final = 5.2e-6
_PROVE_G2: Final = 13.0e-6
_PROVE_ROW: Final = 9.1e-6
_SCALAR_BYTES: Final = 32


@dataclass(frozen=True)
class Estimate:
    """What set-up and proof will take; seconds within a factor of two on another machine."""

    seconds_setup: float
    """Wall-clock seconds of `setup` on the present number of threads."""
    seconds_prove: float
    """The same of `prove`, for a witness of full-size values; small values make it faster."""
    peak_bytes: int
    """Peak memory of the larger of both jobs: key, witness and temporaries; the circuit itself comes on top."""
    key_bytes: int
    """Size of the proving key's file."""


def estimate(circuit: ConstraintSystem | SupportsIndex) -> Estimate:
    """Time and memory for a circuit, or for a number of constraints (then with as many wires)."""
    if isinstance(circuit, ConstraintSystem):
        constraints, wires = circuit.r1cs.num_constraints, circuit.r1cs.num_wires
        public = circuit.r1cs.num_public
    else:
        constraints = index(circuit)
        if constraints < 0:
            raise InvalidInput(f"constraints must be 0 or more, got {constraints}")
        wires, public = constraints + 1, 0
    header = Header(PROVING_KEY, wires, public, _native.groth16_domain_log(constraints, public), bytes(32), "estimate")
    domain, threads = 2**header.domain_log, _native.num_threads()
    setup = (3 * _SETUP_G1 + _SETUP_G2) * wires + _SETUP_ROW * domain
    prove = (3 * _PROVE_G1 + _PROVE_G2) * wires + _PROVE_ROW * domain
    key = header.file_bytes()
    peak = key + max(_setup_peak(wires, domain), _prove_peak(wires, domain))
    return Estimate(setup / threads, prove / threads, peak, key)


def _setup_peak(wires: int, domain: int) -> int:
    columns = 3 * _SCALAR_BYTES * wires
    phases: list[int] = [
        columns + _SCALAR_BYTES * domain + _native.ntt_memory_estimate(domain),
        columns + _native.fixed_base_memory_estimate(wires, 8),
        _SCALAR_BYTES * wires + _native.fixed_base_memory_estimate(wires, 16),
        _SCALAR_BYTES * domain + _native.fixed_base_memory_estimate(domain, 8),
    ]
    return max(phases)


def _prove_peak(wires: int, domain: int) -> int:
    witness = _SCALAR_BYTES * wires
    phases: list[int] = [
        witness + 3 * _SCALAR_BYTES * domain,
        3 * _SCALAR_BYTES * domain + _native.ntt_memory_estimate(domain),
        _SCALAR_BYTES * domain + _native.msm_memory_estimate(domain, 8),
        _native.msm_memory_estimate(wires, 16),
    ]
    return witness + max(phases)
