"""The `.wtns` format of iden3, version 2: the values of all wires.

"wtns", version 2, two sections (type u32, size u64): header (1) with the element size 32, the prime r and the number of
wires; values (2), 32 bytes each. All little-endian. Source: github.com/iden3/snarkjs, src/wtns_utils.js.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from assay.circuits.signal import MODULUS
from assay.core.errors import EncodingError, LimitError
from assay.crypto.field import Limbs, require_limbs

__all__ = ["MAX_WIRES", "read_wtns", "write_wtns"]

MAX_WIRES = 1 << 28
_PRIME = MODULUS.to_bytes(32, "little")


def write_wtns(path: str | Path, values: Limbs) -> None:
    """Writes uint64[wires, 4] as a `.wtns` file."""
    count = require_limbs(values, 4, "values")
    header = struct.pack("<I", 32) + _PRIME + struct.pack("<I", count)
    with Path(path).open("wb") as file:
        file.write(b"wtns" + struct.pack("<II", 2, 2))
        file.write(struct.pack("<IQ", 1, len(header)) + header)
        file.write(struct.pack("<IQ", 2, 32 * count))
        file.write(values.astype("<u8", copy=False).tobytes())


def read_wtns(path: str | Path, *, max_wires: int = MAX_WIRES) -> Limbs:
    """The values in a `.wtns` file, uint64[wires, 4].

    Raises EncodingError for anything but the one layout above, another prime, or a value that is not below r;
    LimitError above `max_wires`.
    """
    path = Path(path)
    if path.stat().st_size > 32 * max_wires + 76:
        raise LimitError(f"{path.name} is larger than {max_wires} wires take")
    data = path.read_bytes()
    if len(data) < 76 or data[:12] != b"wtns" + struct.pack("<II", 2, 2):
        raise EncodingError(f'{path.name} does not open with "wtns", version 2 and two sections')
    kind, size = struct.unpack_from("<IQ", data, 12)
    if (kind, size) != (1, 40) or struct.unpack_from("<I", data, 24) != (32,):
        raise EncodingError(f"{path.name}: the header is not of 32-byte elements")
    if data[28:60] != _PRIME:
        raise EncodingError(f"{path.name}: the prime is not that of BN254's scalars")
    count, kind, size = struct.unpack_from("<IIQ", data, 60)
    if kind != 2 or size != 32 * count or len(data) != 76 + size:
        raise EncodingError(f"{path.name}: {count} wires do not match the section of values")
    values = np.frombuffer(data, dtype="<u8", offset=76).astype(np.uint64).reshape(-1, 4)
    if not _below_modulus(values):
        raise EncodingError(f"{path.name} holds a value that is not below r")
    if count == 0 or values[0].tolist() != [1, 0, 0, 0]:
        raise EncodingError(f"{path.name}: the first value is not 1")
    return values


def _below_modulus(values: Limbs) -> bool:
    limbs = [np.uint64(MODULUS >> (64 * i) & (2**64 - 1)) for i in range(4)]
    below = np.zeros(len(values), dtype=bool)
    equal = np.ones(len(values), dtype=bool)
    for i in (3, 2, 1, 0):
        below |= equal & (values[:, i] < limbs[i])
        equal &= values[:, i] == limbs[i]
    return bool(below.all())
