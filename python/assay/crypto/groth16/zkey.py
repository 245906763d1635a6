"""snarkjs's `.zkey`, written from a proving key and its constraint system: the same key, for somebody else's prover.

Source: github.com/iden3/snarkjs, src/zkey_utils.js and zkey_new.js (facts of the layout). "zkey", version 1, ten
sections (type u32, size u64), all little-endian: 1 protocol, 2 sizes and fixed points, 3 IC, 4 coefficients of A and B,
5 A, 6 B1, 7 B2, 8 C, 9 H, 10 contributions. Points are affine in Montgomery form; a coefficient x is written as
x R^2 mod r, R = 2^256. Our arrays map onto sections 3 and 5 to 9 one to one (cpp/groth16/key.h). The list of
contributions is empty: the key comes from a local set-up, and whoever ran it can forge.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from assay.core.errors import WrongKeyError
from assay.core.files import atomic_write
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16.keys import ProvingKey
from assay.crypto.groth16.system import ConstraintSystem

__all__ = ["SavedSystem", "write"]

_R_SQUARED: Final = pow(2, 512, Fr.modulus)


class SavedSystem(ConstraintSystem, Protocol):
    """A constraint system that can be written as a `.r1cs` file."""

    def save_r1cs(self, path: str | Path) -> None:
        """Writes the file."""


def write(path: Path, key: ProvingKey, circuit: SavedSystem) -> None:
    """Writes the key as a `.zkey` file. WrongKeyError if it belongs to another circuit."""
    if key.circuit_digest != circuit.digest():
        raise WrongKeyError("the proving key belongs to another circuit")
    words = key.sections["fixed"].reshape(72)
    alpha1, beta1, delta1 = words[0:8], words[8:16], words[16:24]
    beta2, gamma2, delta2 = words[24:40], words[40:56], words[56:72]
    header = struct.pack("<I", 32) + Fp.modulus.to_bytes(32, "little")
    header += struct.pack("<I", 32) + Fr.modulus.to_bytes(32, "little")
    header += struct.pack("<III", key.num_wires, key.num_public, 1 << key.domain_log)
    header += b"".join(point.tobytes() for point in (alpha1, beta1, beta2, gamma2, delta1, delta2))
    with atomic_write(path) as file:
        file.write(b"zkey" + struct.pack("<II", 1, 10))
        _section(file, 1, struct.pack("<I", 1))
        _section(file, 2, header)
        _section(file, 3, key.sections["ic"].data)
        _section(file, 4, _coefficients(circuit, key.num_public))
        for number, name in ((5, "a"), (6, "b1"), (7, "b2"), (8, "l"), (9, "h")):
            _section(file, number, key.sections[name].data)
        _section(file, 10, bytes(64) + struct.pack("<I", 0))


def _section(file: BinaryIO, number: int, data: bytes | memoryview) -> None:
    size = data.nbytes if isinstance(data, memoryview) else len(data)
    file.write(struct.pack("<IQ", number, size))
    file.write(data)


def _coefficients(circuit: SavedSystem, num_public: int) -> bytes:
    """Entries (matrix, row, wire, coefficient) of A and B, then the rows (wire i) * 0 = 0 of the public wires."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "circuit.r1cs"
        circuit.save_r1cs(path)
        data = path.read_bytes()
    rows, at = _constraint_section(data)
    scaled: dict[bytes, bytes] = {}
    out = bytearray(4)
    count = 0
    for row in range(rows):
        for matrix in range(3):
            (entries,) = struct.unpack_from("<I", data, at)
            at += 4
            for _ in range(entries if matrix < 2 else 0):
                raw = data[at + 4 : at + 36]
                value = scaled.get(raw)
                if value is None:
                    value = scaled[raw] = _scaled(int.from_bytes(raw, "little"))
                out += struct.pack("<II", matrix, row) + data[at : at + 4] + value
                at += 36
                count += 1
            at += 36 * entries if matrix == 2 else 0
    one = _scaled(1)
    for wire in range(num_public + 1):
        out += struct.pack("<III", 0, rows + wire, wire) + one
    struct.pack_into("<I", out, 0, count + num_public + 1)
    return bytes(out)


def _scaled(value: int) -> bytes:
    return (value * _R_SQUARED % Fr.modulus).to_bytes(32, "little")


def _constraint_section(data: bytes) -> tuple[int, int]:
    """The number of constraints in a `.r1cs` file of ours, and where they begin."""
    at, rows, begin = 12, 0, 0
    while at < len(data):
        kind, size = struct.unpack_from("<IQ", data, at)
        at += 12
        if kind == 1:
            # field size 4, prime 32, wires 4, outputs 4, inputs 4, private 4, labels 8, constraints 4
            (rows,) = struct.unpack_from("<I", data, at + 60)
        elif kind == 2:
            begin = at
        at += size
    return rows, begin
