"""SHA-256 of many blocks, side by side where that pays.

With AVX-512 32 blocks of one length are hashed in about the time of five by one thread; fewer are filled up to 32 lanes
with whatever lies in the buffer, from eight on. Without AVX-512 they are hashed one by one.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.crypto import sha256

__all__ = ["LANES", "digests"]

LANES: Final = 32
_FEWEST: Final = 8
_LARGEST: Final = 1 << 20  # bytes of a block; the buffer has 32 of them

_mine: Final = threading.local()


def digests(blocks: Sequence[bytes | memoryview]) -> list[bytes]:
    """SHA-256 of each block, in order. Keeps up to 32 MiB for the next call of the same thread."""
    out = [b""] * len(blocks)
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        alike[len(block)].append(index)
    for size, indices in alike.items():
        for at in range(0, len(indices), LANES):
            batch = indices[at : at + LANES]
            if len(batch) >= _FEWEST and 0 < size <= _LARGEST and sha256.batch_implementation() == "avx512":
                rows = _rows(size)
                for row, index in enumerate(batch):
                    rows[row] = np.frombuffer(blocks[index], np.uint8)
                found = sha256.digest_many(rows)
                for row, index in enumerate(batch):
                    out[index] = found[row].tobytes()
            else:
                for index in batch:
                    out[index] = hashlib.sha256(blocks[index]).digest()
    return out


def _rows(size: int) -> npt.NDArray[np.uint8]:
    """uint8[32, size], this thread's buffer."""
    buffer: npt.NDArray[np.uint8] | None = getattr(_mine, "buffer", None)
    if buffer is None or len(buffer) < LANES * size:
        buffer = _mine.buffer = np.zeros(LANES * size, np.uint8)
    return buffer[: LANES * size].reshape(LANES, size)
