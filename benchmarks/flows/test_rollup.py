"""The rollup's batch of ten under pytest-benchmark; `assay bench rollup` times all sizes beside snarkjs."""

from __future__ import annotations

import pytest

from assay.bench.rollup import sample_batch
from assay.circuits import compile as compile_circuit
from assay.crypto import groth16
from assay.rollup.circuit import build_batch
from assay.rollup.prover import load_or_set_up, witness_of
from assay.rollup.witness import batch_carries, batch_inputs

BATCH = 10


@pytest.fixture(scope="module")
def world():
    circuit = compile_circuit(build_batch(BATCH))
    batch = sample_batch(BATCH)
    public = batch.public_inputs()
    plain = witness_of(batch, public)
    inputs, carries = batch_inputs(plain), batch_carries(plain)
    return circuit, load_or_set_up(circuit), public, inputs, carries


def test_compile(benchmark):
    benchmark(lambda: compile_circuit(build_batch(BATCH)))


def test_witness(benchmark, world):
    circuit, _, _, inputs, carries = world
    benchmark(circuit.witness, inputs, carries=carries)


def test_prove(benchmark, world):
    circuit, key, _, inputs, carries = world
    witness = circuit.witness(inputs, carries=carries)
    benchmark.pedantic(groth16.prove, args=(key, circuit, witness), rounds=3)


def test_verify(benchmark, world):
    circuit, key, public, inputs, carries = world
    proof = groth16.prove(key, circuit, circuit.witness(inputs, carries=carries))
    benchmark(groth16.verify, key.verifying_key, public, proof)
