"""SHA-256 against NIST's vectors and hashlib; also run under the instruction trap (tests/support/trap.py)."""

from __future__ import annotations

import hashlib
import os
import random

import pytest

from assay import _native
from assay.core.errors import InvalidInput
from assay.crypto import sha256

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
    portable = os.environ.get("ASSAY_ISA") == "portable" or _native.cpu_info()["available"] == ["portable"]
    expected = "sha_ni" if _native.cpu_info()["features"]["sha_ni"] and not portable else ""
    assert sha256.implementation() == (expected or "portable")
    with pytest.raises(InvalidInput, match="not available"):
        _native.sha256(b"", "quantum")
