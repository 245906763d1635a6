"""What estimate() promises: exact sizes, memory that bounds what is used, and no failure at either end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay.circuits import Builder, compile
from assay.core.errors import InvalidInput, LimitError
from assay.crypto import groth16

MEASURE = """
import resource
from assay.circuits import Builder, compile, template
from assay.crypto import groth16

@template
def step(c, x):
    for _ in range(512):
        x = x * x + 7
    return x

c = Builder("chain")
x = c.private("x")
for _ in range(64):
    x = step(c, x)
c.output("y", x)
circuit = compile(c)
witness = circuit.witness({"x": 3})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
key = groth16.setup(circuit)
groth16.prove(key, circuit, witness)
used = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(used, groth16.estimate(circuit).peak_bytes)
"""


def test_key_bytes_are_exact() -> None:
    c = Builder("cubic")
    x = c.private("x")
    c.output("y", x * x * x + x + 5)
    circuit = compile(c)
    assert groth16.estimate(circuit).key_bytes == groth16.setup(circuit).num_bytes


def test_memory_stays_near_the_estimate() -> None:
    text = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True).stdout
    used, promised = map(int, text.split())
    assert used < 1.25 * promised + (4 << 20)  # the allocator keeps some of what was freed


def test_it_grows_with_the_circuit_and_has_limits() -> None:
    small, large = groth16.estimate(200_000), groth16.estimate(1_800_000)
    assert large.seconds_setup > 5 * small.seconds_setup
    assert large.peak_bytes < 10 << 30
    assert groth16.estimate(0).key_bytes > 0
    with pytest.raises(InvalidInput):
        groth16.estimate(-1)
    with pytest.raises(LimitError):
        groth16.estimate(2**28)
