"""What this repository counts exactly, for `assay bench counts`; the counts are stored in counts.json beside.

constraints     of every gadget's circuit and of the rollup's batches (tests/property checks them too)
bytes           of proofs, keys and circuits in their files
word products   64-bit products of each kernel at the portable level, on one thread (counts/word_products.h)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BATCHES = (1, 2, 10)


def constraints() -> dict[str, int]:
    sys.path.insert(0, str(ROOT / "tests"))
    from support.gadget_circuits import CASES

    from assay.circuits import Builder, compile
    from assay.rollup.circuit import batch_circuit

    counts = {}
    for name, case in CASES.items():
        c = Builder(name)
        case.build(c)
        counts[name] = compile(c).constraints
    return counts | {circuit.name: circuit.constraints for circuit in map(batch_circuit, BATCHES)}


def file_bytes() -> dict[str, int]:
    from assay.bench.chain import chain, chain_witness
    from assay.crypto import groth16
    from assay.crypto.groth16 import solidity, zkey

    circuit = chain(10)
    key, witness = groth16.setup(circuit), chain_witness(circuit)
    proof = groth16.prove(key, circuit, witness)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key.save(folder / "proving key")
        key.verifying_key.save(folder / "verifying key")
        witness.save(folder / "wtns")
        circuit.save_r1cs(folder / "r1cs")
        zkey.write(folder / "zkey", key, circuit)
        files = {f"chain 2^10: {path.name}": path.stat().st_size for path in folder.iterdir()}
    return files | {
        "proof": len(proof.to_bytes()),
        "proof, compressed": len(proof.to_compressed()),
        "calldata of a proof, one public value": len(solidity.calldata(witness.public, proof)),
    }


def word_products() -> dict[str, int]:
    compiler = os.environ.get("CXX") or shutil.which("c++")
    if compiler is None:
        raise RuntimeError("a C++ compiler is needed to count products (set CXX)")
    counts, rooms = ROOT / "benchmarks" / "counts", ("base", "cpu", "parallel", "ntt", "msm")
    sources = [f for room in rooms for f in sorted((ROOT / "cpp" / room).glob("*.cpp")) if is_portable(f)]
    sources += [ROOT / "cpp" / "hash" / f"poseidon_{part}.cpp" for part in ("constants", "portable", "dispatch")]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "word_products"
        flags = ["-std=c++20", "-O1", "-fno-strict-aliasing", "-pthread", f"-I{ROOT / 'cpp'}"]
        flags += ["-include", str(counts / "word_products.h")]
        files = [str(f) for f in (counts / "word_products.cpp", *sources)]
        subprocess.run([compiler, *flags, *files, "-o", str(program)], check=True)
        printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    result: dict[str, int] = json.loads(printed)
    return result


def is_portable(source: Path) -> bool:
    """Whether a file is compiled without the flags of a level."""
    return not source.stem.endswith(("_adx", "_avx2", "_avx512", "_ifma", "_shani"))


SECTIONS = {"constraints": constraints, "bytes": file_bytes, "word products": word_products}
