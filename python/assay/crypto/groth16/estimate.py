"""Time and memory of each way to make a key and a proof, before a job that takes much of either.

Memory is counted from the arrays the kernels hold. Time rests on a sample of this machine's speed (`speed`), so it
holds for the present level and number of threads; another load on the machine makes it wrong like any forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Final, SupportsIndex

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.groth16 import speed
from assay.crypto.groth16.keyfile import PROVING_KEY, Header
from assay.crypto.groth16.modes import Mode, window_size
from assay.crypto.groth16.system import ConstraintSystem

__all__ = ["Estimate", "Job", "estimate"]

_SCALAR: Final = 32
_POINT: Final = {8: 64, 16: 128}
_CLASS_BYTES: Final = 28  # of grouping the scalars, each
_KEY_STEP: Final = 1 << 15  # points of a mapped key written before their pages are given back
_CHECK_WINDOW: Final = 1 << 22
_CHECKED_PER_SECOND: Final = 4e8  # bytes, SHA-256 without the processor's instructions for it
_ROW: Final = 3e-7  # seconds of one thread to evaluate and check a row


@dataclass(frozen=True)
class Job:
    """What a job takes on top of the interpreter and the circuit."""

    seconds: float
    """Wall-clock seconds on the present number of threads, for a witness of distinct full-size values (equal and small
    ones make it faster): within a factor of 1.5 on a machine that does nothing else."""
    peak_bytes: int
    """Peak of resident memory, within a quarter and 8 MiB; with it the witness and, unless it is streamed, the key. A
    witness of many equal values takes up to 130 bytes more for each wire that is taken at a time."""


@dataclass(frozen=True)
class Estimate:
    """Time and memory of set-up and proof."""

    setup: Job
    """`setup` into memory."""
    setup_to_file: Job
    """`setup` with a path."""
    streamed: Job
    """`prove` with mode "streamed" from a mapped key, whose checksums are computed too, as at its first use."""
    resident: Job
    """`prove` with mode "resident"."""
    key_bytes: int
    """Size of the proving key's file."""

    def prove(self, mode: Mode) -> Job:
        """The proof in a mode."""
        return self.streamed if mode == "streamed" else self.resident

    @property
    def seconds_setup(self) -> float:
        """Seconds of `setup` into memory."""
        return self.setup.seconds

    @property
    def seconds_prove(self) -> float:
        """Seconds of `prove` from a resident key."""
        return self.resident.seconds

    @property
    def peak_bytes(self) -> int:
        """Peak of the largest of the jobs."""
        return max(job.peak_bytes for job in (self.setup, self.setup_to_file, self.streamed, self.resident))


def estimate(circuit: ConstraintSystem | SupportsIndex) -> Estimate:
    """Time and memory for a circuit, or for a number of constraints (then with as many wires).

    The first call in a process measures the machine for about a tenth of a second.
    """
    if isinstance(circuit, ConstraintSystem):
        constraints, wires = circuit.r1cs.num_constraints, circuit.r1cs.num_wires
        public = circuit.r1cs.num_public
    else:
        constraints = index(circuit)
        if constraints < 0:
            raise InvalidInput(f"constraints must be 0 or more, got {constraints}")
        wires, public = constraints + 1, 0
    header = Header(PROVING_KEY, wires, public, _native.groth16_domain_log(constraints, public), bytes(32), "estimate")
    domain, key = 2**header.domain_log, header.file_bytes()
    window, everything = window_size(header.domain_log), max(wires, domain)
    setup_seconds, setup_peak = _setup_seconds(wires, header.domain_log), _setup_peak(wires, domain)
    streamed = _prove_seconds(wires, header.domain_log, window) + key / _CHECKED_PER_SECOND
    return Estimate(
        setup=Job(setup_seconds, setup_peak + key),
        setup_to_file=Job(setup_seconds + key / _CHECKED_PER_SECOND, setup_peak + _KEY_STEP * 128),
        streamed=Job(streamed, max(_CHECK_WINDOW, _prove_peak(wires, domain, window, streamed=True))),
        resident=Job(
            _prove_seconds(wires, header.domain_log, everything),
            key + _prove_peak(wires, domain, everything, streamed=False),
        ),
        key_bytes=key,
    )


def _setup_seconds(wires: int, domain_log: int) -> float:
    machine, domain = speed.measured(), 1 << domain_log
    g1 = machine.fixed(3 * wires + domain, machine.fixed_g1)
    return g1 + machine.fixed(wires, machine.fixed_g2) + domain * _ROW / _native.num_threads()


def _prove_seconds(wires: int, domain_log: int, window: int) -> float:
    machine, domain = speed.measured(), 1 << domain_log
    of_wires, of_rows = min(wires, window), min(domain, window)
    g1 = 3 * wires / of_wires * machine.msm(of_wires, machine.msm_g1)
    g1 += domain / of_rows * machine.msm(of_rows, machine.msm_g1)
    g2 = wires / of_wires * machine.msm(of_wires, machine.msm_g2)
    return g1 + g2 + 6 * machine.transform(domain_log) + domain * _ROW / _native.num_threads()


def _setup_peak(wires: int, domain: int) -> int:
    columns = _SCALAR * (3 * wires + domain)
    tables = (
        _native.fixed_base_memory_estimate(wires, 16),
        _native.fixed_base_memory_estimate(3 * wires + domain, 8),
    )
    return columns + max(_native.ntt_memory_estimate(domain), *tables)


def _prove_peak(wires: int, domain: int, window: int, *, streamed: bool) -> int:
    """Beyond the key in memory; a streamed one counts with the window that is in use."""
    of_wires, of_rows = min(wires, window), min(domain, window)

    def points(count: int, limbs: int) -> int:
        return _native.msm_memory_estimate(count, limbs, streamed) + (_POINT[limbs] * count if streamed else 0)

    phases: list[int] = [
        2 * _SCALAR * domain,
        _SCALAR * domain + points(of_rows, 8),
        _CLASS_BYTES * of_wires + points(of_wires, 16),
    ]
    return _SCALAR * wires + _native.ntt_memory_estimate(domain) + max(phases)
