"""snarkjs's `.zkey`, both ways: a proving key with its constraint system, for somebody else's prover or from one.

Source: github.com/iden3/snarkjs, src/zkey_utils.js and zkey_new.js (facts of the layout). "zkey", version 1, ten
sections: 1 protocol, 2 sizes and fixed points, 3 IC, 4 coefficients of A and B (cpp/circuit/zkey_coefficients.h), 5 A,
6 B1, 7 B2, 8 C, 9 H, 10 contributions. Points are affine in Montgomery form, little-endian, so that sections 3 and 5 to
9 are our arrays one to one (cpp/groth16/key.h). BN254, about 100 bits of security, is the only curve read.

A `.zkey` does not hold the matrix C. Either give `read` the circuit, which is compared with the key and then names the
row that a witness violates; or prove with the system that the key holds, `Zkey.system`.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay import _native
from assay.core.binfile import SectionFile, SectionWriter
from assay.core.errors import EncodingError, WrongKeyError
from assay.core.files import atomic_write
from assay.core.logging import get_logger
from assay.crypto.bn254 import G1_GENERATOR
from assay.crypto.field import Fp, Fr, Limbs
from assay.crypto.groth16 import contributions, keyfile
from assay.crypto.groth16.contributions import Transcript
from assay.crypto.groth16.keys import ProvingKey, VerifyingKey
from assay.crypto.groth16.system import ConstraintSystem, require_system

__all__ = ["KeySystem", "Zkey", "read", "read_transcript", "read_verifying_key", "write"]

MAGIC: Final = b"zkey"
FIXED_WORDS: Final = {"alpha1": 8, "beta1": 8, "beta2": 16, "gamma2": 16, "delta1": 8, "delta2": 16}
"""The points of section 2 in order, after the sizes; `delta` is the pair that contributions change."""
SECTIONS: Final = {"ic": 3, "a": 5, "b1": 6, "b2": 7, "l": 8, "h": 9}
COEFFICIENTS, CONTRIBUTIONS = 4, 10
MAX_BYTES: Final = 1 << 40

_OUR_ORDER: Final = ("alpha1", "beta1", "delta1", "beta2", "gamma2", "delta2")
_PROTOCOLS: Final = {1: "groth16", 2: "plonk", 10: "fflonk"}
_SIZES: Final = struct.Struct("<I32sI32sIII")
_LOG: Final = get_logger(__name__)


class KeySystem:
    """The constraint system that a `.zkey` holds: A, B and the public wires, without C.

    Enough to prove. A witness that does not satisfy the circuit is refused all the same, because its proof does not
    verify, but which row it violates cannot be said.
    """

    def __init__(self, native: _native.R1cs) -> None:
        self.r1cs: _native.R1cs = native

    def __repr__(self) -> str:
        r = self.r1cs
        return f"<KeySystem: {r.num_constraints} constraints, {r.num_wires} wires, {r.num_public} public, C unknown>"

    def digest(self) -> bytes:
        """SHA-256 over A, B and the sizes, with a domain tag of its own. 32 bytes."""
        return hashlib.sha256(b"assay/zkey/system/1" + self.r1cs.digest()).digest()


@dataclass(frozen=True)
class Zkey:
    """What a `.zkey` file holds. `system` is the circuit given to `read`, or a `KeySystem`."""

    key: ProvingKey
    system: ConstraintSystem
    transcript: Transcript


@dataclass(frozen=True)
class Head:
    """Sections 1 and 2: the sizes, and the fixed points by name, uint64[8] or uint64[16], Montgomery words."""

    num_wires: int
    num_public: int
    domain: int
    points: dict[str, Limbs]

    def pack(self) -> bytes:
        """The bytes of section 2."""
        sizes = _SIZES.pack(32, _le(Fp.modulus), 32, _le(Fr.modulus), self.num_wires, self.num_public, self.domain)
        return sizes + b"".join(self.points[name].astype("<u8", copy=False).tobytes() for name in FIXED_WORDS)

    def key_header(self, digest: bytes, ceremony: str) -> keyfile.Header:
        """The same sizes, as a key file of ours has them."""
        log_n = self.domain.bit_length() - 1
        return keyfile.Header(keyfile.PROVING_KEY, self.num_wires, self.num_public, log_n, digest, ceremony)


def write(
    path: str | os.PathLike[str], key: ProvingKey, circuit: ConstraintSystem, *, transcript: Transcript | None = None
) -> None:
    """Writes the key as a `.zkey` file. WrongKeyError if it belongs to another circuit.

    transcript: of the ceremony that made the key; without one the list of contributions is empty, as it is for a key
    from a local set-up, whose maker can forge.
    """
    if key.circuit_digest != require_system(circuit).digest():
        raise WrongKeyError("the proving key belongs to another circuit")
    fixed = np.split(
        np.asarray(key.sections["fixed"]).reshape(72), np.cumsum([FIXED_WORDS[n] for n in _OUR_ORDER])[:-1]
    )
    head = Head(key.num_wires, key.num_public, 1 << key.domain_log, dict(zip(_OUR_ORDER, fixed, strict=True)))
    write_sections(
        path,
        head,
        {name: writer_of(key.sections[name]) for name in SECTIONS},
        circuit.r1cs.write_coefficients,
        transcript or Transcript(),
    )


Writer = Callable[[Callable[[bytes | memoryview], object]], object]
"""Called with a file's `write`; writes the content of a section."""


def write_sections(
    path: str | os.PathLike[str], head: Head, points: dict[str, Writer], coefficients: Writer, transcript: Transcript
) -> None:
    """Writes the ten sections in the order of their numbers; the file appears whole or not at all."""
    numbered = {SECTIONS[name]: writer for name, writer in points.items()} | {COEFFICIENTS: coefficients}
    with atomic_write(path) as file:
        out = SectionWriter(file, MAGIC, version=1, count=10)
        for number, data in ((1, struct.pack("<I", 1)), (2, head.pack())):
            with out.section(number) as section:
                section.write(data)
        for number in sorted(numbered):
            with out.section(number) as section:
                numbered[number](section.write)
        with out.section(CONTRIBUTIONS) as section:
            section.write(transcript.pack())
        out.finish()


def read(path: str | os.PathLike[str], circuit: ConstraintSystem | None = None, *, trusted: bool = False) -> Zkey:
    """Reads a `.zkey` file of Groth16 over BN254 into memory. The file may be hostile.

    Sizes, sections, coefficients and every point (canonical, on its curve, in its group, not infinity where none may
    be) are checked; `trusted=True` leaves out the points, about 50 us a wire, for a file of one's own. That the points
    belong together, and whose secrets made them, is another question: `assay ceremony phase2 verify` answers it. A
    proof that comes out is verified with the key, whatever the file was.

    Raises `EncodingError` naming the section, `LimitError` for a file above the limits, `WrongKeyError` if `circuit` is
    given and has other matrices A or B or another number of public wires.
    """
    with open_zkey(path) as file:
        head = read_head(file)
        native = _native.R1cs.read_coefficients(file.view(COEFFICIENTS), head.num_wires, head.num_public, head.domain)
        _check_domain(native, head, file.name)
        system: ConstraintSystem = KeySystem(native)
        if circuit is not None:
            _check_circuit(native, require_system(circuit), file.name)
            system = circuit
        transcript = transcript_of(file)
        fixed = np.concatenate([head.points[name] for name in _OUR_ORDER]).reshape(1, 72)
        sections = {"fixed": fixed} | {name: file.rows(k, 16 if name == "b2" else 8) for name, k in SECTIONS.items()}
        key = ProvingKey(head.key_header(system.digest(), _ceremony(head, transcript)), sections)
    if not trusted:
        key.check_points()
    return Zkey(key, system, transcript)


def read_verifying_key(path: str | os.PathLike[str]) -> VerifyingKey:
    """The verifier's part of a `.zkey`, its points checked, without reading the rest."""
    with open_zkey(path) as file:
        head = read_head(file)
        ceremony = _ceremony(head, transcript_of(file))
        points = [head.points[name].reshape(-1, 4) for name in ("alpha1", "beta2", "gamma2", "delta2")]
        fixed = from_montgomery(np.concatenate(points), f"{file.name}: a point of the header")
        ic = from_montgomery(file.rows(SECTIONS["ic"], 8).reshape(-1, 4), f"{file.name}: a point of section 3 (ic)")
    return VerifyingKey(fixed, ic, circuit_digest=None, ceremony=ceremony)


def read_transcript(path: str | os.PathLike[str]) -> Transcript:
    """The circuit hash and the contributions in a `.zkey`, unverified."""
    with open_zkey(path) as file:
        return transcript_of(file)


def open_zkey(path: str | os.PathLike[str]) -> SectionFile:
    """Opens the file and checks that it has the ten sections of Groth16, of the sizes that its header says."""
    file = SectionFile(path, MAGIC, max_bytes=MAX_BYTES)
    try:
        file.require_size(1, 4, "protocol")
        (protocol,) = struct.unpack("<I", file.read(1, limit=4))
        if protocol != 1:
            raise EncodingError(
                f"{file.name}: a key of {_PROTOCOLS.get(protocol, f'protocol {protocol}')}, not groth16"
            )
        file.require(required=[1, 2, *SECTIONS.values(), COEFFICIENTS, CONTRIBUTIONS])
        shapes = read_head(file).key_header(bytes(32), "unknown").shapes()
        for name, number in SECTIONS.items():
            rows, words = shapes[name]
            file.require_size(number, 8 * rows * words, name)
    except BaseException:
        file.close()
        raise
    return file


def read_head(file: SectionFile) -> Head:
    """Section 2, its primes and sizes checked, its points not."""
    size = _SIZES.size + 8 * sum(FIXED_WORDS.values())
    file.require_size(2, size, "sizes and fixed points")
    data = file.read(2, limit=size)
    n8q, q, n8r, r, wires, public, domain = _SIZES.unpack_from(data)
    if (n8q, q, n8r, r) != (32, _le(Fp.modulus), 32, _le(Fr.modulus)):
        raise EncodingError(f"{file.name}: the primes are not those of BN254")
    if domain < 1 or domain & (domain - 1):
        raise EncodingError(f"{file.name}: a domain of size {domain}, which is no power of two")
    points, at = {}, _SIZES.size
    for name, words in FIXED_WORDS.items():
        points[name] = np.frombuffer(data, dtype="<u8", count=words, offset=at).astype(np.uint64)
        at += 8 * words
    head = Head(wires, public, domain, points)
    head.key_header(bytes(32), "unknown")  # the limits
    return head


def from_montgomery(rows: Limbs, what: str) -> Limbs:
    """Montgomery words uint64[n, 4] of coordinates as canonical integers; `EncodingError` if one is not below p."""
    try:
        return Fp.mul(np.ascontiguousarray(rows), np.repeat(_R_INVERSE, len(rows), axis=0))
    except EncodingError:
        raise EncodingError(f"{what} has a coordinate that is not below p") from None


_R_INVERSE: Final = Fp.to_limbs([pow(2, -256, Fp.modulus)])


def _le(value: int) -> bytes:
    return value.to_bytes(32, "little")


def writer_of(array: Limbs) -> Writer:
    """Writes the array's words as they are."""
    return lambda write: write(np.ascontiguousarray(array).data)


def transcript_of(file: SectionFile) -> Transcript:
    """Section 10, unverified."""
    try:
        return Transcript.unpack(file.read(CONTRIBUTIONS, limit=contributions.MAX_BYTES))
    except EncodingError as error:
        raise EncodingError(f"{file.name}: {error}") from None


def _check_domain(native: _native.R1cs, head: Head, name: str) -> None:
    if 1 << _native.groth16_domain_log(native.num_constraints, native.num_public) != head.domain:
        raise EncodingError(f"{name}: {native.num_constraints} constraints do not belong to a domain of {head.domain}")


def _check_circuit(native: _native.R1cs, circuit: ConstraintSystem, name: str) -> None:
    if circuit.r1cs.without_c().digest() != native.digest():
        raise WrongKeyError(
            f"{name} is a key of another circuit: {native.num_constraints} constraints and {native.num_wires} wires; "
            f"the one given has {circuit.r1cs.num_constraints} and {circuit.r1cs.num_wires}, or other coefficients"
        )


def _ceremony(head: Head, transcript: Transcript) -> str:
    count, digest = len(transcript.contributions), transcript.circuit_hash.hex()[:12]
    generator = from_montgomery(head.points["delta1"].reshape(2, 4), "delta").reshape(1, 8)
    if np.array_equal(generator, G1_GENERATOR):
        _LOG.warning("this .zkey has no contribution yet (delta is 1): anyone can forge proofs for it")
        return "zkey: no contribution, anyone can forge"
    if count == 0:
        return "zkey: no list of contributions"
    return f"zkey: {count} contributions, circuit {digest}, not verified"
