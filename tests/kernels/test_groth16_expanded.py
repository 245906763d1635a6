"""Proofs over multiples of a key's points: those of the plain key, byte for byte, and what is refused."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from assay import _native
from assay.bench.chain import chain, chain_witness
from assay.circuits import Builder, Circuit, Witness, compile
from assay.core.errors import EncodingError, InvalidInput, UnsatisfiedError, WrongKeyError, WrongType
from assay.crypto import groth16
from assay.crypto.field import Fr
from assay.crypto.groth16.expanded import EXPANDABLE, Section

R = Fr.modulus


def distinct() -> tuple[Circuit, Witness]:
    """Values of full size, no two the same: no merging."""
    circuit = chain(9)
    return circuit, chain_witness(circuit)


def repeated() -> tuple[Circuit, Witness]:
    """Most values 0, 1, r - 1, or one and the same: merging beside the tables, which H alone uses."""
    c = Builder("repeated")
    x = c.private("x", 300)
    c.output("y", [a * b for a, b in itertools.pairwise(x)][:3])
    return (circuit := compile(c)), circuit.witness({"x": [(0, 1, R - 1, 1 << 200)[i % 4] for i in range(300)]})


def public_only() -> tuple[Circuit, Witness]:
    """No private wire: the tables of the witness's sums are empty."""
    c = Builder("public")
    x, y = c.public("x"), c.public("y")
    c.assert_product(x, x, y)
    return (circuit := compile(c)), circuit.witness({"x": 3, "y": 9})


CASES = [distinct, repeated, public_only]
CIRCUIT, WITNESS = distinct()
KEY = groth16.setup(CIRCUIT)


def words(circuit: Circuit, key: groth16.ProvingKey, witness: Witness, **options: Any) -> np.ndarray:
    """The proof for r = 5, s = r - 7."""
    arguments = (circuit.r1cs, *key.native_arguments(), witness.values, None, Fr.to_limbs([5, R - 7]))
    return _native.groth16_prove(*arguments, **options)[0]


@pytest.mark.parametrize("case", CASES)
def test_the_same_proof_as_from_the_plain_key(isa: str, threads: int, case: Callable[[], Any]) -> None:
    circuit, witness = case()
    key = groth16.setup(circuit)
    plain = words(circuit, key, witness)
    for factor in (1, 2, 8, 100):
        expanded = groth16.expand(key, memory_factor=factor)
        assert np.array_equal(words(circuit, expanded, witness, tables=expanded.tables), plain), factor


@pytest.mark.parametrize("section", EXPANDABLE)
def test_each_section_alone(section: Section) -> None:
    expanded = groth16.expand(KEY, sections=[section])
    assert expanded.expanded_sections == (section,)
    assert np.array_equal(words(CIRCUIT, expanded, WITNESS, tables=expanded.tables), words(CIRCUIT, KEY, WITNESS))


def test_the_tables_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Multiples of another key's points give another proof: the equal bytes above come from the tables."""
    other = groth16.expand(groth16.setup(CIRCUIT))
    plain = words(CIRCUIT, KEY, WITNESS)
    for section in EXPANDABLE:
        tables = groth16.expand(other.key, sections=[section]).tables
        assert not np.array_equal(words(CIRCUIT, KEY, WITNESS, tables=tables), plain), section


def test_it_proves_and_verifies_again_and_again() -> None:
    expanded = groth16.expand(KEY)
    proofs = [groth16.prove(expanded, CIRCUIT, WITNESS) for _ in range(3)]
    proofs.append(groth16.prove(expanded, CIRCUIT, chain_witness(CIRCUIT, 4), mode="expanded"))
    for proof in proofs[:3]:
        groth16.verify(expanded.verifying_key, WITNESS.public, proof)
    groth16.verify(KEY.verifying_key, chain_witness(CIRCUIT, 4).public, proofs[3])
    assert len({proof.to_bytes() for proof in proofs}) == 4


def test_a_key_in_a_file(tmp_path: Path) -> None:
    KEY.save(tmp_path / "k")
    expanded = groth16.expand(groth16.ProvingKey.load(tmp_path / "k"))
    assert np.array_equal(words(CIRCUIT, expanded, WITNESS, tables=expanded.tables), words(CIRCUIT, KEY, WITNESS))
    expanded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "k").read_bytes()
    damaged = bytearray((tmp_path / "k").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "bad").write_bytes(damaged)
    with pytest.raises(EncodingError, match="section h does not have the checksum"):
        groth16.expand(groth16.ProvingKey.load(tmp_path / "bad"))


def test_what_it_says_of_itself() -> None:
    expanded = groth16.expand(KEY, memory_factor=4, sections=("b2", "h"))
    assert expanded.key is KEY
    assert expanded.expanded_sections == ("h", "b2")
    privates = KEY.num_wires - KEY.num_public - 1
    assert 0 < expanded.table_bytes <= 4 * (64 * 2**KEY.domain_log + 128 * privates)
    assert "multiples for h, b2" in repr(expanded)
    with pytest.raises(TypeError):
        pickle.dumps(expanded)


def test_the_estimate_knows_the_tables() -> None:
    for factor, sections in ((1, ("h",)), (3, ("a", "b2")), (8, EXPANDABLE), (100, EXPANDABLE)):
        promise = groth16.estimate(CIRCUIT, memory_factor=factor, sections=sections)
        expanded = groth16.expand(KEY, memory_factor=factor, sections=sections)
        assert promise.table_bytes == expanded.table_bytes
        assert promise.expand.seconds > 0
        assert promise.prove("expanded") == promise.expanded
        assert promise.expanded.peak_bytes > promise.table_bytes + promise.key_bytes


@pytest.mark.parametrize("mode", [mode for mode in get_args(groth16.Mode) if mode != "expanded"])
def test_an_expanded_key_has_one_mode(mode: groth16.Mode) -> None:
    with pytest.raises(InvalidInput, match="mode expanded alone"):
        groth16.prove(groth16.expand(KEY, sections=["h"]), CIRCUIT, WITNESS, mode=mode)


def test_what_is_refused(tmp_path: Path) -> None:
    KEY.save(tmp_path / "k")
    for key in (KEY, groth16.ProvingKey.load(tmp_path / "k")):
        with pytest.raises(InvalidInput, match="needs the multiples"):
            groth16.prove(key, CIRCUIT, WITNESS, mode="expanded")
    expanded = groth16.expand(KEY, sections=["h"])
    with pytest.raises(InvalidInput, match="expanded already"):
        groth16.expand(expanded)
    for factor in (0, -1):
        with pytest.raises(InvalidInput, match="1 or more"):
            groth16.expand(KEY, memory_factor=factor)
        with pytest.raises(InvalidInput, match="1 or more"):
            groth16.estimate(CIRCUIT, memory_factor=factor)
    for sections in ([], ["h", "ic"], "fixed"):
        with pytest.raises(InvalidInput, match="one at least"):
            groth16.expand(KEY, sections=sections)  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        groth16.expand(KEY.verifying_key)  # type: ignore[arg-type]
    other = chain(8)
    with pytest.raises(WrongKeyError):
        groth16.prove(expanded, other, chain_witness(other))
    wrong = WITNESS.values.copy()
    wrong[5, 0] ^= 1
    with pytest.raises(UnsatisfiedError):
        groth16.prove(expanded, CIRCUIT, wrong)


def test_the_kernel_refuses_tables_of_another_size_and_windows() -> None:
    tables = groth16.expand(groth16.setup(chain(8)), sections=["h"]).tables
    with pytest.raises(WrongKeyError):
        words(CIRCUIT, KEY, WITNESS, tables=tables)
    mine = groth16.expand(KEY, sections=["h"]).tables
    with pytest.raises(InvalidInput, match="windows"):
        words(CIRCUIT, KEY, WITNESS, tables=mine, window=100)
    with pytest.raises(InvalidInput, match="named g"):
        _native.Groth16Tables(*KEY.native_arguments(), ["g"], 8)
