"""The verifier, for one proof and for many."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import SupportsIndex

import numpy as np

from assay.core.errors import InvalidInput, ProofError, WrongType
from assay.crypto.field import Fr, Limbs
from assay.crypto.groth16.keys import VerifyingKey
from assay.crypto.groth16.proof import Proof

__all__ = ["BatchError", "verify", "verify_batch"]


class BatchError(ProofError):
    """Some proofs of a batch do not verify; `bad` holds their positions."""

    def __init__(self, bad: Sequence[int], count: int) -> None:
        shown = ", ".join(map(str, bad[:10])) + (", ..." if len(bad) > 10 else "")
        super().__init__(f"{len(bad)} of {count} proofs do not verify: {shown}")
        self.bad = tuple(bad)


def verify(vk: VerifyingKey, public: Sequence[SupportsIndex], proof: Proof) -> None:
    """Returns if `proof` shows that `public` belongs to a satisfying witness; raises `ProofError` otherwise.

    public: the num_public values of the public wires, integers in [0, r); a value x + r, which would be the same
    statement in another form, is refused with `ProofError`. Points off their curve, outside their subgroup or at
    infinity are refused. What the proof shows depends on the key: compare `vk.circuit_digest` or `vk.digest()` with
    what you expect, and see `vk.ceremony`. BN254 gives about 100 bits of security.
    """
    _require(vk, proof)
    vk.native.verify(_public_limbs(vk, public), proof.words())


def verify_batch(vk: VerifyingKey, publics: Sequence[Sequence[SupportsIndex]], proofs: Sequence[Proof]) -> None:
    """Returns if every proof verifies against its public inputs; raises `BatchError` with the positions of those that
    do not.

    One multi-pairing over a combination of all proofs with secret random coefficients of 128 bits: a bad proof passes
    with probability 2^-128. Only when that fails is each proof verified on its own. No proofs at all: `InvalidInput`.
    """
    if len(publics) != len(proofs):
        raise InvalidInput(f"{len(proofs)} proofs need as many lists of public inputs, got {len(publics)}")
    if not proofs:
        raise InvalidInput("there is no proof to verify")
    for proof in proofs:
        _require(vk, proof)
    bad = []
    inputs = np.zeros((len(proofs), vk.num_public, 4), dtype=np.uint64)
    for i, public in enumerate(publics):
        try:
            inputs[i] = _public_limbs(vk, public)
        except ProofError:
            bad.append(i)
    if bad:
        raise BatchError(bad, len(proofs))
    words = np.concatenate([proof.words() for proof in proofs])
    bad = vk.native.verify_batch(inputs.reshape(-1, 4), words)
    if bad:
        raise BatchError(bad, len(proofs))


def _require(vk: VerifyingKey, proof: Proof) -> None:
    if not isinstance(vk, VerifyingKey) or not isinstance(proof, Proof):
        raise WrongType(f"expected a VerifyingKey and a Proof, got {type(vk).__name__} and {type(proof).__name__}")


def _public_limbs(vk: VerifyingKey, public: Sequence[SupportsIndex]) -> Limbs:
    try:
        values = [index(value) for value in public]
    except TypeError as error:
        raise WrongType(f"public inputs are integers: {error}") from None
    if len(values) != vk.num_public:
        raise ProofError(f"the key takes {vk.num_public} public inputs, got {len(values)}")
    for i, value in enumerate(values):
        if not 0 <= value < Fr.modulus:
            raise ProofError(f"public input {i} is not in [0, r): x and x + r would be one statement in two forms")
    return Fr.to_limbs(values)
