"""One measured process of `assay bench groth16`: `python -m assay.bench.groth16_job STEP K FOLDER WITH_PEER`.

STEP `setup` makes the key and saves it; `prove` maps it from the file, solves, proves and verifies; `expand` expands
it and proves from that. Prints one JSON object {row: {"seconds", "runs", "peak_mib"}}. The peak is this program's own:
ru_maxrss would begin with that of the process that started it. With WITH_PEER = 1 the files that snarkjs reads are left
in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from assay.bench.chain import chain, chain_witness
from assay.bench.harness import measure
from assay.circuits import Circuit
from assay.crypto import groth16
from assay.crypto.groth16 import snarkjs, zkey

__all__ = ["main"]

_KEY = "proving.key"


def main(step: str, k: int, folder: Path, with_peer: bool) -> dict[str, Any]:
    """Runs one step; its rows."""
    circuit = chain(k)
    if step == "setup":
        return _setup(circuit, folder, with_peer)
    return _prove(circuit, folder, with_peer) if step == "prove" else _expand(circuit, folder)


def _setup(circuit: Circuit, folder: Path, with_peer: bool) -> dict[str, Any]:
    # Set-up takes long and is timed once, as it is run once.
    made: list[groth16.ProvingKey] = []
    rows = {"setup": _row(lambda: made.append(groth16.setup(circuit)), once=True)}
    made[0].save(folder / _KEY)
    if with_peer:
        zkey.write(folder / "circuit.zkey", made[0], circuit)
    return rows


def _prove(circuit: Circuit, folder: Path, with_peer: bool) -> dict[str, Any]:
    key = groth16.ProvingKey.load(folder / _KEY)
    rows = {"witness": _row(partial(chain_witness, circuit))}
    witness = chain_witness(circuit)
    rows["prove"] = _row(partial(groth16.prove, key, circuit, witness))
    rows["prove-resident"] = _row(partial(groth16.prove, key, circuit, witness, mode="resident"))
    proof = groth16.prove(key, circuit, witness)
    rows["verify"] = _row(partial(groth16.verify, key.verifying_key, witness.public, proof))
    if with_peer:
        witness.save(folder / "witness.wtns")
        snarkjs.write(folder, key.verifying_key, witness.public, proof)
    return rows


def _expand(circuit: Circuit, folder: Path) -> dict[str, Any]:
    # Multiples, too, are made once.
    key, witness = groth16.ProvingKey.load(folder / _KEY), chain_witness(circuit)
    made: list[groth16.ExpandedKey] = []
    rows = {"expand": _row(lambda: made.append(groth16.expand(key)), once=True)}
    rows["prove-expanded"] = _row(partial(groth16.prove, made[0], circuit, witness))
    return rows


def _row(run: Callable[[], object], *, once: bool = False) -> dict[str, Any]:
    return asdict(measure(run, runs=1, warm_up=False) if once else measure(run))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "1")) + "\n")
