"""The domain tags of the protocol, and the hash that carries them; docs/bio-rollup.md lists every preimage.

`H(tag; x1, ..., xk)` is Poseidon with the tag in the capacity, so that no two kinds of object can share a digest.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cache

from assay.crypto import poseidon
from assay.crypto.field import Fr

__all__ = ["MODULUS", "domain", "hash_fields", "random_scalar_128"]

MODULUS = Fr.modulus
"""r, the order of BN254's groups (about 100 bits of security) and the field of all digests."""


@cache
def domain(name: str) -> int:
    """The tag of `assay/rollup/<name>/v1`: the first 31 bytes of its SHA-256."""
    return poseidon.domain_tag(f"assay/rollup/{name}/v1")


def hash_fields(name: str, values: Sequence[int]) -> int:
    """H(domain(name); values), each value an integer in [0, r)."""
    return poseidon.hash_ints(values, tag=domain(name))


def random_scalar_128() -> int:
    """A uniform 128-bit integer from the operating system: salts and openings."""
    return secrets.randbits(128)
