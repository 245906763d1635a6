"""Set-up, prover and verifier against the reference, point by point, for the same trapdoor and blinding."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support import groth16_reference as reference

from assay import _native
from assay.circuits import Builder, Circuit, compile, template
from assay.core.errors import ProofError
from assay.crypto import groth16
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16.setup import empty_key

R = reference.R
TRAPDOOR = reference.Trapdoor(*(random.Random(k).randrange(1, R) for k in range(4)))
EDGES = [0, 1, 2, R - 1, R - 2, 2**64 - 1, 2**64, 2**128 - 1, 2**253, (R - 1) // 2]


def cubic() -> tuple[Circuit, dict]:
    c = Builder("cubic")
    x = c.private("x")
    c.output("y", x * x * x + x + 5)
    return compile(c), {"x": 3}


def no_public() -> tuple[Circuit, dict]:
    c = Builder("no public wire")
    x = c.private("x")
    c.assert_product(x, x, 49)
    return compile(c), {"x": R - 7}


def edges() -> tuple[Circuit, dict]:
    """Edge values as coefficients and as values."""
    c = Builder("edges")
    x = c.private("x", len(EDGES))
    p = c.public("p")
    c.output("y", [x[i] * (x[i - 1] * EDGES[i] + p) for i in range(len(EDGES))])
    return compile(c), {"x": EDGES, "p": R - 1}


@template
def step(c: Builder, x, k):
    return x * x + k


def stamped() -> tuple[Circuit, dict]:
    """Stamps of one template: the system is blocks, not one list of rows."""
    c = Builder("stamped")
    x, k = c.private("x"), c.public("k")
    for _ in range(6):
        x = step(c, x, k)
    c.output("y", x)
    return compile(c), {"x": 2, "k": 7}


CASES = [cubic, no_public, edges, stamped]


def rows_of(circuit: Circuit) -> reference.Circuit:
    r1cs = circuit.r1cs
    return reference.Circuit(r1cs.num_wires, r1cs.num_public, [r1cs.row(i) for i in range(r1cs.num_constraints)])


def fixed_key(circuit: Circuit) -> groth16.ProvingKey:
    t = TRAPDOOR
    key = empty_key(circuit, "test")
    _native.groth16_setup(
        circuit.r1cs, *key.native_arguments(), trapdoor=Fr.to_limbs([t.tau, t.alpha, t.beta, t.delta])
    )
    return key


def canonical(points: np.ndarray) -> list[int]:
    rows = np.ascontiguousarray(points).reshape(-1, 4)
    factor = Fp.to_limbs([pow(2, -256, Fp.modulus)] * len(rows))
    return Fp.from_limbs(Fp.mul(rows, factor))


def g1_points(points: np.ndarray) -> list[tuple[int, int]]:
    v = canonical(points)
    return list(zip(v[::2], v[1::2], strict=True))


def g2_points(points: np.ndarray) -> list:
    v = canonical(points)
    return [((v[i], v[i + 1]), (v[i + 2], v[i + 3])) for i in range(0, len(v), 4)]


def g1(scalars: list[int]) -> list[tuple[int, int]]:
    return [reference.coordinates1(reference.g1(k)) or (0, 0) for k in scalars]


def g2(scalars: list[int]) -> list:
    return [reference.coordinates2(reference.g2(k)) or ((0, 0), (0, 0)) for k in scalars]


@pytest.mark.parametrize("case", CASES)
def test_every_point_of_a_key(isa: str, case) -> None:
    circuit, _ = case()
    system, key, t = rows_of(circuit), fixed_key(circuit), TRAPDOOR
    want, s, publics = reference.setup(system, t), key.sections, system.public + 1
    assert key.domain_log == reference.domain_power(system)
    assert g1_points(s["fixed"][:, :24]) == g1([t.alpha, t.beta, t.delta])
    assert g2_points(s["fixed"][:, 24:]) == g2([t.beta, 1, t.delta])
    assert g1_points(s["ic"]) == g1(want.k[:publics])
    assert g1_points(s["l"]) == g1(want.k[publics:])
    assert g1_points(s["a"]) == g1(want.a)
    assert g1_points(s["b1"]) == g1(want.b)
    assert g2_points(s["b2"]) == g2(want.b)
    assert g1_points(s["h"]) == g1(want.h_odd)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("blinding", [(0, 0), (1, R - 1), (0x1234567 << 200, 987654321)])
def test_proofs_for_given_blinding(isa: str, case, blinding: tuple[int, int]) -> None:
    circuit, inputs = case()
    system, key = rows_of(circuit), fixed_key(circuit)
    witness = circuit.witness(inputs)
    words, _ = _native.groth16_prove(
        circuit.r1cs, *key.native_arguments(), witness.values, blinding=Fr.to_limbs(blinding)
    )
    a, b, c = reference.prove_scalars(
        reference.setup(system, TRAPDOOR), system, Fr.from_limbs(witness.values), *blinding
    )
    proof = groth16.Proof.from_words(words)
    assert (proof.a, proof.b, proof.c) == (*g1([a]), *g2([b]), *g1([c]))
    groth16.verify(key.verifying_key, witness.public, proof)


def test_the_reference_verifies_ours_and_refuses_what_we_refuse() -> None:
    circuit, inputs = cubic()
    witness = circuit.witness(inputs)
    key = groth16.setup(circuit)
    proof = groth16.prove(key, circuit, witness)
    vk = key.verifying_key
    points = {"alpha": vk.alpha, "beta": vk.beta, "gamma": vk.gamma, "delta": vk.delta, "ic": vk.ic}
    assert reference.verify(points, witness.public, proof.a, proof.b, proof.c)
    assert not reference.verify(points, [witness.public[0] + 1], proof.a, proof.b, proof.c)
    with pytest.raises(ProofError):
        groth16.verify(vk, [witness.public[0] + 1], proof)


def test_threads_do_not_change_a_key() -> None:
    circuit, _ = stamped()
    before = _native.num_threads()
    keys = []
    try:
        for threads in (1, 2, 3):
            _native.set_num_threads(threads)
            keys.append(fixed_key(circuit))
    finally:
        _native.set_num_threads(before)
    for name, section in keys[0].sections.items():
        assert all(np.array_equal(section, other.sections[name]) for other in keys[1:]), name


@pytest.mark.parametrize(
    ("constraints", "public"), [(0, 0), (1, 0), (3, 0), (3, 1), (4, 3), (255, 0), (255, 1), (10**6, 9)]
)
def test_domain_is_the_least_with_room(constraints: int, public: int) -> None:
    log_n = _native.groth16_domain_log(constraints, public)
    assert 2**log_n >= constraints + public + 1
    assert log_n == 0 or 2 ** (log_n - 1) < constraints + public + 1
