"""The C interface as a whole: what the library exports, what the header promises, errors, and where it lies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.capi import declarations, ffi, lib

from assay import capi
from assay.core.errors import NotFound

STORED = Path(__file__).with_name("capi_symbols.txt")
CODES = {name: getattr(lib, name) for name in re.findall(r"^\s*(ASSAY_[A-Z_]+) = \d+", declarations(), re.MULTILINE)}


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_exactly_the_stored_symbols_are_exported() -> None:
    lines = run("nm", "-D", "--defined-only", capi.library()).splitlines()
    exported = [line.split()[2] for line in lines if line.split()[1] != "A"]  # A: the version's own name
    assert exported == STORED.read_text().split()


def test_the_header_declares_exactly_what_is_exported() -> None:
    declared = re.findall(r"^(?:u?int32_t |const char ?\* ?)(assay_\w+)\(", declarations(), re.MULTILINE)
    assert sorted(declared) == [line.partition("@")[0] for line in STORED.read_text().split()]


def test_the_library_names_its_version_and_needs_the_runtime_alone() -> None:
    dynamic = run("readelf", "-d", capi.library())
    assert re.findall(r"SONAME.*\[(.*)\]", dynamic) == ["libassay.so.1"]
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
    assert needed <= {"libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libc.so.6", "ld-linux-x86-64.so.2",
                      "ld-linux-aarch64.so.1"}  # fmt: skip
    assert lib.assay_abi_version() >> 16 == 1


@pytest.mark.parametrize(
    "compiler",
    [
        ("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wstrict-prototypes", "-x", "c"),
        ("g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-x", "c++"),
    ],
    ids=["c99", "c++11"],
)
def test_the_header_stands_alone(compiler: tuple[str, ...], tmp_path: Path) -> None:
    source = tmp_path / "twice"
    source.write_text("#include <assay.h>\n#include <assay.h>\nint used(void);\nint used(void) { return ASSAY_OK; }\n")
    run(*compiler, "-c", source, "-o", tmp_path / "twice.o", *capi.compile_flags())
    header = (capi.include() / "assay.h").read_text()
    assert re.findall(r"#include (.*)", header) == ["<stddef.h>", "<stdint.h>"]


def test_every_code_has_a_text_of_its_own() -> None:
    assert sorted(CODES.values()) == list(range(15))
    texts = {ffi.string(lib.assay_error_text(code)) for code in CODES.values()}
    assert len(texts) == len(CODES)
    for code in (-1, 15, 2**31 - 1, -(2**31)):
        assert ffi.string(lib.assay_error_text(code)) == b"unknown code"


def test_the_layout_of_the_structs_is_fixed() -> None:
    assert ffi.sizeof("assay_error") == 256
    assert ffi.offsetof("assay_error", "text") == 4
    assert [ffi.offsetof("assay_rows", name) for name in ("data", "size", "row_bytes")] == [0, 8, 16]
    assert ffi.sizeof("assay_rows") == 24


def test_the_flags_come_from_a_shell_too() -> None:
    printed = run(sys.executable, "-m", "assay.capi", "--cflags", "--libs").split()
    assert printed == capi.compile_flags() + capi.link_flags()


def test_a_missing_library_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capi, "_FOLDER", tmp_path)
    for find in (capi.library, capi.include):
        with pytest.raises(NotFound, match="assay_capi"):
            find()


HUNGRY = """
import resource, sys
from support.capi import Refused, call, ffi, lib, rows
count = 1 << 20
moduli = rows(b"\\xff" * (32 * count), 32)
bases, exponent = rows(bytes(count), 1), rows(b"\\x03", 1)
leaves, zero = rows(bytes(32 * count), 32), bytes(32)
out, size = ffi.new("uint8_t[]", 32 * count), ffi.new("size_t *", 32 * count)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (8 << 20),) * 2)
for name, *arguments in (
    ("assay_modexp", 0, bases, exponent, moduli, out, size),
    ("assay_merkle_root_poseidon", 2, 20, zero, zero, leaves, out, size),
):
    try:
        call(name, *arguments)
        sys.exit(f"{name}: there was enough memory")
    except Refused as refused:
        if refused.code != lib.ASSAY_OUT_OF_MEMORY:
            sys.exit(f"{name}: {refused}")
    if any(bytes(ffi.buffer(out, 32))):
        sys.exit(f"{name}: something was written")
"""


def test_memory_that_runs_out_is_a_code_and_no_exception() -> None:
    environment = os.environ | {"ASSAY_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY], capture_output=True, text=True, timeout=600, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
