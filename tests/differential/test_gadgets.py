"""Every gadget against plain Python on edge values: what must be accepted, with which outputs, and what refused."""

from __future__ import annotations

from functools import cache

import pytest
from support.gadget_circuits import CASES

from assay.circuits import Builder, Circuit, compile
from assay.core.errors import UnsatisfiedError


@cache
def circuit(name: str) -> Circuit:
    c = Builder(name)
    CASES[name].build(c)
    return compile(c)


@pytest.mark.parametrize("name", CASES)
def test_gadget_computes_what_plain_python_does(name: str) -> None:
    for inputs, expected in CASES[name].accepted:
        witness = circuit(name).witness(inputs)
        circuit(name).check(witness)
        assert witness.public[: len(expected)] == expected, inputs


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.refused])
def test_gadget_refuses(name: str) -> None:
    for inputs in CASES[name].refused:
        with pytest.raises(UnsatisfiedError):
            circuit(name).witness(inputs)
