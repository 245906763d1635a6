"""`assay.crypto.field`: integers in and out, and refusals."""

from __future__ import annotations

import gmpy2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import AssayError, InvalidInput, WrongType
from assay.crypto.field import Field, Fp, Fr

FIELDS = [Fp, Fr]


@pytest.mark.parametrize("field", FIELDS, ids=repr)
def test_moduli_are_prime_and_as_in_py_ecc(field: Field) -> None:
    from py_ecc import bn128

    assert gmpy2.is_prime(field.modulus)
    assert field.modulus == (bn128.field_modulus if field is Fp else bn128.curve_order)


@pytest.mark.parametrize("field", FIELDS, ids=repr)
def test_limbs_are_little_endian_and_come_back(field: Field) -> None:
    values = [0, 1, 2**64, 2**64 - 1, 2**128 + 5, field.modulus - 1]
    rows = field.to_limbs(values)
    assert rows.dtype == np.uint64
    assert rows.flags.c_contiguous
    assert rows.flags.writeable
    assert [sum(int(x) << (64 * i) for i, x in enumerate(row)) for row in rows] == values
    assert field.from_limbs(rows) == values
    assert field.to_limbs([]).shape == (0, 4)
    assert field.from_limbs(field.to_limbs([])) == []


def test_integers_of_other_libraries_are_taken() -> None:
    assert Fr.from_limbs(Fr.to_limbs([gmpy2.mpz(2) ** 200, np.uint64(7), True])) == [2**200, 7, 1]


@pytest.mark.parametrize("field", FIELDS, ids=repr)
def test_values_outside_the_field_are_refused_or_reduced(field: Field) -> None:
    for bad in (-1, field.modulus, 2**256, 2**300):
        with pytest.raises(InvalidInput, match=r"value 1 of 2"):
            field.to_limbs([0, bad])
        assert field.from_limbs(field.to_limbs([bad], reduce=True)) == [bad % field.modulus]
    with pytest.raises(WrongType):
        field.to_limbs([1.0])  # type: ignore[list-item]
    high = np.full((1, 4), 2**64 - 1, dtype=np.uint64)
    with pytest.raises(InvalidInput, match="canonical"):
        field.from_limbs(high)


@pytest.mark.parametrize("field", FIELDS, ids=repr)
@given(data=st.data())
def test_operations(field: Field, data: st.DataObject) -> None:
    m = field.modulus
    element = st.one_of(st.integers(0, m - 1), st.sampled_from([0, 1, m - 1, 2**64 - 1, 2**192]))
    xs = data.draw(st.lists(element, min_size=1, max_size=5))
    ys = data.draw(st.lists(element, min_size=len(xs), max_size=len(xs)))
    a, b = field.to_limbs(xs), field.to_limbs(ys)
    assert field.from_limbs(field.add(a, b)) == [(x + y) % m for x, y in zip(xs, ys, strict=True)]
    assert field.from_limbs(field.sub(a, b)) == [(x - y) % m for x, y in zip(xs, ys, strict=True)]
    assert field.from_limbs(field.mul(a, b)) == [x * y % m for x, y in zip(xs, ys, strict=True)]
    assert field.from_limbs(field.square(a)) == [x * x % m for x in xs]
    assert field.from_limbs(field.neg(a)) == [-x % m for x in xs]
    if all(xs):
        assert field.from_limbs(field.inverse(a)) == [pow(x, -1, m) for x in xs]
    roots = field.from_limbs(field.sqrt(field.square(a)))
    assert [r in (x, -x % m) for r, x in zip(roots, xs, strict=True)] == [True] * len(xs)


def test_refusals() -> None:
    good = Fr.to_limbs([1, 2])
    with pytest.raises(WrongType, match="int64"):
        Fr.neg(good.astype(np.int64))  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        Fr.neg([[1, 0, 0, 0]])  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="shape"):
        Fr.neg(good.reshape(-1))
    with pytest.raises(InvalidInput, match="contiguous"):
        Fr.neg(np.asfortranarray(good))
    with pytest.raises(InvalidInput, match="same number"):
        Fr.add(good, good[:1])
    with pytest.raises(InvalidInput, match="row 1 of 2 is zero"):
        Fr.inverse(Fr.to_limbs([1, 0]))
    with pytest.raises(AssayError, match="square root"):
        Fr.sqrt(Fr.to_limbs([5]))


def test_random_elements_are_in_the_field_and_differ() -> None:
    values = Fr.from_limbs(Fr.random(100))
    assert len(set(values)) == 100
    assert max(values) > Fr.modulus // 2 > min(values)
