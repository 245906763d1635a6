"""The benchmark's chain: its size, its witness against integers, and that it is proved and verified."""

from __future__ import annotations

import pytest

from assay import _native
from assay.bench.chain import chain, chain_witness
from assay.core.errors import InvalidInput
from assay.crypto import groth16
from assay.crypto.field import Fr


@pytest.mark.parametrize("log_rows", [3, 8, 9, 12])
def test_it_fills_its_domain_and_computes_the_chain(log_rows: int) -> None:
    circuit = chain(log_rows)
    steps = 2**log_rows - 2
    assert (circuit.constraints, circuit.wires, circuit.num_public) == (steps, steps + 2, 1)
    assert _native.groth16_domain_log(circuit.constraints, circuit.num_public) == log_rows
    x = 3
    for _ in range(steps):
        x = (x * x + 7) % Fr.modulus
    assert chain_witness(circuit).public == [x]


def test_it_proves() -> None:
    circuit = chain(9)
    key, witness = groth16.setup(circuit), chain_witness(circuit, 5)
    groth16.verify(key.verifying_key, witness.public, groth16.prove(key, circuit, witness))


def test_sizes_have_limits() -> None:
    for log_rows in (2, 25):
        with pytest.raises(InvalidInput):
            chain(log_rows)
