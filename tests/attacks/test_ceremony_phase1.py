"""Powers of tau under attack: whatever is changed in a file, it is refused, and what was changed is named."""

from __future__ import annotations

import dataclasses
import importlib
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.ptau_forgery import G2_OUTSIDE, Forgery, montgomery_row

from assay import _native
from assay.ceremony import phase1
from assay.ceremony.errors import CeremonyError
from assay.ceremony.phase1.contribution import Accumulated, PublicKey
from assay.ceremony.phase1.ptau import POWERS
from assay.ceremony.points import G1, G2
from assay.ceremony.randomness import Beacon, system_generator
from assay.core.errors import AssayError, EncodingError, InvalidInput, LimitError, StateError
from assay.crypto.field import Fp

POWER = 3
N = 1 << POWER
BEACON = Beacon(b"beacon", 10)
_, _, ALPHA, BETA, _ = POWERS


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """0.ptau (new), alice, bob, beacon, final.ptau (prepared) at 2^3."""
    folder = tmp_path_factory.mktemp("honest")
    phase1.new(folder / "0.ptau", POWER)
    phase1.contribute(folder / "0.ptau", folder / "alice.ptau", name="Alice")
    phase1.contribute(folder / "alice.ptau", folder / "bob.ptau", name="Bob")
    phase1.apply_beacon(folder / "bob.ptau", folder / "beacon.ptau", BEACON, name="beacon")
    phase1.prepare(folder / "beacon.ptau", folder / "final.ptau")
    phase1.verify(folder / "final.ptau")
    return folder


@pytest.fixture
def forgery(honest: Path) -> Forgery:
    return Forgery(honest / "final.ptau")


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[Forgery, str], None]:
    def check(forged: Forgery, message: str) -> None:
        with pytest.raises(CeremonyError, match=message):
            phase1.verify(forged.write(tmp_path / "forged.ptau"))

    return check


Refused = Callable[[Forgery, str], None]


# --- the chain of contributions ---------------------------------------------------------------------------------------


def test_a_contribution_left_out_is_noticed(forgery: Forgery, refused: Refused) -> None:
    first, second, last = forgery.contributions
    forgery.contributions = [second, last]
    refused(forgery, r"contribution 1 of 2 \('Bob'\), key of tau: the proof of knowledge")
    forgery.contributions = [first, last]
    refused(forgery, r"contribution 2 of 2 \('beacon'\): the key of tau does not follow from the beacon")
    forgery.contributions = [first, second]
    refused(forgery, r"section 2 \(tauG1\): point 1 is not that of the last contribution")
    forgery.contributions = []
    refused(forgery, "no contribution")


def test_contributions_in_another_order_are_noticed(forgery: Forgery, refused: Refused) -> None:
    first, second, last = forgery.contributions
    forgery.contributions = [second, first, last]
    refused(forgery, r"contribution 1 of 3 \('Bob'\), key of tau: the proof of knowledge")


def test_a_contribution_twice_is_noticed(forgery: Forgery, refused: Refused) -> None:
    first, second, last = forgery.contributions
    forgery.contributions = [first, first, second, last]
    refused(forgery, r"contribution 2 of 4 \('Alice'\), key of tau: the proof of knowledge")


@pytest.mark.parametrize("secret", ["tau", "alpha", "beta"])
def test_a_replayed_key_is_noticed(forgery: Forgery, refused: Refused, secret: str) -> None:
    first, second, _ = forgery.contributions
    key = dataclasses.replace(second.key, **{secret: getattr(first.key, secret)})
    forgery.contributions[1] = dataclasses.replace(second, key=key)
    refused(forgery, rf"contribution 2 of 3 \('Bob'\), key of {secret}: the proof of knowledge")


def test_a_contribution_to_another_ceremony_is_noticed(honest: Path, tmp_path: Path, refused: Refused) -> None:
    phase1.new(tmp_path / "0.ptau", POWER)
    phase1.contribute(tmp_path / "0.ptau", tmp_path / "1.ptau")
    phase1.contribute(tmp_path / "1.ptau", tmp_path / "2.ptau", name="Mallory")
    other, forged = Forgery(tmp_path / "2.ptau"), Forgery(honest / "alice.ptau")
    forged.sections = other.sections
    forged.contributions.append(other.contributions[1])
    refused(forged, r"contribution 2 of 2 \('Mallory'\), key of tau: the proof of knowledge")


@pytest.mark.parametrize("index", range(5))
def test_a_step_with_another_secret_is_noticed(forgery: Forgery, refused: Refused, index: int) -> None:
    """Each accumulated point must be the one before times the secret that was proved."""
    name, group, point = forgery.contributions[1].after.named()[index]
    wrong = group.scale(point, system_generator().scalar())
    points = [each for _, _, each in forgery.contributions[1].after.named()]
    points[index] = wrong
    forgery.contributions[1] = dataclasses.replace(forgery.contributions[1], after=Accumulated(*points))
    refused(forgery, rf"contribution 2 of 3 \('Bob'\): {name} is not the one before times the secret")


def test_the_next_challenge_is_bound(forgery: Forgery, refused: Refused) -> None:
    for position, message in (
        (0, r"contribution 2 of 3 \('Bob'\), key of tau: the proof of knowledge"),
        (1, r"contribution 3 of 3 \('beacon'\): the key of tau does not follow"),
        (2, r"contribution 3 of 3: its next challenge is not the hash"),
    ):
        honest = forgery.contributions[position]
        changed = bytes([honest.next_challenge[0] ^ 1]) + honest.next_challenge[1:]
        forgery.contributions[position] = dataclasses.replace(honest, next_challenge=changed)
        refused(forgery, message)
        forgery.contributions[position] = honest


def test_the_partial_hash_is_bound(forgery: Forgery, refused: Refused) -> None:
    state = bytearray(forgery.contributions[0].state)

    def with_state(position: int, change: Callable[[bytearray], None]) -> Forgery:
        changed = bytearray(forgery.contributions[position].state)
        change(changed)
        forged = Forgery.__new__(Forgery)
        forged.__dict__ = dict(forgery.__dict__, contributions=list(forgery.contributions))
        forged.contributions[position] = dataclasses.replace(forgery.contributions[position], state=bytes(changed))
        return forged

    def flip(at: int) -> Callable[[bytearray], None]:
        def change(data: bytearray) -> None:
            data[at] ^= 1

        return change

    assert struct.unpack_from("<QQ", state, 192) == (192 * N, 96)
    refused(with_state(0, flip(192)), "is no state of BLAKE2b")  # the compressed bytes are no whole blocks then
    refused(with_state(0, flip(207)), "is no state of BLAKE2b")
    refused(with_state(0, flip(215)), "is no state of BLAKE2b")
    refused(with_state(0, flip(193)), "contribution 1 of 3 .*: the partial hash covers 1888 bytes")
    refused(with_state(0, flip(199)), "contribution 1 of 3 .*: the partial hash covers")
    refused(with_state(0, flip(95)), "contribution 1 of 3 .*: the partial hash does not end with betaG2")
    refused(with_state(2, flip(0)), "contribution 3 of 3: its response is not the hash")
    refused(with_state(2, flip(128)), "contribution 3 of 3: its response is not the hash")


def test_the_beacon_is_bound(forgery: Forgery, refused: Refused) -> None:
    message = r"contribution 3 of 3 \('beacon'\): the key of tau does not follow from the beacon"
    forgery.change_last(beacon=Beacon(b"becaon", 10))
    refused(forgery, message)
    forgery.change_last(beacon=Beacon(b"beacon", 11))
    refused(forgery, message)


def test_a_beacon_of_centuries_is_not_computed(forgery: Forgery, tmp_path: Path) -> None:
    forgery.change_last(beacon=Beacon(b"beacon", 37))
    with pytest.raises(LimitError, match=r"contribution 3 is a beacon of 2\^37 iterations, above the limit of 2\^36"):
        phase1.verify(forgery.write(tmp_path / "forged.ptau"))
    forgery.change_last(beacon=BEACON)
    with pytest.raises(LimitError, match=r"above the limit of 2\^9"):
        phase1.verify(forgery.write(tmp_path / "forged.ptau"), max_log_iterations=9)


def test_an_older_file_lacks_what_is_expected(honest: Path) -> None:
    responses = [one.response() for one in phase1.verify(honest / "final.ptau").contributions]
    phase1.verify(honest / "final.ptau", expected=responses)
    phase1.verify(honest / "bob.ptau", expected=responses[:2])
    with pytest.raises(CeremonyError, match=f"the expected contribution {responses[2].hex()} is not among them"):
        phase1.verify(honest / "bob.ptau", expected=responses)


def test_a_person_is_no_beacon(honest: Path, refused: Refused) -> None:
    forged = Forgery(honest / "alice.ptau")
    forged.change_last(beacon=BEACON)
    refused(forged, r"contribution 1 of 1 \('Alice'\): the key of tau does not follow from the beacon")


# --- secrets that contribute nothing ----------------------------------------------------------------------------------


class RiggedGenerator:
    """Gives 1 for one of the three secrets."""

    def __init__(self, position: int) -> None:
        self._honest, self._position, self._drawn = system_generator(), position, 0

    def scalar(self) -> _native.SecretScalar:
        self._drawn += 1
        return _native.SecretScalar.one() if self._drawn == self._position + 1 else self._honest.scalar()

    def point(self, group: int) -> np.ndarray:
        return self._honest.point(group)


@pytest.mark.parametrize(("position", "secret"), [(0, "tau"), (1, "alpha"), (2, "beta")])
def test_a_secret_of_one_is_refused(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, position: int, secret: str
) -> None:
    module = importlib.import_module("assay.ceremony.phase1.contribute")
    monkeypatch.setattr(module, "system_generator", lambda entropy: RiggedGenerator(position))
    phase1.contribute(honest / "alice.ptau", tmp_path / "rigged.ptau")
    with pytest.raises(CeremonyError, match=f"contribution 2 of 2, key of {secret}: the secret is 1"):
        phase1.verify(tmp_path / "rigged.ptau")


@pytest.mark.parametrize("secret", ["tau", "alpha", "beta"])
@pytest.mark.parametrize("point", ["g1_s", "g1_sx", "g2_spx"])
def test_a_secret_of_zero_is_refused(forgery: Forgery, refused: Refused, secret: str, point: str) -> None:
    last = forgery.contributions[-1]
    proof = getattr(last.key, secret)
    zero = dataclasses.replace(proof, **{point: np.zeros_like(getattr(proof, point))})
    forgery.change_last(key=dataclasses.replace(last.key, **{secret: zero}))
    refused(forgery, f"contribution 3 of 3, key of {secret}, {point}: the point is the point at infinity")


@pytest.mark.parametrize("index", range(5))
def test_accumulated_points_at_infinity_are_refused(forgery: Forgery, refused: Refused, index: int) -> None:
    points = [point for _, _, point in forgery.contributions[-1].after.named()]
    name = forgery.contributions[-1].after.named()[index][0]
    points[index] = np.zeros_like(points[index])
    forgery.change_last(after=Accumulated(*points))
    refused(forgery, f"contribution 3 of 3, {name}: the point is the point at infinity")


def test_key_points_outside_the_subgroup_are_refused(forgery: Forgery, refused: Refused) -> None:
    last = forgery.contributions[-1]
    outside = np.frombuffer(G2_OUTSIDE, dtype="<u8").reshape(1, 16).astype(np.uint64)
    proofs = [dataclasses.replace(proof, g2_spx=outside) for proof in last.key.proofs()]
    forgery.change_last(key=PublicKey(*proofs))
    refused(forgery, "contribution 3 of 3, key of tau, g2_spx: the point is not in the subgroup")


# --- the sections -----------------------------------------------------------------------------------------------------

SECTIONS = [
    *((powers.section, powers, f"section {powers.section} .{powers.name}.") for powers in POWERS),
    *(
        (powers.prepared, powers, f"section {powers.prepared} .{powers.name}, basis of")
        for powers in POWERS
        if powers.prepared is not None
    ),
]


@pytest.mark.parametrize(("section", "powers", "where"), SECTIONS)
def test_points_outside_the_group_are_refused(
    forgery: Forgery, refused: Refused, section: int, powers: object, where: str
) -> None:
    group = powers.group  # type: ignore[attr-defined]
    size = group.bytes
    whole = bytes(forgery.sections[section])
    last = len(whole) // size - 1
    generator = group.generator.astype("<u8").tobytes()
    above = (int.from_bytes(generator[:32], "little") + Fp.modulus).to_bytes(32, "little") + generator[32:]
    cases = [
        (bytes(size), "is the point at infinity"),
        (montgomery_row([1, 1] if group is G1 else [1, 0, 1, 0]), "is not on the curve"),
        (above, "has a coordinate that is not below p"),
        (b"\xff" * size, "has a coordinate that is not below p"),
    ]
    if group is G2:
        cases.append((G2_OUTSIDE, "is not in the subgroup of order r"))
    for data, message in cases:
        for row in {0, 1, last} & set(range(last + 1)):
            forgery.set_row(section, size, row, data)
            refused(forgery, f"{where}.*{message}")
            forgery.sections[section] = bytearray(whole)


@pytest.mark.parametrize("powers", POWERS[:4], ids=lambda powers: powers.name)
def test_powers_that_are_not_consecutive_are_refused(forgery: Forgery, refused: Refused, powers: object) -> None:
    """With hashes that fit: only the pairing tells."""
    where = rf"section {powers.section} .{powers.name}.: the points are not consecutive"  # type: ignore[attr-defined]
    section = powers.section  # type: ignore[attr-defined]
    honest = forgery.points(powers)  # type: ignore[arg-type]
    for wrong in range(2, len(honest)):
        points = honest.copy()
        points[wrong] = honest[wrong - 1]
        forgery.set_points(section, points)
        forgery.rehash()
        refused(forgery, where)
    points = honest.copy()
    points[[2, 3]] = honest[[3, 2]]
    forgery.set_points(section, points)
    forgery.rehash()
    refused(forgery, where)


def test_powers_of_another_tau_are_refused(forgery: Forgery, refused: Refused) -> None:
    """alpha and beta sections with the right first point and another tau."""
    k = system_generator().scalar()
    for powers in (ALPHA, BETA):
        honest = forgery.points(powers)
        forgery.set_points(powers.section, powers.group.scale_powers(honest, _native.SecretScalar.one(), k))
        forgery.rehash()
        refused(forgery, rf"section {powers.section} .{powers.name}.: the points are not consecutive")
        forgery.set_points(powers.section, honest)


@pytest.mark.parametrize("powers", POWERS, ids=lambda powers: powers.name)
def test_sections_times_a_secret_that_nobody_proved_are_refused(
    forgery: Forgery, refused: Refused, powers: object
) -> None:
    section, group = powers.section, powers.group  # type: ignore[attr-defined]
    points = group.scale(forgery.points(powers), system_generator().scalar())  # type: ignore[arg-type]
    forgery.set_points(section, points)
    forgery.rehash()
    if section == 6:
        refused(forgery, "contribution 3 of 3 .*: the partial hash does not end with betaG2")
        return
    message = "point 0 is not the generator" if section in (2, 3) else "point 0 is not that of the last contribution"
    refused(forgery, rf"section {section} .{powers.name}.: {message}")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (4, 5, r"section 4 \(alphaTauG1\): point 0 is not that of the last contribution"),
        (14, 15, r"section 14 \(alphaTauG1, basis of 2\^0\): it is not the Lagrange basis"),
    ],
)
def test_swapped_sections_are_refused(forgery: Forgery, refused: Refused, one: int, other: int, message: str) -> None:
    forgery.sections[one], forgery.sections[other] = forgery.sections[other], forgery.sections[one]
    refused(forgery, message)


def test_swapped_points_of_a_basis_are_refused(forgery: Forgery, refused: Refused) -> None:
    for powers in POWERS[:4]:
        assert powers.prepared is not None
        honest = forgery.points(powers, powers.prepared)
        for level in powers.levels(POWER)[1:]:
            points = honest.copy()
            first = (1 << level) - 1
            points[[first, first + 1]] = honest[[first + 1, first]]
            forgery.set_points(powers.prepared, points)
            message = "its highest coefficient is not" if level == POWER + 1 else "it is not the Lagrange basis"
            refused(forgery, rf"section {powers.prepared} .{powers.name}, basis of 2\^{level}.: {message}")
        forgery.set_points(powers.prepared, honest)


def test_a_basis_with_a_power_too_many_is_refused(forgery: Forgery, refused: Refused) -> None:
    forgery.add_top(G1.draw(system_generator()), POWER)
    refused(forgery, r"section 12 \(tauG1, basis of 2\^4\): its highest coefficient is not that of the powers")


def reduce(forgery: Forgery, power: int) -> None:
    """Cuts a prepared file down, as snarkjs does."""
    size = {2: (2 << power) - 1, 3: 1 << power, 4: 1 << power, 5: 1 << power}
    size |= {12: (4 << power) - 1, 13: (2 << power) - 1, 14: (2 << power) - 1, 15: (2 << power) - 1}
    for kind, count in size.items():
        row = 128 if kind in (3, 13) else 64
        forgery.sections[kind] = forgery.sections[kind][: row * count]
    struct.pack_into("<I", forgery.sections[1], 36, power)


def test_a_file_cut_down_keeps_its_next_power_only(forgery: Forgery, tmp_path: Path, refused: Refused) -> None:
    reduce(forgery, POWER - 1)
    report = phase1.verify(forgery.write(tmp_path / "cut.ptau"))
    assert report.reduced
    forgery.add_top(G1.draw(system_generator()), POWER - 1)
    refused(forgery, r"section 12 \(tauG1, basis of 2\^3\): its highest coefficient is not that of the powers")


# --- bytes ------------------------------------------------------------------------------------------------------------


def test_every_cut_is_refused(honest: Path, tmp_path: Path) -> None:
    whole = (honest / "final.ptau").read_bytes()
    path = tmp_path / "cut.ptau"
    for size in range(0, len(whole), 61):
        path.write_bytes(whole[:size])
        with pytest.raises(EncodingError):
            phase1.verify(path)


def free_bytes(forgery: Forgery) -> set[int]:
    """What section 7 does not bind: names, and of partial hashes the stale bytes, and all but length and betaG2 where
    the points of a contribution are no longer there to hash again."""
    free: set[int] = set()
    at = 4
    for position, one in enumerate(forgery.contributions):
        state = at + (3 * 64 + 2 * 128) + (6 * 64 + 3 * 128)
        free |= set(range(state + 96, state + 128))
        if position < len(forgery.contributions) - 1:
            free |= set(range(state, state + 32)) | set(range(state + 128, state + 192))
        name = state + 216 + 64 + 8 + 2
        free |= set(range(name, name + len(one.name)))
        at += len(one.encode())
    return free


def test_every_changed_byte_is_refused(forgery: Forgery, tmp_path: Path) -> None:
    forgery.write(tmp_path / "whole.ptau")
    free = free_bytes(forgery)
    rng = np.random.default_rng(7)
    path = tmp_path / "changed.ptau"
    for kind, data in list(forgery.sections.items()):
        positions = rng.permutation(len(data))[: 120 if kind == 7 else 20]
        for position in map(int, positions):
            if kind == 7 and position in free:
                continue
            changed = {**forgery.sections, kind: bytearray(data)}
            changed[kind][position] ^= 1 << int(rng.integers(8))
            Forgery.write_raw(path, list(changed.items()))
            with pytest.raises((CeremonyError, EncodingError, LimitError)):
                phase1.verify(path)


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (0, 31, "not over BN254"),
        (4, 0, "not over BN254"),
        (36, 0, "a power of 0 in a ceremony of 3"),
        (36, 2, r"section 2 \(tauG1\) has 960 bytes, but 448 belong there"),
        (36, 4, "a power of 4 in a ceremony of 3"),
        (40, 2, "a power of 3 in a ceremony of 2"),
        (40, 29, "a power of 3 in a ceremony of 29"),
    ],
)
def test_another_header_is_refused(forgery: Forgery, tmp_path: Path, offset: int, value: int, message: str) -> None:
    struct.pack_into("<I", forgery.sections[1], offset, value)
    with pytest.raises(EncodingError, match=message):
        phase1.verify(forgery.write(tmp_path / "forged.ptau"))


def test_another_power_of_the_ceremony_is_refused(forgery: Forgery, refused: Refused) -> None:
    struct.pack_into("<I", forgery.sections[1], 40, 4)
    refused(forgery, "contribution 1 of 3 .*, key of tau: the proof of knowledge")


def test_missing_foreign_and_double_sections_are_refused(forgery: Forgery, tmp_path: Path) -> None:
    path, sections = tmp_path / "forged.ptau", list(forgery.sections.items())
    for kind in forgery.sections:
        with pytest.raises(EncodingError, match=f"section {kind} is missing|section 1[2345] has no place"):
            phase1.verify(forgery.write_raw(path, [entry for entry in sections if entry[0] != kind]))
        with pytest.raises(EncodingError, match=f"section {kind} comes twice"):
            phase1.verify(forgery.write_raw(path, [*sections, (kind, forgery.sections[kind])]))
    with pytest.raises(EncodingError, match="section 8 has no place"):
        phase1.verify(forgery.write_raw(path, [*sections, (8, bytearray(b"x"))]))


def test_sections_of_another_size_are_refused(forgery: Forgery, tmp_path: Path) -> None:
    for kind in forgery.sections:
        for size in (len(forgery.sections[kind]) - 1, len(forgery.sections[kind]) + 1):
            changed = {**forgery.sections, kind: (forgery.sections[kind] + b"\0")[:size]}
            with pytest.raises(EncodingError):
                phase1.verify(forgery.write_raw(tmp_path / "forged.ptau", list(changed.items())))


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (2, b"", "of kind 2 is not known"),
        (0, b"\x02\x0a", "a person's contribution has no beacon"),
        (0, b"\x04\x00", "parameter 4 is not known"),
        (0, b"\x01\x02\xff\xff", "the name is not UTF-8"),
        (0, b"\x01\x05ab", "is cut short"),
        (0, b"\x01\x01a\x01\x01b", "parameter 1 after parameter 1"),
        (1, b"", "the beacon or its exponent is missing"),
        (1, b"\x02\x0a", "the beacon or its exponent is missing"),
        (1, b"\x03\x01x\x02\x0a", "parameter 2 after parameter 3"),
        (1, b"\x02\x09\x03\x01x", "hashed 2\\^10 to 2\\^63 times"),
        (1, b"\x02\x40\x03\x01x", "hashed 2\\^10 to 2\\^63 times"),
        (1, b"\x02\x0a\x03\x00", "1 to 255 bytes"),
    ],
)
def test_malformed_parameters_are_refused(
    honest: Path, tmp_path: Path, kind: int, parameters: bytes, message: str
) -> None:
    forged = Forgery(honest / "alice.ptau")
    forged.change_last(name="")
    body = bytes(forged.contributions[0].encode())[:-8]
    section = struct.pack("<I", 1) + body + struct.pack("<II", kind, len(parameters)) + parameters
    forged.sections[7] = bytearray(section)
    with pytest.raises(EncodingError, match=f"contribution 1 of 1, parameters.*{message}"):
        phase1.verify(forged.write_raw(tmp_path / "forged.ptau", list(forged.sections.items())))


def test_a_count_that_would_take_all_memory_is_refused(forgery: Forgery, tmp_path: Path) -> None:
    for count, error in ((2**32 - 1, LimitError), (1 << 16, EncodingError), (4, EncodingError), (2, EncodingError)):
        forgery.write(tmp_path / "forged.ptau")
        struct.pack_into("<I", forgery.sections[7], 0, count)
        with pytest.raises(error):
            phase1.verify(forgery.write_raw(tmp_path / "forged.ptau", list(forgery.sections.items())))


# --- contributing to hostile files ------------------------------------------------------------------------------------


def test_no_secret_meets_a_point_outside_the_group(forgery: Forgery, tmp_path: Path) -> None:
    source, target = tmp_path / "forged.ptau", tmp_path / "target.ptau"
    target.write_bytes(b"as it was")
    forgery.set_row(3, 128, N - 1, G2_OUTSIDE)
    forgery.write(source)
    with pytest.raises(CeremonyError, match=r"section 3 \(tauG2\): point 7 is not in the subgroup"):
        phase1.contribute(source, target)
    with pytest.raises(CeremonyError, match=r"section 3 \(tauG2\): point 7 is not in the subgroup"):
        phase1.prepare(source, target)
    assert target.read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forged.ptau", "target.ptau"]


def test_the_evidence_is_not_overwritten(honest: Path, tmp_path: Path) -> None:
    path = tmp_path / "0.ptau"
    path.write_bytes((honest / "0.ptau").read_bytes())
    for job in (phase1.contribute, phase1.prepare):
        with pytest.raises(InvalidInput, match="another file"):
            job(path, path)
    assert path.read_bytes() == (honest / "0.ptau").read_bytes()


def test_what_cannot_be_done_is_said(honest: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.ptau"
    with pytest.raises(StateError, match="no contribution"):
        phase1.prepare(honest / "0.ptau", target)
    for power in (0, 29, -1):
        with pytest.raises(InvalidInput, match="1 to 28"):
            phase1.new(target, power)
    for name in ("x" * 65, "a\nb", "\x1b[31m"):
        with pytest.raises(InvalidInput, match="printable"):
            phase1.contribute(honest / "0.ptau", target, name=name)
    for text in ("", "0", "xy", "00" * 256):
        with pytest.raises(InvalidInput):
            phase1.apply_beacon(honest / "0.ptau", target, Beacon.from_hex(text, 10))
    for exponent in (9, 64):
        with pytest.raises(InvalidInput, match=r"2\^10 to 2\^63"):
            Beacon(b"x", exponent)
    assert not target.exists()


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_entropy_is_mixed_in_and_never_alone(honest: Path, tmp_path: Path) -> None:
    responses = {
        phase1.contribute(honest / "0.ptau", tmp_path / "1.ptau", entropy=text).response
        for text in ("the same", "the same", None, None)
    }
    assert len(responses) == 4


def test_secrets_cannot_be_read_or_stored() -> None:
    generator = system_generator()
    secret = generator.scalar()
    for held in (secret, generator):
        assert set(repr(held)) <= set(object.__repr__(held))
        with pytest.raises(TypeError):
            pickle.dumps(held)
    assert not [name for name in dir(secret) if not name.startswith("_") and name not in METHODS]


METHODS = {"inverse", "known", "one", "scale", "scale_powers"}


def test_every_refusal_is_an_error_of_ours(forgery: Forgery, tmp_path: Path) -> None:
    """Random bytes in the place of whole sections: nothing else than our exceptions comes out."""
    rng = np.random.default_rng(3)
    for _ in range(30):
        kind = int(rng.choice(list(forgery.sections)))
        noise = bytearray(rng.bytes(len(forgery.sections[kind])))
        changed = {**forgery.sections, kind: noise}
        with pytest.raises(AssayError):
            phase1.verify(forgery.write_raw(tmp_path / "noise.ptau", list(changed.items())))
