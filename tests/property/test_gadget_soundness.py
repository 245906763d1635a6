"""Every gadget and the batch circuit through solver, reference, R1CS, files, soundness search, prover and verifier.

The counts of constraints are stored in benchmarks/counts.json: a change must be meant (`assay bench counts`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from support.gadget_circuits import BOUND, CASES
from support.rollup_world import World

from assay.circuits import Builder, Circuit, compile
from assay.circuits.testing import check_circuit, removal_search, soundness_search
from assay.rollup.circuit import batch_circuit
from assay.rollup.witness import batch_inputs

COUNTS: dict[str, int] = json.loads((Path(__file__).parents[2] / "benchmarks" / "counts.json").read_text())[
    "constraints"
]
BATCHES = (1, 2, 10)
SLOW = {"canonical_bits": 4, "fixed_base": 3, "variable_base": 2, "eddsa": 2}
"""How many of the accepted inputs are searched, where a search takes seconds."""


@cache
def circuit(name: str) -> Circuit:
    c = Builder(name)
    CASES[name].build(c)
    return compile(c)


def test_every_circuit_has_a_stored_count() -> None:
    assert sorted(COUNTS) == sorted([*CASES, *(batch_circuit(size).name for size in BATCHES)])


@pytest.mark.parametrize("size", BATCHES)
def test_the_count_of_a_batch(size: int) -> None:
    batch = batch_circuit(size)
    assert batch.constraints == COUNTS[batch.name]


@pytest.mark.parametrize("name", CASES)
def test_a_gadget_through_every_stage(name: str) -> None:
    case = CASES[name]
    good = [inputs for inputs, _ in case.accepted]
    check_circuit(circuit(name), good=good[: SLOW.get(name, 40)], bad=case.refused, counts=COUNTS)


@pytest.mark.parametrize(
    "name",
    [
        "bits_16",
        "bounded_bits",
        "is_zero_is_equal",
        "compare_32",
        "at_most_constant",
        "mux_demux",
        "fixed_point_add",
        "fixed_point_multiply",
        "fixed_point_truncate",
        "poseidon_2",
        "montgomery",
    ],
)
def test_no_constraint_of_a_gadget_can_go_unnoticed(name: str) -> None:
    good = [inputs for inputs, _ in CASES[name].accepted]
    if name == "bounded_bits":
        good = [{"x": x} for x in (0, 1, BOUND - 1, BOUND, *(BOUND ^ 1 << i for i in range(10) if BOUND >> i & 1))]
    assert removal_search(circuit(name), good) == []


# What a kind does not use is the prover's to choose; everything else is determined.
ANSWER = {"label", "rho", "registered_label", "registered_rho"}
STATE = {"old_nonce", "old_credit", "old_score", "old_blocked", "old_revoked", "old_registration"}
FREE = {
    "query": set(),
    "register": ANSWER,
    "rotate": ANSWER,
    "revoke": ANSWER | {"holder"},
    "clear": ANSWER | {"holder"},
    "pad": ANSWER | STATE | {"authority", "holder"},
}
STEPS: dict[str, Callable[[World], object]] = {
    "query": lambda world: world.query(5, 8),
    "register": lambda world: world.register(9, 33),
    "rotate": lambda world: world.rotate(5, 33),
    "revoke": lambda world: world.revoke(5),
    "clear": lambda world: world.clear(5),
    "pad": lambda world: world.pad(),
}


def a_batch(kind: str) -> World:
    world = World()
    world.place(5, secret=11, score=300_000, nonce=40, credit=-70_000)
    STEPS[kind](world)
    return world


@pytest.mark.parametrize("kind", STEPS)
def test_the_witness_of_a_batch_is_determined(kind: str) -> None:
    findings = soundness_search(batch_circuit(1), batch_inputs(a_batch(kind).batch()), max_findings=1000)
    names = {match[1] if (match := re.search(r"\.(\w+)\[0\]", found.name)) else found.name for found in findings}
    assert {found.line for found in findings} <= {"the inputs"}, [str(found) for found in findings]
    assert names == FREE[kind]


def test_a_batch_through_every_stage() -> None:
    world = a_batch("query")
    good = batch_inputs(world.batch())
    bad = [
        good | {"kind": [[0, 0, 0, 0, 0, 1]]},
        good | {"old_nonce": [41]},
        good | {"label": [7]},
        good | {"new_root": good["old_root"]},
    ]
    check_circuit(batch_circuit(1), good=[good], bad=bad, counts=COUNTS, sound=False)
