"""SHA-256 (FIPS 180-4) by the kernels: the one that transcripts and key derivation in C++ use.

For hashing in Python, hashlib does as well; this face exists so that the kernel can be tested and named.
"""

from __future__ import annotations

from assay import _native

__all__ = ["digest", "implementation"]


def digest(data: bytes) -> bytes:
    """The 32 bytes of SHA-256(data). Constant-time in the content."""
    out: bytes = _native.sha256(data)
    return out


def implementation() -> str:
    """`sha_ni` (the processor's SHA extensions, after a known-answer test) or `portable`."""
    name: str = _native.sha256_implementation()
    return name
