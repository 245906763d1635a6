"""`.zkey` both ways: we prove from snarkjs's key, alone or with its circuit, and snarkjs proves from ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.circuits import R1CS, Builder, compile
from assay.circuits.files import read_wtns
from assay.core.errors import UnsatisfiedError, WrongKeyError
from assay.crypto import groth16
from assay.crypto.groth16 import Proof, snarkjs, zkey

pytestmark = pytest.mark.interop


@dataclass
class Theirs:
    """A circuit of circom, its witness, and the key that snarkjs made for it, before and after a contribution."""

    folder: Path
    circuit: R1CS
    witness: np.ndarray
    initial: Path
    final: Path


@pytest.fixture(scope="module")
def theirs(chain_files: Path) -> Theirs:
    circuit, witness = R1CS.load(chain_files / "chain.r1cs"), read_wtns(chain_files / "chain.wtns")
    return Theirs(chain_files, circuit, witness, chain_files / "0.zkey", chain_files / "1.zkey")


def snarkjs_accepts(node_tool: Any, folder: Path, vk: Path, public: list[int], proof: Proof) -> bool:
    (folder / "public.json").write_text(snarkjs.public_to_json(public))
    (folder / "proof.json").write_text(snarkjs.proof_to_json(proof))
    output = node_tool.command("snarkjs", "groth16", "verify", vk, "public.json", "proof.json", cwd=folder)
    return "OK!" in output


def test_we_prove_from_their_key_alone(node_tool: Any, theirs: Theirs, tmp_path: Path) -> None:
    read = zkey.read(theirs.final)
    assert isinstance(read.system, zkey.KeySystem)
    assert read.system.r1cs.num_constraints == theirs.circuit.constraints
    proof = groth16.prove(read.key, read.system, theirs.witness)
    public = theirs.circuit.load_witness(theirs.folder / "chain.wtns").public
    vk = snarkjs.verification_key_from_json((theirs.folder / "verification_key.json").read_text())
    assert vk == read.key.verifying_key == zkey.read_verifying_key(theirs.final)
    groth16.verify(vk, public, proof)
    assert snarkjs_accepts(node_tool, tmp_path, theirs.folder / "verification_key.json", public, proof)


def test_we_prove_from_their_key_and_circuit(theirs: Theirs) -> None:
    read = zkey.read(theirs.final, theirs.circuit, trusted=True)
    assert read.system is theirs.circuit
    assert read.key.circuit_digest == theirs.circuit.digest()
    groth16.prove(read.key, theirs.circuit, theirs.witness)


def test_a_wrong_witness_is_refused_with_and_without_the_circuit(theirs: Theirs) -> None:
    wrong = theirs.witness.copy()
    wrong[-1, 0] ^= np.uint64(1)
    alone, whole = zkey.read(theirs.final), zkey.read(theirs.final, theirs.circuit)
    with pytest.raises(UnsatisfiedError, match="does not hold the matrix C"):
        groth16.prove(alone.key, alone.system, wrong)
    with pytest.raises(UnsatisfiedError, match="row"):
        groth16.prove(whole.key, whole.system, wrong)


def test_their_key_is_refused_for_another_circuit(theirs: Theirs) -> None:
    c = Builder("another")
    x = c.private("x")
    c.output("y", x * x)
    with pytest.raises(WrongKeyError, match="another circuit"):
        zkey.read(theirs.final, compile(c))


def test_what_we_write_after_reading_is_what_they_wrote(theirs: Theirs, tmp_path: Path) -> None:
    for path in (theirs.initial, theirs.final):
        read = zkey.read(path)
        zkey.write(tmp_path / "again.zkey", read.key, read.system, transcript=read.transcript)
        assert sections(tmp_path / "again.zkey") == sections(path)
        whole = zkey.read(path, theirs.circuit)
        zkey.write(tmp_path / "again.zkey", whole.key, theirs.circuit, transcript=whole.transcript)
        assert sections(tmp_path / "again.zkey") == sections(path)


def sections(path: Path) -> dict[int, bytes]:
    with zkey.open_zkey(path) as file:
        return {kind: file.read(kind, limit=1 << 30) for kind in file.sections}


def test_the_ceremony_of_a_key_is_told(theirs: Theirs, caplog: pytest.LogCaptureFixture) -> None:
    assert zkey.read(theirs.initial).key.ceremony == "zkey: no contribution, anyone can forge"
    assert "anyone can forge" in caplog.text
    read = zkey.read(theirs.final)
    assert read.key.ceremony.startswith("zkey: 1 contributions, circuit ")
    assert [each.name for each in read.transcript.contributions] == ["first"]
    assert zkey.read_transcript(theirs.final).circuit_hash == zkey.read_transcript(theirs.initial).circuit_hash


def test_snarkjs_proves_from_our_key(node_tool: Any, tmp_path: Path) -> None:
    c = Builder("ours")
    x, y = c.private("x"), c.public("y")
    c.output("z", 5 * x * x - y * x + 7)
    circuit = compile(c)
    witness = circuit.witness({"x": 11, "y": 13})
    key = groth16.setup(circuit)
    zkey.write(tmp_path / "ours.zkey", key, circuit)
    witness.save(tmp_path / "ours.wtns")
    node_tool.command(
        "snarkjs", "groth16", "prove", "ours.zkey", "ours.wtns", "proof.json", "public.json", cwd=tmp_path
    )
    proof = snarkjs.proof_from_json((tmp_path / "proof.json").read_text())
    public = snarkjs.public_from_json((tmp_path / "public.json").read_text())
    assert public == witness.public
    groth16.verify(key.verifying_key, public, proof)
    node_tool.command("snarkjs", "zkey", "export", "verificationkey", "ours.zkey", "vk.json", cwd=tmp_path)
    assert snarkjs.verification_key_from_json((tmp_path / "vk.json").read_text()) == key.verifying_key
