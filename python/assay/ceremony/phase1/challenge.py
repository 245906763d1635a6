"""The chain of hashes that ties each contribution to all before it. BLAKE2b, 64 bytes, throughout.

    challenge_0   = H(H("") || the points of a new file, uncompressed)
    response_i    = H(challenge_(i-1) || the new points, compressed || public key, uncompressed)
    challenge_i   = H(response_i || the new points, uncompressed)
    sp of x       = hash to G2 of H(number of x || challenge_(i-1) || s || s x),  x = tau 0, alpha 1, beta 2

Points in the order tauG1, tauG2, alphaTauG1, betaTauG1, betaG2. Source: snarkjs 0.7.6, powersoftau_utils.js and
keypair.js, after Bowe's powersoftau.
"""

from __future__ import annotations

import hashlib

import numpy as np

from assay.ceremony.knowledge import hash_to_g2
from assay.ceremony.phase1.contribution import HASH_BYTES, SECRETS
from assay.ceremony.phase1.ptau import POWERS, PowersFile
from assay.ceremony.points import CHUNK, G1
from assay.core.progress import SILENT, Progress
from assay.crypto.field import Limbs

__all__ = ["current_challenge", "first_challenge", "knowledge_base", "new_hash", "response_length"]


def new_hash() -> hashlib.blake2b:
    """A fresh BLAKE2b of 64 bytes."""
    return hashlib.blake2b(digest_size=HASH_BYTES)


def first_challenge(power: int, *, progress: Progress = SILENT) -> bytes:
    """The challenge of a new file: every power of every section is the generator."""
    hasher = new_hash()
    hasher.update(new_hash().digest())
    total = sum(powers.count(power) for powers in POWERS)
    with progress.task("first challenge", total=total) as task:
        for powers in POWERS:
            one = powers.group.encode(powers.group.generator)
            count = powers.count(power)
            for start in range(0, count, CHUNK):
                size = min(CHUNK, count - start)
                hasher.update(one * size)
                task.advance(size)
    return hasher.digest()


def current_challenge(file: PowersFile, *, progress: Progress = SILENT) -> bytes:
    """The challenge that the next contribution to a file answers."""
    if file.contributions:
        return file.contributions[-1].next_challenge
    return first_challenge(file.ceremony_power, progress=progress)


def response_length(power: int) -> int:
    """Bytes that a response hashes before the public key."""
    return HASH_BYTES + sum(powers.count(power) * powers.group.bytes // 2 for powers in POWERS)


def knowledge_base(secret: str, challenge: bytes, g1_s: Limbs, g1_sx: Limbs) -> Limbs:
    """The point sp for the proof of knowledge of `secret`, one of `SECRETS`."""
    hasher = new_hash()
    hasher.update(bytes([SECRETS.index(secret)]) + challenge + G1.encode(np.concatenate([g1_s, g1_sx])))
    return hash_to_g2(hasher.digest())
