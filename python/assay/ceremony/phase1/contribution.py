"""One contribution to the powers of tau: what section 7 of a `.ptau` file keeps of it.

    tau G1, tau G2, alpha G1, beta G1, beta G2        64 + 128 + 64 + 64 + 128 bytes, as they were after it
    s, s x for x = tau, alpha, beta in G1; sp x for each in G2                6 x 64 + 3 x 128 bytes
    state of BLAKE2b before the response's last update                        216 bytes
    next challenge                                                            64 bytes
    u32 kind: 0 of a person, 1 of a beacon; u32 length of the parameters
    parameters, in order: 1 name (u8 length, UTF-8); of a beacon 2 exponent (u8), 3 value (u8 length, bytes)

Points in Montgomery form, integers little-endian. Source: snarkjs 0.7.6, powersoftau_utils.js. A contribution that this
module would not write is refused, but for what BLAKE2b's state holds beyond its pending bytes, which tools leave there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay import _native
from assay.ceremony.errors import CeremonyError
from assay.ceremony.knowledge import ProofOfKnowledge
from assay.ceremony.points import G1, G2, PointGroup
from assay.ceremony.randomness import Beacon
from assay.core.errors import EncodingError, InvalidInput, LimitError
from assay.crypto.field import Limbs

__all__ = [
    "HASH_BYTES",
    "MAX_CONTRIBUTIONS",
    "SECRETS",
    "Accumulated",
    "Contribution",
    "PublicKey",
    "read_all",
    "write_all",
]

SECRETS: Final = ("tau", "alpha", "beta")
HASH_BYTES: Final = 64
MAX_CONTRIBUTIONS: Final = 1 << 16
_STATE_BYTES: Final = 216
_PERSON, _BEACON = 0, 1
_NAME, _EXPONENT, _VALUE = 1, 2, 3


@dataclass(frozen=True)
class Accumulated:
    """The five points that say which powers a file holds: tau G1, tau G2, alpha G1, beta G1, beta G2."""

    tau_g1: Limbs
    tau_g2: Limbs
    alpha_g1: Limbs
    beta_g1: Limbs
    beta_g2: Limbs

    @classmethod
    def start(cls) -> Accumulated:
        """Of a new file: tau = alpha = beta = 1."""
        return cls(G1.generator, G2.generator, G1.generator, G1.generator, G2.generator)

    def named(self) -> list[tuple[str, PointGroup, Limbs]]:
        """Name, group and point of each."""
        return [
            ("tauG1", G1, self.tau_g1),
            ("tauG2", G2, self.tau_g2),
            ("alphaG1", G1, self.alpha_g1),
            ("betaG1", G1, self.beta_g1),
            ("betaG2", G2, self.beta_g2),
        ]


@dataclass(frozen=True)
class PublicKey:
    """The proofs of knowledge of a contribution's tau, alpha and beta."""

    tau: ProofOfKnowledge
    alpha: ProofOfKnowledge
    beta: ProofOfKnowledge

    def proofs(self) -> tuple[ProofOfKnowledge, ProofOfKnowledge, ProofOfKnowledge]:
        """In the order of `SECRETS`."""
        return self.tau, self.alpha, self.beta

    def encode(self) -> bytes:
        """The bytes that end a response: all of G1, then G2, uncompressed."""
        g1 = [point for proof in self.proofs() for point in (proof.g1_s, proof.g1_sx)]
        g2 = [proof.g2_spx for proof in self.proofs()]
        return G1.encode(np.concatenate(g1)) + G2.encode(np.concatenate(g2))


@dataclass(frozen=True)
class Contribution:
    """One contribution, by a person or by a beacon."""

    after: Accumulated
    key: PublicKey
    state: bytes
    """BLAKE2b over the previous challenge and the compressed points, before the public key."""
    next_challenge: bytes
    name: str = ""
    beacon: Beacon | None = None

    def response(self) -> bytes:
        """The hash that the contributor publishes, 64 bytes."""
        hasher = _native.Blake2b.resume(self.state)
        hasher.update(self.key.encode())
        digest: bytes = hasher.digest()
        return digest

    def encode(self) -> bytes:
        """The bytes of section 7."""
        points = [point for _, _, point in self.after.named()]
        points += [point for proof in self.key.proofs() for point in (proof.g1_s, proof.g1_sx)]
        points += [proof.g2_spx for proof in self.key.proofs()]
        parameters = b""
        if self.name:
            name = self.name.encode()
            parameters += struct.pack("<BB", _NAME, len(name)) + name
        if self.beacon is not None:
            parameters += struct.pack("<BB", _EXPONENT, self.beacon.log_iterations)
            parameters += struct.pack("<BB", _VALUE, len(self.beacon.value)) + self.beacon.value
        kind = _PERSON if self.beacon is None else _BEACON
        body = b"".join(point.astype("<u8", copy=False).tobytes() for point in points)
        return body + self.state + self.next_challenge + struct.pack("<II", kind, len(parameters)) + parameters


def write_all(contributions: list[Contribution]) -> bytes:
    """Section 7."""
    return struct.pack("<I", len(contributions)) + b"".join(one.encode() for one in contributions)


def read_all(data: bytes) -> list[Contribution]:
    """The contributions of section 7, not verified.

    Raises `EncodingError` or `CeremonyError` for bytes that are no contributions, naming which; `LimitError` for more
    than `MAX_CONTRIBUTIONS`.
    """
    reader = _Reader(data, "section 7")
    (count,) = reader.unpack("<I")
    if count > MAX_CONTRIBUTIONS:
        raise LimitError(f"section 7 claims {count} contributions, above the limit of {MAX_CONTRIBUTIONS}")
    contributions = []
    for position in range(count):
        reader.where = f"contribution {position + 1} of {count}"
        contributions.append(_read(reader))
    reader.where = "section 7"
    reader.finish()
    return contributions


class _Reader:
    def __init__(self, data: bytes, where: str) -> None:
        self._data, self._at, self.where = data, 0, where

    def bytes(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise EncodingError(f"{self.where} is cut short")
        self._at += size
        return self._data[self._at - size : self._at]

    def unpack(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self.bytes(struct.calcsize(form)))

    def point(self, group: PointGroup) -> Limbs:
        row = np.frombuffer(self.bytes(group.bytes), dtype="<u8").astype(np.uint64)
        return row.reshape(1, group.limbs)

    def finish(self) -> None:
        if self._at != len(self._data):
            raise EncodingError(f"{self.where}: {len(self._data) - self._at} bytes after its end")


def _read(reader: _Reader) -> Contribution:
    after = Accumulated(*(reader.point(group) for _, group, _ in Accumulated.start().named()))
    g1 = [reader.point(G1) for _ in range(6)]
    g2 = [reader.point(G2) for _ in range(3)]
    key = PublicKey(*(ProofOfKnowledge(g1[2 * i], g1[2 * i + 1], g2[i]) for i in range(3)))
    for name, group, point in after.named():
        group.check(point, f"{reader.where}, {name}")
    for secret, proof in zip(SECRETS, key.proofs(), strict=True):
        proof.check_points(f"{reader.where}, key of {secret}")
    state = reader.bytes(_STATE_BYTES)
    try:
        _native.Blake2b.resume(state)
    except EncodingError:
        raise CeremonyError(reader.where, "the partial hash is no state of BLAKE2b") from None
    next_challenge = reader.bytes(HASH_BYTES)
    kind, length = reader.unpack("<II")
    parameters = _Reader(reader.bytes(length), f"{reader.where}, parameters")
    name, beacon = _read_parameters(parameters, length, kind)
    return Contribution(after, key, state, next_challenge, name, beacon)


def _read_parameters(reader: _Reader, length: int, kind: int) -> tuple[str, Beacon | None]:
    if kind not in (_PERSON, _BEACON):
        raise EncodingError(f"{reader.where}: a contribution of kind {kind} is not known")
    name, exponent, value = "", None, None
    left, last = length, 0
    while left > 0:
        (tag, size) = reader.unpack("<BB")
        if tag <= last:
            raise EncodingError(f"{reader.where}: parameter {tag} after parameter {last}")
        last = tag
        if tag == _EXPONENT:
            exponent = size
            left -= 2
            continue
        content = reader.bytes(size)
        left -= 2 + size
        if tag == _NAME:
            try:
                name = content.decode()
            except UnicodeDecodeError:
                raise EncodingError(f"{reader.where}: the name is not UTF-8") from None
        elif tag == _VALUE:
            value = content
        else:
            raise EncodingError(f"{reader.where}: parameter {tag} is not known")
    reader.finish()
    if kind == _PERSON:
        if exponent is not None or value is not None:
            raise EncodingError(f"{reader.where}: a person's contribution has no beacon")
        return name, None
    if exponent is None or value is None:
        raise EncodingError(f"{reader.where}: the beacon or its exponent is missing")
    try:
        return name, Beacon(value, exponent)
    except InvalidInput as error:
        raise EncodingError(f"{reader.where}: {error}") from None
