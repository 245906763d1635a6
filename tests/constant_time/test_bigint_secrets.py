"""Secret numbers marked undefined under valgrind: no branch and no address may depend on them. And: they are wiped.

The kernels of the levels portable and adx run in memcheck, which follows every bit (`support.memcheck`).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.memcheck import CPP, LEVELS, X86, compile_cpp, memcheck, objects, require_valgrind
from support.paillier_keys import PRIMES

HERE = Path(__file__).parent
ROOMS = ("base", "cpu", "parallel", "bigint", "primes", "paillier")
LEFT_OUT = ("_adx.cpp", "_avx512.cpp", "_ifma.cpp", "lanes_dispatch.cpp")


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The kernels that valgrind can run, compiled: the programs share them."""
    sources = [path for room in ROOMS for path in sorted((CPP / room).glob("*.cpp"))]
    sources = [path for path in sources if not path.name.endswith(LEFT_OUT)]
    return objects(
        [*sources, *([CPP / "bigint/word_kernel_adx.cpp"] if X86 else [])], tmp_path_factory.mktemp("kernels")
    )


def linked(kernels: list[Path], folder: Path, name: str) -> str:
    """The program tests/constant_time/`name`.cpp with the kernels."""
    compile_cpp(HERE / f"{name}.cpp", HERE / "no_lanes.cpp", *kernels, "-o", folder / name)
    return str(folder / name)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs for valgrind."""
    require_valgrind()
    return tmp_path_factory.mktemp("constant_time")


@pytest.fixture(scope="module")
def program(programs: Path, kernels: list[Path]) -> str:
    return linked(kernels, programs, "bigint_secrets")


@pytest.fixture(scope="module")
def numbers_program(programs: Path, kernels: list[Path]) -> str:
    return linked(kernels, programs, "number_secrets")


@pytest.mark.parametrize("level", LEVELS)
def test_powers_and_products_do_not_look_at_secrets(program: str, level: str) -> None:
    done = memcheck(level, program)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"done at level {level}\n", "")


@pytest.mark.parametrize("level", LEVELS)
def test_inverses_and_tables_do_not_look_at_secrets(numbers_program: str, level: str) -> None:
    done = memcheck(level, numbers_program)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"done at level {level}\n", "")
    leak = memcheck(level, numbers_program, "--leak")
    assert leak.returncode == 9
    assert "uninitialised value" in leak.stderr


def test_a_look_at_a_secret_is_found(program: str) -> None:
    """power_var looks at its exponents: memcheck says so, and where."""
    done = memcheck("portable", program, "--leak")
    assert done.returncode == 9
    assert "uninitialised value" in done.stderr
    assert "power_row_var" in done.stderr


@pytest.fixture(scope="module")
def paillier(programs: Path, kernels: list[Path]) -> list[str]:
    """The command that runs paillier_secrets on the key of the tests."""
    p, q = PRIMES[2048]
    return [linked(kernels, programs, "paillier_secrets"), f"{p:x}", f"{q:x}"]


@pytest.mark.parametrize("level", LEVELS)
def test_paillier_does_not_look_at_secrets(paillier: list[str], level: str) -> None:
    done = memcheck(level, *paillier)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"done at level {level}\n", "")


def test_a_look_at_a_secret_weight_is_found(paillier: list[str]) -> None:
    done = memcheck("portable", *paillier, "--leak")
    assert done.returncode == 9
    assert "uninitialised value" in done.stderr


def test_outside_valgrind_nothing_is_claimed(program: str) -> None:
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not under valgrind" in done.stdout


def test_what_kernels_held_is_wiped(kernels: list[Path], tmp_path: Path) -> None:
    program = linked(kernels, tmp_path, "bigint_wiped")
    for arguments, status, text in ([], 0, "0 of "), (["--keep"], 1, "1 of "):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout[: len(text)]) == (status, text)
