"""What a cheating contributor, a careless coordinator or a hostile file tries in phase 2: it is refused and named."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.curve_points import g2_outside_subgroup

from assay import _native
from assay.ceremony import phase1, phase2
from assay.ceremony.knowledge import hash_to_g2, prove_knowledge
from assay.ceremony.phase2 import CeremonyError
from assay.ceremony.phase2.circuit_hash import _differences, _overrun
from assay.ceremony.phase2.transcript import Chain
from assay.ceremony.points import G1, G2
from assay.ceremony.randomness import Beacon, system_generator
from assay.circuits import R1CS, Builder, Circuit, compile
from assay.core.errors import EncodingError, InvalidInput, LimitError, StateError
from assay.crypto import groth16
from assay.crypto.field import Fp, Fr, Limbs
from assay.crypto.groth16 import zkey
from assay.crypto.groth16.contributions import Contribution, Transcript

P = Fp.modulus
Contributions = tuple[Contribution, ...]
Points = dict[str, Limbs]


def build(constant: int) -> Circuit:
    c = Builder("three products")
    x, y, unused = c.private("x"), c.public("y"), c.private("unused", 2)
    z = x * y + constant
    c.output("z", z)
    c.assert_product(z, x, unused[0], "z x")
    return compile(c)


class Key:
    """A `.zkey` file taken apart, to be put together wrongly."""

    def __init__(self, path: Path) -> None:
        with zkey.open_zkey(path) as file:
            self.head = zkey.read_head(file)
            self.points = {n: file.rows(k, 16 if n == "b2" else 8) for n, k in zkey.SECTIONS.items()}
            self.coefficients = file.read(zkey.COEFFICIENTS, limit=1 << 20)
            self.transcript = zkey.transcript_of(file)

    def write(
        self,
        path: Path,
        *,
        contributions: Contributions | None = None,
        points: Points | None = None,
        coefficients: bytes | None = None,
        circuit_hash: bytes | None = None,
        **head: Limbs,
    ) -> Path:
        transcript = Transcript(
            self.transcript.circuit_hash if circuit_hash is None else circuit_hash,
            self.transcript.contributions if contributions is None else contributions,
        )
        zkey.write_sections(
            path,
            replace(self.head, points={**self.head.points, **{n: p.reshape(-1) for n, p in head.items()}}),
            {n: zkey.writer_of(p) for n, p in {**self.points, **(points or {})}.items()},
            lambda write: write(self.coefficients if coefficients is None else coefficients),
            transcript,
        )
        return path


class Setting:
    """Prepared powers, and a key with three contributions, the last a beacon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.circuit, self.other_circuit = build(5), build(6)
        self.powers = self.prepared("powers", 4)
        self.paths = [folder / f"{i}.zkey" for i in range(4)]
        phase2.new(self.circuit, self.powers, self.paths[0])
        self.receipts = [
            phase2.contribute(self.paths[0], self.paths[1], name="Alice"),
            phase2.contribute(self.paths[1], self.paths[2], name="Bob"),
            phase2.apply_beacon(self.paths[2], self.paths[3], Beacon(b"\7" * 8, 10), name="beacon"),
        ]
        self.keys = [Key(path) for path in self.paths]
        self.final = self.keys[3]

    def prepared(self, name: str, power: int) -> Path:
        paths = [self.folder / f"{name}_{i}.ptau" for i in range(3)]
        phase1.new(paths[0], power)
        phase1.contribute(paths[0], paths[1])
        phase1.prepare(paths[1], paths[2])
        return paths[2]

    def refused(self, path: Path, where: str, check: str, circuit: Circuit | None = None) -> None:
        with pytest.raises(CeremonyError, match=check) as error:
            phase2.verify(circuit or self.circuit, self.powers, path)
        assert error.value.where == where


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    return Setting(tmp_path_factory.mktemp("phase2"))


def test_the_honest_key_verifies_and_proves(setting: Setting) -> None:
    s = setting
    report = phase2.verify(s.circuit, s.powers, s.paths[3], expected=[r.hash for r in s.receipts])
    assert [c.name for c, _ in report.contributions] == ["Alice", "Bob", "beacon"]
    assert [digest for _, digest in report.contributions] == [r.hash for r in s.receipts]
    assert [r.position for r in s.receipts] == [1, 2, 3]
    key = zkey.read(s.paths[3], s.circuit).key
    groth16.prove(key, s.circuit, s.circuit.witness({"x": 3, "y": 4, "unused": [51, 0]}))


def test_what_the_helper_writes_unchanged_verifies(setting: Setting, tmp_path: Path) -> None:
    phase2.verify(setting.circuit, setting.powers, setting.final.write(tmp_path / "same.zkey"))


def test_wires_that_occur_nowhere_have_infinity_and_are_checked(setting: Setting, tmp_path: Path) -> None:
    """y = x x over wires 1, y, x, and one more that no constraint names."""
    one = struct.pack("<I", 1)
    entry = [struct.pack("<II", 1, wire) + (1).to_bytes(32, "little") for wire in range(3)]
    header = struct.pack("<I", 32) + Fr.modulus.to_bytes(32, "little") + struct.pack("<IIIIQI", 4, 1, 0, 1, 4, 1)
    sections = {1: header, 2: entry[2] + entry[2] + entry[1], 3: bytes(32)}
    data = b"r1cs" + one + struct.pack("<I", 3)
    data += b"".join(struct.pack("<IQ", kind, len(content)) + content for kind, content in sections.items())
    (tmp_path / "sparse.r1cs").write_bytes(data)
    circuit = R1CS.load(tmp_path / "sparse.r1cs")
    phase2.new(circuit, setting.powers, tmp_path / "0.zkey")
    phase2.contribute(tmp_path / "0.zkey", tmp_path / "1.zkey")
    phase2.verify(circuit, setting.powers, tmp_path / "1.zkey")
    key = Key(tmp_path / "1.zkey")
    assert key.points["l"].any(axis=1).tolist() == [True, False]
    wrong = key.points["l"].copy()
    wrong[1:] = G1.generator
    with pytest.raises(CeremonyError, match="infinity in one"):
        phase2.verify(circuit, setting.powers, key.write(tmp_path / "x.zkey", points={"l": wrong}))
    groth16.prove(zkey.read(tmp_path / "1.zkey", circuit).key, circuit, Fr.to_limbs([1, 9, 3, 1234]))


# -- the chain -------------------------------------------------------------------------------------------------------


def test_contributions_cut_off_the_end_are_noticed(setting: Setting, tmp_path: Path) -> None:
    kept = setting.final.transcript.contributions[:2]
    path = setting.final.write(tmp_path / "cut.zkey", contributions=kept)
    setting.refused(path, "header", "contributions were cut off")


def test_an_older_key_is_refused_where_a_later_contribution_is_expected(setting: Setting) -> None:
    s = setting
    phase2.verify(s.circuit, s.powers, s.paths[2])
    with pytest.raises(CeremonyError, match="expected contribution"):
        phase2.verify(s.circuit, s.powers, s.paths[2], expected=[s.receipts[2].hash])


@pytest.mark.parametrize(
    ("order", "where"),
    [
        ((1, 2), "contribution 1"),
        ((0, 2), "contribution 2"),
        ((1, 0, 2), "contribution 1"),
        ((0, 2, 1), "contribution 2"),
        ((2, 1, 0), "contribution 1"),
        ((0, 0, 1, 2), "contribution 2"),
        ((0, 1, 1, 2), "contribution 3"),
        ((0, 1, 2, 2), "contribution 4"),
        ((0, 1, 2, 0), "contribution 4"),
    ],
)
def test_left_out_reordered_and_replayed_contributions_are_named(
    setting: Setting, tmp_path: Path, order: tuple[int, ...], where: str
) -> None:
    mine = setting.final.transcript.contributions
    path = setting.final.write(tmp_path / "order.zkey", contributions=tuple(mine[i] for i in order))
    setting.refused(path, where, "transcript")


def test_a_contribution_replayed_from_another_ceremony_is_named(setting: Setting, tmp_path: Path) -> None:
    s = setting
    start = tmp_path / "0.zkey"
    phase2.new(s.other_circuit, s.powers, start)
    phase2.contribute(start, tmp_path / "1.zkey")
    stolen = Key(tmp_path / "1.zkey").transcript.contributions
    first = s.final.transcript.contributions[0]
    s.refused(s.final.write(tmp_path / "a.zkey", contributions=(first, *stolen)), "contribution 2", "transcript")
    s.refused(s.final.write(tmp_path / "b.zkey", contributions=stolen), "contribution 1", "transcript")


@pytest.mark.parametrize(
    ("field", "check"),
    [
        ("delta_after", "delta was not multiplied"),
        ("s", "transcript"),
        ("sx", "transcript"),
        ("spx", "proof of knowledge"),
    ],
)
def test_changed_points_of_a_contribution_are_named(setting: Setting, tmp_path: Path, field: str, check: str) -> None:
    contributions = list(setting.final.transcript.contributions)
    group = G2 if field == "spx" else G1
    changed = group.add(getattr(contributions[1], field), group.generator)
    contributions[1] = replace(contributions[1], **{field: changed})
    path = setting.final.write(tmp_path / "changed.zkey", contributions=tuple(contributions))
    setting.refused(path, "contribution 2", check)


@pytest.mark.parametrize("field", ["delta_after", "s", "sx", "spx"])
def test_points_outside_their_groups_are_named(setting: Setting, tmp_path: Path, field: str) -> None:
    contributions = list(setting.final.transcript.contributions)
    words = 16 if field == "spx" else 8
    bad = [np.zeros((1, words), dtype=np.uint64), np.full((1, words), 2**64 - 1, dtype=np.uint64)]
    bad.append(np.full((1, words), 3, dtype=np.uint64))
    if field == "spx":
        (x0, x1), (y0, y1) = g2_outside_subgroup()
        bad.append(Fp.to_limbs([v * 2**256 % P for v in (x0, x1, y0, y1)]).reshape(1, 16))
    for point in bad:
        contributions[0] = replace(setting.final.transcript.contributions[0], **{field: point})
        path = setting.final.write(tmp_path / "bad.zkey", contributions=tuple(contributions))
        with pytest.raises(CeremonyError) as error:
            phase2.verify(setting.circuit, setting.powers, path)
        assert error.value.where.startswith("contribution 1")


def test_a_changed_transcript_is_named(setting: Setting, tmp_path: Path) -> None:
    contributions = list(setting.final.transcript.contributions)
    contributions[0] = replace(contributions[0], transcript=bytes(64))
    path = setting.final.write(tmp_path / "transcript.zkey", contributions=tuple(contributions))
    setting.refused(path, "contribution 1", "transcript")


def test_a_beacon_that_is_not_the_contributions_is_named(setting: Setting, tmp_path: Path) -> None:
    contributions = list(setting.final.transcript.contributions)
    for value, log in ((b"\7" * 8, 11), (b"\7" * 7, 10), (b"\x08" + b"\7" * 7, 10)):
        contributions[2] = replace(setting.final.transcript.contributions[2], beacon=value, iterations_log=log)
        path = setting.final.write(tmp_path / "beacon.zkey", contributions=tuple(contributions))
        setting.refused(path, "contribution 3", "does not follow|not the one that follows")
    contributions[2] = replace(setting.final.transcript.contributions[2], iterations_log=9)
    path = setting.final.write(tmp_path / "beacon.zkey", contributions=tuple(contributions))
    setting.refused(path, "contribution 3", "hashed 2")
    contributions[2] = replace(setting.final.transcript.contributions[2], iterations_log=63)
    with pytest.raises(LimitError, match="beacon of 2"):
        phase2.verify(setting.circuit, setting.powers, setting.final.write(path, contributions=tuple(contributions)))


def test_a_contribution_called_a_beacon_is_named(setting: Setting, tmp_path: Path) -> None:
    contributions = list(setting.final.transcript.contributions)
    contributions[1] = replace(contributions[1], beacon=b"\7", iterations_log=10)
    path = setting.final.write(tmp_path / "beacon.zkey", contributions=tuple(contributions))
    setting.refused(path, "contribution 2", "not the one that follows")


# -- a contributor who knows all of delta, or divides by something else ----------------------------------------------


def forged(before: Key, base: Limbs, secret: _native.SecretScalar) -> Contribution:
    """A contribution with a right transcript and proof of knowledge that sets delta to x base."""
    drawn = system_generator()
    s = G1.draw(drawn)
    sx = G1.scale(s, secret)
    digest = Chain.of(before.transcript).transcript(s, sx)
    knowledge = prove_knowledge(secret, s, sx, hash_to_g2(digest))
    return Contribution(G1.scale(base, secret), s, sx, knowledge.g2_spx, digest)


def test_a_contributor_who_restarts_delta_is_named(setting: Setting, tmp_path: Path) -> None:
    """delta = x instead of x delta: the last contributor would know all of it, and could forge."""
    before, initial = setting.keys[2], setting.keys[0]
    secret = system_generator().scalar()
    mine = forged(before, G1.generator, secret)
    inverse = secret.inverse()
    path = before.write(
        tmp_path / "restart.zkey",
        contributions=(*before.transcript.contributions, mine),
        points={name: G1.scale(initial.points[name], inverse) for name in ("l", "h")},
        delta1=mine.delta_after,
        delta2=G2.scale(G2.generator, secret),
    )
    setting.refused(path, "contribution 3", "delta was not multiplied")


@pytest.mark.parametrize(
    ("part", "where", "check"),
    [
        ("delta1", "header", "delta1 is not that of the last contribution"),
        ("delta2", "header", "delta2 is not the delta of delta1"),
        ("l", "section 8 (l)", "divided by delta"),
        ("h", "section 9 (h)", "divided by delta"),
    ],
)
def test_what_a_contributor_forgot_to_multiply_is_named(
    setting: Setting, tmp_path: Path, part: str, where: str, check: str
) -> None:
    before = setting.keys[2]
    secret = system_generator().scalar()
    mine = forged(before, before.head.points["delta1"].reshape(1, 8), secret)
    points = {name: G1.scale(before.points[name], secret.inverse()) for name in ("l", "h")}
    head = {"delta1": mine.delta_after, "delta2": G2.scale(before.head.points["delta2"].reshape(1, 16), secret)}
    path = tmp_path / "forgot.zkey"
    contributions = (*before.transcript.contributions, mine)
    phase2.verify(
        setting.circuit, setting.powers, before.write(path, contributions=contributions, points=points, **head)
    )
    points, head = ({k: v for k, v in values.items() if k != part} for values in (points, head))
    setting.refused(before.write(path, contributions=contributions, points=points, **head), where, check)


def test_a_secret_of_one_is_named(setting: Setting, tmp_path: Path) -> None:
    before = setting.keys[1]
    mine = forged(before, before.head.points["delta1"].reshape(1, 8), _native.SecretScalar.one())
    path = before.write(tmp_path / "one.zkey", contributions=(*before.transcript.contributions, mine))
    setting.refused(path, "contribution 2", "secret is 1")


# -- header and sections ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alpha1", "beta1", "beta2", "gamma2", "delta1", "delta2"])
def test_every_fixed_point_is_checked(setting: Setting, tmp_path: Path, name: str) -> None:
    point = setting.final.head.points[name]
    group = G1 if len(point) == 8 else G2
    other = group.add(point.reshape(1, -1), group.generator)
    setting.refused(setting.final.write(tmp_path / "fixed.zkey", **{name: other}), "header", name)


@pytest.mark.parametrize("name", ["ic", "a", "b1", "b2", "l", "h"])
def test_every_section_is_checked_whole(setting: Setting, tmp_path: Path, name: str) -> None:
    points = setting.final.points[name]
    group = G2 if name == "b2" else G1
    where = f"section {zkey.SECTIONS[name]} ({name})"
    changes: list[Callable[[Limbs], object]] = []
    for row in (0, len(points) - 1):
        changes.append(lambda p, row=row: p.__setitem__(slice(row, row + 1), group.add(p[row : row + 1], other)))
    if len(points) > 1 and not np.array_equal(points[0], points[1]):
        changes.append(lambda p: p.__setitem__(slice(0, 2), p[1::-1].copy()))
    other = group.scale(group.generator, system_generator().scalar())
    for change in changes:
        wrong = points.copy()
        change(wrong)
        path = setting.final.write(tmp_path / "section.zkey", points={name: wrong})
        with pytest.raises(CeremonyError) as error:
            phase2.verify(setting.circuit, setting.powers, path)
        assert error.value.where.startswith(where)


def test_infinity_in_place_of_a_point_is_named(setting: Setting, tmp_path: Path) -> None:
    for name, where in (("l", "section 8"), ("h", "section 9")):
        wrong = setting.final.points[name].copy()
        wrong[int(np.flatnonzero(wrong.any(axis=1))[0])] = 0
        path = setting.final.write(tmp_path / "infinity.zkey", points={name: wrong})
        with pytest.raises(CeremonyError) as error:
            phase2.verify(setting.circuit, setting.powers, path)
        assert error.value.where.startswith(where)


def test_changed_coefficients_are_named(setting: Setting, tmp_path: Path) -> None:
    for at in (8, 12, 16, len(setting.final.coefficients) - 1):
        data = bytearray(setting.final.coefficients)
        data[at] ^= 1
        path = setting.final.write(tmp_path / "coefficients.zkey", coefficients=bytes(data))
        setting.refused(path, "section 4 (coefficients)", "not those of the circuit")
    data = setting.final.coefficients
    path = setting.final.write(tmp_path / "coefficients.zkey", coefficients=data[:-44])
    setting.refused(path, "section 4 (coefficients)", "not those of the circuit")
    path = setting.final.write(tmp_path / "coefficients.zkey", coefficients=data + data[-44:])
    setting.refused(path, "section 4 (coefficients)", "more than the circuit has")


def test_another_circuit_and_other_powers_are_named(setting: Setting, tmp_path: Path) -> None:
    s = setting
    s.refused(s.paths[3], "circuit hash", "not that of this circuit", circuit=s.other_circuit)
    c = Builder("larger")
    x = c.private("x")
    for _ in range(8):
        x = x * x + 1
    c.output("y", x)
    s.refused(s.paths[3], "header", "wires", circuit=compile(c))
    with pytest.raises(CeremonyError, match="alpha1 is not that of the powers"):
        phase2.verify(s.circuit, s.prepared("others", 4), s.paths[3])


def test_a_changed_circuit_hash_is_named(setting: Setting, tmp_path: Path) -> None:
    path = setting.final.write(tmp_path / "hash.zkey", circuit_hash=bytes(63) + b"\1")
    setting.refused(path, "contribution 1", "transcript")
    path = setting.keys[0].write(tmp_path / "hash.zkey", circuit_hash=bytes(63) + b"\1")
    with pytest.raises(CeremonyError, match="circuit hash"):
        phase2.verify(setting.circuit, setting.powers, path, allow_initial=True)


def test_every_truncation_is_refused(setting: Setting, tmp_path: Path) -> None:
    data = setting.paths[3].read_bytes()
    path = tmp_path / "cut.zkey"
    for length in [*range(0, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(EncodingError):
            phase2.verify(setting.circuit, setting.powers, path)


def test_a_key_to_which_nobody_contributed_is_refused_unless_asked_for(setting: Setting) -> None:
    setting.refused(setting.paths[0], "contributions", "nobody contributed")
    report = phase2.verify(setting.circuit, setting.powers, setting.paths[0], allow_initial=True)
    assert report.contributions == ()


# -- making files ----------------------------------------------------------------------------------------------------


def test_a_contributor_does_not_multiply_points_outside_the_groups(setting: Setting, tmp_path: Path) -> None:
    (x0, x1), (y0, y1) = g2_outside_subgroup()
    outside = Fp.to_limbs([v * 2**256 % P for v in (x0, x1, y0, y1)]).reshape(1, 16)
    wrong = {name: setting.final.points[name].copy() for name in ("l", "h")}
    for points in wrong.values():
        points[-1] = 3
    target = tmp_path / "target.zkey"
    target.write_bytes(b"as it was")
    for path in (
        setting.final.write(tmp_path / "a.zkey", delta2=outside),
        setting.final.write(tmp_path / "b.zkey", points={"l": wrong["l"]}),
        setting.final.write(tmp_path / "c.zkey", points={"h": wrong["h"]}),
        setting.final.write(tmp_path / "d.zkey", delta1=np.zeros(8, dtype=np.uint64)),
    ):
        with pytest.raises(CeremonyError):
            phase2.contribute(path, target)
        assert target.read_bytes() == b"as it was"


def test_a_key_of_a_local_setup_takes_no_contribution(setting: Setting, tmp_path: Path) -> None:
    zkey.write(tmp_path / "local.zkey", groth16.setup(setting.circuit), setting.circuit)
    with pytest.raises(CeremonyError, match="local set-up"):
        phase2.contribute(tmp_path / "local.zkey", tmp_path / "1.zkey")
    assert not (tmp_path / "1.zkey").exists()


def test_the_evidence_is_not_overwritten(setting: Setting) -> None:
    before = setting.paths[1].read_bytes()
    with pytest.raises(InvalidInput, match="another file"):
        phase2.contribute(setting.paths[1], setting.paths[1])
    assert setting.paths[1].read_bytes() == before


def test_names_that_do_not_fit_are_refused(setting: Setting, tmp_path: Path) -> None:
    for name in ("x" * 65, "two\nlines", "\x1b[2J"):
        with pytest.raises(InvalidInput, match="printable"):
            phase2.contribute(setting.paths[1], tmp_path / "x.zkey", name=name)
    assert not (tmp_path / "x.zkey").exists()


def test_powers_that_do_not_serve_are_refused(setting: Setting, tmp_path: Path) -> None:
    s = setting
    with pytest.raises(StateError, match="prepare"):
        phase2.new(s.circuit, s.folder / "powers_1.ptau", tmp_path / "x.zkey")
    with pytest.raises(LimitError, match="need 2"):
        phase2.new(s.circuit, s.prepared("few", 1), tmp_path / "x.zkey")
    assert not (tmp_path / "x.zkey").exists()


def test_the_overrun_of_the_circuit_hash(setting: Setting, tmp_path: Path) -> None:
    """A true difference where the powers reach, else what the next section's head and first point come to."""
    with phase1.PowersFile(setting.powers) as powers:
        assert powers.power == 4
        expected = G1.encode(_differences(powers, 8, 7, 1))
        assert _overrun(powers, 8) == expected
        beyond = _overrun(powers, 16)
        section = powers.file.sections[3]
        assert powers.file.bytes_after(2, 64)[:12] == struct.pack("<IQ", 3, section.size)
    assert len(beyond) == 64
    assert int.from_bytes(beyond[:32], "big") < P
    data = bytearray(setting.powers.read_bytes())
    data[section.offset + 3] ^= 1
    (tmp_path / "other.ptau").write_bytes(data)
    with phase1.PowersFile(tmp_path / "other.ptau") as powers:
        assert _overrun(powers, 8) == expected
        assert _overrun(powers, 16) != beyond


def test_two_contributions_share_nothing(setting: Setting, tmp_path: Path) -> None:
    for name in ("a", "b"):
        phase2.contribute(setting.paths[0], tmp_path / name, entropy="the same")
    a, b = (Key(tmp_path / name).transcript.contributions[0] for name in ("a", "b"))
    assert not np.array_equal(a.delta_after, b.delta_after)
    assert not np.array_equal(a.s, b.s)
