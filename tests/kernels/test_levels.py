"""The choice of an instruction-set level: by name, by ASSAY_ISA, and the name `scalar`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from assay import _native
from assay.core.errors import InvalidInput

AVAILABLE = _native.cpu_info()["available"]
SCALAR = "adx" if "adx" in AVAILABLE else "portable"
WORK = """
import numpy as np
from assay import _native
from assay.crypto import bigint, bn254, ed25519, msm, ntt, poseidon, sha256
from assay.crypto.field import Fr
n = 2**2048 - 1942289
got = bigint.from_words(bigint.power([3] * 11, [5**400 + i for i in range(11)], n))
assert got == [pow(3, 5**400 + i, n) for i in range(11)]
a = Fr.to_limbs(range(1, 257))
assert (ntt.ntt(ntt.ntt(a), inverse=True) == a).all()
assert len(sha256.digest(b"x" * 200)) == 32
assert [len(poseidon.poseidon(np.zeros((16, t - 1, 4), np.uint64))) for t in range(2, 18)] == [16] * 16
g, ones = bn254.G1_GENERATOR, Fr.to_limbs([1] * 300)
assert (msm.msm_g1(np.tile(g, (300, 1)), ones) == msm.fixed_base_g1(g[0], Fr.to_limbs([300]))).all()
assert ed25519.verify_many([bytes(32)] * 20, [b""] * 20, [bytes(64)] * 20).shape == (20,)
print(_native.isa())
"""


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = _native.isa()
    yield
    _native.set_isa(before)


def start(isa: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", WORK], env=os.environ | {"ASSAY_ISA": isa}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


def test_scalar_is_the_best_level_without_lanes() -> None:
    _native.set_isa("scalar")
    assert _native.isa() == SCALAR
    assert "scalar" not in AVAILABLE


@pytest.mark.parametrize("isa", [*AVAILABLE, "scalar"])
def test_kernels_work_at_the_level_that_the_environment_names(isa: str) -> None:
    assert start(isa) == (SCALAR if isa == "scalar" else isa, "")


def test_ifma_is_there_where_it_is_assumed() -> None:
    """Under the instruction trap (tests/support/trap.py) the tests of that level are chosen by its name."""
    assert "avx512_ifma" not in os.environ.get("ASSAY_CPU_ASSUME", "").split(",") or "ifma" in AVAILABLE


def test_a_name_that_is_no_level_is_told() -> None:
    best, told = start("vector")
    assert best == AVAILABLE[-1]
    assert "ASSAY_ISA=vector is not a level (portable, adx, avx512, ifma) or scalar" in told
    with pytest.raises(InvalidInput, match="unknown instruction set 'vector'"):
        _native.set_isa("vector")
