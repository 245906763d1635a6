"""`assay ceremony phase2` and `assay groth16`: from powers of tau to a Solidity contract by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import assay

from assay.ceremony import phase1
from assay.circuits import Builder, compile
from assay.crypto import groth16
from assay.crypto.groth16 import snarkjs, solidity, zkey


def done(*arguments: str | Path) -> str:
    result = assay(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A circuit, its witness, powers of tau, and keys 0 to 2 with a contribution and a beacon."""
    f = tmp_path_factory.mktemp("groth16")
    c = Builder("square")
    x = c.private("x")
    c.output("y", x * x)
    circuit = compile(c)
    circuit.save_r1cs(f / "c.r1cs")
    circuit.witness({"x": 3}).save(f / "w.wtns")
    phase1.new(f / "0.ptau", 3)
    phase1.contribute(f / "0.ptau", f / "1.ptau")
    phase1.prepare(f / "1.ptau", f / "p.ptau")
    assert "anyone can forge" in done("ceremony", "phase2", "new", f / "c.r1cs", f / "p.ptau", f / "0.zkey")
    assert "contribution 1" in done("ceremony", "phase2", "contribute", f / "0.zkey", f / "1.zkey", "--name", "Al")
    assert "contribution 2" in done("ceremony", "phase2", "beacon", f / "1.zkey", f / "2.zkey", "00ff")
    return f


def test_verify_shows_who_contributed(folder: Path) -> None:
    shown = done("ceremony", "phase2", "verify", folder / "c.r1cs", folder / "p.ptau", folder / "2.zkey")
    assert "about 100 bits" in shown
    assert "contribution 1 'Al': hash" in shown
    assert "contribution 2, beacon 00ff hashed 2^10 times: hash" in shown
    files = (folder / "c.r1cs", folder / "p.ptau", folder / "2.zkey")
    report = json.loads(done("ceremony", "phase2", "verify", *files, "--json"))
    assert report["verified"]
    assert report["circuit_hash"] == zkey.read_transcript(folder / "0.zkey").circuit_hash.hex()
    assert [c["name"] for c in report["contributions"]] == ["Al", ""]
    assert [c["iterations"] for c in report["contributions"]] == [None, 10]
    assert json.loads(
        done("ceremony", "phase2", "verify", *files, "--expect", report["contributions"][1]["hash"], "--json")
    )["verified"]


def test_exit_status_of_verify(folder: Path, tmp_path: Path) -> None:
    verify = ("ceremony", "phase2", "verify", folder / "c.r1cs", folder / "p.ptau")
    refused = assay(*verify, folder / "0.zkey", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["where"] == "contributions"
    refused = assay(*verify, folder / "0.zkey")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "anyone can forge" in refused.stderr
    assert "nobody contributed yet" in done(*verify, folder / "0.zkey", "--initial")
    assert assay(*verify, folder / "2.zkey", "--expect", "ab" * 64).returncode == 1
    assert assay(*verify, folder / "2.zkey", "--expect", "ab").returncode == 2
    (tmp_path / "cut.zkey").write_bytes((folder / "2.zkey").read_bytes()[:-1])
    assert assay(*verify, tmp_path / "cut.zkey").returncode == 2


@pytest.mark.parametrize("circuit", [False, True])
def test_prove_and_verify(folder: Path, tmp_path: Path, circuit: bool) -> None:
    proof, public = tmp_path / "proof.json", tmp_path / "public.json"
    options = ("--circuit", folder / "c.r1cs") if circuit else ()
    shown = done("groth16", "prove", folder / "2.zkey", folder / "w.wtns", proof, public, *options)
    assert "2 contributions" in shown
    assert json.loads(public.read_text()) == ["9"]
    done("groth16", "export-key", folder / "2.zkey", tmp_path / "vk.json")
    zkey.read(folder / "2.zkey").key.save(tmp_path / "key.assay")
    zkey.read(folder / "2.zkey").key.verifying_key.save(tmp_path / "vk.assay")
    for key in (tmp_path / "vk.json", folder / "2.zkey", tmp_path / "key.assay", tmp_path / "vk.assay"):
        assert json.loads(done("groth16", "verify", key, public, proof, "--json"))["verified"]
    public.write_text('["10"]')
    refused = assay("groth16", "verify", tmp_path / "vk.json", public, proof, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["verified"]) == (1, False)
    assert assay("groth16", "verify", folder / "1.zkey", public, proof).returncode == 1
    public.write_text("[10]")
    assert assay("groth16", "verify", tmp_path / "vk.json", public, proof).returncode == 2


@pytest.mark.parametrize("mode", ["streamed", "resident", "expanded"])
def test_every_mode_proves(folder: Path, tmp_path: Path, mode: str) -> None:
    files = (folder / "2.zkey", folder / "w.wtns", tmp_path / "proof.json", tmp_path / "public.json")
    done("groth16", "prove", *files, "--mode", mode)
    assert json.loads(done("groth16", "verify", folder / "2.zkey", *files[:1:-1], "--json"))["verified"]
    refused = assay("groth16", "prove", *files, "--mode", "fast")
    assert refused.returncode == 2
    assert "expanded" in refused.stderr


def test_a_contract_and_its_calldata(folder: Path, tmp_path: Path) -> None:
    proof, public = tmp_path / "proof.json", tmp_path / "public.json"
    done("groth16", "prove", folder / "2.zkey", folder / "w.wtns", proof, public, "--trusted")
    done("groth16", "export-solidity", folder / "2.zkey", tmp_path / "V.sol", "--name", "Squares")
    source = (tmp_path / "V.sol").read_text()
    assert "contract Squares {" in source
    assert "about 100 bits" in source
    assert source == solidity.verifier(zkey.read_verifying_key(folder / "2.zkey"), name="Squares")
    data = bytes.fromhex(done("groth16", "calldata", public, proof).strip().removeprefix("0x"))
    points = snarkjs.proof_from_json(proof.read_text())
    assert data == solidity.calldata([9], points)
    assert data[4:260] == points.to_bytes()
    groth16.verify(zkey.read_verifying_key(folder / "2.zkey"), [9], points)
    assert assay("groth16", "export-solidity", folder / "2.zkey", tmp_path / "x.sol", "--name", "1x").returncode == 2
    assert not (tmp_path / "x.sol").exists()
