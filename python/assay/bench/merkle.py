"""`assay bench merkle`: SHA-256 trees beside hashtree, messages and streams beside hashlib (OpenSSL).

hashtree (github.com/prysmaticlabs/hashtree) is no package: build a shared library of it by hand and name it in
ASSAY_BENCH_HASHTREE. It hashes level by level on one thread, and so do its rows here.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from functools import partial
from pathlib import Path

import numpy as np

from assay import _native
from assay.bench.harness import Report, measure, sizes
from assay.core.errors import NotFound
from assay.crypto import sha256, sha256_tree
from assay.crypto.sha256 import Bytes

__all__ = ["SIZES", "run"]

SIZES = (1 << 16, 1 << 20)
_PREFIXED = 65  # bytes of an inner node of RFC 6962
_NO_HASHTREE = "no peer: ASSAY_BENCH_HASHTREE names no shared library of hashtree, which is built by hand"


def run(report: Report, size: int | None) -> None:
    """Rows `root`, `tree` (all levels kept), `messages` of 65 bytes and `stream` (one message of 32 bytes for each
    leaf, on one thread); size = leaves or messages."""
    for n in sizes(SIZES, size):
        rng = np.random.default_rng(0)
        leaves = rng.integers(0, 256, (n, 32), dtype=np.uint8)
        theirs = _hashtree_seconds(leaves)
        report.add("root", n, measure(partial(sha256_tree.root, leaves)), "hashtree", theirs, _NO_HASHTREE)
        report.add("tree", n, measure(partial(sha256_tree.Sha256Tree, leaves)), "hashtree", theirs, _NO_HASHTREE)
        messages = rng.integers(0, 256, (n, _PREFIXED), dtype=np.uint8)
        one_by_one = measure(partial(_hashlib_rows, messages), runs=3).seconds
        report.add("messages", n, measure(partial(sha256.digest_many, messages)), "hashlib", one_by_one)
        stream = leaves.tobytes()
        whole = measure(partial(_hashlib, stream)).seconds
        report.add("stream", n, measure(partial(_native.sha256, stream)), "hashlib", whole)
    report.notes.append(
        f"one message: {sha256.implementation()}; many: {sha256.batch_implementation()}; "
        "hashlib's time for messages includes a call from Python for each"
    )


def _hashlib(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _hashlib_rows(messages: Bytes) -> list[bytes]:
    flat, length = memoryview(messages.tobytes()), messages.shape[1]
    return [hashlib.sha256(flat[at : at + length]).digest() for at in range(0, len(flat), length)]


def _hashtree_seconds(leaves: Bytes) -> float | None:
    """Seconds for all levels of the largest complete tree over the leaves; None without hashtree."""
    name = os.environ.get("ASSAY_BENCH_HASHTREE")
    if not name:
        return None
    if not Path(name).is_file():
        raise NotFound(f"ASSAY_BENCH_HASHTREE names {name}, which is no file")
    library = ctypes.CDLL(name)
    library.hashtree_init(None)
    library.hashtree_hash.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64]
    library.hashtree_hash.restype = None
    n = 1 << (len(leaves).bit_length() - 1)
    levels = np.empty((n, 32), dtype=np.uint8)

    def hash_levels() -> None:
        source, pairs, at = leaves.ctypes.data, n // 2, 0
        while pairs > 0:
            target = levels.ctypes.data + 32 * at
            library.hashtree_hash(target, source, pairs)
            source, at, pairs = target, at + pairs, pairs // 2

    return measure(hash_levels).seconds * (len(leaves) - 1) / max(1, n - 1)
