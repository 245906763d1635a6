"""A proof: three points, and its two byte forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.core.errors import EncodingError, InvalidInput, WrongType
from assay.crypto import bn254
from assay.crypto.field import Fp, Limbs

__all__ = ["G1", "G2", "Proof"]

G1 = tuple[int, int]
G2 = tuple[tuple[int, int], tuple[int, int]]

PROOF_BYTES: Final = 256
COMPRESSED_BYTES: Final = 128


def _is_int(value: object) -> bool:
    return type(value) is int


def _is_fp2(value: object) -> bool:
    return _is_pair(value, _is_int)


def _is_pair(value: object, is_member: Callable[[object], bool]) -> bool:
    return type(value) is tuple and len(value) == 2 and all(map(is_member, value))


@dataclass(frozen=True)
class Proof:
    """The points A, B, C of a Groth16 proof over BN254 (about 100 bits of security), in affine coordinates.

    a, c: (x, y) integers; b: ((x0, x1), (y0, y1)) with x = x0 + x1 i. Coordinates are below p, else `EncodingError`.
    Whether the points lie on their curves is checked by `from_bytes` and by verification, not here.

    **Never an identifier.** Anyone can turn a proof into another one of the same statement without the witness: (-A,
    -B, C), or A t, B / t, C, or with fresh randomness. Equality here compares these three points, nothing more. To
    name a statement, hash the verification key and the public inputs.
    """

    a: G1
    b: G2
    c: G1

    def __post_init__(self) -> None:
        if not (_is_pair(self.a, _is_int) and _is_pair(self.c, _is_int) and _is_pair(self.b, _is_fp2)):
            raise WrongType("a proof is a = (x, y), b = ((x0, x1), (y0, y1)), c = (x, y) of int")
        for value in self._coordinates():
            if not 0 <= value < Fp.modulus:
                raise EncodingError(f"the coordinate {value} is not in [0, p)")

    def _coordinates(self) -> tuple[int, ...]:
        return (*self.a, *self.b[0], *self.b[1], *self.c)

    def words(self) -> Limbs:
        """uint64[8, 4], canonical: a.x, a.y, b.x0, b.x1, b.y0, b.y1, c.x, c.y."""
        return Fp.to_limbs(self._coordinates())

    @classmethod
    def from_words(cls, words: Limbs) -> Proof:
        """The inverse of `words`."""
        v = Fp.from_limbs(words)
        if len(v) != 8:
            raise InvalidInput(f"a proof has 8 coordinates, got {len(v)}")
        return cls((v[0], v[1]), ((v[2], v[3]), (v[4], v[5])), (v[6], v[7]))

    def to_bytes(self) -> bytes:
        """256 bytes in the form of the EVM's pairing precompile (EIP-197): big-endian, of B the i-part first."""
        return self._encode(compressed=False)

    def to_compressed(self) -> bytes:
        """128 bytes: A, B, C in the compressed form of gnark-crypto (two flag bits in the first byte of each point)."""
        return self._encode(compressed=True)

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """Reads 256 or 128 bytes; `EncodingError` unless canonical, in the groups and not infinity."""
        if not isinstance(data, bytes):
            raise WrongType(f"a proof is read from bytes, got {type(data).__name__}")
        if len(data) not in (PROOF_BYTES, COMPRESSED_BYTES):
            raise EncodingError(f"a proof has {PROOF_BYTES} bytes, or {COMPRESSED_BYTES} compressed; got {len(data)}")
        compressed, q = len(data) == COMPRESSED_BYTES, len(data) // 4
        points = [
            bn254.G1.decode(data[:q], compressed=compressed),
            bn254.G2.decode(data[q : 3 * q], compressed=compressed),
            bn254.G1.decode(data[3 * q :], compressed=compressed),
        ]
        proof = cls.from_words(np.concatenate([point.reshape(-1, 4) for point in points]))
        proof.require_points()
        return proof

    def require_points(self) -> None:
        """`EncodingError` unless A, B and C are in their groups and not infinity."""
        for name, group, point in zip("ABC", (bn254.G1, bn254.G2, bn254.G1), self._points(), strict=True):
            if not point.any():
                raise EncodingError(f"point {name} of the proof is infinity")
            if not group.in_subgroup(point)[0]:
                where = "outside the subgroup" if group.is_on_curve(point)[0] else "not on the curve"
                raise EncodingError(f"point {name} of the proof is {where}")

    def _points(self) -> tuple[Limbs, Limbs, Limbs]:
        words = self.words()
        return words[:2].reshape(1, 8), words[2:6].reshape(1, 16), words[6:].reshape(1, 8)

    def _encode(self, *, compressed: bool) -> bytes:
        a, b, c = self._points()
        return b"".join(
            group.encode(point, compressed=compressed) for group, point in ((bn254.G1, a), (bn254.G2, b), (bn254.G1, c))
        )
