"""Groth16 on the chain x <- x^2 + 7 under pytest-benchmark; `assay bench groth16` adds peak memory and snarkjs."""

from __future__ import annotations

import pytest

from assay.bench.chain import chain, chain_witness
from assay.crypto import groth16

LOGS = (12, 16)


@pytest.fixture(scope="module", params=LOGS, ids=[f"2^{k}" for k in LOGS])
def world(request):
    circuit = chain(request.param)
    key, witness = groth16.setup(circuit), chain_witness(circuit)
    return circuit, key, witness, groth16.prove(key, circuit, witness)


def test_setup(benchmark, world):
    benchmark.pedantic(groth16.setup, args=world[:1], rounds=3)


def test_witness(benchmark, world):
    benchmark(chain_witness, world[0])


def test_prove(benchmark, world):
    circuit, key, witness, _ = world
    benchmark.pedantic(groth16.prove, args=(key, circuit, witness), rounds=3)


def test_verify(benchmark, world):
    _, key, witness, proof = world
    benchmark(groth16.verify, key.verifying_key, witness.public, proof)
