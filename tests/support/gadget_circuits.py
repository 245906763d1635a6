"""One small circuit for each gadget, with inputs, what must come out of them, and inputs that must be refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from support import babyjubjub_reference as curve
from support.babyjubjub_reference import BASE8, GENERATOR, IDENTITY, L, R

from assay.circuits import Builder
from assay.circuits.gadgets import (
    bits,
    boolean,
    comparison,
    eddsa,
    edwards,
    fixed_base,
    merkle,
    montgomery,
    select,
    table,
    variable_base,
)
from assay.circuits.gadgets import poseidon as poseidon_gadget
from assay.circuits.gadgets.edwards import Point
from assay.circuits.gadgets.fixed_point import FixedPoint
from assay.circuits.gadgets.montgomery import MontgomeryPoint
from assay.crypto.poseidon import hash_ints

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """`accepted`: (inputs, public outputs in order)."""

    name: str
    build: Callable[[Builder], None]
    accepted: list[tuple[Inputs, list[int]]]
    refused: list[Inputs] = field(default_factory=list)


CASES: dict[str, Case] = {}


def case(name: str, accepted: list[tuple[Inputs, list[int]]], refused: list[Inputs] | None = None) -> Any:
    def register(build: Callable[[Builder], None]) -> Callable[[Builder], None]:
        CASES[name] = Case(name, build, accepted, refused or [])
        return build

    return register


def flat(points: list[tuple[int, ...]]) -> list[int]:
    return [x for p in points for x in p]


EDGES = [0, 1, 2, R - 1, R - 2, (R - 1) // 2, (R + 1) // 2, 2**64 - 1, 2**64, 2**128, 2**252, 2**253, 2**253 + 1]
EDGES += [2**254 - R - 1, 2**254 - R, 2**254 - R + 1, L, L - 1]

# Bits, comparison, choice


@case("boolean", [({"a": a, "b": b}, [a & b, a | b, a ^ b, 1 - a]) for a, b in product((0, 1), repeat=2)])
def _boolean(c: Builder) -> None:
    a, b = c.public("a"), c.public("b")
    for x in (a, b):
        c.assert_boolean(x)
    out = [boolean.logical_and(a, b), boolean.logical_or(a, b), boolean.logical_xor(a, b), boolean.logical_not(a)]
    c.output("out", out)


@case(
    "one_hot",
    [({"s": [int(i == j) for i in range(4)]}, [j]) for j in range(4)],
    [{"s": s} for s in ([0, 0, 0, 0], [1, 1, 0, 0], [2, R - 1, 0, 0], [1, 1, R - 1, 0], [R - 1, 1, 1, 0])],
)
def _one_hot(c: Builder) -> None:
    s = c.public("s", 4)
    boolean.assert_one_hot(c, s)
    c.output("which", c.dot(s, [0, 1, 2, 3]))


@case("bits_16", [({"x": x}, [x >> 15]) for x in (0, 1, 2**15, 2**16 - 1)], [{"x": x} for x in (2**16, R - 1, R // 2)])
def _bits(c: Builder) -> None:
    c.output("top", bits.to_bits(c, c.public("x"), 16)[15])


BOUND = 0b1011001110


@case("bounded_bits", [({"x": x}, [x]) for x in range(BOUND + 1)], [{"x": x} for x in (BOUND + 1, 1023, 1024, R - 1)])
def _bounded(c: Builder) -> None:
    found = bits.bounded_bits(c, c.public("x"), BOUND)
    c.output("out", bits.from_bits(c, found))


@case("canonical_bits", [({"x": x}, [x & (2**100 - 1), x >> 100]) for x in EDGES])
def _canonical(c: Builder) -> None:
    found = bits.canonical_bits(c, c.public("x"))
    c.output("halves", [bits.from_bits(c, found[:100]), bits.from_bits(c, found[100:])])


@case(
    "is_zero_is_equal",
    [({"a": a, "b": b}, [int(a == 0), int(a == b)]) for a, b in product((0, 1, R - 1, R // 2), repeat=2)],
)
def _zero(c: Builder) -> None:
    a, b = c.public("a"), c.public("b")
    c.output("out", [comparison.is_zero(c, a), comparison.is_equal(c, a, b)])


@case(
    "compare_32",
    [({"a": a, "b": b}, [int(a >= b), int(a < b)]) for a, b in product((0, 1, 2**31, 2**32 - 2, 2**32 - 1), repeat=2)],
    [{"a": 2**33, "b": 0}, {"a": 0, "b": 2**32 + 1}, {"a": R - 2, "b": 2**32 - 1}],
)
def _compare(c: Builder) -> None:
    a, b = c.public("a"), c.public("b")
    c.output("out", [comparison.is_at_least(c, a, b, 32), comparison.is_less(c, a, b, 32)])


@case("at_most_constant", [({"x": x}, [int(x <= 0b100110)]) for x in range(64)])
def _at_most(c: Builder) -> None:
    c.output("out", comparison.at_most_constant(c, bits.to_bits(c, c.public("x"), 6), 0b100110))


VALUES = [11, 0, R - 1, 5, 6, 7, 8, 2**200]


@case(
    "mux_demux",
    [({"i": i, "v": VALUES, "x": 9}, [VALUES[i], *(9 * (k == i) for k in range(8))]) for i in range(8)],
    [{"i": 8, "v": VALUES, "x": 9}],
)
def _mux(c: Builder) -> None:
    position = bits.to_bits(c, c.public("i"), 3)
    out = [select.mux(c, position, c.public("v", 8)), *select.demux(position, c.public("x"))]
    c.output("out", out)


# Fixed point


F = FixedPoint(bits=20, fraction=8)
LIMIT = 2**19


def _fixed(x: int) -> int:
    return x % R


PAIRS = [
    (0, 0),
    (1, 1),
    (256, 300),
    (-256, 300),
    (-1, 128),
    (-1, 127),
    (1, 128),
    (-129, 1),
    (LIMIT - 1, 256),
    (-LIMIT, 256),
]
PAIRS += [(-LIMIT, -255), (-700, -700)]


@case(
    "fixed_point_multiply",
    [({"x": _fixed(x), "y": _fixed(y)}, [_fixed((x * y + 128) >> 8), int(x >= y)]) for x, y in PAIRS],
    [
        {"x": LIMIT, "y": 0},
        {"x": _fixed(-LIMIT - 1), "y": 0},
        {"x": LIMIT - 1, "y": 257},
        {"x": _fixed(-LIMIT), "y": 258},
    ],
)
def _multiply(c: Builder) -> None:
    x, y = c.public("x"), c.public("y")
    F.check(c, x)
    F.check(c, y)
    c.output("out", [F.multiply(c, x, y), F.is_at_least(c, x, y)])


SUMS = [(0, 0), (LIMIT - 1, 0), (LIMIT - 2, 1), (-LIMIT, 0), (-LIMIT, LIMIT - 1)]


@case(
    "fixed_point_add",
    [({"x": _fixed(x), "y": _fixed(y)}, [_fixed(x + y)]) for x, y in SUMS],
    [{"x": LIMIT - 1, "y": 1}, {"x": _fixed(-LIMIT), "y": R - 1}],
)
def _add(c: Builder) -> None:
    c.output("sum", F.add(c, c.public("x"), c.public("y")))


TRUNCATED = [0, 1, 255, 256, 257, -1, -255, -256, -257, LIMIT * 256 - 1, -LIMIT * 256]


@case(
    "fixed_point_truncate",
    [({"x": _fixed(x)}, [_fixed(x >> 8)]) for x in TRUNCATED],
    [{"x": _fixed(x)} for x in (LIMIT * 256, -LIMIT * 256 - 1, R // 2)],
)
def _truncate(c: Builder) -> None:
    c.output("floor", F.truncate(c, c.public("x")))


# Hashes, trees, tables


def _poseidon_case(k: int) -> None:
    samples = [[0] * k, [R - 1] * k, list(range(1, k + 1)), [pow(7, 60 + i, R) for i in range(k)]]

    @case(f"poseidon_{k}", [({"x": x}, [hash_ints(x)]) for x in samples])
    def build(c: Builder) -> None:
        c.output("hash", poseidon_gadget.poseidon(c, c.public("x", k)))


for width in (1, 2, 3, 4, 5, 6, 7, 8, 16):
    _poseidon_case(width)

TAGS = [0, 1, R - 1, 2**247]


@case("poseidon_tagged_2", [({"tag": t, "x": [3, R - 2]}, [hash_ints([3, R - 2], t)]) for t in TAGS])
def _tagged(c: Builder) -> None:
    c.output("hash", poseidon_gadget.poseidon(c, c.public("x", 2), c.public("tag")))


@case("poseidon_fixed_tag_4", [({"x": [1, 2, 3, R - 4]}, [hash_ints([1, 2, 3, R - 4], 2**247 + 5)])])
def _fixed_tag(c: Builder) -> None:
    c.output("hash", poseidon_gadget.poseidon(c, c.public("x", 4), 2**247 + 5))


TREE_TAGS = (100, 101)


def tree_path(leaves: list[int], arity: int, depth: int, index: int) -> tuple[list[list[int]], int]:
    """All children on the way to a leaf, and the root; the lowest level has a tag of its own."""
    path, level = [], leaves
    for i in range(depth):
        first = index // arity * arity
        path.append(level[first : first + arity])
        level = [hash_ints(level[j : j + arity], TREE_TAGS[min(i, 1)]) for j in range(0, len(level), arity)]
        index //= arity
    return path, level[0]


def _tree_inputs(arity: int, depth: int, index: int, new: int) -> tuple[Inputs, list[int]]:
    leaves = [1000 + 7 * i for i in range(arity**depth)]
    path, root = tree_path(leaves, arity, depth, index)
    changed = [new if i == index else x for i, x in enumerate(leaves)]
    return {"index": index, "path": path, "new": new}, [leaves[index], root, tree_path(changed, arity, depth, index)[1]]


def _merkle_case(arity: int, depth: int, indices: list[int]) -> None:
    accepted = [_tree_inputs(arity, depth, index, new) for index in indices for new in (5, R - 1)]
    wrong = [{**accepted[0][0], "index": arity}, {**accepted[0][0], "index": arity**depth}]

    @case(f"merkle_update_{arity}ary_{depth}", accepted, wrong)
    def build(c: Builder) -> None:
        count = depth * (arity.bit_length() - 1)
        position = bits.to_bits(c, c.public("index"), count)
        path, new = c.public("path", (depth, arity)), c.public("new")
        tags = [TREE_TAGS[min(i, 1)] for i in range(depth)]
        c.output("out", list(merkle.update_path(c, position, path, tags, new)))


_merkle_case(2, 3, [0, 3, 5, 7])
_merkle_case(4, 2, [0, 6, 9, 15])
_merkle_case(4, 8, [0])


def _lookup_inputs(index: int) -> tuple[Inputs, list[int]]:
    entries = [i * i for i in range(64)]
    path, root = tree_path(entries, 4, 3, index)
    return {"index": index, "path": path, "root": root}, [entries[index]]


@case(
    "table_4ary_3",
    [_lookup_inputs(i) for i in (0, 1, 31, 62, 63)],
    [{**_lookup_inputs(5)[0], "index": i} for i in (21, 69, R - 1)] + [{**_lookup_inputs(5)[0], "root": 1}],
)
def _table(c: Builder) -> None:
    index, path, root = c.public("index"), c.public("path", (3, 4)), c.public("root")
    entry = table.look_up(c, index, path, root, leaf_tag=TREE_TAGS[0], node_tag=TREE_TAGS[1])
    c.output("value", entry.value)


# Baby Jubjub

POINTS = [IDENTITY, (0, R - 1), BASE8, curve.times(5, BASE8), curve.negative(BASE8), GENERATOR]
POINTS += [curve.times(L, GENERATOR), curve.times(2 * L, GENERATOR), curve.times(7, GENERATOR)]


@case(
    "edwards_add",
    [({"p": p, "q": q}, list(curve.add(p, q))) for p, q in product(POINTS, repeat=2)],
    [{"p": (0, 2), "q": BASE8}, {"p": BASE8, "q": (BASE8[0], BASE8[1] + 1)}, {"p": (1, 0), "q": BASE8}],
)
def _edwards_add(c: Builder) -> None:
    p, q = Point(*c.public("p", 2)), Point(*c.public("q", 2))
    edwards.assert_on_curve(c, p)
    edwards.assert_on_curve(c, q)
    c.output("sum", list(edwards.add(c, p, q)))


@case("edwards_cofactor", [({"p": p}, list(curve.times(8, p))) for p in POINTS])
def _cofactor(c: Builder) -> None:
    p = Point(*c.public("p", 2))
    edwards.assert_on_curve(c, p)
    c.output("out", list(edwards.cofactor_times(c, p)))


def to_montgomery(p: curve.Point) -> tuple[int, int]:
    u = (1 + p[1]) * pow(1 - p[1], -1, R) % R
    return u, u * pow(p[0], -1, R) % R


SUBGROUP = [BASE8, curve.times(3, BASE8), curve.times(L // 3, BASE8), curve.times(2**127, BASE8)]


@case(
    "montgomery",
    [
        ({"p": p, "q": q}, [*curve.add(p, q), *curve.add(p, p), *curve.add(curve.add(p, p), q)])
        for p, q in product(SUBGROUP, repeat=2)
        if p != q
    ],
)
def _montgomery(c: Builder) -> None:
    p, q = (montgomery.from_edwards(c, Point(*c.public(name, 2))) for name in ("p", "q"))
    results = [montgomery.add_incomplete(c, p, q), montgomery.double(c, p), montgomery.double_and_add(c, p, q)]
    c.output("out", [x for r in results for x in montgomery.to_edwards(c, MontgomeryPoint(*r))])


SCALARS = [
    0,
    1,
    2,
    3,
    5,
    2**248 - 1,
    2**248,
    2**251 - 1,
    L - 1,
    L,
    L + 1,
    (4**124 - 1) // 3,
    2 * (4**124 - 1) // 3,
    7 * 2**248,
]


@case("fixed_base", [({"s": s}, list(curve.times(s, BASE8))) for s in SCALARS], [{"s": 2**251}, {"s": R - 1}])
def _fixed_base(c: Builder) -> None:
    c.output("out", list(fixed_base.multiply_base(c, bits.to_bits(c, c.public("s"), 251))))


HALF = 2**127
FULL = [
    0,
    1,
    2,
    3,
    4,
    5,
    8,
    16,
    31,
    32,
    HALF - 1,
    HALF,
    HALF + 1,
    2 * HALF - 1,
    2**249,
    2**250,
    L - 1,
    L,
    L + 1,
    2 * L,
    8 * L - 1,
]
FULL += [R - 1, 7 * L + HALF, 3 * 2**126, L - 3 * 2**126, 2 * L - 3 * 2**126 - 1, 5 * L - 3 * 2**126]
FULL = [k for k in FULL if k < R]


@case("variable_base", [({"h": k, "p": p}, list(curve.times(k % L, p))) for k in FULL for p in SUBGROUP[1:2]])
def _variable_base(c: Builder) -> None:
    multiples = variable_base.prepare(c, Point(*c.public("p", 2)))
    q, offset = variable_base.multiply_with_offset(c, multiples, bits.canonical_bits(c, c.public("h")))
    c.output("out", list(edwards.add(c, q, Point(-offset.x, offset.y))))


# EdDSA

SECRETS = [1, 2, 123456789, L - 1]
MESSAGES = [0, 1, R - 1, 2**253]


def signed(secret: int, message: int, nonce: int = 0) -> Inputs:
    x, y, s = curve.sign(secret, message, nonce)
    return {"key": curve.public_key(secret), "r8": (x, y), "s": s, "message": message, "enabled": 1}


GOOD = signed(77, 42)
TORSION = curve.times(L, GENERATOR)
"""Of order 8."""


def torsion_signed(secret: int, message: int) -> Inputs:
    """A key with a part of small order: what circomlib's verifier accepts, and so does the equation with 8 A."""
    key = curve.add(curve.public_key(secret), TORSION)
    x, y, s = curve.sign(secret, message, key=key)
    return {"key": key, "r8": (x, y), "s": s, "message": message, "enabled": 1}


OFF_CURVE = (BASE8[0], (BASE8[1] + 1) % R)
REFUSED_SIGNATURES = [
    {**GOOD, "message": 43},
    {**GOOD, "s": GOOD["s"] + 1},
    {**GOOD, "s": GOOD["s"] + L},
    {**GOOD, "s": L, "enabled": 0},
    {**GOOD, "s": 2**251 - 1, "enabled": 0},
    {**GOOD, "key": curve.negative(GOOD["key"])},
    {**GOOD, "r8": curve.negative(GOOD["r8"])},
    {**GOOD, "r8": curve.add(GOOD["r8"], TORSION)},
    {**GOOD, "r8": OFF_CURVE, "enabled": 0},
    {**GOOD, "key": OFF_CURVE, "enabled": 0},
    {**GOOD, "r8": (0, 0)},
    # S = 0, R8 = 0 under a key of small order would verify for every message
    {"key": IDENTITY, "r8": IDENTITY, "s": 0, "message": 9, "enabled": 1},
    {"key": (0, R - 1), "r8": IDENTITY, "s": 0, "message": 9, "enabled": 1},
    {"key": TORSION, "r8": IDENTITY, "s": 0, "message": 9, "enabled": 1},
    {**GOOD, "enabled": 2},
]
DISABLED = [
    {**GOOD, "message": 43, "enabled": 0},
    {"key": IDENTITY, "r8": IDENTITY, "s": 0, "message": 9, "enabled": 0},
    {"key": TORSION, "r8": GENERATOR, "s": L - 1, "message": 9, "enabled": 0},
]


@case(
    "eddsa",
    [(signed(k, m), []) for k, m in zip(SECRETS, MESSAGES, strict=True)]
    + [(GOOD, []), (signed(5, 6, nonce=L), []), (torsion_signed(5, 8), [])]
    + [(inputs, []) for inputs in DISABLED],
    REFUSED_SIGNATURES,
)
def _eddsa(c: Builder) -> None:
    enabled = c.public("enabled")
    c.assert_boolean(enabled)
    key, r8 = Point(*c.public("key", 2)), Point(*c.public("r8", 2))
    eddsa.verify(c, key, r8, c.public("s"), c.public("message"), enabled)
