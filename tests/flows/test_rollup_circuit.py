"""The batch circuit follows docs/bio-rollup.md: honest batches of every kind, with the state of plain Python."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.rollup_world import TABLE, World

from assay.core.errors import UnsatisfiedError
from assay.rollup.circuit import PUBLIC_INPUTS, batch_circuit
from assay.rollup.witness import batch_carries, batch_inputs

CONSTRAINT_LIMIT = 19_770


def accepted(world: World) -> None:
    circuit = batch_circuit(len(world.steps))
    batch = world.batch()
    witness = circuit.witness(batch_inputs(batch), carries=batch_carries(batch))
    circuit.check(witness)
    assert witness.public == [getattr(batch, name) for name in PUBLIC_INPUTS]
    assert (circuit.witness(batch_inputs(batch)).values == witness.values).all()


@pytest.fixture
def world() -> World:
    made = World()
    made.place(5, secret=11)
    return made


def test_public_inputs_stand_in_the_order_of_the_protocol() -> None:
    assert batch_circuit(1).public_names == list(PUBLIC_INPUTS)
    assert PUBLIC_INPUTS == ("chain_id", "rollup_id", "batch", "old_root", "new_root", "differences", "config")


def test_a_batch_of_all_kinds(world: World) -> None:
    world.place(6, secret=12, score=499_999, nonce=65_534)
    world.place(7, secret=13, blocked=1, score=2**32 - 1)
    world.register(9, 33)
    world.query(5, 7)
    world.query(6, 3)
    world.rotate(5, 14)
    world.revoke(5)
    world.rotate(5, 15, salt=2**128 - 1)
    world.clear(7)
    world.query(7, 7)
    world.query(9, 7)
    world.pad()
    accepted(world)
    assert world.accounts[6].nonce == 65_535
    assert world.accounts[6].blocked


def test_the_first_mismatch_makes_the_credit_negative(world: World) -> None:
    world.query(5, 8)
    assert world.accounts[5].credit == -TABLE.values[1] == -19_728
    accepted(world)


@pytest.mark.parametrize(
    ("score", "label", "after", "blocked"),
    [
        (0, 7, 0, False),
        (19_999, 7, 0, False),
        (20_000, 7, 0, False),
        (20_001, 7, 1, False),
        (349_999, 8, 499_999, False),
        (350_000, 8, 500_000, True),
        (2**32 - 150_001, 8, 2**32 - 1, True),
        (2**32 - 150_000, 8, 2**32 - 1, True),
        (2**32 - 1, 8, 2**32 - 1, True),
        (2**32 - 1, 7, 2**32 - 20_001, True),
    ],
)
def test_the_score_at_its_edges(score: int, label: int, after: int, blocked: bool) -> None:
    world = World()
    world.place(5, secret=11, score=score)
    world.query(5, label)
    assert (world.accounts[5].score, world.accounts[5].blocked) == (after, blocked)
    accepted(world)


TOP = 2**32 - 1


@pytest.mark.parametrize("detector", [(0, 0, TOP), (TOP, TOP, TOP), (0, 0, 0), (1, TOP, 1)])
def test_detector_constants_at_their_edges(detector: tuple[int, int, int]) -> None:
    world = World(detector=detector)
    world.place(5, secret=11, score=3)
    world.query(5, 8)
    accepted(world)


@pytest.mark.parametrize("index", [0, 1, 4, 16_384, 65_534, 65_535])
def test_slots_at_the_edges(index: int) -> None:
    world = World()
    world.register(index, 33, label=65_535)
    accepted(world)


@pytest.mark.parametrize("credit", [-(2**39) + TABLE.values[1], 2**39 - 65_537, -1, 0])
def test_credit_at_its_edges(credit: int) -> None:
    for label in (7, 8):
        world = World()
        world.place(5, secret=11, credit=credit)
        world.query(5, label)
        accepted(world)


def test_pads_alone_leave_the_root() -> None:
    world = World()
    world.pad()
    world.pad()
    batch = world.batch()
    assert batch.old_root == batch.new_root
    accepted(world)


def test_a_pad_may_point_at_any_leaf(world: World) -> None:
    world.pad(5)
    accepted(world)


def test_carries_that_are_not_those_of_the_batch_are_refused(world: World) -> None:
    world.query(5, 7)
    world.query(5, 7)
    batch = world.batch()
    (root, chain), last = batch.carries
    for wrong in ((root + 1, chain), (root, chain + 1)):
        carries = batch_carries(replace(batch, carries=(wrong, last)))
        with pytest.raises(UnsatisfiedError):
            batch_circuit(2).witness(batch_inputs(batch), carries=carries)


def test_constraints_a_transaction() -> None:
    assert batch_circuit(10).constraints / 10 <= CONSTRAINT_LIMIT
