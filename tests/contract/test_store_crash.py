"""kill -9 in the middle of adding: what was acknowledged is there and pinned, and no name holds anything wrong.

The writers print each CID after `put` or `add` returned; whatever they printed is acknowledged. They are killed after a
number of lines, in the middle of whatever they did then.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from contract.store_contract import SMALL, content
from support.rounds import repeated

from assay.store import Cid, FolderStore, MissingBlock

WRITER = """
import io, sys, threading
from assay.store import FolderStore
from contract.store_contract import content

store = FolderStore(sys.argv[1])
lock = threading.Lock()

def write(seed):
    for i in range(10**6):
        size = 1 + 97 * i % 1500
        cid = store.put(content(size, seed)) if i % 2 else store.add(io.BytesIO(content(size, seed)))
        with lock:
            sys.stdout.write(f"{cid} {size} {seed}\\n")
            sys.stdout.flush()
        if i % 7 == 6:
            store.collect()

for seed in range(3):
    threading.Thread(target=write, args=[seed]).start()
"""


@repeated
@pytest.mark.parametrize("lines", [1, 5, 17, 40])
def test_what_was_acknowledged_is_kept(tmp_path, lines, attempt):
    FolderStore(tmp_path / "blobs", SMALL)
    paths = f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}{Path(__file__).parents[1]}"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "blobs")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.readlines()
    assert process.wait(timeout=300) == -signal.SIGKILL

    store = FolderStore(tmp_path / "blobs")
    seen = store.verify()  # every file in the place of a block is that block
    assert seen.pins >= 1
    pins = set(store.pins())
    for line in filter(lambda line: line.endswith("\n"), told):
        name, size, seed = line.split()
        assert Cid.parse(name) in pins
        assert store.get(Cid.parse(name)) == content(int(size), int(seed))
    store.collect()
    assert list((store.path / "incoming").iterdir()) == []
    kept = {cid for pin in pins for cid in store.blocks_under(pin)}
    assert set(store.blocks()) == kept
    store.verify()
    again = store.put(content(5000, 9))  # the locks of the killed are free
    assert store.get(again) == content(5000, 9)


def test_killed_before_the_pin(tmp_path, monkeypatch):
    """All blocks are written, the pin is not: the file is whole, loose, and collected."""
    store = FolderStore(tmp_path / "blobs", SMALL)
    import assay.store.folder as module

    monkeypatch.setattr(module._FolderAdding, "pin", lambda self, cid: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.put(content(500))
    monkeypatch.undo()
    cid = store.put(content(500), pin=False)
    assert store.get(cid) == content(500)
    store.collect()
    with pytest.raises(MissingBlock):
        store.get(cid)
