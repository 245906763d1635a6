"""Attacks on the rollup with real proofs, of batches of two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.rollup_parties import LABEL, Parties, User, stand_in_proof

from assay.circuits import Builder, compile
from assay.core.errors import (
    AssayError,
    EncodingError,
    InvalidInput,
    ProofError,
    StateError,
    UnsatisfiedError,
    WrongKeyError,
)
from assay.crypto import groth16
from assay.crypto.field import Fp
from assay.crypto.groth16 import snarkjs
from assay.ledger import Origin, Refused
from assay.ledger.state import MemoryStore, Overlay, SpaceState
from assay.rollup.batch import PUBLIC_INPUTS, Submission
from assay.rollup.contract import RollupContract, genesis_parameters
from assay.rollup.domains import MODULUS

if TYPE_CHECKING:
    from assay.rollup.prover import Prover

P = Fp.modulus


class World:
    """A rollup with one settled batch and one proved and waiting."""

    def __init__(self, folder: Path, prover: Prover) -> None:
        key = snarkjs.verification_key_to_json(prover.key.verifying_key).encode()
        self.prover = prover
        self.parties = Parties(folder, prove=prover.prove, verifying_key=key, window=20)
        self.ada = self.parties.user("ada")
        self.parties.flush()
        self.parties.query(self.ada, LABEL)
        self.parties.query(self.ada, 3)
        self.batch = self.parties.operator._sealed[0]
        self.good = prover.prove(self.batch)[0]

    def refuse(self, submission: Submission, error: type[AssayError], match: str) -> None:
        with self.parties.refused(error, match):
            self.parties.send_bytes(submission.encode())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, rollup_prover: Prover) -> Iterator[World]:
    made = World(Path(tmp_path_factory.mktemp("ledger")), rollup_prover)
    yield made
    made.parties.close()


@pytest.fixture(autouse=True)
def still_good(world: World) -> Iterator[None]:
    """Whatever a test tried, the honest proof still verifies."""
    yield
    groth16.verify(world.prover.key.verifying_key, world.good.public_inputs, groth16.Proof.from_bytes(world.good.proof))


def malleated(proof: bytes) -> bytes:
    """(-A, -B, C): another proof of the same statement, made without the witness."""
    p = groth16.Proof.from_bytes(proof)
    (b_x, (y0, y1)) = p.b
    return groth16.Proof((p.a[0], P - p.a[1]), (b_x, ((P - y0) % P, (P - y1) % P)), p.c).to_bytes()


def test_a_valid_proof_from_another_root(world: World) -> None:
    """The same operator, another history: its batch 2 is proved honestly and starts from a root of its own."""
    parties = world.parties
    ours, parties.operator = parties.operator, parties.new_operator()
    for name in ("bob", "cem", "dan"):
        parties.user(name)
    parties.operator.seal()
    second = parties.operator._sealed[1]
    parties.operator = ours
    submission = world.prover.prove(second)[0]
    proof = groth16.Proof.from_bytes(submission.proof)
    groth16.verify(world.prover.key.verifying_key, submission.public_inputs, proof)
    assert submission.public_inputs[2] == parties.head[0] + 1 == 2
    world.refuse(submission, StateError, "starts from another root")
    before, after = submission.public_inputs[:3], submission.public_inputs[4:]
    current = replace(submission, public_inputs=(*before, parties.head[1], *after))
    world.refuse(current, ProofError, "do not lead to the new root")


def test_a_proof_for_another_circuit_or_key(world: World) -> None:
    """A toy circuit with the same seven public inputs, and this circuit under a key of the thief's own making."""
    c = Builder("anything goes")
    for name in PUBLIC_INPUTS:
        x = c.public(name)
        c.assert_product(x, x - c.private(f"copy of {name}"), 0, "a copy")
    toy = compile(c)
    key = groth16.setup(toy)
    inputs = dict(zip(PUBLIC_INPUTS, world.good.public_inputs, strict=True))
    witness = toy.witness(inputs | {f"copy of {name}": value for name, value in inputs.items()})
    proof = groth16.prove(key, toy, witness)
    groth16.verify(key.verifying_key, world.good.public_inputs, proof)
    world.refuse(replace(world.good, proof=proof.to_bytes()), ProofError, "does not")
    with pytest.raises(WrongKeyError, match="belongs to circuit"):
        groth16.prove(world.prover.key, toy, witness)


def test_a_key_that_does_not_take_the_inputs_of_a_batch(world: World) -> None:
    c = Builder("six")
    for name in PUBLIC_INPUTS[:6]:
        x = c.public(name)
        c.assert_product(x, x - c.private(f"copy of {name}"), 0, "a copy")
    key = snarkjs.verification_key_to_json(groth16.setup(compile(c)).verifying_key).encode()
    state = SpaceState(Overlay(MemoryStore()), "rollup")
    origin = Origin(bytes(32), "rollup", 0)
    with pytest.raises(Refused, match="seven public inputs"):
        RollupContract().begin(state, genesis_parameters(1, 2, 0, key, world.parties.config), origin)
    for broken in (b"", b"{}", key[:-5], key.replace(b"bn128", b"bls12")):
        with pytest.raises(EncodingError):
            RollupContract().begin(state, genesis_parameters(1, 2, 0, broken, world.parties.config), origin)


@pytest.mark.parametrize("name", PUBLIC_INPUTS)
def test_every_public_input_is_bound_by_the_proof(world: World, name: str) -> None:
    at = PUBLIC_INPUTS.index(name)
    proof = groth16.Proof.from_bytes(world.good.proof)
    for value in (world.good.public_inputs[at] ^ 1, 0, MODULUS - 1):
        public = list(world.good.public_inputs)
        public[at] = value
        with pytest.raises(ProofError):
            groth16.verify(world.prover.key.verifying_key, public, proof)
    public[at] = world.good.public_inputs[at] + MODULUS
    with pytest.raises(ProofError, match=r"not in \[0, r\)"):
        groth16.verify(world.prover.key.verifying_key, public, proof)
    world.refuse(replace(world.good, public_inputs=tuple(public)), InvalidInput, f"{name} is not below r")


def test_another_batch_s_proof(world: World) -> None:
    first = world.parties.submissions[0]
    world.refuse(replace(world.good, proof=first.proof), ProofError, "does not")


def test_proof_bytes_that_are_no_points(world: World) -> None:
    good = world.good.proof
    words = [good[i : i + 32] for i in range(0, 256, 32)]

    def word(at: int, value: int) -> bytes:
        return b"".join([*words[:at], value.to_bytes(32, "big"), *words[at + 1 :]])

    for at in range(8):
        value = int.from_bytes(words[at], "big")
        world.refuse(replace(world.good, proof=word(at, value ^ 1)), EncodingError, "curve|subgroup|not|decode")
        world.refuse(replace(world.good, proof=word(at, value + P)), EncodingError, "not|canonical|below")
    world.refuse(replace(world.good, proof=bytes(256)), EncodingError, "infinity|not")
    world.refuse(replace(world.good, proof=stand_in_proof([1])), EncodingError, "not")
    swapped = good[192:] + good[64:192] + good[:64]
    world.refuse(replace(world.good, proof=swapped), ProofError, "does not")


def test_differences_are_bound_by_the_proof(world: World) -> None:
    first, second = world.good.differences
    world.refuse(replace(world.good, differences=(second, first)), ProofError, "do not hash to h_B")
    world.refuse(replace(world.good, differences=(first,)), EncodingError, "a batch has 2 differences, got 1")


def test_the_prover_does_not_prove_what_the_audit_refuses(world: World) -> None:
    """A dishonest operator changes a step after the audit: there is no witness, and so no proof."""
    step = world.batch.steps[1]
    assert step.old is not None
    assert step.new is not None
    richer = replace(step.new, credit=step.new.credit + 1, score=0)
    for changed in (
        replace(step, old=replace(step.old, credit=step.old.credit + 1)),
        replace(step, old=replace(step.old, score=0), new=richer, new_leaf=richer.leaf()),
        replace(step, new_leaf=richer.leaf()),
        replace(step, old_leaf=richer.leaf()),
    ):
        with pytest.raises(UnsatisfiedError):
            world.prover.prove(replace(world.batch, steps=(world.batch.steps[0], changed)))
    with pytest.raises(UnsatisfiedError):
        world.prover.prove(replace(world.batch, config=replace(world.batch.config, epoch=1)))


def test_two_proofs_of_one_batch_differ(world: World) -> None:
    again = world.prover.prove(world.batch)[0]
    assert again.public_inputs == world.good.public_inputs
    assert again.proof != world.good.proof
    shared = np.frombuffer(again.proof, dtype=np.uint8) == np.frombuffer(world.good.proof, dtype=np.uint8)
    assert shared.mean() < 0.5


def test_a_malleated_proof_is_accepted_at_most_once(world: World, tmp_path: Path) -> None:
    """Whoever mangles the proof gains nothing: the statement lands once, whichever bytes carry it."""
    parties = world.parties
    other = replace(world.good, proof=malleated(world.good.proof))
    assert other.proof != world.good.proof
    groth16.verify(world.prover.key.verifying_key, other.public_inputs, groth16.Proof.from_bytes(other.proof))
    parties.send(other)
    assert parties.head[0] == 2
    for late in (world.good, other):
        world.refuse(late, StateError, "the last batch is 2; the next is 3, not 2")
    user: User = world.ada
    assert parties.operator.account(user.index) == user.account
