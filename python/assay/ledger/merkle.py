"""The Merkle tree over the entries of a block: SHA-256, RFC 6962 (section 2.1).

    root([])     = SHA-256("")
    root([d])    = SHA-256(0x00 || d)
    root(D)      = SHA-256(0x01 || root(D[:k]) || root(D[k:])),  k the largest power of two below len(D)

Leaves and nodes hash under different prefixes, so no node passes as a leaf; nothing is duplicated at odd sizes, so no
two lists share a root.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from assay.core.errors import InvalidInput, ProofError
from assay.crypto import sha256, sha256_tree

__all__ = ["check_path", "leaf_hash", "path", "root"]


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(entries: Sequence[bytes]) -> bytes:
    """The root over `entries`."""
    return sha256_tree.rfc6962_root(entries)


def path(entries: Sequence[bytes], position: int) -> list[bytes]:
    """The siblings from the leaf at `position` to the root."""
    if not 0 <= position < len(entries):
        raise InvalidInput(f"position {position} lies outside a tree of {len(entries)} leaves")
    leaves = np.frombuffer(b"".join(sha256.digest_prefixed(b"\x00", entries)), np.uint8).reshape(-1, 32)
    return [sibling.tobytes() for sibling in sha256_tree.Sha256Tree(leaves, "rfc6962").path(position)]


def check_path(expected: bytes, entry: bytes, position: int, size: int, siblings: Sequence[bytes]) -> None:
    """Raise `ProofError` unless `entry` is the leaf at `position` of the tree of `size` leaves with root `expected`."""
    if not 0 <= position < size:
        raise ProofError(f"position {position} lies outside a tree of {size} leaves")
    node, rest, width = leaf_hash(entry), list(siblings), size
    while width > 1:
        if position ^ 1 < width:
            if not rest:
                raise ProofError("the path is too short for its tree")
            sibling = rest.pop(0)
            node = _node_hash(sibling, node) if position & 1 else _node_hash(node, sibling)
        position, width = position >> 1, (width + 1) >> 1
    if rest:
        raise ProofError("the path is too long for its tree")
    if node != expected:
        raise ProofError("the entry and its path do not lead to the root")
