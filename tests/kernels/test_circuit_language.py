"""The circuit language: what it accepts, what it refuses, and what its errors say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.circuits import HINTS, MODULUS, Builder, Signal, compile, template
from assay.core.errors import InvalidInput, StateError, UnsatisfiedError
from assay.crypto.field import Fr


def solved(build: Any, inputs: dict[str, Any]) -> list[int]:
    c = Builder("test")
    build(c)
    circuit = compile(c)
    witness = circuit.witness(inputs)
    circuit.check(witness)
    return witness.public


def test_arithmetic_folds_constants_and_counts_products() -> None:
    c = Builder("fold")
    x = c.public("x")
    assert (c.constant(3) * 4 - 12).constant_value == 0
    y = 3 * x + x * c.constant(2) - x / 2
    c.output("y", 2 * y - 4)
    c.output("z", x**5)
    circuit = compile(c)
    assert circuit.constraints == 4  # y (public, linear in x), x^2, x^4, x^5
    assert circuit.witness({"x": 8}).public == [68, 8**5, 8]


@pytest.mark.parametrize("bad", [1.5, "1", None, True, [1]])
def test_only_integers_mix_with_signals(bad: Any) -> None:
    x = Builder().public("x")
    with pytest.raises(TypeError):
        _ = x + bad
    with pytest.raises(TypeError):
        _ = x * bad


def test_integers_of_other_libraries_mix_in() -> None:
    gmpy2 = pytest.importorskip("gmpy2")
    c = Builder()
    x = c.public("x")
    c.output("y", x * np.int64(3) + gmpy2.mpz(4))
    assert compile(c).witness({"x": np.uint8(2)}).public == [10, 2]


def test_python_control_flow_on_signals_is_refused_with_help() -> None:
    x = Builder().public("x")
    for misuse in (lambda: bool(x), lambda: x == 1, lambda: x < 2, lambda: x in [1], lambda: not x):
        with pytest.raises(TypeError, match="select"):
            misuse()
    for misuse in (lambda: int(x), lambda: [1, 2][x]):
        with pytest.raises(TypeError, match="witness"):
            misuse()


def test_signals_of_another_builder_are_refused() -> None:
    x, y = Builder("one").public("x"), Builder("two").public("y")
    with pytest.raises(ValueError, match=r"'two'.*'one'"):
        _ = x + y

    c = Builder("outer")
    outer = c.public("x")

    @template
    def captures(c: Builder, z: Signal) -> Signal:
        return z * outer

    with pytest.raises(ValueError, match="argument"):
        captures(c, outer)


def test_a_compiled_builder_takes_no_more_lines() -> None:
    c = Builder()
    x = c.public("x")
    c.assert_boolean(x)
    compile(c)
    with pytest.raises(StateError, match="compiled"):
        _ = x * x


def test_errors_name_line_scope_signals_and_values() -> None:
    c = Builder("demo")
    x = c.public("x")
    w = c.private("w", 2)
    with c.scope("outer"), c.scope("inner"):
        c.assert_product(x, w[0] + 1, w[1], "the claim")
    circuit = compile(c)
    with pytest.raises(UnsatisfiedError) as caught:
        circuit.witness({"x": 3, "w": [4, 16]})
    text = str(caught.value)
    line = test_errors_name_line_scope_signals_and_values.__code__.co_firstlineno + 5
    assert f"test_circuit_language.py:{line} in outer/inner" in text
    for part in ("demo", "the claim", "x = 3", "w[0] = 4", "w[1] = 16", "3 * 5 is not 16"):
        assert part in text


def test_errors_inside_stamps_name_the_callers() -> None:
    @template
    def inner(c: Builder, x: Signal) -> None:
        c.assert_boolean(x, "must be a bit")

    @template
    def outer(c: Builder, s: Signal, x: Signal) -> dict[str, Signal]:
        inner(c, x)
        return {"s": s + x}

    c = Builder("demo")
    done = c.repeat(3, outer, carry={"s": c.constant(0)}, inputs={"x": c.private("x", 3)}, name="steps")
    c.output("sum", done.carry["s"])
    circuit = compile(c)
    assert circuit.witness({"x": [1, 0, 1]}).public == [2]
    with pytest.raises(
        UnsatisfiedError, match=r"(?s)must be a bit.*in inner, stamped.*in outer, stamped.*stamp 1 of 3.*= 7"
    ):
        circuit.witness({"x": [1, 7, 1]})


def test_impossible_constraints_are_found_when_compiling() -> None:
    c = Builder("impossible")
    x = c.public("x")
    with pytest.raises(InvalidInput, match="differ"):
        c.assert_equal(x + 1, x, "never")
    y, z = c.private("y"), c.private("z")
    c.assert_equal(x + y, z)
    c.assert_equal(z, x + y + 1, "never either")
    with pytest.raises(InvalidInput, match=r"never either.*test_circuit_language.py"):
        compile(c)


def test_a_public_input_that_nothing_uses_is_refused() -> None:
    c = Builder()
    c.public("x")
    c.assert_boolean(c.private("y"))
    with pytest.raises(InvalidInput, match="nothing uses the public x"):
        compile(c)


def test_a_public_value_that_elimination_leaves_alone_keeps_a_row() -> None:
    c = Builder()
    c.output("y", c.private("x"))
    circuit = compile(c)
    assert [circuit.r1cs.row(i) for i in range(circuit.constraints)] == [({1: 1}, {}, {})]
    circuit.check(circuit.witness({"x": 5}))


def test_inputs_are_checked_by_name_shape_and_range() -> None:
    c = Builder("demo")
    x = c.public("x")
    m = c.private("m", (2, 3))
    c.assert_equal(c.sum([v for row in m for v in row]), x)
    circuit = compile(c)
    good = {"x": 21, "m": [[1, 2, 3], [4, 5, 6]]}
    circuit.witness(good)
    circuit.witness({"x": 21, "m": np.arange(1, 7).reshape(2, 3)})
    for change, text in (
        ({"y": 1}, "unknown"),
        ({"m": [[1, 2, 3]]}, "1 elements where 2"),
        ({"m": [[1, 2], [3, 4]]}, r"m\[0\] has 2"),
        ({"x": MODULUS}, r"outside \[0, r\)"),
        ({"x": -1}, r"outside \[0, r\)"),
        ({"x": 1.0}, "integer"),
        ({"m": np.ones((2, 3))}, "dtype"),
        ({"m": 5}, "shape"),
    ):
        with pytest.raises(InvalidInput, match=text):
            circuit.witness({**good, **change})
    with pytest.raises(InvalidInput, match="missing"):
        circuit.witness({"x": 1})


def test_outputs_precede_public_inputs_and_shapes_have_names() -> None:
    c = Builder()
    x = c.public("x", 2)
    c.output("y", [[x[0] * x[1]], [x[0] + x[1]]])
    circuit = compile(c)
    assert circuit.public_names == ["y[0][0]", "y[1][0]", "x[0]", "x[1]"]
    witness = circuit.witness({"x": [3, 5]})
    assert witness.public == [15, 8, 3, 5]
    assert witness["y[1][0]"] == 8
    assert "3" not in repr(witness).replace(str(len(witness.values)), "")


def test_given_carries_run_the_stamps_apart_and_are_checked(isa: str) -> None:
    @template
    def step(c: Builder, s: Signal, p: list[Signal], x: Signal) -> dict[str, Any]:
        return {"s": s * x + 1, "p": [p[1], p[0] + x]}

    c = Builder("chain")
    done = c.repeat(
        5, step, carry={"s": c.public("s"), "p": [c.constant(0), c.constant(1)]}, inputs={"x": c.private("x", 5)}
    )
    c.output("s_out", done.carry["s"])
    c.output("p_out", done.carry["p"])
    circuit = compile(c)
    inputs = {"s": 2, "x": [3, 1, 4, 1, 5]}
    s, p, chain_s, chain_p = 2, [0, 1], [], []
    for x in inputs["x"]:  # type: ignore[attr-defined]
        s, p = s * x + 1, [p[1], p[0] + x]
        chain_s.append(s)
        chain_p.append(p)
    plain = circuit.witness(inputs)
    assert plain.public == [s, *p, 2]
    given = circuit.witness(inputs, carries={"step": {"s": chain_s, "p": chain_p}})
    assert Fr.from_limbs(given.values) == Fr.from_limbs(plain.values)
    for k in range(5):
        wrong = list(chain_s)
        wrong[k] += 1
        with pytest.raises(UnsatisfiedError, match="carries"):
            circuit.witness(inputs, carries={"step": {"s": wrong, "p": chain_p}})
    with pytest.raises(InvalidInput, match="no repeat"):
        circuit.witness(inputs, carries={"other": {}})


def test_templates_are_traced_once_for_each_shape_and_static_argument() -> None:
    calls = []

    @template
    def power(c: Builder, x: list[Signal], *, e: int = 2) -> list[Signal]:
        calls.append((len(x), e))
        return [v**e for v in x]

    c = Builder()
    x = c.public("x", 3)
    for _ in range(4):
        y = power(c, x)
    z = power(c, power(c, x[:2], e=3))
    assert calls == [(3, 2), (2, 3), (2, 2)]
    with pytest.raises(TypeError, match="hashable"):
        power(c, x, e=[1])  # type: ignore[arg-type]
    c.output("o", [*y, *z])
    circuit = compile(c)
    assert circuit.witness({"x": [2, 3, 4]}).public[:5] == [4, 9, 16, 2**6, 3**6]


EDGES = [0, 1, 2, 7, 2**32, 2**64 - 1, 2**64, (MODULUS - 1) // 2, (MODULUS + 1) // 2, MODULUS - 1]
IMMEDIATES: dict[str, dict[str, Any]] = {
    "bits": {"count": 100, "start": 154},
    "divmod": {"divisor": 2**64 - 59},
    "lookup": {"table": [9, 8, 7]},
}


@pytest.mark.parametrize("name", list(HINTS))
def test_hints_agree_with_their_reference(isa: str, name: str) -> None:
    spec = HINTS[name]
    c = Builder(name)
    x = c.private("x", spec.inputs)
    out = c.hint(name, *x, **IMMEDIATES.get(name, {}))
    out = [out] if isinstance(out, Signal) else list(out)
    c.output("out", out)
    c.output("tie", c.sum(x))
    circuit = compile(c)
    immediates = c._immediates(name, IMMEDIATES.get(name, {}))[1]
    for i, a in enumerate(EDGES):
        for j, b in enumerate(EDGES):
            given = [a, b, EDGES[(i + j) % len(EDGES)]][: spec.inputs]
            got = circuit.witness({"x": given}).public[: len(out)]
            assert got == spec.evaluate(given, immediates), given


@pytest.mark.parametrize(
    ("name", "arguments", "immediates"),
    [
        ("nothing", 1, {}),
        ("bits", 1, {"count": 0}),
        ("bits", 1, {"count": 200, "start": 55}),
        ("bits", 2, {"count": 1}),
        ("divmod", 1, {"divisor": 0}),
        ("divmod", 1, {"divisor": 2**64}),
        ("lookup", 1, {"table": []}),
        ("inverse", 1, {"divisor": 3}),
    ],
)
def test_malformed_hints_are_refused(name: str, arguments: int, immediates: dict[str, Any]) -> None:
    c = Builder()
    x = c.public("x")
    with pytest.raises(InvalidInput):
        c.hint(name, *[x] * arguments, **immediates)


def test_primitives() -> None:
    def build(c: Builder) -> None:
        x, y = c.public("x"), c.public("y")
        c.output("bits", c.bits(x, 5))
        c.output("zero", [c.is_zero(x), c.is_zero(x - 21), c.is_equal(x, y), c.is_equal(x + 1, y)])
        c.output("select", [c.select(c.is_zero(y - 22), x, y), c.select(c.is_zero(y), x, y)])
        c.output("div", [c.div(x, y), c.inverse(x), c.div(x, 4)])

    got = solved(build, {"x": 21, "y": 22})
    inverse = pow(22, -1, MODULUS)
    assert got[:11] == [1, 0, 1, 0, 1, 0, 1, 0, 1, 21, 22]
    assert got[11:14] == [21 * inverse % MODULUS, pow(21, -1, MODULUS), 21 * pow(4, -1, MODULUS) % MODULUS]
    for bad in ({"x": 32, "y": 1}, {"x": 3, "y": 0}, {"x": 0, "y": 1}):
        with pytest.raises(UnsatisfiedError):
            solved(build, bad)
    with pytest.raises(InvalidInput, match="253"):
        solved(lambda c: c.bits(c.public("x"), 254), {"x": 1})


def test_stamping_repeats_shares_one_block_and_counts_exactly() -> None:
    @template
    def step(c: Builder, s: Signal, x: Signal, k: Signal) -> dict[str, Signal]:
        t = (s + x) ** 3
        return {"s": c.wire(t + 2 * x) + k}

    def build(n: int) -> Any:
        c = Builder()
        done = c.repeat(
            n, step, carry={"s": c.public("s")}, inputs={"x": c.private("x", n)}, shared={"k": c.public("k")}
        )
        c.assert_equal(done.carry["s"], c.public("end"))
        return compile(c)

    small, large = build(2), build(50)
    assert small.constraints == 4
    assert large.constraints == 100
    assert large.r1cs.num_blocks == small.r1cs.num_blocks == 1
    s, xs = 5, list(range(50))
    for x in xs:
        s = ((s + x) ** 3 + 2 * x + 9) % MODULUS
    large.check(large.witness({"s": 5, "k": 9, "end": s, "x": xs}))


def test_stamps_share_rows_whatever_enters_them() -> None:
    """Expressions as arguments, and a linear constraint among the inputs of each stamp."""

    @template
    def step(c: Builder, s: Signal, x: list[Signal], k: Signal) -> dict[str, Signal]:
        c.assert_equal(x[0] + x[1], 1, "one of two")
        return {"s": s * (x[0] + 2) + k * x[1]}

    def build(n: int) -> Any:
        c = Builder()
        k, x = c.public("k"), c.private("x", (n, 2))
        done = c.repeat(n, step, carry={"s": k * k + 1}, inputs={"x": x}, shared={"k": k * k * k - 3})
        c.output("s", done.carry["s"])
        return compile(c)

    circuit = build(20)
    assert circuit.r1cs.num_blocks == 2
    assert circuit.constraints - build(19).constraints == 2
    x = [[i % 2, 1 - i % 2] for i in range(20)]
    witness = circuit.witness({"k": 2, "x": x})
    circuit.check(witness)
    s = 5
    for a, b in x:
        s = (s * (a + 2) + 5 * b) % MODULUS
    assert witness.public == [s, 2]
    x[7] = [1, 1]
    with pytest.raises(UnsatisfiedError, match="one of two"):
        circuit.witness({"k": 2, "x": x})
