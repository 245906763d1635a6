"""The instruction trap (tests/support/trap.py) itself: what it runs is right, and what it does not know still dies."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import trap

pytestmark = pytest.mark.skipif(not trap.supported(), reason="the instruction trap is for x86-64 Linux")

SUPPORT = Path(trap.__file__).parent
# Runs the bytes in argv[1] as a function, with rdi = rsi = an address that is 8 above a multiple of 16.
CALL = """
import ctypes, mmap, sys
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex(sys.argv[1]) + b"\\xc3")
at = ctypes.addressof(ctypes.c_char.from_buffer(code))
ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(at)(at + 2056, at + 2056)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, under the trap."""
    return subprocess.run(
        [sys.executable, *arguments], env=trap.environment(), capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("patch", ["0", "1"], ids=["signals", "stubs"])
def test_every_operand_form_agrees_with_the_model(patch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTRUCTION_TRAP_PATCH", patch)
    flags = trap.processor_flags()
    wide = ["wide"] if "avx512f" in flags else []
    done = run(str(SUPPORT / "trap_forms.py"), *wide)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(r"(\d+) forms agree, (\d+) instructions emulated\n", done.stdout)
    assert found is not None, done.stdout
    forms, emulated = map(int, found.groups())
    assert forms >= (3500 if wide else 800)
    # Each form runs twice; with stubs, a vpmadd52 raises a signal the first time only.
    sha, madd = 2 * 800 * ("sha_ni" not in flags), 2700 * (2 - int(patch)) * (bool(wide) and "avx512ifma" not in flags)
    assert sha + madd <= emulated <= 2 * sha + 1.5 * madd


DYING = {
    "ud2": "0f0b",
    "sha1nexte": "0f38c8c1",
    "sha256msg1 from misaligned memory": "0f38cc0e",
    "sha256msg1 with the prefix 66": "660f38ccc1",
    "vpmadd52luq of length 3": "62f2f568b4c2",
    "vpmadd52luq with W = 0": "62f27548b4c2",
    "vpmadd52luq with broadcast from a register": "62f2f558b4c2",
    "vpmadd52luq that zeroes without a mask": "62f2f5c8b4c2",
    "vpmadd52luq after a segment prefix": "6462f2f548b40f",
}


@pytest.mark.parametrize("code", DYING.values(), ids=DYING)
def test_what_it_does_not_know_dies(code: str) -> None:
    if "sha_ni" in trap.processor_flags() and code.startswith("0f38c"):
        pytest.skip("this processor runs it")
    done = run("-c", CALL, code)
    assert done.returncode == -signal.SIGILL, done.stderr


def test_the_same_call_returns_for_an_emulated_instruction() -> None:
    known = "0f38ccc1" + ("62f2f548b4c2" if "avx512f" in trap.processor_flags() else "")
    done = run("-c", CALL, known)
    assert done.returncode == 0, done.stderr


def test_handlers_of_the_program_come_second() -> None:
    for code, crash in [("0f38ccc1", False), ("0f0b", True)]:
        done = run("-X", "faulthandler", "-c", CALL, code)
        assert done.returncode == (-signal.SIGILL if crash else 0)
        assert ("Fatal Python error: Illegal instruction" in done.stderr) == crash


def test_the_extension_runs_its_kernels_on_emulated_instructions() -> None:
    program = """
import ctypes, hashlib
from assay import _native
count = ctypes.CDLL(None).instruction_trap_count
assert _native.sha256(bytes(10000), "sha_ni") == hashlib.sha256(bytes(10000)).digest()
print(*_native.cpu_info()["available"], count())
"""
    done = run("-c", program)
    assert done.returncode == 0, done.stderr
    *levels, emulated = done.stdout.split()
    flags = trap.processor_flags()
    assert ("ifma" in levels) == ({"avx512f", "adx"} <= flags)
    assert "sha_ni" in flags or int(emulated) > 157 * 32


def test_threads_meet_in_the_same_instructions(tmp_path: Path) -> None:
    if "avx512f" not in trap.processor_flags():
        pytest.skip("the processor has no AVX-512 registers")
    program = tmp_path / "threads"
    flags = ["-std=c++20", "-O2", "-mavx512f", "-mavx512ifma", "-pthread"]
    subprocess.run(["c++", *flags, str(SUPPORT / "trap_threads.cpp"), "-o", str(program)], check=True)
    environment = trap.environment()
    for _ in range(4):
        done = subprocess.run([program], env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (0, "agree\n"), done.stderr
