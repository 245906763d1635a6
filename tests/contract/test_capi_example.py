"""The example of docs/c-abi.md: compiled as the page says, run on what its Python part wrote."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from assay import _native, capi
from assay.crypto.field import Fr
from assay.crypto.merkle import DenseTree

PAGE = (Path(__file__).resolve().parents[2] / "docs/c-abi.md").read_text()


def block(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, env=os.environ | environment
    )


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program, in a folder with key, public inputs and proof."""
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), "docs/c-abi.md", "exec"), {})
    Path("verify.c").write_text(block("c"))
    flags = re.match(r"cc (.*) verify\.c \$\(python -m assay\.capi --cflags --libs\) -o verify\n", block("sh"))
    assert flags is not None
    assert "-std=c99 -Wall -Werror -pedantic" in flags[1]
    done = run("gcc", *flags[1].split(), "verify.c", *capi.compile_flags(), *capi.link_flags(), "-o", "verify")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return "./verify"


@pytest.mark.parametrize("level", _native.cpu_info()["available"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_example_verifies_and_computes_the_root(example: str, level: str, threads: str) -> None:
    done = run(example, ASSAY_ISA=level, ASSAY_NUM_THREADS=threads)
    assert (done.returncode, done.stderr) == (0, "")
    verified, root = done.stdout.split()
    assert verified == "verified"
    assert int(root, 16) == DenseTree(2, 3, 0, Fr.to_limbs([9, 27])).root


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("public.bin", lambda b: b[:-1] + b"\x02", "the proof does not verify"),
        ("public.bin", lambda b: b[:-1], "truncated"),
        ("proof.bin", lambda b: bytes([b[0] ^ 0x40]) + b[1:], "the proof does not verify"),
        ("key.bin", lambda b: b[:-64], "publics"),
        ("key.bin", lambda b: b"", "key: 0 bytes"),
    ],
)
def test_the_example_refuses_what_was_changed(example: str, name: str, change, said: str) -> None:
    Path(name).write_bytes(change(Path(name).read_bytes()))
    done = run(example)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
