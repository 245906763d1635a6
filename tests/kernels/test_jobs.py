"""Long kernels among other things: Ctrl-C, fork, and torch in the same process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

PRELUDE = """
import os, signal, sys, time
import numpy as np
from assay.crypto import msm, ntt
from assay.crypto.field import Fp, Fr
G1 = Fp.to_limbs([1, 2]).reshape(8)
def scalars(n):
    rows = np.random.default_rng(5).integers(0, 2**64, (n, 4), dtype=np.uint64)
    rows[:, 3] >>= np.uint64(3)
    return rows
def work():
    points = msm.fixed_base_g1(G1, scalars(3000))
    ntt.ntt(scalars(1 << 14))
    return msm.msm_g1(points, scalars(3000)).tobytes()
"""


def run(body: str, timeout: float = 300) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + body], capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "job",
    [
        "msm.fixed_base_g1(G1, scalars(1 << 22))",
        "msm.Bases(np.tile(msm.fixed_base_g1(G1, scalars(4096)), (512, 1))).msm(scalars(1 << 21))",
        "ntt.ntt(np.tile(scalars(1 << 12), (1 << 11, 1)))",
    ],
)
def test_ctrl_c_ends_a_long_job_with_keyboard_interrupt(job: str) -> None:
    body = f"""
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts in the background
print("ready", flush=True)
try:
    while True:
        {job}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    work()  # the pool still works
    sys.exit(7)
"""
    process = subprocess.Popen([sys.executable, "-c", PRELUDE + body], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=300)
    finally:
        process.kill()
        process.wait()
    assert out.strip() == "interrupted"
    assert process.returncode == 7


def test_a_forked_child_has_a_pool_of_its_own() -> None:
    out = run(
        """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # a fork with threads is the point of the test
before = work()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, work())
    os._exit(0)
assert os.read(reader, 64) == before
assert os.waitpid(child, 0)[1] == 0
assert work() == before
print("same")
"""
    )
    assert out == "same"


def test_workers_keep_the_affinity_of_the_process() -> None:
    """A worker steps off its caller's processor; that must not narrow where it may run later."""
    body = """
import glob
from assay import set_num_threads
set_num_threads(3)
for _ in range(20):
    ntt.ntt(scalars(1 << 14))
masks = set()
for path in glob.glob("/proc/self/task/*/status"):
    with open(path) as file:
        masks |= {line for line in file if line.startswith("Cpus_allowed:")}
print(len(masks))
"""
    assert run(body) == "1"


@pytest.mark.parametrize("order", ["import torch, assay", "import assay, torch"])
def test_torch_and_assay_in_both_orders(order: str) -> None:
    pytest.importorskip("torch")
    body = """
ones = torch.ones(500, 500)
before = work()
assert ones.matmul(ones).sum().item() == 500**3
assert work() == before
print("same")
"""
    done = subprocess.run(
        [sys.executable, "-c", order + PRELUDE + body], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "same"
