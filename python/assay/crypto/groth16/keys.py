"""Proving and verifying keys: typed views of native memory, saved to and loaded from files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from assay import _native
from assay.core.errors import EncodingError, InvalidInput
from assay.crypto import bn254
from assay.crypto.field import Fp, Limbs, require_limbs
from assay.crypto.groth16 import keyfile
from assay.crypto.groth16.mapped import MappedSections
from assay.crypto.groth16.proof import G1, G2

__all__ = ["LOCAL_SETUP", "ProvingKey", "VerifyingKey"]

LOCAL_SETUP: Final = "none (local set-up)"
"""The ceremony of a key whose trapdoor one party drew: convincing for that party only."""

_MONTGOMERY_INVERSE: Final = pow(2, -256, Fp.modulus)
_SECURITY: Final = "BN254, about 100 bits"
_CHECKED_ROWS: Final = 1 << 14


class VerifyingKey:
    """What a verifier needs: alpha in G1, beta, gamma, delta in G2, and one point of G1 for 1 and each public input.

    All points are checked on construction: canonical, on the curve, in the subgroup of order r, not infinity
    (`EncodingError`). `circuit_digest` is None for a key from snarkjs, which does not name its circuit.
    """

    def __init__(self, fixed: Limbs, ic: Limbs, *, circuit_digest: bytes | None, ceremony: str) -> None:
        """fixed: uint64[14, 4], alpha (x, y), then beta, gamma, delta (x0, x1, y0, y1); ic: uint64[2 * points, 4]."""
        if require_limbs(fixed, 4, "fixed") != 14:
            raise InvalidInput(f"fixed must have 14 rows, got {len(fixed)}")
        rows = require_limbs(ic, 4, "ic")
        if rows < 2 or rows % 2:
            raise InvalidInput(f"ic must have two rows for 1 and for each public input, got {rows}")
        self._fixed = fixed
        self._ic = ic
        self.num_public: Final = rows // 2 - 1
        self.circuit_digest: Final = circuit_digest
        self.ceremony: Final = ceremony
        self.native: Final = _native.Groth16Verifier(fixed, ic)

    def __repr__(self) -> str:
        circuit = "unknown" if self.circuit_digest is None else self.circuit_digest.hex()[:16]
        return (
            f"VerifyingKey({_SECURITY}; {self.num_public} public inputs; circuit {circuit}; ceremony: {self.ceremony})"
        )

    def __eq__(self, other: object) -> bool:
        """Equal points; where they come from does not count."""
        if not isinstance(other, VerifyingKey):
            return NotImplemented
        return np.array_equal(self._fixed, other._fixed) and np.array_equal(self._ic, other._ic)

    def __hash__(self) -> int:
        return hash(self.digest())

    def __getstate__(self) -> None:
        raise TypeError("keys are not pickled; use save and load")

    def digest(self) -> bytes:
        """SHA-256 over all points: the key's name."""
        return hashlib.sha256(b"assay/groth16/vk/1" + self._fixed.tobytes() + self._ic.tobytes()).digest()

    @property
    def alpha(self) -> G1:
        """[alpha]_1."""
        x, y = Fp.from_limbs(self._fixed[:2])
        return x, y

    @property
    def beta(self) -> G2:
        """[beta]_2."""
        return self._g2(2)

    @property
    def gamma(self) -> G2:
        """[gamma]_2, the generator in our own keys."""
        return self._g2(6)

    @property
    def delta(self) -> G2:
        """[delta]_2."""
        return self._g2(10)

    @property
    def ic(self) -> list[G1]:
        """The points that the public inputs (1, x_1, ..., x_l) weigh."""
        v = Fp.from_limbs(self._ic)
        return list(zip(v[::2], v[1::2], strict=True))

    def _g2(self, row: int) -> G2:
        x0, x1, y0, y1 = Fp.from_limbs(self._fixed[row : row + 4])
        return (x0, x1), (y0, y1)

    def to_bytes(self) -> bytes:
        """alpha, beta, gamma, delta and ic in the form of EIP-196 and EIP-197: the key that `assay.h` takes."""
        alpha, g2 = self._fixed[:2].reshape(1, 8), self._fixed[2:].reshape(3, 16)
        ic = self._ic.reshape(-1, 8)
        return b"".join(
            group.encode(points, compressed=False)
            for group, points in ((bn254.G1, alpha), (bn254.G2, g2), (bn254.G1, ic))
        )

    @classmethod
    def from_points(
        cls, alpha: G1, beta: G2, gamma: G2, delta: G2, ic: Sequence[G1], *, ceremony: str = "unknown"
    ) -> VerifyingKey:
        """A key from integer coordinates, for another program's keys."""
        fixed = Fp.to_limbs([*alpha, *(v for point in (beta, gamma, delta) for pair in point for v in pair)])
        return cls(fixed, Fp.to_limbs(v for point in ic for v in point), circuit_digest=None, ceremony=ceremony)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the key file, whole or not at all."""
        header = keyfile.Header(
            keyfile.VERIFYING_KEY,
            self.num_public + 1,
            self.num_public,
            (self.num_public + 1).bit_length(),
            self.circuit_digest or bytes(32),
            self.ceremony,
        )
        keyfile.write(path, header, {"fixed": self._fixed, "ic": self._ic})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> VerifyingKey:
        """Reads a key file; `EncodingError` for anything but a sound one."""
        header, sections = keyfile.read(path, keyfile.VERIFYING_KEY, mmap=False)
        circuit = header.circuit_digest if any(header.circuit_digest) else None
        return cls(sections["fixed"], sections["ic"], circuit_digest=circuit, ceremony=header.ceremony)


class ProvingKey:
    """The prover's key, its points in native memory or in a mapped file. Made by `setup` or `load`."""

    def __init__(self, header: keyfile.Header, sections: Mapping[str, Limbs]) -> None:
        self._header = header
        self.sections: Final = sections if isinstance(sections, MappedSections) else dict(sections)

    def __repr__(self) -> str:
        h = self._header
        return (
            f"ProvingKey({_SECURITY}; {h.num_wires} wires, {h.num_public} public, domain 2^{h.domain_log}; "
            f"circuit {h.circuit_digest.hex()[:16]}; ceremony: {h.ceremony})"
        )

    def __getstate__(self) -> None:
        raise TypeError("keys are not pickled; use save and load")

    @property
    def circuit_digest(self) -> bytes:
        """Digest of the circuit the key belongs to."""
        return self._header.circuit_digest

    @property
    def ceremony(self) -> str:
        """Who drew the trapdoor."""
        return self._header.ceremony

    @property
    def num_wires(self) -> int:
        """Wires of the circuit, with the constant one."""
        return self._header.num_wires

    @property
    def num_public(self) -> int:
        """Public wires, without the constant one."""
        return self._header.num_public

    @property
    def domain_log(self) -> int:
        """Log2 of the evaluation domain."""
        return self._header.domain_log

    @property
    def num_bytes(self) -> int:
        """Bytes of the key file."""
        return self._header.file_bytes()

    @cached_property
    def verifying_key(self) -> VerifyingKey:
        """The verifier's part."""
        fixed = _canonical(self.sections["fixed"])
        alpha, g2 = fixed[:2], fixed[6:]
        return VerifyingKey(
            np.concatenate([alpha, g2]),
            _canonical(self.sections["ic"]),
            circuit_digest=self.circuit_digest,
            ceremony=self.ceremony,
        )

    @property
    def mapped(self) -> MappedSections | None:
        """The mapped file, if the key stands in one."""
        return self.sections if isinstance(self.sections, MappedSections) else None

    def native_arguments(self) -> tuple[Any, ...]:
        """Sizes and arrays in the order in which the kernels take them. Checks the sections of a mapped key."""
        return (self.num_wires, self.num_public, self.domain_log, *self.sections.values())

    def check_points(self) -> None:
        """Checks every point, which a key file from somebody else needs: checksums only find damage.

        `EncodingError`, naming section and row, for a coordinate that is not below p, a point off the curve or outside
        the subgroup, or infinity where none may be (`fixed`, `ic`, `h`). That the points belong together and to the
        circuit is another question, which this does not answer. About 50 us a wire on one thread.
        """
        for name, points in self.sections.items():
            group = bn254.G2 if name == "b2" else bn254.G1
            if name == "fixed":
                self._check_rows("fixed", bn254.G1, points[0, :24].reshape(3, 8))
                self._check_rows("fixed", bn254.G2, points[0, 24:].reshape(3, 16))
            else:
                self._check_rows(name, group, points)

    def _check_rows(self, name: str, group: bn254.Group, points: Limbs) -> None:
        for start in range(0, len(points), _CHECKED_ROWS):
            piece = points[start : start + _CHECKED_ROWS]
            try:
                rows = _canonical(piece).reshape(-1, group.limbs)
            except EncodingError:
                raise EncodingError(f"section {name}: a coordinate after row {start} is not below p") from None
            good = group.in_subgroup(rows)
            if name in ("fixed", "ic", "h"):
                good &= rows.any(axis=1)
            if not good.all():
                row = start + int(np.flatnonzero(~good)[0])
                raise EncodingError(f"section {name}, row {row}: not a point of {group.name} that may stand here")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the key file (see `keyfile`), whole or not at all."""
        keyfile.write(path, self._header, self.sections)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = True, checksums: bool = True) -> ProvingKey:
        """Reads a key file, by default mapped: pages come from the disk when the prover needs them.

        Load keys of your own; see `check_points` for others. The layout is checked at once, each section's checksum
        when the section is first used (about a second for two gigabytes), or never with `checksums=False`. A mapped
        file must not change while the key is in use, which is noticed (`EncodingError`); `save` never changes a file
        in place. With `mmap=False` everything is read and checked at once.
        """
        header, sections = keyfile.read(path, keyfile.PROVING_KEY, mmap=mmap, checksums=checksums)
        return cls(header, sections)


def _canonical(points: Limbs) -> Limbs:
    """Montgomery words of points to rows of canonical coordinates, uint64[n, 4]."""
    rows = np.ascontiguousarray(points).reshape(-1, 4)
    factor = np.repeat(Fp.to_limbs([_MONTGOMERY_INVERSE]), len(rows), axis=0)
    return Fp.mul(rows, factor)
