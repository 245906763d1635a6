"""Merkle paths in trees of arity 2^m whose nodes are Poseidon over their children.

A path is, for each level from the lowest, all 2^m children of the node on the way, the one on the path among them;
the position is given by m bits a level, lowest level and lowest bit first, already 0 or 1. The position picks one
child, which must be the digest from below; the node's hash goes up. Depth is fixed by the number of levels, and
levels may hash under tags of their own, so that a node of one kind never stands for another.

    read     2^m - 1 for the choice, and a hash, a level                               4-ary: 3 + 297 = 300
    update   2 (2^m - 1), and two hashes, a level; siblings and position are shared    4-ary: 6 + 594 = 600

Nothing here checks the bits: m more a level where they are made.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.circuits import Builder, Scalar, Signal
from assay.circuits.gadgets.poseidon import poseidon
from assay.circuits.gadgets.select import demux, mux
from assay.core.errors import InvalidInput

__all__ = ["read_path", "update_path"]


def read_path(
    c: Builder, bits: Sequence[Signal], path: Sequence[Sequence[Signal]], tags: Sequence[int]
) -> tuple[Signal, Signal]:
    """(leaf, root): the leaf at the position that `bits` spell, and the root the path leads to.

    path: [depth][2^m] children; tags: [depth], that of the nodes whose children these are.
    """
    digits = _digits(bits, path, tags)
    leaf = mux(c, digits[0], path[0])
    root = poseidon(c, path[0], tags[0])
    for digit, children, tag in zip(digits[1:], path[1:], tags[1:], strict=True):
        c.assert_equal(mux(c, digit, children), root, "the child on the path is the digest from below")
        root = poseidon(c, children, tag)
    return leaf, root


def update_path(
    c: Builder, bits: Sequence[Signal], path: Sequence[Sequence[Signal]], tags: Sequence[int], new_leaf: Scalar
) -> tuple[Signal, Signal, Signal]:
    """(old leaf, old root, new root): what `read_path` gives, and the root once the leaf is replaced.

    At each level the new children are the old ones plus new - old at the position: nothing else can change.
    """
    digits = _digits(bits, path, tags)
    leaf = below = mux(c, digits[0], path[0])
    new = c.sum([new_leaf])
    for level, (digit, children, tag) in enumerate(zip(digits, path, tags, strict=True)):
        if level:
            c.assert_equal(mux(c, digit, children), below, "the child on the path is the digest from below")
        change = demux(digit, new - below)
        below = poseidon(c, children, tag)
        new = poseidon(c, [child + delta for child, delta in zip(children, change, strict=True)], tag)
    return leaf, below, new


def _digits(bits: Sequence[Signal], path: Sequence[Sequence[Signal]], tags: Sequence[int]) -> list[Sequence[Signal]]:
    depth = len(path)
    if not depth or len(tags) != depth or len(bits) % depth:
        raise InvalidInput(f"{depth} levels, {len(tags)} tags and {len(bits)} position bits do not fit together")
    m = len(bits) // depth
    if not m or any(len(children) != 1 << m for children in path):
        raise InvalidInput(f"each level must have {1 << m} children for {m} position bits")
    return [bits[m * i : m * (i + 1)] for i in range(depth)]
