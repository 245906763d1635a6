"""Files larger than what may be held: the memory that adding, reading, sealing and opening take does not grow."""

import json
import subprocess
import sys

SCRIPT = """
import json, resource, sys
from pathlib import Path
from assay.store import FolderStore, Keyring, RecipientKey, Vault

class Stream:
    "Repeats a pattern without period in the chunks."
    def __init__(self, size):
        self.left, self.piece = size, bytes(range(251)) * 5000
    def readinto(self, buffer):
        count = min(len(buffer), self.left, len(self.piece))
        buffer[:count] = self.piece[:count]
        self.left -= count
        return count

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

folder, alice = Path(sys.argv[1]), RecipientKey.generate()
vault = Vault(FolderStore(folder / "blobs"), Keyring(folder / "keys"))

def round(size):
    cid = vault.store.add(Stream(size))
    assert sum(map(len, vault.store.cat(cid))) == size
    sealed = vault.seal(Stream(size), [alice.recipient])
    assert sum(map(len, vault.open(sealed, alice))) == size
    return peak()

print(json.dumps([round(size << 20) for size in (32, 256)]))
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, check=True, timeout=300)
    small, large = json.loads(done.stdout)
    assert large - small < 32 << 20  # eight times the file
