"""BN254 against py_ecc, the facts of EIP-196 and EIP-197, and hostile input, on each instruction-set level."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from functools import cache
from math import gcd
from pathlib import Path

import numpy as np
import pytest
from py_ecc import bn128 as oracle
from py_ecc import optimized_bn128 as optimized

from assay import _native
from assay.core.errors import EncodingError, InvalidInput, WrongType
from assay.crypto.bn254 import G1, G2, Group, Point, gt_mul, gt_pow, pairing, pairing_check
from assay.crypto.field import Fp, Fr, Limbs

p, r = Fp.modulus, Fr.modulus
u = 4965661367192848881
GROUPS = [G1, G2]
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "eip196_eip197.json").read_text())
SCALARS = [0, 1, 2, 3, 15, 16, 17, r - 2, r - 1, r, r + 1, 2 * r, 2**64 - 1, 2**64, 2**128 - 1, 2**255, 2**256 - 1]


def raw_limbs(values: list[int]) -> Limbs:
    """Any integers below 2^256, the moduli and above included."""
    return np.frombuffer(b"".join(v.to_bytes(32, "little") for v in values), dtype="<u8").reshape(-1, 4).copy()


def oracle_generator(group: Group) -> object:
    return oracle.G1 if group is G1 else oracle.G2


def from_oracle(point: object) -> Point:
    if point is None:
        return None
    x, y = point  # type: ignore[misc]
    if hasattr(x, "coeffs"):
        return (tuple(int(c) for c in x.coeffs), tuple(int(c) for c in y.coeffs))  # type: ignore[return-value]
    return int(x), int(y)


@cache
def oracle_multiple(group: Group, scalar: int) -> object:
    return oracle.multiply(oracle_generator(group), scalar % r)


@cache
def oracle_pairing(a: int, b: int) -> object:
    return optimized.pairing(optimized.multiply(optimized.G2, b), optimized.multiply(optimized.G1, a))


def multiples(group: Group, scalars: list[int]) -> tuple[Limbs, list[object]]:
    """The same multiples of the generator by us and by py_ecc."""
    theirs = [oracle_multiple(group, k) for k in scalars]
    return group.from_coordinates([from_oracle(t) for t in theirs]), theirs


def gt_of_oracle(element: object) -> Limbs:
    """py_ecc holds F_p^12 as F_p[w] / (w^12 - 18 w^6 + 82), with i = w^6 - 9; our tower has w^2 = v, v^3 = 9 + i."""
    c = [int(x) for x in element.coeffs]  # type: ignore[attr-defined]
    by_power = [((c[j] + 9 * c[j + 6]) % p, c[j + 6]) for j in range(6)]
    tower = [by_power[j] for j in (0, 2, 4, 1, 3, 5)]
    return Fp.to_limbs([x for pair in tower for x in pair]).reshape(1, 48)


@cache
def twist_point_outside_g2() -> Point:
    """A point of the twist whose order does not divide r: found by trial, as almost every point is one."""
    from py_ecc.fields import bn128_FQ2 as FQ2

    for x0 in range(1, 100):
        x = FQ2([x0, 1])
        square = x * x * x + oracle.b2
        y = square ** ((p * p + 15) // 32)  # a candidate root up to an 8th root of unity
        for k in range(8):
            candidate = y * FQ2([9, 1]) ** (k * (p * p - 1) // 16)
            if candidate * candidate == square:
                point = (x, candidate)
                assert oracle.is_on_curve(point, oracle.b2)
                assert oracle.multiply(point, r) is not None
                return from_oracle(point)
    raise AssertionError("no point found")


def test_parameters_follow_from_u() -> None:
    assert p == 36 * u**4 + 36 * u**3 + 24 * u**2 + 6 * u + 1
    assert r == 36 * u**4 + 36 * u**3 + 18 * u**2 + 6 * u + 1
    assert from_oracle(oracle.G1) == G1.to_coordinates(G1.generator)[0]
    assert from_oracle(oracle.G2) == G2.to_coordinates(G2.generator)[0]


def test_the_subgroup_criterion_is_exact() -> None:
    """u + 1 + u X + u X^2 - 2 u X^3 is 0 at X = p mod r, and its norm shares only r with the order r (2 p - r)."""
    t = 6 * u**2 + 1
    x = p % r
    assert (u + 1 + u * x + u * x**2 - 2 * u * x**3) % r == 0
    # modulo X^2 - t X + p the polynomial is a + b X, of norm a^2 + a b t + b^2 p
    a = u + 1 - u * p + 2 * u * t * p
    b = u + u * t - 2 * u * (t * t - p)
    norm = a * a + a * b * t + b * b * p
    assert gcd(norm, r * (2 * p - r)) == r


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_scalar_multiplication_agrees_with_py_ecc(isa: str, group: Group) -> None:
    ks = SCALARS + [secrets.randbelow(2**256) for _ in range(4)]
    want = [from_oracle(oracle_multiple(group, k)) for k in ks]
    limbs = raw_limbs(ks)
    assert group.to_coordinates(group.mul(group.generator, limbs)) == want
    assert group.to_coordinates(group.mul_public(group.generator, limbs)) == want
    same = np.repeat(group.generator, len(ks), axis=0)
    assert group.to_coordinates(group.mul(same, limbs)) == want
    infinity = group.infinity(len(ks))
    assert not group.mul(infinity, limbs).any()
    assert not group.mul_public(infinity, limbs).any()


def test_scalar_multiplication_off_the_subgroup(isa: str) -> None:
    """Both algorithms are complete on the whole twist, whose order is odd."""
    point = G2.from_coordinates([twist_point_outside_g2()])
    ks = raw_limbs([0, 1, 2, r, r - 1, 2 * p - r, 2**256 - 1])
    assert np.array_equal(G2.mul(point, ks), G2.mul_public(point, ks))
    assert G2.mul(point, raw_limbs([r])).any()


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_addition_agrees_with_py_ecc(isa: str, group: Group) -> None:
    ks = [0, 1, 2, 3, 5, r - 1, r - 2, r - 5, 2**200]
    ours, theirs = multiples(group, ks)
    n = len(ks)
    a, b = (
        np.repeat(ours, n, axis=0),
        np.tile(ours, (n, 1)),
    )  # all pairs: P + P, P + (-P), P + 0 and 0 + 0 are among them
    want = [from_oracle(oracle.add(x, y)) for x in theirs for y in theirs]
    assert group.to_coordinates(group.add(a, b)) == want
    assert group.to_coordinates(group.neg(ours)) == [from_oracle(oracle.neg(t)) for t in theirs]
    assert not group.add(ours, group.neg(ours)).any()


def test_many_points_at_once(isa: str) -> None:
    n = 200
    ks = [secrets.randbelow(r) for _ in range(n)]
    points = G1.mul_public(G1.generator, Fr.to_limbs(ks))
    assert np.array_equal(points, G1.mul(G1.generator, Fr.to_limbs(ks)))
    total = G1.infinity()
    for i in range(n):
        total = G1.add(total, points[i : i + 1])
    assert np.array_equal(total, G1.mul(G1.generator, Fr.to_limbs([sum(ks)], reduce=True)))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_membership(isa: str, group: Group) -> None:
    good = np.concatenate([group.generator, group.infinity(), group.neg(group.generator)])
    assert group.in_subgroup(good).tolist() == [True] * 3
    assert group.is_on_curve(good).tolist() == [True] * 3
    off = good.copy()
    off[:, -4] += np.uint64(1)  # y or its imaginary part
    assert group.is_on_curve(off).tolist() == [False] * 3
    assert group.in_subgroup(off).tolist() == [False] * 3
    high = good.copy()
    high[:, 0:4] = raw_limbs([p])
    assert group.is_on_curve(high).tolist() == [False] * 3
    for call in (lambda x: group.add(x, x), group.neg, group.encode, lambda x: group.mul(x, raw_limbs([1] * len(x)))):
        with pytest.raises(EncodingError, match=r"row 1: .*curve"):
            call(np.concatenate([good[:1], off[:1]]))
        with pytest.raises(EncodingError, match=r"row 1: .*canonical"):
            call(np.concatenate([good[:1], high[:1]]))


def test_points_outside_g2_are_refused(isa: str) -> None:
    outside = G2.from_coordinates([twist_point_outside_g2()])
    assert G2.is_on_curve(outside).tolist() == [True]
    assert G2.in_subgroup(outside).tolist() == [False]
    for compressed in (False, True):
        with pytest.raises(EncodingError, match="subgroup"):
            G2.decode(G2.encode(outside, compressed=compressed), compressed=compressed)
    with pytest.raises(EncodingError, match="subgroup"):
        pairing(G1.generator, outside)
    # r (outside) has order dividing 2 p - r: still on the curve and still outside
    rest = G2.mul(outside, raw_limbs([r]))
    assert G2.in_subgroup(rest).tolist() == [False]
    # and the cofactor brings it in
    assert G2.in_subgroup(G2.mul(outside, raw_limbs([2 * p - r]))).tolist() == [True]
    # a sum of a good point and one of small order is outside too
    assert G2.in_subgroup(G2.add(rest, G2.generator)).tolist() == [False]


SMALL = 10069  # the least prime factor of 2 p - r


def test_products_name_the_point_outside_g2_wherever_it_stands(isa: str) -> None:
    assert (2 * p - r) % SMALL == 0
    outside = G2.from_coordinates([twist_point_outside_g2()])
    # of order 10069, with which chains of doublings and additions meet equal and opposite points; and r times as many
    small = G2.mul(G2.mul(outside, raw_limbs([(2 * p - r) // SMALL])), raw_limbs([r]))
    assert G2.is_on_curve(small).tolist() == [True]
    multiples = G2.mul(np.repeat(small, 6, axis=0), raw_limbs([1, 2, 3, 5034, SMALL - 1, 4242]))
    assert not G2.mul(small, raw_limbs([SMALL])).any()
    wrong = np.concatenate([outside, multiples, G2.add(multiples[:1], G2.generator)])
    n = 19
    ps = np.repeat(G1.generator, n, axis=0)
    good = G2.mul_public(G2.generator, Fr.to_limbs(list(range(1, n + 1))))
    pairing(ps, good)
    for position in (*range(9), n - 1):
        for point in wrong:
            qs = good.copy()
            qs[position] = point
            with pytest.raises(EncodingError, match=rf"row {position}\b.*subgroup"):
                pairing(ps, qs)
            qs[0 if position else 1] = 0  # infinity is skipped, and the row still named
            with pytest.raises(EncodingError, match=rf"row {position}\b.*subgroup"):
                pairing(ps, qs)


def test_pairing_equals_py_ecc(isa: str) -> None:
    for a, b in ((1, 1), (r - 2, 3)):
        ours = pairing(G1.mul(G1.generator, raw_limbs([a])), G2.mul(G2.generator, raw_limbs([b])))
        assert np.array_equal(ours, gt_of_oracle(oracle_pairing(a, b)))


def test_pairing_is_bilinear_and_not_degenerate(isa: str) -> None:
    one = pairing(G1.infinity(), G2.generator)
    assert one[0, 0] == 1
    assert not one[0, 1:].any()
    base = pairing(G1.generator, G2.generator)
    assert not np.array_equal(base, one)
    assert np.array_equal(gt_pow(base, raw_limbs([r])), one)
    for _ in range(5):
        a, b = secrets.randbelow(r), secrets.randbelow(r)
        pa, qb = G1.mul(G1.generator, Fr.to_limbs([a])), G2.mul(G2.generator, Fr.to_limbs([b]))
        want = gt_pow(base, [a * b % r])
        assert np.array_equal(pairing(pa, qb), want)
        assert np.array_equal(gt_mul(pairing(pa, G2.generator), pairing(G1.generator, qb)), gt_pow(base, [(a + b) % r]))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 75])
def test_products_of_pairings(isa: str, n: int) -> None:
    a = [secrets.randbelow(r) for _ in range(n)]
    b = [secrets.randbelow(r) for _ in range(n)]
    if n > 2:
        a[1] = b[2] = 0  # infinity on either side, in the middle
    ps, qs = G1.mul_public(G1.generator, Fr.to_limbs(a)), G2.mul_public(G2.generator, Fr.to_limbs(b))
    total = sum(x * y for x, y in zip(a, b, strict=True)) % r
    assert np.array_equal(pairing(ps, qs), gt_pow(pairing(G1.generator, G2.generator), [total]))
    closing = G1.neg(G1.mul(G1.generator, Fr.to_limbs([total])))
    ps, qs = np.concatenate([ps, closing]), np.concatenate([qs, G2.generator])
    assert pairing_check(ps, qs)
    ps[-1:] = G1.add(ps[-1:], G1.generator)
    assert not pairing_check(ps, qs)


def test_exponentiation_outside_gt_is_refused(isa: str) -> None:
    base = pairing(G1.generator, G2.generator)
    wrong = base.copy()
    wrong[0, 0] ^= np.uint64(1)
    for bad in (wrong, np.zeros_like(base), Fp.to_limbs([2] + [0] * 11).reshape(1, 48)):
        with pytest.raises(EncodingError, match="subgroup"):
            gt_pow(bad, [3])
    # of order 2: in the torus of F_p^12, not in GT
    with pytest.raises(EncodingError, match="subgroup"):
        gt_pow(Fp.to_limbs([p - 1] + [0] * 11).reshape(1, 48), [3])


# The generator of G2 as EIP-197 gives it.
EIP_197_G2 = (
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
)


@pytest.mark.parametrize(("name", "data", "expected"), VECTORS["add"])
def test_eip_196_addition(isa: str, name: str, data: str, expected: str) -> None:
    points = G1.decode(bytes.fromhex(data))
    assert G1.encode(G1.add(points[:1], points[1:])).hex() == expected


@pytest.mark.parametrize(("name", "data", "expected"), VECTORS["mul"])
def test_eip_196_multiplication(isa: str, name: str, data: str, expected: str) -> None:
    raw = bytes.fromhex(data)
    point, scalar = G1.decode(raw[:64]), raw_limbs([int.from_bytes(raw[64:], "big")])
    assert G1.encode(G1.mul(point, scalar)).hex() == expected
    assert G1.encode(G1.mul_public(point, scalar)).hex() == expected


@pytest.mark.parametrize(("name", "data", "expected"), VECTORS["pairing"])
def test_eip_197_pairing(isa: str, name: str, data: str, expected: bool) -> None:
    raw = bytes.fromhex(data)
    pairs = [raw[i : i + 192] for i in range(0, len(raw), 192)]
    p1 = G1.decode(b"".join(pair[:64] for pair in pairs))
    p2 = G2.decode(b"".join(pair[64:] for pair in pairs))
    assert pairing_check(p1, p2) is expected


def test_eip_encodings(isa: str) -> None:
    assert G1.encode(G1.generator).hex() == f"{1:064x}{2:064x}"
    assert G2.encode(G2.generator).hex() == EIP_197_G2
    assert G1.encode(G1.infinity()) == bytes(64)
    assert G2.encode(G2.infinity()) == bytes(128)
    assert np.array_equal(G2.decode(bytes.fromhex(EIP_197_G2)), G2.generator)


def test_gnark_compressed_encodings(isa: str) -> None:
    """y = 2 is the smaller root and p - 2 the larger: flags 10 and 11; infinity is 01 and zeros."""
    assert G1.encode(G1.generator, compressed=True) == bytes([0x80]) + bytes(30) + b"\x01"
    assert G1.encode(G1.neg(G1.generator), compressed=True) == bytes([0xC0]) + bytes(30) + b"\x01"
    assert G1.encode(G1.infinity(), compressed=True) == bytes([0x40]) + bytes(31)
    assert G2.encode(G2.infinity(), compressed=True) == bytes([0x40]) + bytes(63)
    # the imaginary part of the generator's y is below p / 2
    flagged = bytearray.fromhex(EIP_197_G2)[:64]
    flagged[0] |= 0x80
    assert G2.encode(G2.generator, compressed=True) == bytes(flagged)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("compressed", [False, True])
def test_encodings_come_back(isa: str, group: Group, compressed: bool) -> None:
    ks = Fr.to_limbs([0, 1, 2, r - 1, *(secrets.randbelow(r) for _ in range(40))])
    points = group.mul_public(group.generator, ks)
    data = group.encode(points, compressed=compressed)
    assert np.array_equal(group.decode(data, compressed=compressed), points)
    assert group.decode(b"", compressed=compressed).shape == (0, group.limbs)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_hostile_encodings_are_refused(isa: str, group: Group) -> None:
    good = group.encode(group.generator)
    for i in range(0, len(good), 32):  # each coordinate plus p, where it fits in 32 bytes
        value = int.from_bytes(good[i : i + 32], "big") + p
        bad = good[:i] + value.to_bytes(32, "big") + good[i + 32 :]
        with pytest.raises(EncodingError, match=r"row 1: .*canonical"):
            group.decode(good + bad)
    with pytest.raises(EncodingError, match="curve"):
        group.decode(good[:-1] + bytes([good[-1] ^ 1]))
    for length in (1, 31, len(good) - 1, len(good) + 1):
        with pytest.raises(EncodingError, match="bytes each"):
            group.decode((good + good)[:length])
    with pytest.raises(WrongType):
        group.decode(bytearray(good))  # type: ignore[arg-type]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_hostile_compressed_encodings_are_refused(isa: str, group: Group) -> None:
    good = group.encode(group.generator, compressed=True)
    for flag in (0x00, 0x40):  # no compressed form; infinity with stray bits
        with pytest.raises(EncodingError, match="canonical"):
            group.decode(bytes([good[0] & 0x3F | flag]) + good[1:], compressed=True)
    for stray in (
        bytes([0x41]) + bytes(len(good) - 1),
        bytes([0x40]) + bytes(len(good) - 2) + b"\x01",
        bytes(len(good)),
    ):
        with pytest.raises(EncodingError, match="canonical"):
            group.decode(stray, compressed=True)
    x = int.from_bytes(good[-32:], "big") + p
    if x < 2**256:
        bad = good[:-32] + x.to_bytes(32, "big")
        if group is G1:
            bad = bytes([bad[0] | 0x80]) + bad[1:]
        if group is G2 or x < 2**254:
            with pytest.raises(EncodingError, match="canonical"):
                group.decode(bad, compressed=True)
    for x in range(1, 50):  # half of all x are not on the curve
        data = bytes([0x80]) + x.to_bytes(len(good) - 1, "big")
        with suppress(EncodingError):
            assert group.encode(group.decode(data, compressed=True), compressed=True) == data
    with pytest.raises(EncodingError, match="curve"):
        G1.decode(bytes([0x80]) + bytes(30) + b"\x04", compressed=True)  # 4^3 + 3 = 67 is no square modulo p
    with pytest.raises(EncodingError, match="bytes each"):
        group.decode(good + b"\x00", compressed=True)


def test_the_levels_agree() -> None:
    before = _native.isa()
    ks = Fr.random(20)
    results = []
    for level in _native.cpu_info()["available"]:
        _native.set_isa(level)
        ps, qs = G1.mul(G1.generator, ks), G2.mul_public(G2.generator, ks)
        results.append((ps.tobytes(), qs.tobytes(), pairing(ps, qs).tobytes()))
    _native.set_isa(before)
    assert len(set(results)) == 1


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(WrongType, match="dtype"):
        G1.neg(G1.generator.astype(np.int64))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="shape"):
        G1.neg(G2.generator)
    with pytest.raises(InvalidInput, match="same number"):
        G1.add(G1.infinity(2), G1.infinity(3))
    with pytest.raises(InvalidInput, match="same number"):
        G1.mul(G1.infinity(2), raw_limbs([1, 2, 3]))
    with pytest.raises(InvalidInput, match="same number"):
        pairing(G1.infinity(2), G2.infinity(1))
    with pytest.raises(WrongType, match="parts"):
        G2.from_coordinates([(1, 2)])
    with pytest.raises(ValueError, match="read-only"):
        G1.generator[0, 0] = 5
