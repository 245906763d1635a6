"""Random circuits: the native compiler and runner against the reference solver, and the R1CS against both."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from assay.circuits import MODULUS, Builder, Circuit, Signal, compile, template
from assay.circuits.reference import Frame, solve, violations
from assay.core.errors import UnsatisfiedError
from assay.crypto.field import Fr

SPECIAL = [0, 1, 2, MODULUS - 1, MODULUS - 2, (MODULUS - 1) // 2, 2**64 - 1, 2**128, 2**253]


@template
def leaf(c: Builder, x: Signal, y: Signal, *, scale: int) -> list[Signal]:
    product = (x + scale) * (y - 2 * x)
    c.assert_product(product + 1, x, c.hint("mul", product + 1, x), "leaf")
    return [product + y, scale * x, c.wire(product - 3 * y)]


@template
def branch(c: Builder, x: Signal, y: Signal, *, scale: int) -> list[Signal]:
    a = leaf(c, x + y, 5, scale=scale)
    b = leaf(c, a[0], y, scale=scale + 1)
    c.assert_equal(c.hint("mul", a[1], 1), a[1], "copy")
    return [a[2] + b[0] * b[1], b[2]]


@template
def chain(c: Builder, s: Signal, n: Signal, x: Signal, k: Signal) -> dict[str, Signal]:
    out = branch(c, s, x, scale=2)
    return {"s": out[0] * k + n, "n": n + 1, "seen": out[1]}


def random_circuit(seed: int) -> tuple[Builder, dict[str, Any]]:
    rng = random.Random(seed)
    c = Builder(f"random {seed}")
    values: dict[str, Any] = {"p": rng.choice(SPECIAL), "q": [rng.randrange(MODULUS) for _ in range(4)]}
    pool: list[Signal] = [c.public("p"), *c.private("q", 4)]
    c.assert_product(pool[0], 1, c.wire(pool[0]) + 0)
    for step in range(rng.randrange(5, 25)):
        x, y, z = (rng.choice(pool) for _ in range(3))
        factor = rng.choice([1, -1, 2, 3, rng.randrange(MODULUS)])
        kind = rng.randrange(14)
        if kind == 0:
            pool.append(x * y)
        elif kind == 1:
            pool.append(x + factor * y - rng.randrange(5))
        elif kind == 2:
            pool.append(c.wire(x + factor * y, keep=rng.random() < 0.3))
        elif kind == 3:
            h = c.hint("mul", x, y)
            c.assert_product(x, y, h)
            pool.append(h)
        elif kind == 4:
            h = c.hint("div", x + factor, 2)
            c.assert_equal(2 * h, x + factor)
            pool.append(h)
        elif kind == 5:
            pool.append(c.is_zero(x - y))
        elif kind == 6:
            bits = c.hint("bits", x, count=254)
            for bit in bits:
                c.assert_boolean(bit)
            c.assert_equal(c.dot(bits, [2**i for i in range(254)]), x)
            pool.append(bits[rng.randrange(254)])
        elif kind == 7:
            pool.append(c.select(c.is_equal(x, z), x, y))
        elif kind == 8:
            pool += leaf(c, x, y, scale=rng.choice([0, 1, 7]))
        elif kind == 9:
            pool += branch(c, x, 4 if rng.random() < 0.3 else y, scale=1)
        elif kind == 10:
            pool.append(c.constant(rng.choice(SPECIAL)) * x + c.constant(5) * 7)
        elif kind == 11:
            q, r = c.hint("divmod", x, divisor=rng.choice([1, 3, 2**32, 2**64 - 1]))
            c.assert_zero(c.hint("less", q, r) * 0)
            pool += [c.hint("select", q, x, y) * r, c.hint("equal", x, y), c.hint("sqrt", z * z), c.hint("inverse", y)]
        elif kind == 12:
            pool.append(c.hint("lookup", c.hint("bits", x, count=2, start=1)[0] + 2, table=[4, 5, 6]) + z)
        else:
            n = rng.choice([1, 2, 5])
            start = x if rng.random() < 0.5 else c.constant(3)
            done = c.repeat(
                n,
                chain,
                carry={"s": start, "n": c.constant(step)},
                inputs={"x": [rng.choice(pool) for _ in range(n)]},
                shared={"k": y},
            )
            pool += [done.carry["s"], done.carry["n"], *done.outputs["seen"]]
    for i, x in enumerate(rng.sample(pool, 3)):
        c.output(f"out{i}", [x, x + 1] if i == 2 else x)
    c.output("square", pool[0] * pool[0])
    return c, values


def reference(circuit: Circuit, values: dict[str, Any]) -> Frame:
    wires = {}
    for item in circuit._trace.inputs:
        given = values[item.name]
        wires.update(zip(item.wires, given if isinstance(given, list) else [given], strict=True))
    return solve(circuit._trace, wires)


@pytest.mark.parametrize("seed", range(60))
def test_compiled_circuits_agree_with_the_reference(isa: str, seed: int) -> None:
    c, values = random_circuit(seed)
    circuit = compile(c)
    frame = reference(circuit, values)
    assert next(violations(frame), None) is None
    witness = circuit.witness(values)
    expected = [
        frame.values[w] for item in (*circuit._trace.public_outputs, *circuit._trace.public_inputs) for w in item.wires
    ]
    assert witness.public == expected
    circuit.check(witness)
    # rows by plain integers, and the evaluation of the whole system
    w = Fr.from_limbs(witness.values)
    assert w[0] == 1
    left, right, result = (Fr.from_limbs(m) for m in circuit.r1cs.evaluate(witness.values))
    assert len(left) == circuit.constraints
    for row in range(circuit.constraints):
        a, b, e = (sum(k * w[i] for i, k in terms.items()) % MODULUS for terms in circuit.r1cs.row(row))
        assert (a, b, e) == (left[row], right[row], result[row])
        assert a * b % MODULUS == e


@pytest.mark.parametrize("seed", range(40))
def test_every_wire_is_bound_or_appears(seed: int) -> None:
    """Changing one wire of the R1CS at random breaks it, except for hints that the circuit left unconstrained."""
    c, values = random_circuit(seed)
    circuit = compile(c)
    witness = circuit.witness(values)
    rng = random.Random(seed)
    for wire in rng.sample(range(circuit.wires), min(8, circuit.wires)):
        changed = witness.values.copy()
        changed[wire] = Fr.to_limbs([rng.randrange(MODULUS)])[0]
        w = Fr.from_limbs(changed)
        rows = [circuit.r1cs.row(i) for i in range(circuit.constraints)]
        wrong = [i for i, (a, b, e) in enumerate(rows) if (_dot(a, w) * _dot(b, w) - _dot(e, w)) % MODULUS]
        if w[0] != 1 and not wrong:
            wrong = [circuit.constraints]
        if not wrong:
            circuit.check(changed)
            continue
        with pytest.raises(UnsatisfiedError, match=f"row {wrong[0]}:" if wrong[0] < circuit.constraints else "wire 0"):
            circuit.check(changed)


def _dot(terms: dict[int, int], w: list[int]) -> int:
    return sum(k * w[i] for i, k in terms.items()) % MODULUS


def test_elimination_keeps_the_solution_set() -> None:
    """A toy circuit enumerated whole: what satisfies the lines as written is what satisfies the R1CS."""
    c = Builder("toy")
    x = c.public("x")
    a, b, d = c.private("w", 3)
    s = c.hint("mul", a, b)  # unconstrained by itself
    c.assert_equal(s + a, d + 1)
    c.assert_boolean(a)
    c.assert_product(b, b, s + b)
    c.assert_product(d + 1 - a, x, 2 * s)
    c.assert_equal(c.wire(a + b), x - 1)
    written = list(c._trace.operations)
    circuit = compile(c)
    domain = range(-3, 5)

    def satisfied(x: int, a: int, b: int, d: int, s: int) -> bool:
        return s + a == d + 1 and a * (a - 1) == 0 and b * b == s + b and (d + 1 - a) * x == 2 * s and a + b == x - 1

    solutions = [v for v in itertools.product(domain, repeat=5) if satisfied(*v)]
    assert solutions
    assert len(written) == 7
    names = [circuit.wire_name(w) for w in range(circuit.wires)]
    order = ["x", "w[0]", "w[1]", "w[2]", "mul"]
    kept = [order.index(n) for n in names[1:]]
    assert circuit.constraints <= 3
    projected = {tuple(v[i] for i in kept) for v in solutions}
    rows = [circuit.r1cs.row(i) for i in range(circuit.constraints)]
    accepted = set()
    for values in itertools.product(domain, repeat=len(kept)):
        w = [1, *values]
        if all((_dot(p, w) * _dot(q, w) - _dot(e, w)) % MODULUS == 0 for p, q, e in rows):
            accepted.add(values)
    # the R1CS may accept kept values whose eliminated partners lie outside the domain; none inside may be missing
    assert projected <= accepted
    for values in accepted - projected:
        known = dict(zip(kept, values, strict=True))
        completions = [
            v for v in itertools.product(range(-40, 41), repeat=5 - len(kept)) if _complete(known, v, satisfied)
        ]
        assert completions, values


def _complete(known: dict[int, int], rest: tuple[int, ...], satisfied: Any) -> bool:
    spare = iter(rest)
    return bool(satisfied(*(known[i] if i in known else next(spare) for i in range(5))))
