"""The store in a local folder: the contract of all stores, and what lies on the disk."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from contract.store_contract import SMALL, StoreContract, content

from assay.core.errors import InvalidInput, NotFound, StateError, SystemFailure
from assay.store import KUBO_RAW_LEAVES, UNIXFS_V1_2025, FolderStore, Profile


class TestFolderStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderStore(tmp_path / "blobs", SMALL)

    def remove(self, store, cid):
        place(store, cid).unlink()


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "blobs", SMALL)


def place(store, cid, kind="blocks"):
    return store.path / kind / str(cid)[-3:-1] / str(cid)


def test_where_blocks_lie(store):
    cid = store.put(b"hello")
    assert str(cid) == "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"
    assert (store.path / "blocks" / "ye" / str(cid)).read_bytes() == b"hello"
    assert (store.path / "pins" / "ye" / str(cid)).read_bytes() == b""
    assert list((store.path / "incoming").iterdir()) == []
    assert store.path.stat().st_mode & 0o777 == 0o700
    assert place(store, cid).stat().st_mode & 0o777 == 0o600
    assert list(store.blocks()) == [cid]
    assert store.is_pinned(cid)


def test_the_profile_is_recorded(tmp_path):
    made = FolderStore(tmp_path / "a")
    assert made.profile == KUBO_RAW_LEAVES
    assert FolderStore(tmp_path / "a").profile == KUBO_RAW_LEAVES
    FolderStore(tmp_path / "b", UNIXFS_V1_2025)
    assert FolderStore(tmp_path / "b").profile == UNIXFS_V1_2025
    with pytest.raises(StateError, match="was made with"):
        FolderStore(tmp_path / "b", KUBO_RAW_LEAVES)
    with pytest.raises(InvalidInput):
        FolderStore(tmp_path / "c", Profile("wide", 8, 1))
    assert not (tmp_path / "c").exists()
    with pytest.raises(NotFound):
        FolderStore(tmp_path / "c", create=False)


def test_foreign_folders_are_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(StateError, match="not empty"):
        FolderStore(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
    with pytest.raises(SystemFailure):
        FolderStore(tmp_path / "holiday.jpg")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"format": 2, "profile": {}}, StateError),
        ({"profile": {}}, StateError),
        ([], StateError),
        ({"format": 1}, InvalidInput),
        ({"format": 1, "profile": {"name": "x", "chunk": 0, "links": 9}}, InvalidInput),
        ({"format": 1, "profile": {"name": "kubo-raw-leaves", "chunk": 8, "links": 9}}, InvalidInput),
    ],
)
def test_foreign_settings_are_refused(store, settings, error):
    (store.path / "store.json").write_text(json.dumps(settings))
    with pytest.raises(error):
        FolderStore(store.path)


def test_two_handles_see_each_other(store):
    other = FolderStore(store.path)
    cid = store.put(content(100))
    assert other.get(cid) == content(100)
    other.unpin(cid)
    assert other.collect().blocks > 0
    assert not store.has(cid)


def test_processes_add_side_by_side(tmp_path):
    script = """
import sys
sys.path.insert(0, sys.argv[2])
from contract.store_contract import SMALL, content
from assay.store import FolderStore
store = FolderStore(sys.argv[1], SMALL)
for i in range(20):
    store.put(content(100 + i, i % 2))
    if i % 5 == 4:
        store.collect()
print(sum(1 for _ in store.pins()))
"""
    command = [sys.executable, "-c", script, str(tmp_path / "blobs"), str(Path(__file__).parents[1])]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate(timeout=120)[0] for process in running][-1].strip() == "20"
    assert all(process.returncode == 0 for process in running)
    store = FolderStore(tmp_path / "blobs")
    assert store.verify().pins == 20
    for i in range(20):
        assert store.get(store.put(content(100 + i, i % 2))) == content(100 + i, i % 2)


def test_nothing_is_collected_while_it_is_added(store):
    """A collection that begins in the middle of an addition waits for its end."""
    collected = []
    with store.adding() as adding:
        cid = store.put_block(0x55, b"loose")
        thread = threading.Thread(target=lambda: collected.append(store.collect()))
        thread.start()
        thread.join(0.3)
        assert collected == []
        adding.pin(cid)
    thread.join(60)
    assert collected == [(0, 0)]
    assert store.get(cid) == b"loose"


def test_a_collection_inside_of_an_addition_is_refused(store):
    with store.adding(), pytest.raises(StateError, match="wait for itself"):
        store.collect()


def test_a_collection_clears_what_killed_writers_left(store):
    (store.path / "incoming" / "0123").write_bytes(b"half a bl")
    store.collect()
    assert list((store.path / "incoming").iterdir()) == []


def test_an_error_in_mid_addition_pins_nothing(store):
    class Failing:
        left = 5

        def readinto(self, buffer):
            self.left -= 1
            if self.left == 0:
                raise RuntimeError("the source broke")
            return len(buffer)

    with pytest.raises(RuntimeError, match="the source broke"):
        store.add(Failing())
    assert list(store.pins()) == []
    store.collect()
    assert list(store.blocks()) == []


def test_a_store_that_cannot_be_written(store, monkeypatch):
    kept = store.put(b"before")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SystemFailure, match="No space left"):
        store.put(b"after")
    monkeypatch.undo()
    assert store.get(kept) == b"before"
    assert list((store.path / "incoming").iterdir()) == []
    assert list(store.blocks()) == [kept]


def test_verify(store):
    cids = [store.put(content(300, seed)) for seed in range(3)]
    seen = store.verify()
    assert (seen.pins, seen.blocks) == (3, len(list(store.blocks())))
    assert seen.bytes == sum(place(store, cid).stat().st_size for cid in store.blocks())
    assert store.get(cids[1]) == content(300, 1)
