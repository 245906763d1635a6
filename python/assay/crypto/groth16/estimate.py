"""Time and memory of each way to make a key and a proof, before a job that takes much of either.

Memory is counted from the arrays the kernels hold. Time rests on a sample of this machine's speed (`speed`), so it
holds for the present level and number of threads; another load on the machine makes it wrong like any forecast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import index
from types import MappingProxyType
from typing import Final, SupportsIndex

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto.groth16 import speed
from assay.crypto.groth16.expanded import DEFAULT_FACTOR, EXPANDABLE, Section, require_factor, require_sections
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
    expand: Job
    """`expand` of a key in memory, tables and key included."""
    expanded: Job
    """`prove` with mode "expanded" from such a key."""
    key_bytes: int
    """Size of the proving key's file."""
    table_bytes: int
    """Memory of the multiples that an expanded key keeps."""

    def prove(self, mode: Mode) -> Job:
        """The proof in a mode."""
        return {"streamed": self.streamed, "resident": self.resident, "expanded": self.expanded}[mode]

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
        """Peak of the largest of the jobs without an expanded key."""
        return max(job.peak_bytes for job in (self.setup, self.setup_to_file, self.streamed, self.resident))


def estimate(
    circuit: ConstraintSystem | SupportsIndex,
    *,
    memory_factor: SupportsIndex = DEFAULT_FACTOR,
    sections: Iterable[Section] = EXPANDABLE,
) -> Estimate:
    """Time and memory for a circuit, or for a number of constraints (then with as many wires).

    memory_factor and sections: of `expand`. The first call in a process measures the machine for some tenth of a
    second.
    """
    factor, chosen = require_factor(memory_factor), require_sections(sections)
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
    tables = {name: _table(name, wires - public - 1, domain, factor) for name in chosen}
    table_bytes = sum(table for table, _ in tables.values())
    streamed = _prove_seconds(wires, header.domain_log, window) + key / _CHECKED_PER_SECOND
    return Estimate(
        setup=Job(setup_seconds, setup_peak + key),
        setup_to_file=Job(setup_seconds + key / _CHECKED_PER_SECOND, setup_peak + _KEY_STEP * 128),
        streamed=Job(streamed, max(_CHECK_WINDOW, _prove_peak(wires, domain, window, streamed=True))),
        resident=Job(
            _prove_seconds(wires, header.domain_log, everything),
            key + _prove_peak(wires, domain, everything, streamed=False),
        ),
        expand=Job(_expand_seconds(chosen, wires, domain), key + table_bytes),
        expanded=Job(
            _prove_seconds(wires, header.domain_log, everything, {name: _ratio(factor) for name in chosen}),
            key
            + table_bytes
            + max(
                _prove_peak(wires, domain, everything, streamed=False),
                _SCALAR * wires + max(peak for _, peak in tables.values()),
            ),
        ),
        key_bytes=key,
        table_bytes=table_bytes,
    )


def _table(name: Section, privates: int, domain: int, factor: int) -> tuple[int, int]:
    """Bytes of a section's multiples, and of a sum over them."""
    table, peak = _native.precomputed_memory_estimate(domain if name == "h" else privates, _limbs(name), factor)
    return int(table), int(peak)


def _limbs(name: Section) -> int:
    return 16 if name == "b2" else 8


def _ratio(factor: int) -> float:
    """The time of a sum over multiples to that of a plain one (docs/performance.md)."""
    return max(0.82, 1 - math.log2(factor) / 20)


def _expand_seconds(sections: Iterable[Section], wires: int, domain: int) -> float:
    machine = speed.measured()
    points = {name: domain if name == "h" else wires for name in sections}
    return sum(n * (machine.expand_g2 if name == "b2" else machine.expand_g1) for name, n in points.items())


def _setup_seconds(wires: int, domain_log: int) -> float:
    machine, domain = speed.measured(), 1 << domain_log
    g1 = machine.fixed(3 * wires + domain, machine.fixed_g1)
    return g1 + machine.fixed(wires, machine.fixed_g2) + domain * _ROW / _native.num_threads()


def _prove_seconds(
    wires: int, domain_log: int, window: int, ratios: Mapping[Section, float] = MappingProxyType({})
) -> float:
    """ratios: of the sums that have a table."""
    machine, domain = speed.measured(), 1 << domain_log

    def section(name: Section) -> float:
        points = domain if name == "h" else wires
        of = min(points, window)
        per_point = machine.msm_g2 if name == "b2" else machine.msm_g1
        return ratios.get(name, 1.0) * points / of * machine.msm(of, per_point)

    sums = sum(section(name) for name in EXPANDABLE)
    return sums + 6 * machine.transform(domain_log) + domain * _ROW / _native.num_threads()


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

    roots = _native.ntt_memory_estimate(domain, odd_coset=False)
    kept = 0 if streamed else roots
    phases: list[int] = [
        roots + 2 * _SCALAR * domain,
        kept + _SCALAR * domain + points(of_rows, 8),
        kept + _CLASS_BYTES * of_wires + points(of_wires, 16),
    ]
    return _SCALAR * wires + max(phases)
