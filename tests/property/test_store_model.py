"""A store in a folder beside a model: files are put, pinned, let go, collected, damaged and repaired in any order."""

import random
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from assay.core.errors import NotFound
from assay.store import Cid, DamagedBlock, DamagedStore, FolderStore, MissingBlock, Profile, cid_of
from assay.store.layout import blocks_of_bytes

CUT = Profile("small", 4, 2)
CONTENTS = [random.Random(size % 7).randbytes(size) for size in (0, 1, 3, 4, 5, 8, 9, 16, 17, 30)]  # they share blocks


def blocks_of(data):
    out = {}
    blocks_of_bytes(data, CUT, lambda blocks: out.update((cid, bytes(block)) for cid, block in blocks))
    return out


class Model(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.blocks = {}
        self.pinned = set()
        self.damaged = set()

    @initialize()
    def open(self):
        self.store = FolderStore(f"{self.folder.name}/blobs", CUT)

    def teardown(self):
        self.folder.cleanup()

    def whole(self, data):
        return all(cid in self.blocks and cid not in self.damaged for cid in blocks_of(data))

    @rule(data=st.sampled_from(CONTENTS), pin=st.booleans())
    def put(self, data, pin):
        cid = self.store.put(data, pin=pin)
        assert cid == cid_of(data, CUT)
        self.blocks |= blocks_of(data)
        self.damaged -= set(blocks_of(data))
        if pin:
            self.pinned.add(data)

    @rule(data=st.sampled_from(CONTENTS))
    def get(self, data):
        cid = cid_of(data, CUT)
        if self.whole(data):
            assert self.store.get(cid) == data
        else:
            with pytest.raises((MissingBlock, DamagedBlock)) as caught:
                self.store.get(cid)
            assert caught.value.cid not in self.blocks or caught.value.cid in self.damaged

    @rule(data=st.sampled_from(CONTENTS))
    def unpin(self, data):
        try:
            self.store.unpin(cid_of(data, CUT))
        except NotFound:
            assert data not in self.pinned
        self.pinned.discard(data)

    @rule(data=st.sampled_from(CONTENTS))
    def pin(self, data):
        if self.whole(data):
            self.store.pin(cid_of(data, CUT))
            self.pinned.add(data)

    @precondition(lambda self: not self.damaged)
    @rule()
    def collect(self):
        kept = {cid for data in self.pinned for cid in blocks_of(data)}
        gone = [block for cid, block in self.blocks.items() if cid not in kept]
        assert self.store.collect() == (len(gone), sum(map(len, gone)))
        self.blocks = {cid: block for cid, block in self.blocks.items() if cid in kept}

    @precondition(lambda self: self.blocks)
    @rule(choice=st.randoms(use_true_random=False))
    def damage(self, choice):
        cid = choice.choice(sorted(self.blocks))
        self.store._place("blocks", cid).write_bytes(self.blocks[cid] + b"!")
        self.damaged.add(cid)

    @rule()
    def reopen(self):
        self.store = FolderStore(self.store.path)

    @invariant()
    def same(self):
        if not hasattr(self, "store"):
            return
        assert set(self.store.blocks()) == set(self.blocks)
        assert set(self.store.pins()) == {cid_of(data, CUT) for data in self.pinned}

    @rule()
    def verify(self):
        try:
            assert self.store.verify().blocks == len(self.blocks)
        except DamagedStore as verdict:
            told = {Cid.parse(line.split()[2]) for line in verdict.damage if line.startswith("the block ")}
            assert told == self.damaged
        else:
            assert not self.damaged


TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
