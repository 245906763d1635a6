"""Hostile `.zkey` files: cut, stretched, joined, with impossible sizes, points and coefficients."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.curve_points import g2_outside_subgroup

from assay.circuits import Builder, Circuit, compile
from assay.core.errors import EncodingError, InvalidInput, LimitError, UnsatisfiedError, WrongKeyError
from assay.crypto import groth16
from assay.crypto.field import Fp, Fr
from assay.crypto.groth16 import zkey
from assay.crypto.groth16.contributions import Contribution, Transcript

P, R = Fp.modulus, Fr.modulus
MONTGOMERY = 2**256 % P
Sections = dict[int, bytes]


class Setting:
    """A small circuit with two public wires, its key, and the sections of its `.zkey`."""

    def __init__(self, folder: Path) -> None:
        c = Builder("two products")
        x, y = c.private("x"), c.public("y")
        c.output("p", x * y + 5)
        c.assert_equal(x * x * x, 1331, "x is 11")
        self.circuit: Circuit = compile(c)
        self.witness = self.circuit.witness({"x": 11, "y": 13})
        self.key = groth16.setup(self.circuit)
        self.path = folder / "key.zkey"
        zkey.write(self.path, self.key, self.circuit)
        with zkey.open_zkey(self.path) as file:
            self.sections = {kind: file.read(kind, limit=1 << 20) for kind in file.sections}


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    return Setting(tmp_path_factory.mktemp("zkey"))


def join(sections: Sections, count: int | None = None) -> bytes:
    head = b"zkey" + struct.pack("<II", 1, len(sections) if count is None else count)
    return head + b"".join(struct.pack("<IQ", kind, len(data)) + data for kind, data in sections.items())


def refused(tmp_path: Path, data: bytes, match: str | None, error: type[Exception] = EncodingError) -> None:
    path = tmp_path / "hostile.zkey"
    path.write_bytes(data)
    with pytest.raises(error, match=match):
        zkey.read(path)


def changed(s: Setting, kind: int, change: Callable[[bytearray], object]) -> bytes:
    data = bytearray(s.sections[kind])
    change(data)
    return join({**s.sections, kind: bytes(data)})


def put(at: int, data: bytes) -> Callable[[bytearray], object]:
    def change(section: bytearray) -> None:
        section[at : at + len(data)] = data

    return change


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def le(value: int) -> bytes:
    return value.to_bytes(32, "little")


def montgomery(*coordinates: int) -> bytes:
    return b"".join(le(value * MONTGOMERY % P) for value in coordinates)


# -- the container ---------------------------------------------------------------------------------------------------


def test_every_truncation_is_refused(setting: Setting, tmp_path: Path) -> None:
    data = setting.path.read_bytes()
    path = tmp_path / "cut.zkey"
    for length in [*range(0, 900, 7), *range(900, len(data), 41), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(EncodingError):
            zkey.read(path)


def test_more_bytes_other_magic_and_versions_are_refused(setting: Setting, tmp_path: Path) -> None:
    data = setting.path.read_bytes()
    refused(tmp_path, data + b"\0", "after the last section")
    refused(tmp_path, b"ptau" + data[4:], "no zkey file")
    refused(tmp_path, data[:4] + u32(2) + data[8:], "version 2")
    refused(tmp_path, data[:8] + u32(2**32 - 1) + data[12:], "sections", LimitError)


@pytest.mark.parametrize("kind", range(1, 11))
def test_missing_doubled_and_resized_sections_are_refused(setting: Setting, tmp_path: Path, kind: int) -> None:
    s = setting.sections
    refused(tmp_path, join({k: v for k, v in s.items() if k != kind}), "missing")
    twice = join(s, 11) + struct.pack("<IQ", kind, len(s[kind])) + s[kind]
    refused(tmp_path, twice, "twice")
    refused(tmp_path, join({**s, kind: s[kind] + bytes(32)}), None)
    refused(tmp_path, join({**s, kind: s[kind][:-32]}), None)
    refused(tmp_path, join({**s, kind: b""}), None)


def test_unknown_sections_are_refused(setting: Setting, tmp_path: Path) -> None:
    refused(tmp_path, join({**setting.sections, 11: b"more"}), "no place")


# -- header ----------------------------------------------------------------------------------------------------------


def test_other_protocols_and_curves_are_named(setting: Setting, tmp_path: Path) -> None:
    for number, name in ((2, "plonk"), (10, "fflonk"), (7, "protocol 7")):
        refused(tmp_path, changed(setting, 1, put(0, u32(number))), name)
    refused(tmp_path, changed(setting, 2, put(4, le(R))), "BN254")
    refused(tmp_path, changed(setting, 2, put(40, le(P))), "BN254")
    refused(tmp_path, changed(setting, 2, put(0, u32(48))), "BN254")


def test_impossible_sizes_are_refused_before_memory_is_taken(setting: Setting, tmp_path: Path) -> None:
    wires, public, domain = 72, 76, 80
    for at, value in ((wires, 0), (wires, 1), (wires, 2**32 - 1), (public, 2**32 - 1), (public, 200), (domain, 0)):
        refused(tmp_path, changed(setting, 2, put(at, u32(value))), None)
    for value in (3, 5, 2**32 - 1):
        refused(tmp_path, changed(setting, 2, put(domain, u32(value))), "no power of two")
    refused(tmp_path, changed(setting, 2, put(domain, u32(2**31))), "above the limits", LimitError)


# -- points ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "size"), [(3, 64), (5, 64), (6, 64), (7, 128), (8, 64), (9, 64)])
def test_bad_points_are_named_and_passed_only_if_trusted(
    setting: Setting, tmp_path: Path, kind: int, size: int
) -> None:
    last = len(setting.sections[kind]) // size - 1
    names = {number: name for name, number in zkey.SECTIONS.items()}
    for bad in (montgomery(*range(2, size // 32 + 2)), le(P) + bytes(size - 32), le(2**256 - 1) * (size // 32)):
        data = changed(setting, kind, put(size * last, bad))
        refused(tmp_path, data, f"section {names[kind]}")
        zkey.read(tmp_path / "hostile.zkey", trusted=True)


def test_points_outside_the_subgroup_are_refused(setting: Setting, tmp_path: Path) -> None:
    (x0, x1), (y0, y1) = g2_outside_subgroup()
    outside = montgomery(x0, x1, y0, y1)
    refused(tmp_path, changed(setting, 7, put(0, outside)), "section b2, row 0")
    for at in (84 + 128, 84 + 256, 84 + 384 + 64):  # beta, gamma, delta in G2
        refused(tmp_path, changed(setting, 2, put(at, outside)), "section fixed")


def test_infinity_is_refused_where_none_may_be(setting: Setting, tmp_path: Path) -> None:
    for kind in (3, 9):
        refused(tmp_path, changed(setting, kind, put(0, bytes(64))), "row 0")
    for at, size in ((84, 64), (84 + 64, 64), (84 + 128, 128), (84 + 256, 128), (84 + 384, 64), (84 + 448, 128)):
        refused(tmp_path, changed(setting, 2, put(at, bytes(size))), "fixed")


def test_the_verifiers_part_is_checked_too(setting: Setting, tmp_path: Path) -> None:
    path = tmp_path / "hostile.zkey"
    for kind, at, bad in ((3, 0, montgomery(1, 3)), (3, 0, le(P) * 2), (2, 84, montgomery(1, 3)), (2, 84, le(P) * 2)):
        path.write_bytes(changed(setting, kind, put(at, bad)))
        with pytest.raises(EncodingError):
            zkey.read_verifying_key(path)
    assert zkey.read_verifying_key(setting.path) == setting.key.verifying_key


# -- coefficients ----------------------------------------------------------------------------------------------------


def entries(s: Setting) -> int:
    return int(struct.unpack_from("<I", s.sections[4])[0])


def test_impossible_coefficients_are_refused(setting: Setting, tmp_path: Path) -> None:
    last = 4 + 44 * (entries(setting) - 1)
    for at, value, match in (
        (4, u32(2), "neither A nor B"),
        (4, u32(2**32 - 1), "neither A nor B"),
        (8, u32(8), "outside the domain"),
        (12, u32(200), "does not exist"),
        (16, le(R), "not below r"),
        (16, le(2**256 - 1), "not below r"),
        (last + 8, u32(0), "last rows"),
        (last + 12, le(1), "last rows"),
        (last, u32(1), "last rows"),
        (0, u32(2**32 - 1), "length"),
        (0, u32(0), "length"),
    ):
        refused(tmp_path, changed(setting, 4, put(at, value)), match)


def test_no_coefficients_at_all_are_refused(setting: Setting, tmp_path: Path) -> None:
    refused(tmp_path, join({**setting.sections, 4: u32(0)}), "last rows")


def test_entries_in_another_order_are_the_same_system(setting: Setting, tmp_path: Path) -> None:
    data, count = setting.sections[4], entries(setting)
    pieces = [data[4 + 44 * i : 48 + 44 * i] for i in range(count)]
    path = tmp_path / "reordered.zkey"
    path.write_bytes(join({**setting.sections, 4: u32(count) + b"".join(reversed(pieces))}))
    assert zkey.read(path).system.digest() == zkey.read(setting.path).system.digest()
    zkey.read(path, setting.circuit)


def test_a_key_with_other_coefficients_is_another_circuits(setting: Setting, tmp_path: Path) -> None:
    path = tmp_path / "other.zkey"
    path.write_bytes(changed(setting, 4, put(16, le(12345))))
    with pytest.raises(WrongKeyError):
        zkey.read(path, setting.circuit)
    other = zkey.read(path)
    assert other.system.digest() != zkey.read(setting.path).system.digest()
    with pytest.raises(UnsatisfiedError, match="does not verify"):  # whatever the key, no bad proof goes out
        groth16.prove(other.key, other.system, setting.witness)


def test_a_key_and_a_system_do_not_mix(setting: Setting) -> None:
    read = zkey.read(setting.path)
    with pytest.raises(WrongKeyError):
        groth16.prove(read.key, setting.circuit, setting.witness)
    with pytest.raises(WrongKeyError):
        groth16.prove(setting.key, read.system, setting.witness)
    with pytest.raises(WrongKeyError):
        zkey.write(setting.path, read.key, setting.circuit)


def test_a_system_without_c_is_neither_checked_nor_written(setting: Setting) -> None:
    system = zkey.read(setting.path).system
    with pytest.raises(InvalidInput):
        system.r1cs.check(setting.witness.values)
    with pytest.raises(InvalidInput):
        system.r1cs.write(lambda piece: None)


# -- contributions ---------------------------------------------------------------------------------------------------


def contribution(**options: object) -> Contribution:
    g1, g2 = np.ones((1, 8), dtype=np.uint64), np.ones((1, 16), dtype=np.uint64)
    return Contribution(g1, g1, g1, g2, bytes(range(64)), **options)  # type: ignore[arg-type]


def test_contributions_come_back_as_they_were() -> None:
    transcript = Transcript(
        bytes(64), (contribution(), contribution(name="Zoë"), contribution(name="n", beacon=b"\1\2", iterations_log=10))
    )
    again = Transcript.unpack(transcript.pack())
    assert again.pack() == transcript.pack()
    assert [(c.name, c.beacon, c.iterations_log) for c in again.contributions] == [
        ("", None, None),
        ("Zoë", None, None),
        ("n", b"\1\2", 10),
    ]


def test_every_truncation_of_the_contributions_is_refused() -> None:
    data = Transcript(bytes(64), (contribution(name="a"), contribution(beacon=b"\7", iterations_log=12))).pack()
    for length in range(len(data)):
        with pytest.raises(EncodingError):
            Transcript.unpack(data[:length])
    with pytest.raises(EncodingError, match="follow"):
        Transcript.unpack(data + b"\0")


@pytest.mark.parametrize(
    ("kind", "parameters", "match"),
    [
        (2, b"", "unknown type"),
        (1, b"", "beacon"),
        (0, bytes([2, 10, 3, 1, 7]), "nothing else has"),
        (1, bytes([2, 10]), "beacon"),
        (1, bytes([2, 10, 3, 0]), "empty"),
        (1, bytes([3, 1, 7, 2, 10]), "out of order"),
        (0, bytes([1, 1, 65, 1, 1, 65]), "comes twice"),
        (0, bytes([4, 0]), "unknown"),
        (0, bytes([0, 0]), "unknown"),
        (0, bytes([1, 5, 65]), "cut short"),
        (0, bytes([1]), "cut short"),
        (0, bytes([1, 1, 255]), "UTF-8"),
    ],
)
def test_hostile_parameters_are_refused(kind: int, parameters: bytes, match: str) -> None:
    data = Transcript(bytes(64), (contribution(),)).pack()[:-8] + struct.pack("<II", kind, len(parameters)) + parameters
    with pytest.raises(EncodingError, match=match):
        Transcript.unpack(data)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(LimitError):
        Transcript.unpack(bytes(64) + u32(2**32 - 1))
    with pytest.raises(EncodingError, match="contribution 1 of 1"):
        Transcript.unpack(bytes(64) + u32(1))
