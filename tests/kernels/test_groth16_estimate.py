"""What estimate() promises: exact sizes, memory within the stated tolerance of what is used, no failure at either end.

Times are not tested here, as they depend on what else the machine does; `assay bench groth16` prints them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assay.circuits import Builder, compile
from assay.core.errors import InvalidInput, LimitError
from assay.crypto import groth16

MEASURE = """
import sys
from pathlib import Path
from assay.bench.chain import chain, chain_witness
from assay.crypto import groth16

log_rows, job, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
circuit = chain(log_rows)

def peak():  # of this program: ru_maxrss would count the process that started it
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

used = {}
if job == "expanded":
    key = groth16.ProvingKey.load(path, mmap=False)
    before = peak() - key.num_bytes
    expanded = groth16.expand(key)
    used["expand"] = peak() - before
    groth16.prove(expanded, circuit, chain_witness(circuit))
elif job in ("streamed", "resident"):
    key = groth16.ProvingKey.load(path)
    before = peak()
    witness = chain_witness(circuit)
    groth16.prove(key, circuit, witness, mode=job)
else:
    before = peak()
    groth16.setup(circuit, path=path if job == "setup_to_file" else None)
used[job] = peak() - before
for each, peak_bytes in used.items():
    promise = getattr(groth16.estimate(circuit), each)
    print(peak_bytes, promise.peak_bytes)
    assert promise.seconds > 0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("estimate")


def measured(log_rows: int, job: str, path: Path) -> list[list[int]]:
    """Bytes used and promised, of each step of the job."""
    command = [sys.executable, "-c", MEASURE, str(log_rows), job, str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [[int(value) for value in line.split()] for line in lines]


@pytest.mark.parametrize("log_rows", [12, 15])
@pytest.mark.parametrize(
    ("job", "steps"), [("setup", 1), ("setup_to_file", 1), ("streamed", 1), ("resident", 1), ("expanded", 2)]
)
def test_memory_is_within_a_quarter_and_8_mib_of_the_estimate(
    folder: Path, job: str, steps: int, log_rows: int
) -> None:
    path = folder / f"{log_rows}.key"
    if not job.startswith("setup") and not path.exists():
        measured(log_rows, "setup_to_file", path)
    found = measured(log_rows, job, path)
    assert len(found) == steps
    for used, promised in found:
        assert used < 1.25 * promised + (8 << 20)
        assert promised < 1.25 * used + (8 << 20)


def test_a_streamed_proof_and_a_key_on_disk_take_less() -> None:
    e = groth16.estimate(1 << 20)
    assert e.streamed.peak_bytes < e.resident.peak_bytes / 2
    assert e.setup_to_file.peak_bytes < e.setup.peak_bytes / 2
    assert e.prove("streamed") == e.streamed
    assert e.prove("resident") == e.resident


def test_key_bytes_are_exact() -> None:
    c = Builder("cubic")
    x = c.private("x")
    c.output("y", x * x * x + x + 5)
    circuit = compile(c)
    assert groth16.estimate(circuit).key_bytes == groth16.setup(circuit).num_bytes


def test_it_grows_with_the_circuit_and_has_limits() -> None:
    small, large = groth16.estimate(200_000), groth16.estimate(1_800_000)
    assert large.seconds_setup > 5 * small.seconds_setup
    assert large.peak_bytes < 10 << 30
    assert groth16.estimate(0).key_bytes > 0
    with pytest.raises(InvalidInput):
        groth16.estimate(-1)
    with pytest.raises(LimitError):
        groth16.estimate(2**28)
