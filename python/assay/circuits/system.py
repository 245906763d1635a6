"""A rank-1 constraint system, ours or read from a file, and its witness."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay import _native
from assay.circuits.files import MAX_WIRES, read_wtns, write_wtns
from assay.core.errors import EncodingError, InvalidInput, UnsatisfiedError
from assay.crypto.field import Fr, Limbs

__all__ = ["R1CS", "Witness"]

MAX_CONSTRAINTS = 1 << 28


class Witness:
    """The values of all wires: `values` uint64[wires, 4], canonical. Secret, and never shown by `repr`."""

    def __init__(self, values: Limbs, public_names: Sequence[str]) -> None:
        self.values = values
        self._names = list(public_names)

    @property
    def public(self) -> list[int]:
        """Public outputs, then public inputs."""
        return Fr.from_limbs(self.values[1 : 1 + len(self._names)])

    def __getitem__(self, name: str) -> int:
        """One public value by its name."""
        if name not in self._names:
            raise InvalidInput(f"no public value is named {name!r}; there are {self._names[:20]}")
        return self.public[self._names.index(name)]

    def save(self, path: str | Path) -> None:
        """Writes a `.wtns` file. It holds every secret of the witness."""
        write_wtns(path, self.values)

    def wipe(self) -> None:
        """Overwrites the values."""
        self.values[:] = 0

    def __repr__(self) -> str:
        return f"<Witness of {len(self.values)} wires>"


class R1CS:
    """(A w) (B w) = (C w), row by row, over w = (1, public outputs, public inputs, private). BN254: about 100 bits."""

    def __init__(self, native: Any, name: str, public_names: Sequence[str] | None = None) -> None:
        self.r1cs: _native.R1cs = native
        self.name = name
        self.public_names = list(public_names or [f"public[{i}]" for i in range(native.num_public)])
        self._digest: bytes | None = None

    @classmethod
    def load(cls, path: str | Path, *, max_wires: int = MAX_WIRES, max_constraints: int = MAX_CONSTRAINTS) -> R1CS:
        """Reads a `.r1cs` file (iden3, version 1), such as circom writes.

        Raises EncodingError for a malformed file or another prime, LimitError above the limits.
        """
        path = Path(path)
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise EncodingError(f"{path.name} is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return R1CS(_native.R1cs.read(data, max_wires, max_constraints), path.stem)

    @property
    def constraints(self) -> int:
        """Number of rows."""
        return int(self.r1cs.num_constraints)

    @property
    def wires(self) -> int:
        """Number of wires, with the constant one."""
        return int(self.r1cs.num_wires)

    @property
    def num_public(self) -> int:
        """Public outputs and inputs."""
        return int(self.r1cs.num_public)

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"<{kind} {self.name}: {self.constraints} constraints, {self.wires} wires, {self.num_public} public>"

    def digest(self) -> bytes:
        """SHA-256 over the canonical content, with a domain tag: what keys are bound to. 32 bytes."""
        if self._digest is None:
            self._digest = self.r1cs.digest()
        return self._digest

    def check(self, witness: Witness | Limbs, *, progress: Any = None) -> None:
        """Raises UnsatisfiedError unless the values of all wires satisfy every row."""
        values = witness.values if isinstance(witness, Witness) else witness
        row = self.r1cs.check(values, progress)
        if row == self.constraints:
            raise UnsatisfiedError(f"{self.name}: wire 0 of the witness is not 1")
        if row is not None:
            raise UnsatisfiedError(self._failed_row(row, values))

    def _failed_row(self, row: int, values: Limbs) -> str:
        return f"{self.name}: row {row} does not hold"

    def load_witness(self, path: str | Path) -> Witness:
        """Reads a `.wtns` file for this system and checks it."""
        values = read_wtns(path, max_wires=self.wires)
        if len(values) != self.wires:
            raise EncodingError(f"{Path(path).name} holds {len(values)} wires, {self.name} has {self.wires}")
        witness = Witness(values, self.public_names)
        self.check(witness)
        return witness

    def save_r1cs(self, path: str | Path) -> None:
        """Writes a `.r1cs` file: 36 bytes an entry."""
        with Path(path).open("wb") as file:
            self.r1cs.write(file.write)
