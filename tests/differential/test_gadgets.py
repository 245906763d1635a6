"""Every gadget against plain Python on edge values: what must be accepted, with which outputs, and what refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from support.babyjubjub_reference import IDENTITY, L, R, times, verifies
from support.gadget_circuits import CASES, OFF_CURVE

from assay.circuits import Builder, Circuit, compile
from assay.core.errors import InvalidInput, SignatureError, UnsatisfiedError
from assay.crypto import eddsa as native


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


def native_accepts(inputs: dict[str, Any]) -> bool:
    try:
        signature = native.Signature(inputs["r8"], inputs["s"])
        native.verify(inputs["key"], inputs["message"], signature)
    except (SignatureError, InvalidInput):
        return False
    return True


def gadget_accepts(inputs: dict[str, Any]) -> bool:
    try:
        circuit("eddsa").witness(inputs)
    except UnsatisfiedError:
        return False
    return True


def test_signatures_are_accepted_where_the_native_verifier_accepts_them() -> None:
    case = CASES["eddsa"]
    for inputs in [given for given, _ in case.accepted] + case.refused:
        if inputs["enabled"] != 1:
            continue
        # the native verifier wants keys of order l; circomlib and the circuit want 8 A of order l
        mixed_order = times(L, inputs["key"]) != IDENTITY and times(8, inputs["key"]) != IDENTITY
        expected = inputs["key"] != OFF_CURVE and not mixed_order and native_accepts(inputs)
        assert gadget_accepts(inputs) == (expected or (mixed_order and verifies_inputs(inputs)))


def verifies_inputs(inputs: dict[str, Any]) -> bool:
    return verifies(inputs["key"], inputs["message"], (*inputs["r8"], inputs["s"]))


@pytest.mark.parametrize("message", [0, 1, R - 1, 2**200 + 7])
def test_native_signatures_pass_the_circuit(message: int) -> None:
    key = native.PrivateKey.generate()
    signature = key.sign(message)
    inputs = {"key": key.public_key.point, "r8": signature.R8, "s": signature.S, "message": message, "enabled": 1}
    assert gadget_accepts(inputs)
    assert not gadget_accepts(inputs | {"message": (message + 1) % R})
