"""The proof that a contributor knows the secret x it multiplied with.

    given s in G1 and x:  sx = x s, and spx = x sp for a point sp in G2 that depends on s, sx and all that came before
    accepted if           e(s, spx) = e(sx, sp)

Nobody can make spx without x, because nobody knows the logarithm of sp, which is a hash. Source: Bowe, Gabizon, Miers,
"Scalable multi-party computation for zk-SNARK parameters in the random beacon model", 2017, section 4, with the
hashing of snarkjs (keypair.js).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assay import _native
from assay.ceremony.errors import CeremonyError
from assay.ceremony.points import G1, G2, same_ratio
from assay.core.errors import InvalidInput
from assay.crypto.field import Limbs

__all__ = ["ProofOfKnowledge", "hash_to_g2", "prove_knowledge"]

_SEED_BYTES: Final = 32


def hash_to_g2(digest: bytes) -> Limbs:
    """A point of G2 whose logarithm nobody knows, uint64[1, 16], from a digest's first 32 bytes as ChaCha20's key."""
    if len(digest) < _SEED_BYTES:
        raise InvalidInput(f"a digest of at least {_SEED_BYTES} bytes, please; got {len(digest)}")
    return G2.draw(_native.CeremonyGenerator.from_seed(digest[:_SEED_BYTES]))


@dataclass(frozen=True)
class ProofOfKnowledge:
    """s and sx in G1, uint64[1, 8]; spx in G2, uint64[1, 16]; Montgomery form."""

    g1_s: Limbs
    g1_sx: Limbs
    g2_spx: Limbs

    def check_points(self, where: str) -> None:
        """Raises `CeremonyError` for a point outside its group or at infinity (x = 0), or if x = 1."""
        G1.check(self.g1_s, f"{where}, g1_s")
        G1.check(self.g1_sx, f"{where}, g1_sx")
        G2.check(self.g2_spx, f"{where}, g2_spx")
        if np.array_equal(self.g1_s, self.g1_sx):
            raise CeremonyError(where, "the secret is 1, so it contributes nothing")

    def verify(self, g2_sp: Limbs, where: str) -> None:
        """Raises `CeremonyError` unless the points are right and e(s, spx) = e(sx, sp)."""
        self.check_points(where)
        if not same_ratio(self.g1_s, self.g1_sx, g2_sp, self.g2_spx):
            raise CeremonyError(where, "the proof of knowledge of the secret does not verify")

    def equals(self, other: ProofOfKnowledge) -> bool:
        """Whether all three points are the same."""
        return (
            np.array_equal(self.g1_s, other.g1_s)
            and np.array_equal(self.g1_sx, other.g1_sx)
            and np.array_equal(self.g2_spx, other.g2_spx)
        )


def prove_knowledge(secret: _native.SecretScalar, g1_s: Limbs, g1_sx: Limbs, g2_sp: Limbs) -> ProofOfKnowledge:
    """The proof for the secret x with sx = x s (`G1.scale(g1_s, secret)`) and sp hashed from them."""
    return ProofOfKnowledge(g1_s, g1_sx, G2.scale(g2_sp, secret))
