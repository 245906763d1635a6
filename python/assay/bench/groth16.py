"""`assay bench groth16`: set-up, witness, proof and verification of the chain x <- x^2 + 7, beside snarkjs.

Size k is the log2 of the rows: the chain has 2^k - 2 constraints and fills a domain of 2^k. Set-up and proof run in
processes of their own (`assay.bench.groth16_job`), so that each one's peak memory is its own: it includes
the interpreter, the circuit and the pages of the mapped key.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from assay import _native
from assay.bench.harness import Report, Timing, sizes
from assay.bench.peers import peer_seconds, why_missing
from assay.core.errors import InvalidInput, SystemFailure
from assay.crypto import groth16

__all__ = ["SIZES", "run"]

SIZES = (12, 16)
_LEAST, _MOST = 3, 24
_PEER_LIMIT = 18
_EXPAND_LIMIT = 18
_TOO_LARGE = f"snarkjs is not run above 2^{_PEER_LIMIT}: it takes minutes and gigabytes"
_NO_SETUP = "snarkjs has no set-up without a ceremony"


def run(report: Report, size: int | None) -> None:
    """Rows `setup`, `witness`, `prove` (mapped key), `prove-resident`, `verify`, `expand` and `prove-expanded` (up
    to 2^18); size = log2 of the rows."""
    for k in sizes(SIZES, size):
        if not _LEAST <= k <= _MOST:
            raise InvalidInput(f"--size is the log2 of the rows, from {_LEAST} to {_MOST}; got {k}")
        _refuse_without_memory(k)
        with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
            _bench(report, k, Path(name))


def _bench(report: Report, k: int, folder: Path) -> None:
    with_peer = k <= _PEER_LIMIT and why_missing() is None
    done = _job("setup", k, folder, with_peer)
    report.add("setup", k, _timing(done["setup"]), peer="snarkjs", why_no_peer=_NO_SETUP)
    done = _job("prove", k, folder, with_peer)
    report.add("witness", k, _timing(done["witness"]))
    prove = verify = None
    if with_peer:
        threads = _native.num_threads()
        prove = peer_seconds(
            "groth16_prove", threads, zkey=str(folder / "circuit.zkey"), wtns=str(folder / "witness.wtns")
        )
        verify = peer_seconds("groth16_verify", threads, folder=str(folder))
    why = _TOO_LARGE if k > _PEER_LIMIT else None
    report.add("prove", k, _timing(done["prove"]), "snarkjs", prove, why)
    report.add("prove-resident", k, _timing(done["prove-resident"]))
    report.add("verify", k, _timing(done["verify"]), "snarkjs", verify, why)
    if k > _EXPAND_LIMIT:
        report.notes.append(f"expand and prove-expanded are not run above 2^{_EXPAND_LIMIT}: tables take minutes")
        return
    done = _job("expand", k, folder, with_peer)
    report.add("expand", k, _timing(done["expand"]))
    report.add("prove-expanded", k, _timing(done["prove-expanded"]))


def _job(step: str, k: int, folder: Path, with_peer: bool) -> dict[str, Any]:
    """One process of `assay.bench.groth16_job` with our threads and level; its report."""
    environment = os.environ | {"ASSAY_NUM_THREADS": str(_native.num_threads()), "ASSAY_ISA": _native.isa()}
    command = [sys.executable, "-m", "assay.bench.groth16_job", step, str(k), str(folder), str(int(with_peer))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemFailure(f"the {step} process ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _timing(row: dict[str, Any]) -> Timing:
    return Timing(**row)


def _refuse_without_memory(k: int) -> None:
    need = groth16.estimate(2**k - 2).peak_bytes
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if need > free:
        raise InvalidInput(
            f"2^{k} rows need {need / 2**30:.1f} GiB, {free / 2**30:.1f} are free; take a smaller --size"
        )
