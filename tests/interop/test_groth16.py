"""Groth16 with snarkjs: our proofs verified there, theirs here, and a circuit compiled by circom proved by us."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.circuits import R1CS, Builder, compile
from assay.core.errors import ProofError
from assay.crypto import groth16
from assay.crypto.groth16 import snarkjs

pytestmark = pytest.mark.interop


@dataclass
class Compiled:
    """chain.circom and its witness for x = 3, salt = 5, in a folder to write to."""

    folder: Path
    r1cs: Path
    witness: Path


@pytest.fixture(scope="module")
def compiled(chain_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return Compiled(tmp_path_factory.mktemp("circom"), chain_files / "chain.r1cs", chain_files / "chain.wtns")


@pytest.fixture(scope="module")
def theirs(node_tool: Any, chain_files: Path, compiled: Compiled) -> Path:
    """A folder with verification_key.json, proof.json and public.json of snarkjs."""
    shutil.copy(chain_files / "verification_key.json", compiled.folder)
    files = [chain_files / "1.zkey", compiled.witness, "proof.json", "public.json"]
    node_tool.command("snarkjs", "groth16", "prove", *files, cwd=compiled.folder)
    return compiled.folder


def accepted_by_snarkjs(node_tool: Any, folder: Path, vk: Any, public: list[int], proof: Any) -> bool:
    (folder / "vk.json").write_text(snarkjs.verification_key_to_json(vk))
    (folder / "our_public.json").write_text(snarkjs.public_to_json(public))
    (folder / "our_proof.json").write_text(snarkjs.proof_to_json(proof))
    try:
        output = node_tool.command(
            "snarkjs", "groth16", "verify", "vk.json", "our_public.json", "our_proof.json", cwd=folder
        )
    except Exception as error:  # it ends with status 1 for an invalid proof
        output = str(error)
    accepted = "OK!" in output
    assert accepted or "Invalid proof" in output
    return accepted


def test_snarkjs_verifies_a_proof_of_ours(node_tool: Any, tmp_path: Path) -> None:
    c = Builder("cubic")
    x = c.private("x")
    c.output("y", x * x * x + x + 5)
    circuit = compile(c)
    witness = circuit.witness({"x": 3})
    key = groth16.setup(circuit)
    proof = groth16.prove(key, circuit, witness)
    assert accepted_by_snarkjs(node_tool, tmp_path, key.verifying_key, witness.public, proof)
    assert not accepted_by_snarkjs(node_tool, tmp_path, key.verifying_key, [36], proof)


def test_we_verify_a_proof_of_snarkjs(theirs: Path) -> None:
    vk = snarkjs.verification_key_from_json((theirs / "verification_key.json").read_text())
    proof = snarkjs.proof_from_json((theirs / "proof.json").read_text())
    public = snarkjs.public_from_json((theirs / "public.json").read_text())
    groth16.verify(vk, public, proof)
    groth16.verify_batch(vk, [public] * 3, [proof] * 3)
    with pytest.raises(ProofError):
        groth16.verify(vk, [public[0] + 1, *public[1:]], proof)
    # what we write is what they wrote, the pairing of alpha and beta included
    for text, name in (
        (snarkjs.verification_key_to_json(vk), "verification_key.json"),
        (snarkjs.proof_to_json(proof), "proof.json"),
        (snarkjs.public_to_json(public), "public.json"),
    ):
        assert json.loads(text) == json.loads((theirs / name).read_text())


def test_a_circom_circuit_is_proved_by_us_and_verified_by_snarkjs(node_tool: Any, compiled: Compiled) -> None:
    system = R1CS.load(compiled.r1cs)
    witness = system.load_witness(compiled.witness)
    key = groth16.setup(system)
    proof = groth16.prove(key, system, witness)
    public = witness.public
    assert public[1] == 3
    assert accepted_by_snarkjs(node_tool, compiled.folder, key.verifying_key, public, proof)
    assert not accepted_by_snarkjs(node_tool, compiled.folder, key.verifying_key, public[::-1], proof)
