"""SHA-256 against NIST's vectors and hashlib; the SHA-extension kernel also on an emulation of its instructions."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from math import isqrt
from pathlib import Path

import pytest

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto import sha256

ROOT = Path(__file__).parents[2]
# FIPS 180-2, appendix B, and NIST CAVP SHA256ShortMsg (lengths 0, 8, 512 bits)
VECTORS = [
    (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (b"a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    (b"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
]
IMPLEMENTATIONS = sorted({"portable", sha256.implementation()})


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_published_vectors(implementation: str) -> None:
    for message, expected in VECTORS:
        assert _native.sha256(message, implementation).hex() == expected


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_every_length_agrees_with_hashlib(implementation: str) -> None:
    data = random.Random(1).randbytes(70_000)
    for length in [*range(300), 1023, 1024, 1025, 65_535, 65_536, 70_000]:
        assert _native.sha256(data[:length], implementation) == hashlib.sha256(data[:length]).digest()
    assert sha256.digest(data) == hashlib.sha256(data).digest()


def test_the_implementation_follows_the_processor() -> None:
    expected = (
        "sha_ni" if _native.cpu_info()["features"]["sha_ni"] and os.environ.get("ASSAY_ISA") != "portable" else ""
    )
    assert sha256.implementation() == (expected or "portable")
    with pytest.raises(InvalidInput, match="not available"):
        _native.sha256(b"", "quantum")


def round_constants() -> list[int]:
    """The first 32 bits of the fractional parts of the cube roots of the first 64 primes."""
    primes = [n for n in range(2, 312) if all(n % q for q in range(2, isqrt(n) + 1))]
    assert len(primes) == 64
    out = []
    for p in primes:
        root = round((p * 2**96) ** (1 / 3))
        while root**3 > p * 2**96:
            root -= 1
        while (root + 1) ** 3 <= p * 2**96:
            root += 1
        out.append(root % 2**32)
    return out


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], bytes]:
    """SHA-256 by the kernel for the SHA extensions, compiled against software instructions."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the kernel for the SHA extensions is x86-64 code")
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail("a C++ compiler is required here")
        pytest.skip("no C++ compiler to build the emulation with (set CXX)")
    library = tmp_path_factory.mktemp("sha256") / "emulated.so"
    source = Path(__file__).with_name("sha256_emulated.cpp")
    flags = ["-std=c++20", "-O1", "-msse4.1", "-shared", "-fPIC", f"-I{ROOT / 'cpp'}"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True)
    compress = ctypes.CDLL(str(library)).compress
    constants = (ctypes.c_uint32 * 64)(*round_constants())

    def digest(message: bytes) -> bytes:
        state = (ctypes.c_uint32 * 8)(
            0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19
        )  # fmt: skip
        padded = message + b"\x80" + b"\x00" * ((55 - len(message)) % 64) + struct.pack(">Q", 8 * len(message))
        compress(state, padded, ctypes.c_size_t(len(padded) // 64), constants)
        return struct.pack(">8I", *state)

    return digest


def test_the_kernel_for_the_sha_extensions_on_emulated_instructions(emulated: Callable[[bytes], bytes]) -> None:
    for message, expected in VECTORS:
        assert emulated(message).hex() == expected
    data = random.Random(2).randbytes(1000)
    for length in range(0, 1000, 7):
        assert emulated(data[:length]) == hashlib.sha256(data[:length]).digest()
