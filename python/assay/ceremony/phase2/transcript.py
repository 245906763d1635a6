"""What contributions to delta prove, and what of them is hashed.

Contribution i multiplies x into delta: delta_i = x delta_(i-1). It holds s and s x in G1, and s' x in G2 for the point
s' that the hash of everything before it, of s and of s x gives; so x is known to whoever made it, and the contribution
fits at this place of this circuit's chain only. Source: Bowe, Gabizon, Miers, "Scalable multi-party computation for
zk-SNARK parameters in the random beacon model", 2017, section 6, with the hashing of snarkjs (zkey_contribute.js).
"""

from __future__ import annotations

import hashlib

import numpy as np

from assay.ceremony.contributing import require_feasible
from assay.ceremony.errors import CeremonyError
from assay.ceremony.knowledge import ProofOfKnowledge, hash_to_g2
from assay.ceremony.points import G1, G2, same_ratio
from assay.ceremony.randomness import MAX_LOG_ITERATIONS, Beacon
from assay.core.errors import InvalidInput
from assay.core.progress import SILENT, Progress
from assay.crypto.field import Limbs
from assay.crypto.groth16.contributions import Contribution, Transcript

__all__ = ["Chain", "contribution_hash", "verify_chain"]


def _public_key(contribution: Contribution) -> bytes:
    c = contribution
    points = G1.encode(c.delta_after) + G1.encode(c.s) + G1.encode(c.sx) + G2.encode(c.spx)
    return points + c.transcript


def contribution_hash(contribution: Contribution) -> bytes:
    """64 bytes that name a contribution: what its contributor publishes."""
    return hashlib.blake2b(_public_key(contribution)).digest()


class Chain:
    """The hash of a circuit and of the contributions so far."""

    def __init__(self, circuit_hash: bytes) -> None:
        self._hash = hashlib.blake2b(circuit_hash)

    @classmethod
    def of(cls, transcript: Transcript) -> Chain:
        """After all contributions of a transcript."""
        chain = cls(transcript.circuit_hash)
        for contribution in transcript.contributions:
            chain.append(contribution)
        return chain

    def append(self, contribution: Contribution) -> None:
        """One more contribution."""
        self._hash.update(_public_key(contribution))

    def transcript(self, s: Limbs, sx: Limbs) -> bytes:
        """The transcript of a next contribution with the points s and s x."""
        next_hash = self._hash.copy()
        next_hash.update(G1.encode(s) + G1.encode(sx))
        return next_hash.digest()


def verify_chain(
    transcript: Transcript, max_log_iterations: int = MAX_LOG_ITERATIONS, *, progress: Progress = SILENT
) -> Limbs:
    """Verifies every contribution and returns the last delta in G1, uint64[1, 8]; the generator if there is none.

    Raises `CeremonyError` naming the contribution: a transcript of another circuit, place or order; a secret that
    nobody knew, or that is not what delta was multiplied by; a beacon whose secret is not its own. `LimitError` for a
    beacon of more than 2^max_log_iterations iterations.
    """
    chain, delta = Chain(transcript.circuit_hash), G1.generator
    with progress.task("contributions", total=len(transcript.contributions)) as task:
        for position, contribution in enumerate(transcript.contributions, 1):
            require_feasible(position, contribution.iterations_log, max_log_iterations)
            _verify_one(contribution, delta, chain, f"contribution {position}", progress)
            chain.append(contribution)
            delta = contribution.delta_after
            task.advance(1)
    return delta


def _verify_one(c: Contribution, before: Limbs, chain: Chain, where: str, progress: Progress) -> None:
    knowledge = ProofOfKnowledge(c.s, c.sx, c.spx)
    knowledge.check_points(where)
    G1.check(c.delta_after, f"{where}, delta")
    if chain.transcript(c.s, c.sx) != c.transcript:
        raise CeremonyError(
            where,
            "its transcript is not that of this circuit and the contributions before it: it was made for another key, "
            "or contributions were left out, added, changed or reordered",
        )
    sp = hash_to_g2(c.transcript)
    knowledge.verify(sp, where)
    if not same_ratio(before, c.delta_after, sp, c.spx):
        raise CeremonyError(where, "delta was not multiplied by the secret that the contribution proves to know")
    if c.beacon is not None and c.iterations_log is not None:
        _verify_beacon(c, c.beacon, c.iterations_log, where, progress)


def _verify_beacon(c: Contribution, value: bytes, iterations_log: int, where: str, progress: Progress) -> None:
    try:
        generator = Beacon(value, iterations_log).generator(progress=progress)
    except InvalidInput as error:
        raise CeremonyError(where, str(error)) from None
    secret = generator.scalar()
    s = G1.draw(generator)
    if not (np.array_equal(s, c.s) and np.array_equal(G1.scale(s, secret), c.sx)):
        raise CeremonyError(where, "its secret is not the one that follows from the beacon")
