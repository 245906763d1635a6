"""Circuits that circom2 compiles, and ours in snarkjs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.circuits import MODULUS, R1CS, Builder, compile
from assay.circuits.files import write_wtns
from assay.core.errors import UnsatisfiedError
from assay.crypto.field import Fr

pytestmark = pytest.mark.interop

SOURCE = """
pragma circom 2.0.0;
template Bits(n) {
  signal input in; signal output out[n];
  var sum = 0;
  for (var i = 0; i < n; i++) {
    out[i] <-- (in >> i) & 1;
    out[i] * (out[i] - 1) === 0;
    sum += out[i] * (1 << i);
  }
  sum === in;
}
template Main() {
  signal input x; signal input y[2]; signal output z; signal output low;
  component bits = Bits(16);
  bits.in <== x;
  low <== bits.out[0];
  signal t; t <== y[0] * y[1] + 3 * x;
  z <== t * t;
}
component main {public [x]} = Main();
"""


@pytest.fixture(scope="module")
def circom(node_tool: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("circom")
    (folder / "main.circom").write_text(SOURCE)
    node_tool.command("circom2", "main.circom", "--r1cs", "--wasm", "--O2", cwd=folder)
    (folder / "input.json").write_text(json.dumps({"x": 12345, "y": ["7", str(MODULUS - 2)]}))
    node_tool.command("snarkjs", "wtns", "calculate", "main_js/main.wasm", "input.json", "witness.wtns", cwd=folder)
    return folder


def test_a_circuit_of_circom_is_read_and_its_witness_checked(circom: Path) -> None:
    system = R1CS.load(circom / "main.r1cs")
    assert (system.r1cs.num_outputs, system.num_public) == (2, 3)
    witness = system.load_witness(circom / "witness.wtns")
    t = (7 * (MODULUS - 2) + 3 * 12345) % MODULUS
    assert witness.public == [t * t % MODULUS, 1, 12345]
    for wire in range(system.wires):
        changed = witness.values.copy()
        changed[wire] = Fr.to_limbs([(Fr.from_limbs(changed[wire : wire + 1])[0] + 1) % MODULUS])[0]
        if wire in {w for i in range(system.constraints) for e in system.r1cs.row(i) for w in e}:
            with pytest.raises(UnsatisfiedError):
                system.check(changed)


def test_a_circuit_of_circom_survives_our_writer(circom: Path, tmp_path: Path, node_tool: Any) -> None:
    system = R1CS.load(circom / "main.r1cs")
    system.save_r1cs(tmp_path / "again.r1cs")
    assert R1CS.load(tmp_path / "again.r1cs").digest() == system.digest()
    told = node_tool.command("snarkjs", "wtns", "check", tmp_path / "again.r1cs", circom / "witness.wtns")
    assert "WITNESS IS CORRECT" in told


def test_our_circuit_and_witness_in_snarkjs(tmp_path: Path, node_tool: Any) -> None:
    c = Builder("ours")
    x, y = c.public("x"), c.private("y", 3)
    c.bits(x + y[0], 20)
    c.output("z", [x * y[1] + y[2], y[2] ** 5])
    circuit = compile(c)
    witness = circuit.witness({"x": 1000, "y": [24, 5, MODULUS - 1]})
    circuit.save_r1cs(tmp_path / "ours.r1cs")
    witness.save(tmp_path / "ours.wtns")
    told = node_tool.command("snarkjs", "r1cs", "info", tmp_path / "ours.r1cs")
    assert f"# of Constraints: {circuit.constraints}" in told
    assert "# of Public Inputs: 1" in told
    assert "# of Outputs: 2" in told
    told = node_tool.command("snarkjs", "wtns", "check", tmp_path / "ours.r1cs", tmp_path / "ours.wtns")
    assert "WITNESS IS CORRECT" in told
    values = witness.values.copy()
    values[-1] = Fr.to_limbs([4])[0]
    write_wtns(tmp_path / "ours.wtns", values)
    with pytest.raises(Exception, match="status 1"):
        node_tool.command("snarkjs", "wtns", "check", tmp_path / "ours.r1cs", tmp_path / "ours.wtns")
