"""What happens to a file under a mapped proving key, and that no proof and no crash comes of it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from assay import _native
from assay.bench.chain import chain, chain_witness
from assay.circuits import Circuit, Witness
from assay.core.errors import EncodingError, InvalidInput, ProofError, SystemFailure
from assay.crypto import groth16

CIRCUIT: Circuit = chain(10)
WITNESS: Witness = chain_witness(CIRCUIT)
KEY = groth16.setup(CIRCUIT)
SECTIONS = ("fixed", "ic", "a", "b1", "b2", "l", "h")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A key file written long ago, so that any change of it has another time."""
    path = tmp_path / "chain.key"
    KEY.save(path)
    os.utime(path, ns=(10**18, 10**18))
    return path


def offset_of(path: Path, name: str) -> int:
    raw = path.read_bytes()[:1024]
    at = 144 + 48 * SECTIONS.index(name)
    return int.from_bytes(raw[at : at + 8], "little")


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("mode", ["streamed", "resident"])
@pytest.mark.parametrize("mmap", [True, False])
def test_every_way_of_taking_a_key_proves(path: Path, mode: groth16.Mode, mmap: bool) -> None:
    key = groth16.ProvingKey.load(path, mmap=mmap)
    proof = groth16.prove(key, CIRCUIT, WITNESS, mode=mode)
    groth16.verify(KEY.verifying_key, WITNESS.public, proof)


def test_windows_do_not_change_a_proof() -> None:
    blinding = np.array([[5, 0, 0, 0], [7, 0, 0, 0]], dtype=np.uint64)
    arguments = (CIRCUIT.r1cs, *KEY.native_arguments(), WITNESS.values, None, blinding)
    whole, _ = _native.groth16_prove(*arguments)
    for window in (1, 17, 100, 512, 1000, 1022, 1023, 1024, 5000):
        assert np.array_equal(_native.groth16_prove(*arguments, window=window)[0], whole), window


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InvalidInput, match="streamed"):
        groth16.prove(KEY, CIRCUIT, WITNESS, mode="fast")  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["streamed", "resident"])
@pytest.mark.parametrize("section", ["a", "b1", "b2", "l", "h"])
def test_a_file_damaged_before_it_is_loaded_gives_no_proof(path: Path, section: str, mode: groth16.Mode) -> None:
    flip(path, offset_of(path, section) + 64 * 500)
    key = groth16.ProvingKey.load(path)
    with pytest.raises(EncodingError, match=f"section {section} does not have the checksum"):
        groth16.prove(key, CIRCUIT, WITNESS, mode=mode)


def test_without_checksums_a_damaged_key_still_gives_no_proof(path: Path) -> None:
    flip(path, offset_of(path, "h") + 64 * 500)
    with pytest.raises(ProofError):
        groth16.prove(groth16.ProvingKey.load(path, checksums=False), CIRCUIT, WITNESS)


class Listener:
    """A progress that hears of every step."""

    def task(self, label: str, total: int | None = None) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass

    def describe(self, text: str) -> None:
        pass


def change(path: Path) -> None:
    flip(path, offset_of(path, "l") + 8)


def cut(path: Path) -> None:
    os.truncate(path, offset_of(path, "b2") + 4096)


def extend(path: Path) -> None:
    with path.open("ab") as file:
        file.write(bytes(64))


@pytest.mark.parametrize("act", [change, cut, extend])
@pytest.mark.parametrize("used_before", [False, True])
def test_a_file_changed_after_it_is_loaded_is_refused(
    path: Path, act: Callable[[Path], None], used_before: bool
) -> None:
    key = groth16.ProvingKey.load(path)
    if used_before:
        groth16.prove(key, CIRCUIT, WITNESS)
    act(path)
    with pytest.raises(EncodingError, match="changed or cut"):
        groth16.prove(key, CIRCUIT, WITNESS)
    with pytest.raises(EncodingError, match="changed or cut"):
        key.check_points()


@pytest.mark.parametrize("act", [change, cut])
@pytest.mark.parametrize("stage", ["quotient", "H", "B1"])
def test_a_file_changed_while_the_prover_runs_gives_no_proof(
    path: Path, act: Callable[[Path], None], stage: str
) -> None:
    key = groth16.ProvingKey.load(path)
    key.native_arguments()  # checked and found good
    acted: list[str] = []

    class Act(Listener):
        def describe(self, text: str) -> None:
            if f": {stage} " in text and not acted:
                act(path)
                acted.append(text)

    with pytest.raises(EncodingError, match="changed or cut"):
        groth16.prove(key, CIRCUIT, WITNESS, progress=Act())
    assert acted


def test_a_file_replaced_by_another_key_leaves_a_loaded_one_as_it_was(path: Path) -> None:
    key = groth16.ProvingKey.load(path)
    groth16.setup(CIRCUIT).save(path)  # a new file under the old name
    groth16.verify(KEY.verifying_key, WITNESS.public, groth16.prove(key, CIRCUIT, WITNESS))


READ_BEHIND_THE_END = """
import os, sys
import numpy as np
from assay import _native
path = sys.argv[1]
with open(path, "rb") as file:
    mapped = _native.MappedFile(file.fileno(), os.path.getsize(path))
data = np.frombuffer(mapped, dtype=np.uint8)
assert data[-1] == 7 and not mapped.damaged
os.truncate(path, 4096)
assert data[0] == 7 and not mapped.damaged
assert data[-1] == 0 and mapped.damaged
print("lives")
if len(sys.argv) > 2:
    import mmap
    with open(path, "rb") as file:
        other = mmap.mmap(file.fileno(), 4096, access=mmap.ACCESS_READ)
    os.truncate(path, 0)
    other[0]
"""


def test_reading_behind_the_end_of_a_cut_file_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "sevens"
    path.write_bytes(b"\7" * 100_000)
    command = [sys.executable, "-c", READ_BEHIND_THE_END, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "lives\n"), done.stderr


@pytest.mark.parametrize("options", [[], ["-X", "faulthandler"]])
def test_a_bus_error_elsewhere_still_ends_it(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "sevens"
    path.write_bytes(b"\7" * 100_000)
    command = [sys.executable, *options, "-c", READ_BEHIND_THE_END, str(path), "elsewhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGBUS, "lives\n")


def test_a_key_set_up_into_a_file_proves_and_is_the_only_file(tmp_path: Path) -> None:
    path = tmp_path / "chain.key"
    key = groth16.setup(CIRCUIT, path=path)
    assert key.mapped is not None
    assert path.stat().st_size == key.num_bytes
    key.check_points()
    proof = groth16.prove(key, CIRCUIT, WITNESS)
    groth16.verify(groth16.ProvingKey.load(path, mmap=False).verifying_key, WITNESS.public, proof)
    assert [p.name for p in tmp_path.iterdir()] == ["chain.key"]


def test_a_set_up_that_is_stopped_leaves_no_file(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    class Impatient(Listener):
        def advance(self, steps: int = 1) -> None:
            raise Stop

    with pytest.raises(Stop):
        groth16.setup(CIRCUIT, path=tmp_path / "chain.key", progress=Impatient())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_before_anything_is_computed(tmp_path: Path) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "posix_fallocate", refuse)
        with pytest.raises(SystemFailure, match="no room"):
            groth16.setup(CIRCUIT, path=tmp_path / "chain.key")
    assert not list(tmp_path.iterdir())
