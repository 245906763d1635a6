"""What `import assay` brings with it, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "sklearn", "matplotlib", "scipy", "cryptography", "typer", "rich", "gmpy2")


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import assay", "import assay.crypto.groth16, assay.circuits"])
def test_importing_is_light(statement: str) -> None:
    assert not modules_after(statement) & set(HEAVY)


def test_the_rollup_brings_no_learning_library() -> None:
    loaded = modules_after("import assay.rollup.deployment, assay.rollup.demo")
    assert not loaded & {"torch", "sklearn", "matplotlib"}
