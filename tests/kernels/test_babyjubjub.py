"""Baby Jubjub: the kernels against the affine law in Python integers, and against circomlibjs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from assay.core.errors import EncodingError, InvalidInput
from assay.crypto import babyjubjub as curve
from assay.crypto.babyjubjub import BASE8, IDENTITY, ORDER, A, D, Point
from assay.crypto.field import Fr

P = Fr.modulus
GENERATOR: Point = (  # of the whole group, order 8 l (EIP-2494)
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)


def add(p: Point, q: Point) -> Point:
    """The addition law of EIP-2494."""
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + y1 * x2) * pow(1 + t, -1, P) % P,
        (y1 * y2 - A * x1 * x2) * pow(1 - t, -1, P) % P,
    )


def multiply(k: int, p: Point) -> Point:
    out = IDENTITY
    for bit in bin(k)[2:]:
        out = add(out, out)
        out = add(out, p) if bit == "1" else out
    return out


TORSION = [multiply(i * ORDER, GENERATOR) for i in range(8)]  # the eight points of order 1, 2, 4 and 8
SCALARS = [0, 1, 2, 7, 8, 15, 16, 17, ORDER - 1, ORDER - 2, ORDER // 2, 2**64 - 1, 2**128, 2**250, 2**248 - 1]
RNG = random.Random(3)
POINTS = [*TORSION, BASE8, GENERATOR, *(multiply(RNG.randrange(8 * ORDER), GENERATOR) for _ in range(12))]


def test_the_constants() -> None:
    assert multiply(8, GENERATOR) == BASE8
    assert multiply(ORDER, BASE8) == IDENTITY != multiply(4 * ORDER, GENERATOR)
    assert len(set(TORSION)) == 8
    assert pow(A, (P - 1) // 2, P) == 1
    assert pow(D, (P - 1) // 2, P) == P - 1
    assert all(ORDER % q for q in range(2, 1000))
    assert pow(2, ORDER - 1, ORDER) == 1


def test_addition_is_the_affine_law(isa: str) -> None:
    for p in POINTS:
        for q in POINTS:
            assert curve.add(p, q) == add(p, q)


def test_group_laws(isa: str) -> None:
    for p in POINTS:
        assert curve.add(p, IDENTITY) == p
        assert curve.add(p, (-p[0] % P, p[1])) == IDENTITY
        assert curve.add(p, p) == curve.multiply(2, p)
        assert curve.multiply(8 * ORDER, p) == IDENTITY


@pytest.mark.parametrize("k", [*SCALARS, ORDER, ORDER + 1, 8 * ORDER, 2**255, 2**256 - 1])
def test_multiplication_is_repeated_addition(isa: str, k: int) -> None:
    for p in POINTS[::3]:
        assert curve.multiply(k, p) == multiply(k, p)


def test_multiples_of_the_base(isa: str) -> None:
    scalars = (
        SCALARS + [16**w * j for w in range(0, 62, 7) for j in (1, 9, 15)] + [RNG.randrange(ORDER) for _ in range(30)]
    )
    for k in scalars:
        assert curve.multiply_base(k) == curve.multiply(k, BASE8)
    assert curve.multiply_base(12345) == multiply(12345, BASE8)
    for k in (ORDER, 2**256 - 1, -1, 2**256):
        with pytest.raises(InvalidInput):
            curve.multiply_base(k)


def test_packing(isa: str) -> None:
    for p in POINTS:
        data = curve.pack(p)
        assert int.from_bytes(data, "little") == p[1] | (p[0] > (P - 1) // 2) << 255
        assert curve.unpack(data) == p


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (P.to_bytes(32, "little"), "canonical"),
        ((P + 1).to_bytes(32, "little"), "canonical"),
        ((1 | 1 << 255).to_bytes(32, "little"), "canonical"),  # x = 0 with the sign bit
        ((P - 1 | 1 << 255).to_bytes(32, "little"), "canonical"),
        (b"\xff" * 32, "canonical"),
        (b"", "bytes"),
        (b"\x01" * 31, "bytes"),
        (b"\x01" + b"\x00" * 32, "bytes"),
    ],
)
def test_other_encodings_are_refused(isa: str, data: bytes, reason: str) -> None:
    with pytest.raises(EncodingError, match=reason):
        curve.unpack(data)


def test_heights_without_a_point_are_refused(isa: str) -> None:
    refused = 0
    for y in range(2, 60):
        square = (1 - y * y) * pow(A - D * y * y, -1, P) % P
        if pow(square, (P - 1) // 2, P) == 1:
            x, _ = curve.unpack(y.to_bytes(32, "little"))
            assert x * x % P == square
            assert x <= (P - 1) // 2
        else:
            refused += 1
            with pytest.raises(EncodingError, match="curve"):
                curve.unpack(y.to_bytes(32, "little"))
    assert refused > 10


def test_points_off_the_curve_are_refused(isa: str) -> None:
    for bad in [(0, 0), (1, 1), (BASE8[0], BASE8[1] + 1), (BASE8[1], BASE8[0])]:
        for call in (
            lambda p: curve.add(p, BASE8),
            lambda p: curve.add(BASE8, p),
            lambda p: curve.multiply(3, p),
            curve.pack,
            curve.require_prime_order,
        ):
            with pytest.raises(EncodingError, match="curve"):
                call(bad)
    for bad in [(P, 1), (0, P + 1), (2**256, 0), (-1, 1)]:
        with pytest.raises(InvalidInput):
            curve.add(bad, BASE8)


def test_only_points_of_order_l_pass(isa: str) -> None:
    for k in (1, 2, 3, 5, 8, ORDER - 1):
        good = multiply(k, BASE8)
        curve.require_prime_order(good)
        for torsion in TORSION[1:]:
            with pytest.raises(EncodingError, match="subgroup"):
                curve.require_prime_order(add(good, torsion))
    for torsion in TORSION:
        with pytest.raises(EncodingError, match="subgroup"):
            curve.require_prime_order(torsion)


@pytest.mark.interop
def test_circomlibjs_agrees(node_tool: Any) -> None:
    def text(p: Point) -> list[str]:
        return [str(c) for c in p]

    points = [p for p in POINTS if p[0]]
    answer = node_tool(
        "eddsa.mjs",
        {
            "add": [[text(p), text(q)] for p in POINTS for q in POINTS[::4]],
            "multiply": [{"point": text(p), "k": str(k)} for p in POINTS[::5] for k in SCALARS],
            "pack": [text(p) for p in POINTS],
            "unpack": [curve.pack(p).hex() for p in points],
        },
    )

    def integers(rows: list[list[str]]) -> list[Point]:
        return [(int(x), int(y)) for x, y in rows]

    assert integers(answer["add"]) == [curve.add(p, q) for p in POINTS for q in POINTS[::4]]
    assert integers(answer["multiply"]) == [curve.multiply(k, p) for p in POINTS[::5] for k in SCALARS]
    assert [bytes.fromhex(h) for h in answer["pack"]] == [curve.pack(p) for p in POINTS]
    assert integers(answer["unpack"]) == points
