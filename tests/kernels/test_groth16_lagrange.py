"""Keys from Lagrange points in the exponent against keys from a known trapdoor, on every level."""

from __future__ import annotations

import numpy as np
import pytest

from assay import _native
from assay.circuits import Builder, Circuit, compile
from assay.core.errors import InvalidInput
from assay.crypto import msm, ntt
from assay.crypto.bn254 import G1_GENERATOR, G2_GENERATOR
from assay.crypto.field import Fr, Limbs
from assay.crypto.groth16.setup import empty_key

R = Fr.modulus
NAMES = ("ic", "a", "b1", "b2", "l")


def circuit(publics: int, chain: int) -> Circuit:
    """Coefficients 1, -1, 2, r - 2, 2^64, (r - 1) / 2 and large ones, unused wires, empty rows of A."""
    c = Builder("columns")
    x, unused = c.private("x"), c.private("unused", 3)
    for i in range(publics):
        c.output(f"y{i}", x * (x + i))
    for i in range(chain):
        x = (x * ((R - 1) // 2) - 2 * unused[0] + i) * (x + 2**64 * unused[0] - 3**150) - x
    c.assert_product(x, x + 1, unused[2] - 1, "last")
    return compile(c)


def points(scalars: list[int], *, g2: bool = False) -> Limbs:
    """[k] for each k, Montgomery form."""
    limbs = Fr.to_limbs(scalars)
    if g2:
        return _native.points_to_montgomery(msm.fixed_base_g2(G2_GENERATOR[0], limbs), 16)
    return _native.points_to_montgomery(msm.fixed_base_g1(G1_GENERATOR[0], limbs), 8)


@pytest.mark.parametrize(("publics", "chain"), [(0, 0), (1, 0), (3, 5), (2, 40)])
def test_columns_are_those_of_the_trapdoor(isa: str, publics: int, chain: int) -> None:
    system = circuit(publics, chain)
    tau, alpha, beta = 3**100 % R, 5**100 % R, R - 7
    expected = empty_key(system, "test")
    trapdoor = Fr.to_limbs([tau, alpha, beta, 1])
    _native.groth16_setup(system.r1cs, *expected.native_arguments(), None, trapdoor)

    n = 1 << expected.domain_log
    basis = Fr.from_limbs(ntt.lagrange(tau, n))
    key = empty_key(system, "test")
    bases = (
        points(basis),
        points(basis, g2=True),
        points([alpha * v % R for v in basis]),
        points([beta * v % R for v in basis]),
    )
    _native.groth16_columns_from_lagrange(system.r1cs, *key.native_arguments(), *bases, None)
    for name in NAMES:
        assert np.array_equal(key.sections[name], expected.sections[name]), name
    odd = points(Fr.from_limbs(ntt.lagrange(tau, 2 * n))[1::2])
    assert np.array_equal(odd, expected.sections["h"])
    assert not key.sections["h"].any()


def test_wrong_sizes_and_systems_are_refused() -> None:
    system = circuit(1, 3)
    key = empty_key(system, "test")
    n = 1 << key.domain_log
    g1, g2 = np.zeros((n, 8), dtype=np.uint64), np.zeros((n, 16), dtype=np.uint64)
    other = circuit(1, 4)
    with pytest.raises(InvalidInput):
        _native.groth16_columns_from_lagrange(other.r1cs, *key.native_arguments(), g1, g2, g1, g1, None)
    with pytest.raises(InvalidInput, match="alpha"):
        _native.groth16_columns_from_lagrange(system.r1cs, *key.native_arguments(), g1, g2, g1[1:], g1, None)
    with pytest.raises(InvalidInput):
        _native.groth16_columns_from_lagrange(system.r1cs.without_c(), *key.native_arguments(), g1, g2, g1, g1, None)
    with pytest.raises(InvalidInput):
        _native.groth16_setup(system.r1cs.without_c(), *key.native_arguments())
