"""The kernels of a ceremony against slow, obvious Python and other people's ChaCha20 and BLAKE2b, on each level."""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from support.curve_points import fp2_inverse, fp2_mul, fp2_sqrt, g2_outside_subgroup

from assay import _native
from assay.ceremony.errors import CeremonyError
from assay.ceremony.knowledge import ProofOfKnowledge, hash_to_g2, prove_knowledge
from assay.ceremony.points import G1, G2, PointGroup, random_coefficients, same_ratio
from assay.core.errors import EncodingError, InvalidInput, WrongType
from assay.crypto import bn254
from assay.crypto.field import Fp, Fr, Limbs

p, r = Fp.modulus, Fr.modulus
R_INVERSE = {p: pow(2**256, -1, p), r: pow(2**256, -1, r)}
GROUPS = [G1, G2]
FACE = {G1: bn254.G1, G2: bn254.G2}


# --- the generator, by the words of another ChaCha20 ------------------------------------------------------------------


def words(seed: bytes) -> Iterator[int]:
    """The key stream of `cryptography`, keyed with the seed's words turned to little-endian."""
    key = b"".join(seed[i : i + 4][::-1] for i in range(0, 32, 4))
    stream = Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor()
    while True:
        yield from struct.unpack("<256I", stream.update(bytes(1024)))


def draw(stream: Iterator[int], modulus: int) -> int:
    while True:
        value = 0
        for i in range(4):
            high = next(stream)
            value |= (high << 32 | next(stream)) << 64 * i
        value &= 2**254 - 1
        if value < modulus:
            return value * R_INVERSE[modulus] % modulus


def draw_g1(stream: Iterator[int]) -> tuple[int, int]:
    while True:
        x, larger = draw(stream, p), next(stream) & 1
        y = pow(x**3 + 3, (p + 1) // 4, p)
        if y * y % p == (x**3 + 3) % p:
            return x, y if (y > p // 2) == larger else p - y


def draw_g2(stream: Iterator[int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Before the cofactor."""
    inverse = fp2_inverse((9, 1))
    while True:
        x, larger = (draw(stream, p), draw(stream, p)), next(stream) & 1
        cube = fp2_mul(fp2_mul(x, x), x)
        y = fp2_sqrt(((cube[0] + 3 * inverse[0]) % p, (cube[1] + 3 * inverse[1]) % p))
        if y is not None:
            return x, y if ((y[1] or y[0]) > p // 2) == larger else ((p - y[0]) % p, (p - y[1]) % p)


@pytest.mark.parametrize("seed", [bytes(32), b"\xff" * 32, bytes(range(32))])
def test_draws(isa: str, seed: bytes) -> None:
    generator, stream = _native.CeremonyGenerator.from_seed(seed), words(seed)
    for _ in range(3):
        secret, expected = generator.scalar(), draw(stream, r)
        product = G1.canonical(G1.scale(G1.generator, secret))
        assert np.array_equal(product, bn254.G1.mul_public(bn254.G1_GENERATOR, Fr.to_limbs([expected])))
        assert bn254.G1.to_coordinates(G1.canonical(G1.draw(generator))) == [draw_g1(stream)]
        off = bn254.G2.from_coordinates([draw_g2(stream)])
        cofactor = np.frombuffer((2 * p - r).to_bytes(32, "little"), dtype="<u8").reshape(1, 4).copy()
        assert np.array_equal(G2.canonical(G2.draw(generator)), bn254.G2.mul_public(off, cofactor))


def test_hash_to_g2_is_a_point_of_the_group() -> None:
    for text in (b"", b"a"):
        point = hash_to_g2(hashlib.blake2b(text).digest())
        G2.check(point, "hash")
        assert np.array_equal(point, hash_to_g2(hashlib.blake2b(text).digest()[:32]))
    with pytest.raises(InvalidInput, match="32 bytes"):
        hash_to_g2(bytes(31))
    with pytest.raises(InvalidInput, match="32 bytes"):
        _native.CeremonyGenerator.from_seed(bytes(33))


# --- BLAKE2b and the beacon -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 255, 256, 257, 1000])
def test_blake2b(size: int) -> None:
    data = secrets.token_bytes(size)
    for cut in {0, 1, size // 2, min(size, 128), size}:
        if cut > size:
            continue
        first = _native.Blake2b()
        first.update(data[:cut])
        assert first.digest() == hashlib.blake2b(data[:cut]).digest()
        state = first.state()
        assert len(state) == 216
        rest = _native.Blake2b.resume(state)
        assert (rest.length, rest.state()) == (cut, state)
        rest.update(data[cut:])
        assert rest.digest() == hashlib.blake2b(data).digest()


def test_states_that_are_none_are_refused() -> None:
    state = _native.Blake2b().state()
    for at, value in ((192, 1), (192, 127), (200, 129), (207, 1), (208, 1), (215, 1)):
        changed = bytearray(state)
        changed[at] = value
        with pytest.raises(EncodingError):
            _native.Blake2b.resume(bytes(changed))
    for size in (0, 215, 217):
        with pytest.raises(EncodingError):
            _native.Blake2b.resume(bytes(size))


def test_beacon() -> None:
    for data in (b"x", bytes(255)):
        digest = data
        for _ in range(2**10):
            digest = hashlib.sha256(digest).digest()
        assert _native.ceremony_beacon(data, 10) == digest
    assert _native.ceremony_beacon(b"x", 0) == hashlib.sha256(b"x").digest()


def test_a_beacon_of_centuries_can_be_interrupted() -> None:
    def stop(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _native.ceremony_beacon(b"x", 63, stop)


# --- points -----------------------------------------------------------------------------------------------------------


def multiples(group: PointGroup, scalars: list[int]) -> Limbs:
    face = FACE[group]
    return group.from_canonical(face.mul_public(face.generator, Fr.to_limbs([k % r for k in scalars])))


def secret_of(seed: int) -> tuple[_native.SecretScalar, int]:
    data = seed.to_bytes(32, "big")
    return _native.CeremonyGenerator.from_seed(data).scalar(), draw(words(data), r)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 100])
def test_scaling(isa: str, group: PointGroup, count: int) -> None:
    logs = [i * i + 1 for i in range(count)]
    points = multiples(group, logs)
    (first, a), (step, b) = secret_of(1), secret_of(2)
    one = _native.SecretScalar.one()
    for factor, expected in ((one, 1), (first, a), (first.inverse(), pow(a, -1, r))):
        assert np.array_equal(group.scale(points, factor), multiples(group, [k * expected for k in logs]))
    for start in (0, 1, 2**40):
        expected = multiples(group, [k * a * pow(b, start + i, r) for i, k in enumerate(logs)])
        assert np.array_equal(group.scale_powers(points, first, step, start=start), expected)
    assert np.array_equal(group.scale_powers(points, one, one), points)
    infinity = np.zeros_like(points)
    assert not group.scale(infinity, first).any()


def edges() -> list[int]:
    """Where the halves of k = k1 + k2 lambda are 0, small, large, negative, or all windows are full."""
    u, eigenvalue = 4965661367192848881, 0xB3C4D79D41A917585BFC41088D8DAAA78B17EA66B99C90DD
    assert (eigenvalue**2 + eigenvalue + 1) % r == 0
    values = [0, 1, 2, 3, 15, 16, 17, 2**63, 2**64 - 1, 2**64, 2**127, 2**128 - 1, 2**128, 2**253, r // 2, 2 * u + 1]
    values += [6 * u * u + 2 * u, 6 * u * u + 4 * u + 1, sum(15 << 8 * i for i in range(31))]
    values += [k * eigenvalue % r for k in values] + [k * (eigenvalue + 1) % r for k in values]
    return [sign * k % r for k in values for sign in (1, -1)]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_scaling_at_the_edges(isa: str, group: PointGroup) -> None:
    point = multiples(group, [secrets.randbelow(r)])
    canonical = group.canonical(point)
    for k in edges():
        limbs = Fr.to_limbs([k])
        product = group.scale(point, _native.SecretScalar.known(limbs))
        assert np.array_equal(group.canonical(product), FACE[group].mul_public(canonical, limbs)), k
    with pytest.raises(EncodingError):
        _native.SecretScalar.known(np.full((1, 4), 2**64 - 1, dtype=np.uint64))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("log", range(6))
def test_lagrange(isa: str, group: PointGroup, log: int) -> None:
    n = 1 << log
    w = pow(5, (r - 1) >> log, r)
    tau = secrets.randbelow(r)
    for values in (
        [pow(tau, i, r) for i in range(n)],
        [1] * n,  # tau in the domain: all but one are infinity
        [0] * n,
        [secrets.randbelow(r) for _ in range(n - 1)] + [0],
    ):
        expected = [sum(pow(w, -i * j, r) * v for i, v in enumerate(values)) * pow(n, -1, r) for j in range(n)]
        assert np.array_equal(group.lagrange(multiples(group, values)), multiples(group, expected))


def test_lagrange_needs_a_power_of_two() -> None:
    for count in (3, 6):
        with pytest.raises(InvalidInput, match="power of two"):
            G1.lagrange(multiples(G1, [1] * count))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_encoding(isa: str, group: PointGroup) -> None:
    """Both signs of y; uncompressed is the form of EIP-196 and EIP-197."""
    points = multiples(group, [1, -1, 2, -2, 3, 12345])
    face = FACE[group]
    assert group.encode(points) == face.encode(group.canonical(points))
    compressed = group.encode(points, compressed=True)
    size = group.bytes // 2
    assert len(compressed) == size * len(points)
    for i, (x, y) in enumerate(face.to_coordinates(group.canonical(points))):
        parts = x if isinstance(x, tuple) else (x,)
        highest = (y[1] or y[0]) if isinstance(y, tuple) else y
        data = bytearray(b"".join(part.to_bytes(32, "big") for part in reversed(parts)))
        data[0] |= 0x80 if highest > p // 2 else 0
        assert compressed[size * i : size * (i + 1)] == bytes(data)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_check_names_the_first_bad_point(isa: str, group: PointGroup) -> None:
    good = multiples(group, list(range(1, 200)))
    group.check(good, "here")
    half = group.limbs // 2
    cases = [(np.zeros(group.limbs, dtype=np.uint64), "is the point at infinity")]
    modulus = np.frombuffer(p.to_bytes(32, "little"), dtype="<u8")
    for at in range(0, group.limbs, 4):
        row = good[0].copy()
        row[at : at + 4] = modulus
        cases.append((row, "not below p"))
    row = good[0].copy()
    row[half] ^= np.uint64(1)
    cases.append((row, "is not on the curve"))
    swapped = np.concatenate([good[0][half:], good[0][:half]])
    cases.append((swapped, "is not on the curve"))
    if group is G2:
        outside = group.from_canonical(bn254.G2.from_coordinates([g2_outside_subgroup()]))
        cases.append((outside[0], "not in the subgroup"))
    for bad, message in cases:
        for at in (0, 130, 198):
            points = good.copy()
            points[at] = bad
            points[198] = bad
            with pytest.raises(CeremonyError, match=f"here: point {1000 + at} .*{message}"):
                group.check(points, "here", first=1000)
    with pytest.raises(WrongType):
        group.check(good.astype(np.int64), "here")
    with pytest.raises(InvalidInput):
        group.check(good[:, :4], "here")


def test_same_ratio() -> None:
    k = secrets.randbelow(r)
    a1, b1 = multiples(G1, [5]), multiples(G1, [5 * k])
    a2, b2 = multiples(G2, [7]), multiples(G2, [7 * k])
    assert same_ratio(a1, b1, a2, b2)
    assert not same_ratio(b1, a1, a2, b2)
    assert not same_ratio(a1, b1, a2, a2)
    zero1, zero2 = np.zeros_like(a1), np.zeros_like(a2)
    for points in ((zero1, b1, a2, b2), (a1, zero1, a2, b2), (a1, b1, zero2, b2), (a1, b1, a2, zero2)):
        assert not same_ratio(*points)
    assert not same_ratio(zero1, zero1, zero2, zero2)


def test_proof_of_knowledge() -> None:
    generator = _native.CeremonyGenerator.from_system(bytes(32))
    secret, other = generator.scalar(), generator.scalar()
    s = G1.draw(generator)
    sp = hash_to_g2(bytes(64))
    proof = prove_knowledge(secret, s, G1.scale(s, secret), sp)
    proof.verify(sp, "proof")
    for wrong in (
        ProofOfKnowledge(proof.g1_s, G1.scale(s, other), proof.g2_spx),
        ProofOfKnowledge(proof.g1_s, proof.g1_sx, G2.scale(sp, other)),
        ProofOfKnowledge(G1.draw(generator), proof.g1_sx, proof.g2_spx),
    ):
        with pytest.raises(CeremonyError, match="proof: the proof of knowledge"):
            wrong.verify(sp, "proof")
    with pytest.raises(CeremonyError, match="proof: the proof of knowledge"):
        proof.verify(hash_to_g2(b"\1" * 64), "proof")


def test_random_coefficients() -> None:
    drawn = random_coefficients(1000)
    assert drawn.shape == (1000, 4)
    assert not drawn[:, 2:].any()
    assert len({tuple(row) for row in drawn.tolist()}) == 1000
    assert 0.45 < np.unpackbits(drawn[:, :2].copy().view(np.uint8)).mean() < 0.55
