"""What a cheating prover, a hostile file or a confused caller tries with Groth16, and that it is refused."""

from __future__ import annotations

import hashlib
import itertools
import json
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.curve_points import g2_outside_subgroup

from assay.circuits import Builder, Circuit, compile
from assay.core.errors import (
    EncodingError,
    InvalidInput,
    LimitError,
    ProofError,
    UnsatisfiedError,
    WrongKeyError,
    WrongType,
)
from assay.crypto import groth16
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16 import Proof, snarkjs

P, R = Fp.modulus, Fr.modulus
G1 = (1, 2)
G2 = (
    (
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    (
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)


def build(addend: int = 5) -> Circuit:
    c = Builder("two products")
    x, y = c.private("x"), c.public("y")
    c.output("p", x * y + addend)
    c.output("q", x * x)
    return compile(c)


class Setting:
    def __init__(self) -> None:
        self.circuit = build()
        self.key = groth16.setup(self.circuit)
        self.vk = self.key.verifying_key
        self.witness = self.circuit.witness({"x": 11, "y": 13})
        self.public = self.witness.public
        self.proof = groth16.prove(self.key, self.circuit, self.witness)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting()


def refused(s: Setting, public: Any, proof: Proof) -> None:
    with pytest.raises(ProofError):
        groth16.verify(s.vk, public, proof)
    with pytest.raises(groth16.BatchError) as error:
        groth16.verify_batch(s.vk, [s.public, public, s.public], [s.proof, proof, s.proof])
    assert error.value.bad == (1,)


def negate(point: tuple) -> tuple:
    x, y = point
    return (x, (-y) % P if isinstance(y, int) else tuple(-v % P for v in y))


# -- zero knowledge and soundness ------------------------------------------------------------------------------------


def test_two_proofs_of_one_witness_share_nothing(setting: Setting) -> None:
    other = groth16.prove(setting.key, setting.circuit, setting.witness)
    assert not set(flat(setting.proof)) & set(flat(other))
    groth16.verify(setting.vk, setting.public, other)


def flat(proof: Proof) -> tuple[int, ...]:
    return (*proof.a, *proof.b[0], *proof.b[1], *proof.c)


def test_changed_public_inputs_are_refused(setting: Setting) -> None:
    s = setting
    for i, value in enumerate(s.public):
        for wrong in (value + 1, value - 1, 0, 1, R - 1, R - value, value ^ 1 << 200):
            refused(s, [*s.public[:i], wrong % R, *s.public[i + 1 :]], s.proof)
    for order in itertools.permutations(s.public):
        if list(order) != s.public:
            refused(s, list(order), s.proof)


def test_public_inputs_not_below_r_are_refused(setting: Setting) -> None:
    s = setting
    for i, value in enumerate(s.public):
        for wrong in (value + R, value + 2 * R, value - R, 2**256 - 1, -1):
            public = [*s.public[:i], wrong, *s.public[i + 1 :]]
            with pytest.raises(ProofError, match=r"not in \[0, r\)"):
                groth16.verify(s.vk, public, s.proof)
            refused(s, public, s.proof)


def test_the_kernels_refuse_inputs_not_below_r_themselves(setting: Setting) -> None:
    s = setting
    limbs = Fr.to_limbs(s.public)
    words = [(s.public[1] + R) >> 64 * i & 2**64 - 1 for i in range(4)]
    limbs[1] = np.array(words, dtype=np.uint64)
    with pytest.raises(ProofError, match="canonical"):
        s.vk.native.verify(limbs, s.proof.words())
    assert s.vk.native.verify_batch(limbs, s.proof.words()) == [0]


@pytest.mark.parametrize("public", [[], [1], [1, 2], [1, 2, 3, 4]])
def test_a_wrong_number_of_inputs_is_refused(setting: Setting, public: list[int]) -> None:
    with pytest.raises(ProofError, match="takes 3 public inputs"):
        groth16.verify(setting.vk, public, setting.proof)


@pytest.mark.parametrize("public", [[1.0, 2, 3], ["1", "2", "3"], [None, 1, 2]])
def test_inputs_that_are_no_integers_are_refused(setting: Setting, public: list) -> None:
    with pytest.raises(WrongType):
        groth16.verify(setting.vk, public, setting.proof)


def test_every_changed_element_of_a_proof_is_refused(setting: Setting) -> None:
    s, proof = setting, setting.proof
    other = groth16.prove(s.key, s.circuit, s.witness)
    for point in (negate(proof.a), proof.c, other.a, G1, (0, 0), s.vk.alpha):
        refused(s, s.public, Proof(point, proof.b, proof.c))
    for point in (negate(proof.b), other.b, G2, ((0, 0), (0, 0)), s.vk.delta, s.vk.beta):
        refused(s, s.public, Proof(proof.a, point, proof.c))
    for point in (negate(proof.c), proof.a, other.c, G1, (0, 0)):
        refused(s, s.public, Proof(proof.a, proof.b, point))


def test_points_off_the_curve_are_refused(setting: Setting) -> None:
    s, proof = setting, setting.proof
    values = flat(proof)
    for i in range(8):
        changed = [*values[:i], (values[i] + 1) % P, *values[i + 1 :]]
        words = Fp.to_limbs(changed)
        with pytest.raises(ProofError, match="not on the curve"):
            groth16.verify(s.vk, s.public, Proof.from_words(words))
        refused(s, s.public, Proof.from_words(words))


def test_points_outside_the_subgroup_are_refused(setting: Setting) -> None:
    s = setting
    outside = g2_outside_subgroup()
    with pytest.raises(ProofError, match="subgroup"):
        groth16.verify(s.vk, s.public, Proof(s.proof.a, outside, s.proof.c))
    refused(s, s.public, Proof(s.proof.a, outside, s.proof.c))
    with pytest.raises(EncodingError, match="subgroup"):
        Proof.from_bytes(Proof(s.proof.a, outside, s.proof.c).to_bytes())
    data = json.loads(snarkjs.verification_key_to_json(s.vk))
    data["vk_delta_2"] = [[str(v) for v in outside[0]], [str(v) for v in outside[1]], ["1", "0"]]
    with pytest.raises(EncodingError, match="subgroup"):
        snarkjs.verification_key_from_json(json.dumps(data))


def test_a_malleated_proof_verifies_and_so_is_not_an_identifier(setting: Setting) -> None:
    """(-A) (-B) = A B: anyone makes another proof of the same statement. That is Groth16; do not key anything by it."""
    s, proof = setting, setting.proof
    twin = Proof(negate(proof.a), negate(proof.b), proof.c)
    assert twin != proof
    assert twin.to_bytes() != proof.to_bytes()
    groth16.verify(s.vk, s.public, twin)


def test_a_proof_for_another_key_of_the_same_circuit_is_refused(setting: Setting) -> None:
    s = setting
    other = groth16.setup(s.circuit)
    with pytest.raises(ProofError):
        groth16.verify(other.verifying_key, s.public, s.proof)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 40, 67, 130])
def test_a_batch_names_exactly_the_bad_proofs(setting: Setting, isa: str, count: int) -> None:
    s = setting
    wrong = [s.public[0] + 1, *s.public[1:]]
    publics, proofs = [s.public] * count, [s.proof] * count
    groth16.verify_batch(s.vk, publics, proofs)
    for bad in {(0,), (count - 1,), (count // 3, count // 2), (0, count // 2, count - 1)}:
        mixed = [wrong if i in bad else s.public for i in range(count)]
        with pytest.raises(groth16.BatchError) as error:
            groth16.verify_batch(s.vk, mixed, proofs)
        assert list(error.value.bad) == sorted(set(bad))


def test_a_batch_refuses_points_outside_their_groups(setting: Setting, isa: str) -> None:
    s = setting
    outside = Proof(s.proof.a, g2_outside_subgroup(), s.proof.c)
    for count, position in ((3, 1), (9, 0), (9, 8), (70, 66)):
        proofs = [outside if i == position else s.proof for i in range(count)]
        with pytest.raises(groth16.BatchError) as error:
            groth16.verify_batch(s.vk, [s.public] * count, proofs)
        assert error.value.bad == (position,)


def test_errors_that_would_cancel_in_an_unweighted_sum_are_refused(setting: Setting) -> None:
    """Two proofs with exchanged C: their product of pairing equations holds, each alone fails."""
    s = setting
    other = groth16.prove(s.key, s.circuit, s.witness)
    crossed = [Proof(s.proof.a, s.proof.b, other.c), Proof(other.a, other.b, s.proof.c)]
    with pytest.raises(groth16.BatchError) as error:
        groth16.verify_batch(s.vk, [s.public] * 2, crossed)
    assert error.value.bad == (0, 1)


def test_an_empty_or_lopsided_batch_is_refused(setting: Setting) -> None:
    with pytest.raises(InvalidInput):
        groth16.verify_batch(setting.vk, [], [])
    with pytest.raises(InvalidInput):
        groth16.verify_batch(setting.vk, [setting.public] * 2, [setting.proof])


def test_a_toy_circuit_exhaustively() -> None:
    """z = x y for bits x, y: of all witnesses over {-1, 0, 1, 2} exactly the four true ones are proved."""
    c = Builder("and")
    z, x, y = c.public("z"), c.private("x"), c.private("y")
    c.assert_product(x, x, x)
    c.assert_product(y, y, y)
    c.assert_product(x, y, z)
    circuit = compile(c)
    assert circuit.r1cs.num_wires == 4
    key = groth16.setup(circuit)
    proved = []
    for values in itertools.product([R - 1, 0, 1, 2], repeat=3):
        try:
            proof = groth16.prove(key, circuit, Fr.to_limbs([1, *values]))
        except UnsatisfiedError:
            continue
        proved.append(values)
        for claim in (0, 1, 2):
            if claim == values[0]:
                groth16.verify(key.verifying_key, [claim], proof)
            else:
                with pytest.raises(ProofError):
                    groth16.verify(key.verifying_key, [claim], proof)
    assert sorted(proved) == [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 1, 1)]


# -- the prover refuses ----------------------------------------------------------------------------------------------


def test_unsatisfying_witnesses_are_refused(setting: Setting) -> None:
    s = setting
    for wire in range(s.circuit.r1cs.num_wires):
        values = s.witness.values.copy()
        values[wire, 0] ^= np.uint64(2)
        with pytest.raises(UnsatisfiedError, match="wire 0" if wire == 0 else "row"):
            groth16.prove(s.key, s.circuit, values)


def test_malformed_witnesses_are_refused(setting: Setting) -> None:
    s = setting
    values = s.witness.values
    for wrong in (values[:-1].copy(), np.vstack([values, values[-1:]]), values[:, :3].copy(), values[::-1]):
        with pytest.raises(InvalidInput):
            groth16.prove(s.key, s.circuit, wrong)
    for wrong_type in (values.astype(np.int64), values.astype(np.float64), values.tolist()):
        with pytest.raises(WrongType):
            groth16.prove(s.key, s.circuit, wrong_type)
    large = values.copy()
    large[-1] = np.uint64(2**64 - 1)
    with pytest.raises(EncodingError, match="canonical"):
        groth16.prove(s.key, s.circuit, large)


def test_another_circuits_key_is_refused(setting: Setting) -> None:
    other = build(addend=6)
    with pytest.raises(WrongKeyError):
        groth16.prove(setting.key, other, other.witness({"x": 11, "y": 13}))


def test_a_damaged_key_never_yields_a_proof(setting: Setting) -> None:
    s = setting
    sections = {name: array.copy() for name, array in s.key.sections.items()}
    sections["h"][[0, 1]] = sections["h"][[1, 0]]
    damaged = groth16.ProvingKey(s.key._header, sections)
    with pytest.raises(ProofError):
        groth16.prove(damaged, s.circuit, s.witness)


def test_bad_points_of_a_foreign_key_are_found(setting: Setting) -> None:
    s = setting
    s.key.check_points()
    outside = Fp.to_limbs([v * 2**256 % P for coordinate in g2_outside_subgroup() for v in coordinate]).reshape(1, 16)
    not_reduced = np.array([[P >> 64 * i & 2**64 - 1 for i in range(4)] * 2], dtype=np.uint64)
    off_curve = Fp.to_limbs([1, 1]).reshape(1, 8)
    infinity = np.zeros((1, 8), dtype=np.uint64)
    cases = [
        ("b2", outside),
        ("a", not_reduced),
        ("b1", off_curve),
        ("l", off_curve),
        ("h", infinity),
        ("ic", infinity),
    ]
    for name, bad in cases:
        sections = {key: array.copy() for key, array in s.key.sections.items()}
        sections[name][-1:] = bad
        with pytest.raises(EncodingError, match=f"section {name}"):
            groth16.ProvingKey(s.key._header, sections).check_points()


def test_progress_that_raises_stops_the_job(setting: Setting) -> None:
    class Stop(Exception):
        pass

    class Stopping:
        def task(self, label: str, total: int | None = None) -> Any:
            from contextlib import nullcontext

            class Task:
                def advance(self, steps: int = 1) -> None:
                    raise Stop

                def describe(self, label: str) -> None:
                    pass

            return nullcontext(Task())

    with pytest.raises(Stop):
        groth16.setup(setting.circuit, progress=Stopping())
    with pytest.raises(Stop):
        groth16.prove(setting.key, setting.circuit, setting.witness, progress=Stopping())


# -- encodings -------------------------------------------------------------------------------------------------------


def test_proof_bytes(setting: Setting) -> None:
    proof = setting.proof
    for data, size in ((proof.to_bytes(), 256), (proof.to_compressed(), 128)):
        assert len(data) == size
        assert Proof.from_bytes(data) == proof
        for cut in (data[:-1], data + b"\0", data[: size // 2], b""):
            with pytest.raises(EncodingError):
                Proof.from_bytes(cut)
        for bit in range(0, 8 * size, 37):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            try:
                other = Proof.from_bytes(bytes(changed))
            except EncodingError:
                continue
            assert size == 128  # a compressed x may lie on the curve; uncompressed bytes never do
            assert other.to_compressed() == bytes(changed)
            refused(setting, setting.public, other)
    for start in (0, 64, 192):
        zeroed = bytearray(proof.to_bytes())
        zeroed[start : start + (128 if start == 64 else 64)] = bytes(128 if start == 64 else 64)
        with pytest.raises(EncodingError, match="infinity"):
            Proof.from_bytes(bytes(zeroed))
    plus_p = bytearray(proof.to_bytes())
    plus_p[:32] = (proof.a[0] + P).to_bytes(32, "big")
    with pytest.raises(EncodingError):
        Proof.from_bytes(bytes(plus_p))


def test_proofs_of_wrong_types_are_refused(setting: Setting) -> None:
    a, b, c = setting.proof.a, setting.proof.b, setting.proof.c
    for args in (([1, 2], b, c), (a, a, c), (a, b, (1.0, 2)), (a, b, (True, 2)), (a, b, (1, 2, 3))):
        with pytest.raises(WrongType):
            Proof(*args)  # type: ignore[arg-type]
    for args in (((P, 2), b, c), (a, b, (-1, 2))):
        with pytest.raises(EncodingError):
            Proof(*args)
    with pytest.raises(WrongType):
        groth16.verify(setting.vk, setting.public, b"proof")  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        groth16.verify(b"vk", setting.public, setting.proof)  # type: ignore[arg-type]


def test_keys_are_not_pickled_and_say_what_they_are(setting: Setting) -> None:
    for key in (setting.key, setting.vk):
        assert "about 100 bits" in repr(key)
        assert "none (local set-up)" in repr(key)
        with pytest.raises(TypeError):
            pickle.dumps(key)


def test_set_up_warns(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="assay"):
        key = groth16.setup(setting.circuit)
    assert "whoever ran it can forge" in caplog.text
    assert key.ceremony == groth16.LOCAL_SETUP


# -- snarkjs's JSON --------------------------------------------------------------------------------------------------


def mutations(data: Any) -> list[Any]:
    """One change at a time, everywhere in a JSON value."""
    if isinstance(data, dict):
        found: list[Any] = [{k: v for k, v in data.items() if k != key} for key in data]
        found += [{**data, "extra": 1}]
        found += [{**data, key: new} for key in data for new in mutations(data[key])]
        return found
    if isinstance(data, list):
        found = [data[:-1], [*data, data[-1] if data else "0"], {}]
        found += [[*data[:i], new, *data[i + 1 :]] for i in range(len(data)) for new in mutations(data[i])]
        return found
    if isinstance(data, str) and data.isdecimal():
        n = int(data)
        other_forms = [f"0{n}", f"+{n}", f"-{n}", f" {n}", f"{n}\n", hex(n), f"{n}.0", "", "٣"]
        return [*other_forms, str(n + P), str(n + R), "9" * 5000, n, None, [data], True]
    return [None, "x", 1.5, -1]


def test_a_changed_proof_json_is_refused(setting: Setting) -> None:
    data = json.loads(snarkjs.proof_to_json(setting.proof))
    assert snarkjs.proof_from_json(json.dumps(data)) == setting.proof
    cases = mutations(data)
    assert len(cases) > 200
    for case in cases:
        with pytest.raises(InvalidInput):
            snarkjs.proof_from_json(json.dumps(case))


def test_a_changed_verification_key_json_is_refused(setting: Setting) -> None:
    data = json.loads(snarkjs.verification_key_to_json(setting.vk))
    assert snarkjs.verification_key_from_json(json.dumps(data)) == setting.vk
    cases = mutations(data)
    assert len(cases) > 500
    for case in cases:
        with pytest.raises(InvalidInput):
            snarkjs.verification_key_from_json(json.dumps(case))


def test_a_changed_public_json_is_refused(setting: Setting) -> None:
    data = json.loads(snarkjs.public_to_json(setting.public))
    assert snarkjs.public_from_json(json.dumps(data)) == setting.public
    for case in mutations(data)[2:]:  # the first two are other lists of inputs, as good as any
        with pytest.raises(EncodingError):
            snarkjs.public_from_json(json.dumps(case))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a": 1, "a": 2}', "NaN", "1e999", "null", '"x"', b"\xff\xfe", "[1.5]", "9" * 10_000],
)
def test_hostile_json_is_refused(text: str | bytes) -> None:
    for read in (snarkjs.proof_from_json, snarkjs.verification_key_from_json, snarkjs.public_from_json):
        with pytest.raises(EncodingError):
            read(text)


def test_json_above_the_limit_is_refused() -> None:
    with pytest.raises(LimitError):
        snarkjs.public_from_json("[" + " " * snarkjs.MAX_BYTES + "]")


# -- key files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def key_file(setting: Setting, tmp_path: Path) -> Path:
    path = tmp_path / "proving.key"
    setting.key.save(path)
    return path


def load_whole(path: Path, *, mmap: bool = True) -> None:
    """Loads a key and asks for each section, which a mapped key checks only then."""
    key = groth16.ProvingKey.load(path, mmap=mmap)
    for name in key.sections:
        assert len(key.sections[name])


@pytest.mark.parametrize("mmap", [True, False])
def test_a_saved_key_proves(setting: Setting, key_file: Path, mmap: bool) -> None:
    key = groth16.ProvingKey.load(key_file, mmap=mmap)
    assert key.verifying_key == setting.vk
    assert repr(key) == repr(setting.key)
    assert key_file.stat().st_size == key.num_bytes
    assert all(not array.flags.writeable for array in key.sections.values())
    groth16.verify(setting.vk, setting.public, groth16.prove(key, setting.circuit, setting.witness))
    assert [p.name for p in key_file.parent.iterdir()] == [key_file.name]


@pytest.mark.parametrize("mmap", [True, False])
def test_flipped_bytes_of_a_key_file_are_refused(setting: Setting, key_file: Path, tmp_path: Path, mmap: bool) -> None:
    data = key_file.read_bytes()
    changed = tmp_path / "changed.key"
    for position in [*range(512), *range(512, len(data), 7)]:
        raw = bytearray(data)
        raw[position] ^= 1 << position % 8
        changed.write_bytes(raw)
        with pytest.raises(InvalidInput):
            load_whole(changed, mmap=mmap)


def test_the_structure_is_checked_without_checksums_too(key_file: Path, tmp_path: Path) -> None:
    data = key_file.read_bytes()
    changed = tmp_path / "changed.key"
    for position in range(512):
        raw = bytearray(data)
        raw[position] ^= 1
        changed.write_bytes(raw)
        with pytest.raises(InvalidInput):
            groth16.ProvingKey.load(changed, checksums=False)


@pytest.mark.parametrize("mmap", [True, False])
def test_truncated_extended_and_reordered_key_files_are_refused(key_file: Path, tmp_path: Path, mmap: bool) -> None:
    data = key_file.read_bytes()
    changed = tmp_path / "changed.key"
    for size in (0, 7, 8, 100, 300, 511, 512, len(data) // 2, len(data) - 64, len(data) - 1):
        changed.write_bytes(data[:size])
        with pytest.raises(EncodingError):
            load_whole(changed, mmap=mmap)
    changed.write_bytes(data + bytes(64))
    with pytest.raises(EncodingError):
        load_whole(changed, mmap=mmap)
    # sections a and b1 exchanged, entries of the table with them, the header's checksum recomputed
    table = [bytearray(data[144 + 48 * i : 192 + 48 * i]) for i in range(7)]
    (offset_a, length), (offset_b, _) = (struct.unpack_from("<QQ", table[i]) for i in (2, 3))
    raw = bytearray(data)
    raw[144 + 96 : 144 + 192] = table[3] + table[2]
    raw[480:512] = hashlib.sha256(raw[:480]).digest()
    changed.write_bytes(raw)
    with pytest.raises(EncodingError, match="table"):
        load_whole(changed, mmap=mmap)
    raw = bytearray(data)
    raw[offset_a : offset_a + length], raw[offset_b : offset_b + length] = (
        data[offset_b : offset_b + length],
        data[offset_a : offset_a + length],
    )
    changed.write_bytes(raw)
    with pytest.raises(EncodingError, match="checksum"):
        load_whole(changed, mmap=mmap)


def test_headers_with_impossible_sizes_are_refused_before_anything_is_read(key_file: Path, tmp_path: Path) -> None:
    data = key_file.read_bytes()
    changed = tmp_path / "changed.key"
    for position, value in itertools.product((24, 32, 40), (0, 2**32, 2**63, 2**64 - 1, 28, 64)):
        raw = bytearray(data)
        raw[position : position + 8] = struct.pack("<Q", value)
        raw[480:512] = hashlib.sha256(raw[:480]).digest()
        if raw == data:
            continue
        changed.write_bytes(raw)
        with pytest.raises(InvalidInput):
            groth16.ProvingKey.load(changed)


def test_kinds_of_key_are_not_mixed_up(setting: Setting, key_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "verifying.key"
    setting.vk.save(path)
    assert groth16.VerifyingKey.load(path) == setting.vk
    assert groth16.VerifyingKey.load(path).circuit_digest == setting.circuit.digest()
    with pytest.raises(EncodingError, match="not a proving key"):
        groth16.ProvingKey.load(path)
    with pytest.raises(EncodingError, match="not a verifying key"):
        groth16.VerifyingKey.load(key_file)


def test_every_flipped_byte_of_a_verifying_key_file_is_refused(setting: Setting, tmp_path: Path) -> None:
    path = tmp_path / "verifying.key"
    setting.vk.save(path)
    data = path.read_bytes()
    for position in range(len(data)):
        raw = bytearray(data)
        raw[position] ^= 0x80 >> position % 8
        path.write_bytes(raw)
        with pytest.raises(InvalidInput):
            groth16.VerifyingKey.load(path)
