"""Products in F_p^2 at the edges of the four limbs, on every level: inside F_p^12, where the pairing takes place."""

from __future__ import annotations

import itertools
import random

import numpy as np

from assay.crypto.bn254 import gt_mul
from assay.crypto.field import Fp

P = Fp.modulus
R_INVERSE = pow(2, -256, P)
# Montgomery limbs that carry far, or nowhere
EDGES = [0, 1, 2, P - 1, P - 2, P >> 1, (P >> 1) + 1, 2**64 - 1, 2**64, 2**128 - 1, 2**192 - 1, 2**253, P - 2**64]
EDGES += [P - 2**128, P - 2**192, (P >> 192 << 192) - 1, (P >> 128 << 128) - 1, (P >> 64 << 64) - 1, 2**253 - 1]


def embed(c0: int, c1: int, power: int = 0) -> np.ndarray:
    """(c0 + c1 i) v^power, given by Montgomery limbs, in F_p^12: uint64[1, 48]."""
    coordinates = [0] * 12
    coordinates[2 * power : 2 * power + 2] = [c0 * R_INVERSE % P, c1 * R_INVERSE % P]
    return Fp.to_limbs(coordinates).reshape(1, 48)


def product(a: tuple[int, int], b: tuple[int, int]) -> np.ndarray:
    (a0, a1), (b0, b1) = a, b
    return embed((a0 * b0 - a1 * b1) * R_INVERSE % P, (a0 * b1 + a1 * b0) * R_INVERSE % P)


def test_products_of_edge_values(isa: str) -> None:
    pairs = list(itertools.product(EDGES, EDGES))
    rng = random.Random(2)
    partners = [*rng.sample(pairs, 100), *((rng.randrange(P), rng.choice(EDGES)) for _ in range(20))]
    for a in pairs:
        left = embed(*a)
        for b in rng.sample(partners, 6):
            assert np.array_equal(gt_mul(left, embed(*b)).reshape(1, 48), product(a, b)), (a, b)


def test_squares_and_products_by_a_conjugate(isa: str) -> None:
    for a0, a1 in itertools.product(EDGES, EDGES):
        for b in ((a0, a1), (a0, (P - a1) % P), (a1, a0)):
            assert np.array_equal(gt_mul(embed(a0, a1), embed(*b)).reshape(1, 48), product((a0, a1), b))


def test_products_by_xi(isa: str) -> None:
    """v^3 = xi = 9 + i."""
    one = 2**256 % P
    for c0, c1 in itertools.product(EDGES, EDGES):
        want = embed((9 * c0 - c1) % P, (c0 + 9 * c1) % P)
        assert np.array_equal(gt_mul(embed(c0, c1, 2), embed(one, 0, 1)).reshape(1, 48), want), (c0, c1)
