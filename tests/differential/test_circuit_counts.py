"""Exact constraint counts, after elimination, are stored: a change must be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.gadget_circuits import CASES

from assay.circuits import Builder, compile
from assay.rollup.circuit import batch_circuit

FILE = Path(__file__).parents[1] / "vectors" / "circuit_counts.json"
COUNTS: dict[str, int] = json.loads(FILE.read_text())
ROLLUP = {f"rollup_batch_{size}": size for size in (1, 2, 10)}


def count(name: str) -> int:
    if name in ROLLUP:
        return batch_circuit(ROLLUP[name]).constraints
    c = Builder(name)
    CASES[name].build(c)
    return compile(c).constraints


def test_every_circuit_has_a_stored_count() -> None:
    assert sorted(COUNTS) == sorted([*CASES, *ROLLUP])


@pytest.mark.parametrize("name", [*CASES, *ROLLUP])
def test_count(name: str) -> None:
    assert count(name) == COUNTS[name], f"if this change is meant, store the new count of {name} in {FILE.name}"
