"""Look-up in a table of 2^k entries that is committed as a Merkle tree (see `merkle`).

    T[index] = leaf at the position of index's bits, in the tree with the given root

The lowest level hashes 2^m neighbouring entries under a tag of its own, so that no digest passes for an entry.

Cost, 4-ary with 2^16 entries: 8 levels of 300 and 16 for the bits: 2,416. The bits are returned: they also prove that
the index lies in [0, 2^k).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assay.circuits import Builder, Scalar, Signal
from assay.circuits.gadgets.bits import to_bits
from assay.circuits.gadgets.merkle import read_path
from assay.core.errors import InvalidInput

__all__ = ["Entry", "look_up"]


class Entry(NamedTuple):
    """An entry and the bits of its index, lowest first."""

    value: Signal
    index_bits: list[Signal]


def look_up(
    c: Builder, index: Scalar, path: Sequence[Sequence[Signal]], root: Scalar, *, leaf_tag: int, node_tag: int
) -> Entry:
    """T[index] of the table with this root; demands 0 <= index < 2^k.

    path: [depth][2^m], the children of each node on the way from the lowest level; k = depth m.
    """
    if leaf_tag == node_tag:
        raise InvalidInput("the lowest level of a table needs a tag of its own")
    arity_bits = len(path[0]).bit_length() - 1
    bits = to_bits(c, index, arity_bits * len(path))
    value, found = read_path(c, bits, path, [leaf_tag] + [node_tag] * (len(path) - 1))
    c.assert_equal(found, root, "the entry is in the committed table")
    return Entry(value, bits)
