"""Phase 2 with snarkjs: its keys contributed to and verified by us, ours by it, and the same initial key from both."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assay.ceremony import phase2
from assay.ceremony.phase2.circuit_hash import _Wide
from assay.ceremony.points import G1
from assay.ceremony.randomness import Beacon
from assay.circuits import R1CS, Builder, Circuit, compile
from assay.crypto import groth16
from assay.crypto.field import Fp
from assay.crypto.groth16 import zkey

pytestmark = pytest.mark.interop

P = Fp.modulus
BEACON = "0102030405060708090a0b0c0d0e0f"


@dataclass
class Ceremony:
    """A circuit of circom and snarkjs's 2^9 prepared powers of tau."""

    node: Any
    folder: Path
    circuit: R1CS

    def snarkjs(self, *arguments: str) -> str:
        return self.node.command("snarkjs", *arguments, cwd=self.folder)

    def accepted(self, key: str, r1cs: str = "chain.r1cs") -> bool:
        return "ZKey Ok!" in self.snarkjs("zkey", "verify", r1cs, "powers.ptau", key)

    def path(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module")
def ceremony(node_tool: Any, chain_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Ceremony:
    folder = tmp_path_factory.mktemp("phase2")
    for name in ("chain.r1cs", "chain.wtns", "powers.ptau"):
        shutil.copy(chain_files / name, folder)
    shutil.copy(chain_files / "0.zkey", folder / "theirs_0.zkey")
    return Ceremony(node_tool, folder, R1CS.load(folder / "chain.r1cs"))


def sections(path: Path) -> dict[int, bytes]:
    with zkey.open_zkey(path) as file:
        return {kind: file.read(kind, limit=1 << 30) for kind in file.sections}


def ours() -> Circuit:
    """Unused wires, negative and repeated coefficients, a wire in B only, two public wires."""
    c = Builder("ours")
    x, y, unused = c.private("x"), c.public("y"), c.private("unused", 3)
    z = x * (y - 3 * x + 7) + 12345678901234567890123 * x - y
    c.output("z", z)
    c.assert_product(z - 1, unused[1] + 5, 2 * z, "the second is twice")
    return compile(c)


def test_both_make_the_same_initial_key(ceremony: Ceremony) -> None:
    digest = phase2.new(ceremony.circuit, ceremony.path("powers.ptau"), ceremony.path("ours_0.zkey"))
    assert sections(ceremony.path("ours_0.zkey")) == sections(ceremony.path("theirs_0.zkey"))
    assert zkey.read_transcript(ceremony.path("theirs_0.zkey")).circuit_hash == digest


def test_both_make_the_same_initial_key_of_a_circuit_of_ours(ceremony: Ceremony) -> None:
    circuit = ours()
    circuit.save_r1cs(ceremony.path("ours.r1cs"))
    phase2.new(circuit, ceremony.path("powers.ptau"), ceremony.path("a.zkey"))
    ceremony.snarkjs("groth16", "setup", "ours.r1cs", "powers.ptau", "b.zkey")
    assert sections(ceremony.path("a.zkey")) == sections(ceremony.path("b.zkey"))


def test_the_largest_domain_that_the_powers_allow(ceremony: Ceremony) -> None:
    c = Builder("full")
    x = c.private("x")
    for _ in range(300):
        x = x * x + 7
    c.output("y", x)
    circuit = compile(c)
    circuit.save_r1cs(ceremony.path("full.r1cs"))
    phase2.new(circuit, ceremony.path("powers.ptau"), ceremony.path("full_a.zkey"))
    ceremony.snarkjs("groth16", "setup", "full.r1cs", "powers.ptau", "full_b.zkey")
    assert sections(ceremony.path("full_a.zkey")) == sections(ceremony.path("full_b.zkey"))
    phase2.contribute(ceremony.path("full_a.zkey"), ceremony.path("full_c.zkey"))
    phase2.verify(circuit, ceremony.path("powers.ptau"), ceremony.path("full_c.zkey"))
    assert ceremony.accepted("full_c.zkey", "full.r1cs")
    key = zkey.read(ceremony.path("full_c.zkey"), circuit).key
    groth16.prove(key, circuit, circuit.witness({"x": 5}))


def test_a_chain_through_both_tools_is_accepted_by_both(ceremony: Ceremony) -> None:
    p = ceremony.path
    first = phase2.contribute(p("theirs_0.zkey"), p("1.zkey"), name="Alice, ours", entropy="dice")
    assert ceremony.accepted("1.zkey")
    output = ceremony.snarkjs("zkey", "contribute", "1.zkey", "2.zkey", "-n=Bob, theirs", "-e=entropy")
    third = phase2.apply_beacon(p("2.zkey"), p("3.zkey"), Beacon.from_hex(BEACON, 10), name="final")
    assert ceremony.accepted("3.zkey")
    report = phase2.verify(ceremony.circuit, p("powers.ptau"), p("3.zkey"), expected=[first.hash, third.hash])
    assert [each.name for each, _ in report.contributions] == ["Alice, ours", "Bob, theirs", "final"]
    assert words(report.contributions[1][1]) in " ".join(output.split())

    read = zkey.read(p("3.zkey"), ceremony.circuit)
    witness = ceremony.circuit.load_witness(p("chain.wtns"))
    proof = groth16.prove(read.key, ceremony.circuit, witness)
    ceremony.snarkjs("zkey", "export", "verificationkey", "3.zkey", "vk.json")
    p("public.json").write_text(groth16.snarkjs.public_to_json(witness.public))
    p("proof.json").write_text(groth16.snarkjs.proof_to_json(proof))
    assert "OK!" in ceremony.snarkjs("groth16", "verify", "vk.json", "public.json", "proof.json")


def words(digest: bytes) -> str:
    return " ".join(digest[i : i + 4].hex() for i in range(0, 64, 4))


def test_the_beacon_of_one_is_that_of_the_other(ceremony: Ceremony) -> None:
    p = ceremony.path
    ceremony.snarkjs("zkey", "beacon", "theirs_0.zkey", "beacon_b.zkey", BEACON, "11", "-n=final")
    phase2.apply_beacon(p("theirs_0.zkey"), p("beacon_a.zkey"), Beacon.from_hex(BEACON, 11), name="final")
    assert sections(p("beacon_a.zkey")) == sections(p("beacon_b.zkey"))
    phase2.verify(ceremony.circuit, p("powers.ptau"), p("beacon_b.zkey"))


def test_snarkjs_refuses_what_we_refuse(ceremony: Ceremony) -> None:
    """A false key of ours is no artefact of our own verifier."""
    p = ceremony.path
    phase2.contribute(p("theirs_0.zkey"), p("good.zkey"))
    data = bytearray(p("good.zkey").read_bytes())
    with zkey.open_zkey(p("good.zkey")) as file:
        at = file.sections[zkey.SECTIONS["h"]].offset
    data[at : at + 64], data[at + 64 : at + 128] = data[at + 64 : at + 128], data[at : at + 64]
    p("bad.zkey").write_bytes(data)
    with pytest.raises(Exception, match="H section does not match"):  # status 1
        ceremony.accepted("bad.zkey")
    with pytest.raises(phase2.CeremonyError, match="section 9"):
        phase2.verify(ceremony.circuit, p("powers.ptau"), p("bad.zkey"))


def test_the_overrun_of_the_circuit_hash_is_theirs(node_tool: Any) -> None:
    """Numbers that are no coordinates, at every size: below p, above it, near 2^256."""
    generator = random.Random(2)
    point = G1.generator
    pairs = []
    for i in range(300):
        point = G1.add(point, point)
        bits = generator.choice((200, 253, 254, 255, 256))
        first = [generator.getrandbits(bits), generator.getrandbits(256)]
        if i < 8:
            first = [(0, P - 1, P, P + 1, 2 * P, 2**256 - 1, 2**256 - P, 1)[i], (2**256 - 1, 5, 0, P)[i % 4]]
        raw = b"".join(value.to_bytes(32, "little") for value in first)
        pairs.append((raw, point.astype("<u8").tobytes()))
    answers = node_tool("subtract_affine.mjs", [[a.hex(), b.hex()] for a, b in pairs])
    for (a, b), answer in zip(pairs, answers, strict=True):
        values = [int.from_bytes(data[i : i + 32], "little") for data in (a, b) for i in (0, 32)]
        assert _Wide.subtract(*values).hex() == answer
