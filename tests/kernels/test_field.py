"""Field arithmetic on every level against Python integers and gmpy2."""

from __future__ import annotations

import gmpy2
import numpy as np
import pytest

from assay import _native

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
MODULI = {0: P, 1: R}
OPS = {"add": 0, "sub": 1, "mul": 2, "sqr": 3, "neg": 4, "inverse": 5, "sqrt": 6, "mul_add": 7, "mul_sub": 8}


def to_limbs(values: list[int]) -> np.ndarray:
    return np.array([[(v >> (64 * i)) & (2**64 - 1) for i in range(4)] for v in values], dtype=np.uint64).reshape(-1, 4)


def from_limbs(rows: np.ndarray) -> list[int]:
    return [sum(int(x) << (64 * i) for i, x in enumerate(row)) for row in rows]


def edge_values(modulus: int) -> list[int]:
    values = {0, 1, 2, modulus - 1, modulus - 2, modulus // 2, modulus // 2 + 1}
    for k in (31, 32, 52, 63, 64, 104, 127, 128, 191, 192, 253):
        values |= {2**k, 2**k - 1, modulus - 2**k, modulus - 2**k + 1}
    for limb in range(4):
        values.add(((2**64 - 1) << (64 * limb)) % modulus)
    values.add((2**256 - 1) % modulus)
    r_mod = 2**256 % modulus
    values |= {2**260 % modulus, pow(2**260, -1, modulus), (modulus - 1) * pow(2**260, -1, modulus) % modulus}
    values |= {r_mod, pow(2**256, -1, modulus), (modulus - 1) * pow(2**256, -1, modulus) % modulus}
    return sorted(v for v in values if 0 <= v < modulus)


def samples(modulus: int, count: int) -> list[int]:
    rng = np.random.default_rng(20)
    return [int.from_bytes(rng.bytes(40), "little") % modulus for _ in range(count)]


@pytest.mark.parametrize("field", [0, 1])
def test_binary_operations_agree_with_integers(isa: str, field: int) -> None:
    m = MODULI[field]
    edges = edge_values(m)
    a = [x for x in edges for _ in edges] + samples(m, 1000)
    b = [y for _ in edges for y in edges] + samples(m, 1000)[::-1]
    la, lb = to_limbs(a), to_limbs(b)
    expected = {
        "add": [(x + y) % m for x, y in zip(a, b, strict=True)],
        "sub": [(x - y) % m for x, y in zip(a, b, strict=True)],
        "mul": [int(gmpy2.mpz(x) * y % m) for x, y in zip(a, b, strict=True)],
        "mul_add": [(x * y + x * x) % m for x, y in zip(a, b, strict=True)],
        "mul_sub": [(x * y - y * y) % m for x, y in zip(a, b, strict=True)],
    }
    for name, want in expected.items():
        assert from_limbs(_native.field_vector_op(field, OPS[name], la, lb)) == want, name


@pytest.mark.parametrize("field", [0, 1])
def test_unary_operations_agree_with_gmpy2(isa: str, field: int) -> None:
    m = MODULI[field]
    a = edge_values(m) + samples(m, 300)
    la = to_limbs(a)
    assert from_limbs(_native.field_vector_op(field, OPS["sqr"], la)) == [x * x % m for x in a]
    assert from_limbs(_native.field_vector_op(field, OPS["neg"], la)) == [-x % m for x in a]
    want = [int(gmpy2.invert(x, m)) if x else 0 for x in a]
    assert from_limbs(_native.field_vector_op(field, OPS["inverse"], la)) == want


@pytest.mark.parametrize("field", [0, 1])
def test_square_roots(isa: str, field: int) -> None:
    m = MODULI[field]
    squares = [x * x % m for x in edge_values(m) + samples(m, 50)]
    roots = from_limbs(_native.field_vector_op(field, OPS["sqrt"], to_limbs(squares)))
    assert [x * x % m for x in roots] == squares
    for x in edge_values(m):
        if gmpy2.legendre(x, m) == -1:
            with pytest.raises(ValueError, match="square root"):
                _native.field_vector_op(field, OPS["sqrt"], to_limbs([x]))


@pytest.mark.parametrize("field", [0, 1])
@pytest.mark.parametrize("offset", [0, 1, 2**64])
def test_values_at_or_above_the_modulus_are_refused(isa: str, field: int, offset: int) -> None:
    for bad in (MODULI[field] + offset, 2**256 - 1 - offset):
        with pytest.raises(ValueError, match="canonical"):
            _native.field_vector_op(field, OPS["neg"], to_limbs([1, bad]))


def test_a_wrong_dtype_is_refused_not_cast() -> None:
    with pytest.raises(TypeError):
        _native.field_vector_op(0, 4, np.ones((2, 4), dtype=np.int64))
    with pytest.raises(ValueError, match="shape"):
        _native.field_vector_op(0, 4, np.ones((2, 5), dtype=np.uint64))


@pytest.mark.parametrize("field", [0, 1])
def test_single_inverses(isa: str, field: int) -> None:
    """One element at a time, since a batch inverts only the product: also with Montgomery limbs of 2^k and p - 2^k."""
    m = MODULI[field]
    to_plain = pow(2**256, -1, m)
    limbs = [2**k * to_plain % m for k in range(254)]
    for x in edge_values(m) + samples(m, 100) + limbs + [m - v for v in limbs]:
        want = int(gmpy2.invert(x, m)) if x else 0
        assert from_limbs(_native.field_vector_op(field, OPS["inverse"], to_limbs([x]))) == [want]


@pytest.mark.parametrize("field", [0, 1])
def test_every_length_of_the_last_group(isa: str, field: int) -> None:
    m = MODULI[field]
    for count in [*range(18), 255, 256, 257, 263, 511]:
        a, b = samples(m, count), samples(m, count)[::-1]
        product = _native.field_vector_op(field, OPS["mul"], to_limbs(a), to_limbs(b))
        assert from_limbs(product) == [x * y % m for x, y in zip(a, b, strict=True)], count
        inverse = _native.field_vector_op(field, OPS["inverse"], to_limbs(a), to_limbs(a))
        assert all(x * y % m == 1 for x, y in zip(a, from_limbs(inverse), strict=True)), count


@pytest.mark.parametrize("position", range(11))
def test_one_value_out_of_range_is_refused_wherever_it_stands(isa: str, position: int) -> None:
    for field, m in MODULI.items():
        values = samples(m, 11)
        for bad in (m, m + 1, 2**256 - 1):
            rows = to_limbs(values)
            rows[position] = to_limbs([bad])[0]
            with pytest.raises(ValueError, match="canonical"):
                _native.field_vector_op(field, OPS["mul"], rows, to_limbs(values))
            with pytest.raises(ValueError, match="canonical"):
                _native.field_vector_op(field, OPS["mul"], to_limbs(values), rows)
