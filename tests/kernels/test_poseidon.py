"""Poseidon: the C++ kernels against a definition in Python integers, and against circomlibjs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay import _native
from assay.core.errors import EncodingError, InvalidInput
from assay.crypto import poseidon as module
from assay.crypto.field import Fr
from assay.crypto.poseidon import domain_tag, hash_ints, parameters, poseidon

FR = Fr.modulus
WIDTHS = range(2, 18)
PARTIAL = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68]
EDGES = [0, 1, 2, FR - 1, FR - 2, FR // 2, 2**64 - 1, 2**64, 2**128 - 1, 2**192, 2**253, 2**256 % FR, FR - 2**64]


def definition(values: list[int], tag: int) -> int:
    """The hash as the paper defines it, in integers."""
    return permutation([tag, *values])[0]


def permutation(state: list[int]) -> list[int]:
    p = parameters(len(state))
    constants, mds = p.round_constant_ints(), p.mds_ints()
    half = p.full_rounds // 2
    for r, row in enumerate(constants):
        state = [(x + c) % FR for x, c in zip(state, row, strict=True)]
        full = r < half or r >= half + p.partial_rounds
        state = [pow(x, 5, FR) if full or i == 0 else x for i, x in enumerate(state)]
        state = [sum(m * x for m, x in zip(line, state, strict=True)) % FR for line in mds]
    return state


def samples(count: int, seed: int = 5) -> list[int]:
    rng = np.random.default_rng(seed)
    return [int.from_bytes(rng.bytes(40), "little") % FR for _ in range(count)]


@pytest.mark.parametrize("t", WIDTHS)
def test_round_numbers_and_shapes(t: int) -> None:
    p = parameters(t)
    assert (p.full_rounds, p.partial_rounds) == (8, PARTIAL[t - 2])
    assert p.round_constants.shape == ((8 + p.partial_rounds) * t, 4)
    assert p.mds.shape == (t, t, 4)


@pytest.mark.parametrize("t", WIDTHS)
def test_hash_is_the_definition(isa: str, t: int) -> None:
    k = t - 1
    cases = [[e] * k for e in EDGES] + [samples(k, seed) for seed in range(4)]
    cases += [[e if i == position else 0 for i in range(k)] for position in range(k) for e in (1, FR - 1)]
    for tag in (0, 1, FR - 1, domain_tag("assay/test/v1")):
        got = Fr.from_limbs(poseidon(Fr.to_limbs([x for case in cases for x in case]).reshape(-1, k, 4), tag))
        chosen = slice(0, 3 if tag else None, 1 if tag else 2)
        assert got[chosen] == [definition(case, tag) for case in cases[chosen]]


@pytest.mark.parametrize("t", WIDTHS)
def test_the_recurrence_is_the_plain_form(isa: str, t: int) -> None:
    states = Fr.to_limbs([x for e in EDGES for x in [e] * t] + samples(20 * t)).reshape(-1, t, 4)
    plain = _native.poseidon_permute(states, True)
    assert (_native.poseidon_permute(states, False) == plain).all()
    assert Fr.from_limbs(plain[0]) == permutation(Fr.from_limbs(states[0]))


@pytest.mark.interop
def test_constants_are_those_of_circomlibjs(node_tool: Any) -> None:
    answer = node_tool("poseidon.mjs", {"parameters": list(WIDTHS)})["parameters"]
    for t, theirs in zip(WIDTHS, answer, strict=True):
        p = parameters(t)
        assert Fr.from_limbs(p.round_constants) == [int(x) for x in theirs["round_constants"]]
        assert p.mds_ints() == [[int(x) for x in row] for row in theirs["mds"]]


@pytest.mark.interop
def test_hashes_are_those_of_circomlibjs(node_tool: Any) -> None:
    rng = np.random.default_rng(8)
    cases = [(samples(k, 100 + k), 0) for k in range(1, 17)]
    cases += [([EDGES[i] for i in rng.integers(0, len(EDGES), k)], tag) for k in range(1, 17) for tag in (0, FR - 1)]
    request = [{"inputs": [str(x) for x in values], "tag": str(tag)} for values, tag in cases]
    theirs = [int(x) for x in node_tool("poseidon.mjs", {"hashes": request})["hashes"]]
    assert [hash_ints(values, tag) for values, tag in cases] == theirs


def test_published_vector() -> None:
    # circomlib test/poseidoncircuit.js: poseidon([1, 2])
    assert hash_ints([1, 2]) == 7853200120776062878684798364095072458815029376092732009249414926327459813530


def test_batches_equal_single_hashes(isa: str) -> None:
    values = samples(3 * 1000)
    batch = Fr.from_limbs(poseidon(Fr.to_limbs(values).reshape(-1, 3, 4), 9))
    assert batch == [hash_ints(values[i : i + 3], 9) for i in range(0, len(values), 3)]
    assert poseidon(np.zeros((0, 3, 4), dtype=np.uint64)).shape == (0, 4)


def test_tags_separate_domains() -> None:
    names = [f"assay/test/{i}/v1" for i in range(50)]
    assert len({hash_ints([1, 2], domain_tag(n)) for n in names} | {hash_ints([1, 2])}) == 51
    # FIPS 180-2: SHA-256 of "abc" without its last byte
    assert domain_tag("abc") == 0xBA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015
    assert max(domain_tag(n) for n in names).bit_length() <= 248


@pytest.mark.parametrize("bad", [FR, FR + 1, 2**256 - 1])
def test_values_at_or_above_the_modulus_are_refused(isa: str, bad: int) -> None:
    limbs = [bad >> (64 * i) & (2**64 - 1) for i in range(4)]
    rows = np.array([[[1, 0, 0, 0], limbs]], dtype=np.uint64)
    with pytest.raises(EncodingError, match="canonical"):
        poseidon(rows)
    with pytest.raises(InvalidInput, match="not in"):
        hash_ints([1, bad])
    with pytest.raises(InvalidInput, match="not in"):
        hash_ints([1], bad)


def test_other_shapes_and_types_are_refused() -> None:
    with pytest.raises(TypeError):
        poseidon(np.zeros((1, 2, 4), dtype=np.int64))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        hash_ints([1.5])  # type: ignore[list-item]
    for shape in [(4,), (2, 4), (1, 2, 5), (1, 0, 4), (1, 17, 4)]:
        with pytest.raises(InvalidInput):
            poseidon(np.zeros(shape, dtype=np.uint64))
    for count in (0, 17):
        with pytest.raises(InvalidInput, match="1 to 16"):
            hash_ints([1] * count)
    for t in (0, 1, 18, 2**40):
        with pytest.raises(InvalidInput, match="2 to 17"):
            parameters(t)
    with pytest.raises(InvalidInput, match="name"):
        domain_tag("")


def test_parameters_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        module.parameters(3).mds[0, 0, 0] = 1
