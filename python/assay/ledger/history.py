"""The history of a chain: a Merkle mountain range over the hashes of its blocks; one header proves all before it.

The root over the hashes d[0 .. n-1] of the first n blocks is that of RFC 6962, section 2.1 (SHA-256):

    root(0)      = SHA-256("")
    leaf(d)      = SHA-256(0x00 || d)
    root(D[1])   = leaf(D[0])
    root(D[n])   = SHA-256(0x01 || root(D[0:k]) || root(D[k:n])),  k the largest power of two below n

With n = 2^a + 2^b + ..., a > b > ..., that tree consists of perfect trees ("peaks") of 2^a, 2^b, ... leaves, and

    root = SHA-256(0x01 || peak_a || SHA-256(0x01 || peak_b || ...)).

A peak once complete never changes, so whoever makes blocks keeps the peaks alone: one hash for each bit set in n. A
block appended merges equal peaks like the carry of a binary counter, two hashes on average.

Proofs are those of RFC 6962: a path for a block (2.1.1) and the consistency of two sizes (2.1.2), about one hash a
level. To make one takes the nodes of the perfect trees: `node(level, index)` is the root over the 2^level blocks from
index * 2^level on. `Nodes` computes them from all block hashes; `History.grow` tells each as it appears, for those who
store them. A root does not bind its size: both come from a sealed header, in which size = height.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from assay.core.encoding import decode_record, encode_record
from assay.core.errors import EncodingError, InvalidInput, ProofError
from assay.crypto import sha256
from assay.crypto.sha256 import Bytes

__all__ = [
    "EMPTY_ROOT",
    "MAX_SIZE",
    "ConsistencyProof",
    "History",
    "HistoryPath",
    "Node",
    "NodeOf",
    "Nodes",
    "prove_consistency",
    "prove_inclusion",
]

MAX_SIZE: Final = (1 << 63) - 1
EMPTY_ROOT: Final = hashlib.sha256().digest()
_MAX_PATH: Final = 64  # one hash a level; a consistency proof between sizes below 2^63 needs no more either
_HISTORY, _PATH, _CONSISTENCY = "assay.ledger.history", "assay.ledger.history.path", "assay.ledger.history.consistency"
_MAX_BYTES: Final = 8 << 10

Node: TypeAlias = tuple[int, int, bytes]  # level, index, and the root over its 2^level blocks
NodeOf: TypeAlias = Callable[[int, int], bytes]


def _leaf(block_hash: bytes) -> bytes:
    if not isinstance(block_hash, bytes) or len(block_hash) != 32:
        raise InvalidInput("the hash of a block has 32 bytes")
    return hashlib.sha256(b"\x00" + block_hash).digest()


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class History:
    """The first `size` blocks of a chain, as its peaks from the largest on. Immutable."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise InvalidInput(f"a history of {self.size} blocks lies outside [0, 2^63)")
        if len(self.peaks) != self.size.bit_count() or any(len(peak) != 32 for peak in self.peaks):
            raise InvalidInput(f"a history of {self.size} blocks has {self.size.bit_count()} peaks of 32 bytes")

    def grow(self, block_hash: bytes) -> tuple[History, list[Node]]:
        """The history with one more block, and the nodes that it completes, from the leaf up."""
        peaks, size = list(self.peaks), self.size
        nodes: list[Node] = [(0, size, _leaf(block_hash))]
        while size >> len(nodes) - 1 & 1:
            level, index, right = nodes[-1]
            nodes.append((level + 1, index >> 1, _parent(peaks.pop(), right)))
        peaks.append(nodes[-1][2])
        return History(size + 1, tuple(peaks)), nodes

    def append(self, block_hash: bytes) -> History:
        """The history with one more block."""
        return self.grow(block_hash)[0]

    def root(self) -> bytes:
        """The root, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        *others, root = self.peaks
        for peak in reversed(others):
            root = _parent(peak, root)
        return root

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_HISTORY, 1, self.size, self.peaks)

    @classmethod
    def decode(cls, data: bytes) -> History:
        """Read what `encode` wrote."""
        size, peaks = decode_record(data, _HISTORY, 1, int, tuple, limit=_MAX_BYTES)
        return cls(size, _hashes(peaks))


class Nodes:
    """All nodes over the blocks with these hashes, in memory (64 bytes a block): call it as `node(level, index)`."""

    def __init__(self, block_hashes: Sequence[bytes]) -> None:
        if any(not isinstance(block_hash, bytes) or len(block_hash) != 32 for block_hash in block_hashes):
            raise InvalidInput("the hash of a block has 32 bytes")
        rows = np.frombuffer(b"".join(block_hashes), dtype=np.uint8).reshape(-1, 32)
        self._levels = [_hash_rows(0, rows)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append(_hash_rows(1, below[: len(below) & ~1].reshape(-1, 64)))

    def __len__(self) -> int:
        return len(self._levels[0])

    def __call__(self, level: int, index: int) -> bytes:
        """The root over the 2^level blocks from index * 2^level on; `InvalidInput` beyond the last block."""
        if not 0 <= level < len(self._levels) or not 0 <= index < len(self._levels[level]):
            raise InvalidInput(f"there is no node {index} of level {level} over {len(self)} blocks")
        node: bytes = self._levels[level][index].tobytes()
        return node


def _hash_rows(prefix: int, rows: Bytes) -> Bytes:
    return sha256.digest_many(np.insert(rows, 0, np.uint8(prefix), axis=1))


def prove_inclusion(node: NodeOf, height: int, size: int) -> HistoryPath:
    """The proof that the block at `height` is one of the first `size`: PATH(m, D[n]) of RFC 6962, 2.1.1."""
    if not 0 <= height < size <= MAX_SIZE:
        raise InvalidInput(f"block {height} is not among the first {size}")
    path: list[bytes] = []
    start, rest = 0, size
    while rest > 1:
        k = _split(rest)
        if height < start + k:
            path.append(_range_root(node, start + k, rest - k))
            rest = k
        else:
            path.append(_range_root(node, start, k))
            start, rest = start + k, rest - k
    return HistoryPath(size, height, tuple(reversed(path)))


def prove_consistency(node: NodeOf, old: int, new: int) -> ConsistencyProof:
    """The proof that the first `new` blocks begin with the first `old` ones: PROOF(m, D[n]) of RFC 6962, 2.1.2."""
    if not 0 <= old <= new <= MAX_SIZE:
        raise InvalidInput(f"the first {old} blocks are not among the first {new}")
    path: list[bytes] = []
    start, rest, whole = 0, new, True  # whole: the subtree is the old tree, whose root the verifier has
    while 0 < old - start < rest:
        k = _split(rest)
        if old - start <= k:
            path.append(_range_root(node, start + k, rest - k))
            rest = k
        else:
            path.append(_range_root(node, start, k))
            start, rest, whole = start + k, rest - k, False
    if not whole:
        path.append(_range_root(node, start, rest))
    return ConsistencyProof(old, new, tuple(reversed(path)))


def _split(size: int) -> int:
    """The largest power of two below `size` (which is above 1)."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(node: NodeOf, start: int, size: int) -> bytes:
    """The root over `size` blocks from `start` on, a multiple of the power of two that is not below `size`."""
    level = (size - 1).bit_length()
    if size == 1 << level:
        return node(level, start >> level)
    k = _split(size)
    return _parent(_range_root(node, start, k), _range_root(node, start + k, size - k))


@dataclass(frozen=True, slots=True)
class HistoryPath:
    """That a block is the one at `height` among the first `size` blocks: its siblings, from the leaf up."""

    size: int
    height: int
    path: tuple[bytes, ...]

    def verify(self, root: bytes, block_hash: bytes) -> None:
        """Raise `ProofError` unless `root` over `size` blocks has `block_hash` at `height` (RFC 9162, 2.1.3.2)."""
        if not 0 <= self.height < self.size:
            raise ProofError(f"block {self.height} is not among the first {self.size}")
        here, last, rest, node = self.height, self.size - 1, list(self.path), _leaf(block_hash)
        while last:
            if here & 1 or here < last:  # else: the last node of its level, which moves up unchanged
                if not rest:
                    raise ProofError("the path is too short for its history")
                sibling = rest.pop(0)
                node = _parent(sibling, node) if here & 1 else _parent(node, sibling)
            here, last = here >> 1, last >> 1
        if rest:
            raise ProofError("the path is too long for its history")
        if node != root:
            raise ProofError(f"the path does not lead from block {self.height} to the root over {self.size} blocks")

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_PATH, 1, self.size, self.height, self.path)

    @classmethod
    def decode(cls, data: bytes) -> HistoryPath:
        """Read what `encode` wrote."""
        size, height, path = decode_record(data, _PATH, 1, int, int, tuple, limit=_MAX_BYTES)
        _check_sizes(height, size)
        return cls(size, height, _hashes(path))


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the first `new` blocks of a chain begin with the first `old` ones."""

    old: int
    new: int
    path: tuple[bytes, ...]

    def verify(self, old_root: bytes, new_root: bytes) -> None:
        """Raise `ProofError` unless the history of `new_root` begins with that of `old_root` (RFC 9162, 2.1.4.2)."""
        if not 0 <= self.old <= self.new:
            raise ProofError(f"the first {self.old} blocks are not among the first {self.new}")
        found_old, found_new = self._roots(old_root, new_root)
        if found_old != old_root or found_new != new_root:
            raise ProofError(f"the roots over {self.old} and {self.new} blocks are not those of one history")

    def _roots(self, old_root: bytes, new_root: bytes) -> tuple[bytes, bytes]:
        """Both roots as the path gives them."""
        rest = list(self.path)
        if self.old in (0, self.new):
            if rest:
                raise ProofError("the path is too long for its histories")
            return (EMPTY_ROOT, new_root) if self.old == 0 else (new_root, old_root)
        here, last = self.old - 1, self.new - 1
        while here & 1:  # up to the largest perfect tree that ends the old history
            here, last = here >> 1, last >> 1
        if here:
            if not rest:
                raise ProofError("the path is too short for its histories")
            old = new = rest.pop(0)
        else:
            old = new = old_root  # the old history is one perfect tree
        while last:
            if here & 1 or here < last:
                if not rest:
                    raise ProofError("the path is too short for its histories")
                sibling = rest.pop(0)
                if here & 1:
                    old, new = _parent(sibling, old), _parent(sibling, new)
                else:
                    new = _parent(new, sibling)
            here, last = here >> 1, last >> 1
        if rest:
            raise ProofError("the path is too long for its histories")
        return old, new

    def encode(self) -> bytes:
        """The canonical bytes."""
        return encode_record(_CONSISTENCY, 1, self.old, self.new, self.path)

    @classmethod
    def decode(cls, data: bytes) -> ConsistencyProof:
        """Read what `encode` wrote."""
        old, new, path = decode_record(data, _CONSISTENCY, 1, int, int, tuple, limit=_MAX_BYTES)
        _check_sizes(old, new)
        return cls(old, new, _hashes(path))


def _check_sizes(*sizes: int) -> None:
    for size in sizes:
        if not 0 <= size <= MAX_SIZE:
            raise EncodingError(f"{size} lies outside [0, 2^63)")


def _hashes(path: tuple[object, ...]) -> tuple[bytes, ...]:
    hashes = tuple(node for node in path if isinstance(node, bytes) and len(node) == 32)
    if len(path) > _MAX_PATH or len(hashes) != len(path):
        raise EncodingError(f"a path has at most {_MAX_PATH} hashes of 32 bytes")
    return hashes
