"""`.r1cs` and `.wtns` files: round trips, the digest, and hostile bytes."""

from __future__ import annotations

import contextlib
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from assay.circuits import MODULUS, R1CS, Builder, Circuit, Signal, compile, template
from assay.circuits.files import read_wtns, write_wtns
from assay.core.errors import EncodingError, InvalidInput, LimitError, UnsatisfiedError
from assay.crypto.field import Fr


@template
def step(c: Builder, s: Signal, x: Signal, y: Signal) -> dict[str, Signal]:
    return {"s": (s + 3 * x - y) * (s + y) + 5}


def sample(n: int = 4, tie: bool = True) -> Circuit:
    c = Builder("sample")
    x = c.private("x", n)
    # the first input stands in two ports of a stamp when tie is set
    s, y = c.public("s"), c.private("y", n)
    done = c.repeat(n, step, carry={"s": s}, inputs={"x": x, "y": [x[0], *y[1:]] if tie else y})
    c.assert_boolean(y[0])
    c.output("end", done.carry["s"])
    return compile(c)


INPUTS = {"s": 7, "x": [1, 2, 3, 4], "y": [1, MODULUS - 1, 5, 6]}


def test_r1cs_round_trip_keeps_rows_and_digest(tmp_path: Path) -> None:
    circuit = sample()
    circuit.save_r1cs(tmp_path / "a.r1cs")
    loaded = R1CS.load(tmp_path / "a.r1cs")
    assert (loaded.constraints, loaded.wires, loaded.num_public) == (
        circuit.constraints,
        circuit.wires,
        circuit.num_public,
    )
    assert loaded.r1cs.num_outputs == 1
    reduced = [
        tuple({w: k % MODULUS for w, k in e.items() if k % MODULUS} for e in circuit.r1cs.row(i))
        for i in range(circuit.constraints)
    ]
    assert [loaded.r1cs.row(i) for i in range(loaded.constraints)] == reduced
    assert loaded.digest() == circuit.digest() == sample().digest()
    assert loaded.r1cs.num_blocks == 1
    assert circuit.digest() != sample(tie=False).digest()
    assert circuit.digest() != sample(n=3).digest()
    loaded.save_r1cs(tmp_path / "b.r1cs")
    assert (tmp_path / "a.r1cs").read_bytes() == (tmp_path / "b.r1cs").read_bytes()
    witness = circuit.witness(INPUTS)
    loaded.check(witness)
    witness.save(tmp_path / "w.wtns")
    assert loaded.load_witness(tmp_path / "w.wtns").public == witness.public
    broken = witness.values.copy()
    broken[-1] = Fr.to_limbs([12345])[0]
    write_wtns(tmp_path / "w.wtns", broken)
    with pytest.raises(UnsatisfiedError, match="row"):
        loaded.load_witness(tmp_path / "w.wtns")


def test_digest_names_every_entry(tmp_path: Path) -> None:
    """Each byte of the constraints changes the digest, or makes the file unreadable."""
    circuit = sample(2)
    path = tmp_path / "a.r1cs"
    circuit.save_r1cs(path)
    data = path.read_bytes()
    digest = circuit.digest()
    end = len(data) - 8 * circuit.wires - 12
    for position in range(12 + 12 + 36, end):
        changed = bytearray(data)
        changed[position] ^= 1
        path.write_bytes(changed)
        try:
            other = R1CS.load(path)
        except InvalidInput:
            continue
        assert other.digest() != digest or 24 + 36 + 16 <= position < 24 + 36 + 24, position  # the number of labels


def test_truncated_and_mutated_r1cs_files_are_refused_or_read(tmp_path: Path) -> None:
    circuit = sample(2)
    path = tmp_path / "a.r1cs"
    circuit.save_r1cs(path)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(EncodingError):
            R1CS.load(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(EncodingError, match="follow"):
        R1CS.load(path)
    rng = random.Random(1)
    for _ in range(3000):
        changed = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            changed[rng.randrange(len(data))] = rng.choice([0, 1, 0xFF, rng.randrange(256)])
        path.write_bytes(changed)
        with contextlib.suppress(InvalidInput):
            R1CS.load(path).digest()


def r1cs_bytes(rows: list[tuple[dict[int, int], ...]], wires: int = 3, prime: int = MODULUS, **change: int) -> bytes:
    header = struct.pack("<I", 32) + prime.to_bytes(32, "little")
    counts = {"wires": wires, "outputs": 0, "inputs": 1, "privates": 1, "labels": wires, "constraints": len(rows)}
    counts.update(change)
    header += struct.pack("<IIIIQI", *counts.values())
    body = b""
    for row in rows:
        for e in row:
            body += struct.pack("<I", len(e))
            for wire, k in e.items():
                body += struct.pack("<I", wire) + k.to_bytes(32, "little")
    out = b"r1cs" + struct.pack("<II", 1, 2)
    return out + struct.pack("<IQ", 1, len(header)) + header + struct.pack("<IQ", 2, len(body)) + body


def test_r1cs_files_with_false_claims_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.r1cs"
    good = [({1: 1}, {2: 1}, {0: 5, 2: MODULUS - 1})]

    def load(data: bytes, **limits: int) -> R1CS:
        path.write_bytes(data)
        return R1CS.load(path, **limits)

    assert load(r1cs_bytes(good)).constraints == 1
    for data, text in (
        (r1cs_bytes(good, prime=MODULUS + 2), "prime"),
        (r1cs_bytes([({1: MODULUS}, {}, {})]), "not below r"),
        (r1cs_bytes([({3: 1}, {}, {})]), "does not exist"),
        (r1cs_bytes(good, constraints=2), "cut short"),
        (r1cs_bytes(good, constraints=0), "longer"),
        (r1cs_bytes(good, inputs=2), "contradict"),
        (r1cs_bytes(good, inputs=2**32 - 1, privates=2**32 - 1), "contradict"),
        (b"", "empty"),
        (b"wtns" + r1cs_bytes(good)[4:], "open with"),
    ):
        with pytest.raises(EncodingError, match=text):
            load(data)
    twice = bytearray(r1cs_bytes([({1: 1, 2: 1}, {}, {})]))
    twice[twice.index(struct.pack("<II", 2, 1), 80) + 4 + 36] = 1
    with pytest.raises(EncodingError, match="twice"):
        load(bytes(twice))
    with pytest.raises(LimitError):
        load(r1cs_bytes(good, constraints=2**32 - 1))
    with pytest.raises(LimitError):
        load(r1cs_bytes(good), max_wires=2)
    # zero coefficients are dropped
    assert load(r1cs_bytes([({1: 0, 2: 1}, {}, {})])).r1cs.row(0) == ({2: 1}, {}, {})


def test_wtns_files(tmp_path: Path) -> None:
    path = tmp_path / "w.wtns"
    values = Fr.to_limbs([1, 0, MODULUS - 1, 2**200])
    write_wtns(path, values)
    assert np.array_equal(read_wtns(path), values)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(EncodingError):
            read_wtns(path)
    for position in range(76):
        changed = bytearray(data)
        changed[position] ^= 0x10
        path.write_bytes(changed)
        with pytest.raises(EncodingError):
            read_wtns(path)
    for row, value in ((2, MODULUS), (3, 2**256 - 1), (0, 2)):
        changed = bytearray(data)
        changed[76 + 32 * row : 108 + 32 * row] = value.to_bytes(32, "little")
        path.write_bytes(changed)
        with pytest.raises(EncodingError, match=r"below r|not 1"):
            read_wtns(path)
    path.write_bytes(data)
    with pytest.raises(LimitError):
        read_wtns(path, max_wires=3)
    with pytest.raises(EncodingError, match="4 wires"):
        sample().load_witness(path)
