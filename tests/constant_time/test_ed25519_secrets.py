"""Ed25519 signatures under a seed marked undefined for memcheck: no branch and no address may depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.memcheck import CPP, LEVELS, compile_cpp, memcheck, objects, require_valgrind

KERNELS = ["curve/ed25519/base_table.cpp", "curve/ed25519/sign_dispatch.cpp", "hash/sha512.cpp"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_valgrind()
    folder = tmp_path_factory.mktemp("ed25519")
    sources = [*map(CPP.joinpath, KERNELS), *(CPP / f"curve/ed25519/sign_{level}.cpp" for level in LEVELS)]
    sources += [*sorted((CPP / "cpu").glob("*.cpp")), *sorted((CPP / "base").glob("*.cpp"))]
    compile_cpp(Path(__file__).with_name("ed25519_secrets.cpp"), *objects(sources, folder), "-o", folder / "program")
    return folder / "program"


@pytest.mark.parametrize("level", LEVELS)
def test_signing_does_not_look_at_the_seed(program: Path, level: str) -> None:
    done = memcheck(level, program)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"done at level {level}\n", "")


def test_a_look_at_a_secret_digit_is_found(program: Path) -> None:
    done = memcheck("portable", program, "--leak")
    assert done.returncode == 9
    assert "uninitialised value" in done.stderr
