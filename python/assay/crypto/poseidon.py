"""Poseidon over BN254's Fr with circomlib's parameters (x^5, 8 full rounds, widths 2 to 17).

`hash(tag, in_1 .. in_k)` is element 0 of the permutation of [tag, in_1, .., in_k]: the domain tag sits in the capacity.
Tag 0 is circomlib's `poseidon([in_1, .., in_k])`. Grassi et al., USENIX Security 2021.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from assay import _native
from assay.core.errors import InvalidInput, WrongType
from assay.crypto.field import Fr, Limbs

__all__ = ["MAX_INPUTS", "Parameters", "domain_tag", "hash_ints", "parameters", "poseidon"]

MAX_INPUTS = 16


@dataclass(frozen=True, eq=False)
class Parameters:
    """The constants of one width t = inputs + 1, as the definition of the permutation uses them."""

    width: int
    full_rounds: int
    partial_rounds: int
    round_constants: Limbs
    """uint64[rounds * t, 4]: row r * t + i is added to element i at the start of round r."""
    mds: Limbs
    """uint64[t, t, 4]: new element i = sum over j of mds[i, j] times element j."""

    def round_constant_ints(self) -> list[list[int]]:
        """The round constants as integers, [rounds][t]."""
        flat = Fr.from_limbs(self.round_constants)
        return [flat[i : i + self.width] for i in range(0, len(flat), self.width)]

    def mds_ints(self) -> list[list[int]]:
        """The matrix as integers, [t][t]."""
        flat = Fr.from_limbs(self.mds.reshape(-1, 4))
        return [flat[i : i + self.width] for i in range(0, len(flat), self.width)]


@cache
def parameters(t: int) -> Parameters:
    """The parameters of width t, 2 to 17 (InvalidInput otherwise). The arrays are read-only."""
    full, partial, constants, mds = _native.poseidon_parameters(t)
    constants.flags.writeable = False
    mds.flags.writeable = False
    return Parameters(t, full, partial, constants, mds)


def poseidon(inputs: Limbs, tag: int = 0) -> Limbs:
    """n hashes at once, in parallel: uint64[n, k, 4] -> uint64[n, 4], 1 <= k <= 16.

    Raises InvalidInput for another shape or a tag outside Fr, EncodingError for an element that is not below r,
    WrongType for another dtype.
    """
    if not isinstance(inputs, np.ndarray) or inputs.dtype != np.uint64:
        raise WrongType("inputs must be a numpy array of uint64 [n, k, 4]; for Python integers use hash_ints")
    out: Limbs = _native.poseidon_hash(np.ascontiguousarray(inputs), Fr.to_limbs([tag])[0])
    return out


def hash_ints(values: Sequence[int], tag: int = 0) -> int:
    """One hash of 1 to 16 integers in [0, r)."""
    if not 1 <= len(values) <= MAX_INPUTS:
        raise InvalidInput(f"Poseidon takes 1 to {MAX_INPUTS} inputs, got {len(values)}")
    return Fr.from_limbs(_native.poseidon_hash(Fr.to_limbs(values)[None], Fr.to_limbs([tag])[0]))[0]


@cache
def domain_tag(name: str) -> int:
    """The tag of a domain: SHA-256 of the name in UTF-8, read as a big-endian integer, its upper 248 bits.

    Below 2^248 < r, so no reduction; never 0 in practice, so never circomlib's untagged hash. Names look like
    `assay/rollup/leaf/v1`.
    """
    if not name:
        raise InvalidInput("a domain needs a name, such as assay/rollup/leaf/v1")
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:31], "big")
