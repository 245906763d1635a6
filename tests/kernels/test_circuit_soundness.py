"""The search for missing constraints finds planted faults, and nothing in sound circuits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from assay.circuits import MODULUS, Builder, Circuit, Signal, compile, template
from assay.circuits.testing import check_circuit, removal_search, soundness_search
from assay.core.errors import InvalidInput, UnsatisfiedError


def built(build: Callable[[Builder], Any], name: str = "test") -> Circuit:
    c = Builder(name)
    build(c)
    return compile(c)


def bits(c: Builder) -> None:
    c.output("bits", c.bits(c.public("x"), 6))


def inner_bits(c: Builder) -> None:
    """Bits that are not public by themselves."""
    b = c.bits(c.public("x"), 6)
    c.output("odd", b[0] * b[1])


def is_zero(c: Builder) -> None:
    c.output("zero", c.is_zero(c.public("x")))


def select(c: Builder) -> None:
    s = c.public("s")
    c.assert_boolean(s)
    c.output("chosen", c.select(s, c.public("a"), c.public("b")))


def divide(c: Builder) -> None:
    c.output("q", c.div(c.public("a"), c.public("b")))


def quotient(c: Builder) -> None:
    x = c.public("x")
    q, r = c.hint("divmod", x, divisor=10)
    c.assert_equal(10 * q + r, x, "x = 10 q + r")
    c.bits(r, 4)
    c.bits(9 - r, 4)
    c.bits(q, 12)
    c.output("q", q)


@template
def power(c: Builder, x: Signal) -> Signal:
    return x**5


def nested(c: Builder) -> None:
    c.output("y", power(c, power(c, c.public("x")) + 1))


def repeated(c: Builder) -> None:
    @template
    def step(c: Builder, s: Signal, x: Signal) -> dict[str, Signal]:
        return {"s": s + c.is_zero(x) * x + power(c, x)}

    done = c.repeat(2, step, carry={"s": c.public("s")}, inputs={"x": c.public("x", 2)})
    c.output("out", done.carry["s"])


SOUND: list[tuple[Callable[[Builder], None], list[dict[str, Any]]]] = [
    (bits, [{"x": 0}, {"x": 21}, {"x": 63}]),
    (inner_bits, [{"x": 0}, {"x": 21}, {"x": 63}, {"x": 2}]),
    (is_zero, [{"x": 0}, {"x": 5}, {"x": MODULUS - 1}]),
    (select, [{"s": 0, "a": 3, "b": 4}, {"s": 1, "a": 3, "b": 4}]),
    (divide, [{"a": 7, "b": 3}, {"a": 0, "b": 3}]),
    (quotient, [{"x": 1234}, {"x": 9}, {"x": 40950}]),
    (nested, [{"x": 3}, {"x": 0}]),
    (repeated, [{"s": 1, "x": [0, 4]}, {"s": 1, "x": [4, 0]}]),
]


@pytest.mark.parametrize(("build", "inputs"), SOUND, ids=[b.__name__ for b, _ in SOUND])
def test_sound_circuits_have_no_findings(build: Callable[[Builder], None], inputs: list[dict[str, Any]]) -> None:
    circuit = built(build)
    for given in inputs:
        assert soundness_search(circuit, given) == []


@pytest.mark.parametrize(
    ("build", "inputs"),
    [case for case in SOUND if case[0] is not select],  # its public condition is the verifier's to check
    ids=[b.__name__ for b, _ in SOUND if b is not select],
)
def test_each_removed_constraint_is_noticed(build: Callable[[Builder], None], inputs: list[dict[str, Any]]) -> None:
    assert removal_search(built(build), inputs) == []


def test_findings_name_signal_line_and_values() -> None:
    @template
    def faulty(c: Builder, x: Signal) -> Signal:
        low: Signal = c.hint("bits", x, count=1, name="low")[0]
        c.assert_boolean(low)
        return low

    circuit = built(lambda c: c.output("y", 0 * faulty(c, c.public("x")) + c.public("z")))
    (found,) = soundness_search(circuit, {"x": 7, "z": 1})
    assert found.name == "faulty.low"
    assert (found.honest, found.other) == (1, 0)
    assert "test_circuit_soundness.py" in found.line
    assert "faulty, stamped at" in found.line
    assert "faulty.low at" in str(found)


def test_a_pair_that_makes_up_for_each_other_is_found() -> None:
    def build(c: Builder) -> None:
        x = c.public("x")
        a, b = c.hint("divmod", x, divisor=16)
        c.assert_equal(16 * a + b, x)  # no ranges
        c.output("y", x * x)

    (first, second) = soundness_search(built(build), {"x": 100})
    assert "divmod" in str(first.partner)
    assert "divmod" in str(second.partner)


def test_free_values_and_tied_inputs_are_no_findings() -> None:
    def build(c: Builder, declare: bool) -> None:
        salt = c.private("salt")
        if declare:
            c.free(salt, "any salt will do")
        c.assert_nonzero(salt)
        c.output("y", c.public("x") * 2)

    assert [f.name for f in soundness_search(built(lambda c: build(c, False)), {"x": 1, "salt": 5})] == ["test.salt"]
    assert soundness_search(built(lambda c: build(c, True)), {"x": 1, "salt": 5}) == []


def test_an_alias_of_254_bits_is_found() -> None:
    """Bits of x and of x + r both sum to x modulo r: 254 booleans are not enough (two changes cannot show it, one can
    show that the bits are rigid otherwise)."""

    def build(c: Builder) -> None:
        x = c.public("x")
        b = c.hint("bits", x, count=254)
        for bit in b:
            c.assert_boolean(bit)
        c.assert_equal(c.dot(b, [2**i for i in range(254)]), x)
        c.output("low", b[0])

    circuit = built(build)
    assert soundness_search(circuit, {"x": 3}) == []  # needs more than pairs: what the search cannot see
    assert circuit.witness({"x": 3}).public == [1, 3]


def test_the_search_needs_satisfied_inputs() -> None:
    with pytest.raises(UnsatisfiedError):
        soundness_search(built(bits), {"x": 64})


def test_check_circuit_runs_all_stages(tmp_path: Any) -> None:
    counts = tmp_path / "counts.json"
    circuit = built(quotient, "quotient")
    good, bad = [{"x": 1234}], [{"x": 10 * 4096}, {"x": MODULUS - 1}]
    counts.write_text(json.dumps({"quotient": circuit.constraints}))
    check_circuit(circuit, good=good, bad=bad, counts=counts)
    with pytest.raises(AssertionError, match="must refuse"):
        check_circuit(circuit, good=good, bad=[{"x": 1}])
    counts.write_text("{}")
    with pytest.raises(AssertionError, match="stored as None"):
        check_circuit(circuit, good=good, counts=counts)
    with pytest.raises(InvalidInput):
        check_circuit(circuit, good=[])

    def leaky(c: Builder) -> None:
        x = c.public("x")
        c.output("y", x + 0 * c.hint("inverse", x))
        c.assert_product(c.hint("inverse", x), x, c.hint("mul", x, x))

    with pytest.raises(AssertionError, match="other witnesses"):
        check_circuit(built(leaky), good=[{"x": 1}])
