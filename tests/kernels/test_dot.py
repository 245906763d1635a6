"""Inner products with one reduction, against integers; the extremes are those of the Montgomery form."""

from __future__ import annotations

import random

import pytest

from assay import _native
from assay.core.errors import EncodingError, InvalidInput
from assay.crypto.field import Field, Fp, Fr

MAX_TERMS = 17


def dot(field: Field, a: list[int], b: list[int]) -> int:
    return field.from_limbs(_native.field_dot(field._id, field.to_limbs(a), field.to_limbs(b)))[0]


@pytest.mark.parametrize("field", [Fp, Fr], ids=["Fp", "Fr"])
@pytest.mark.parametrize("terms", range(1, MAX_TERMS + 1))
def test_dot_agrees_with_integers(isa: str, field: Field, terms: int) -> None:
    p = field.modulus
    unmont = pow(2**256, -1, p)
    # held as p - 1, p - 2, all-ones limbs, single limbs, 2^k +- 1
    held = [p - 1, p - 2, 0, 1, p // 2, 2**192 - 1, 2**253 % p, *((2**64 - 1) << (64 * k) for k in range(3))]
    edges = [x % p * unmont % p for x in held]
    rng = random.Random(terms)
    cases = [([x] * terms, [y] * terms) for x in edges for y in edges]
    cases += [(rng.choices(edges, k=terms), rng.choices(edges, k=terms)) for _ in range(50)]
    cases += [([rng.randrange(p) for _ in range(terms)], [rng.randrange(p) for _ in range(terms)]) for _ in range(50)]
    for a, b in cases:
        assert dot(field, a, b) == sum(x * y for x, y in zip(a, b, strict=True)) % p


def test_other_sizes_and_values_are_refused(isa: str) -> None:
    for terms in (0, MAX_TERMS + 1):
        with pytest.raises(InvalidInput, match=f"{terms} terms"):
            dot(Fr, [1] * terms, [1] * terms)
    with pytest.raises(InvalidInput, match="rows"):
        dot(Fr, [1, 2], [1])
    with pytest.raises(EncodingError):
        _native.field_dot(1, Fp.to_limbs([Fp.modulus - 1]), Fr.to_limbs([1]))
