"""Groth16 over BN254: proofs of 128 bytes that a witness satisfies a circuit, verified in milliseconds.

    pk = setup(circuit)                      # once a circuit; see the warning below
    proof = prove(pk, circuit, witness)
    verify(pk.verifying_key, public, proof)  # returns nothing, raises ProofError

Source: J. Groth, "On the size of pairing-based non-interactive arguments", EUROCRYPT 2016, with the conventions of
snarkjs, whose JSON files `snarkjs` reads and writes. BN254 gives about 100 bits of security: it is here for the EVM's
precompiles and for the tools that use it. `setup` draws the trapdoor on this machine: whoever ran it could have kept
it, and then can forge. Proofs are malleable: their bytes never identify a statement or a transaction.
"""

from assay.crypto.groth16 import snarkjs, solidity, zkey
from assay.crypto.groth16.estimate import Estimate, estimate
from assay.crypto.groth16.expanded import ExpandedKey, expand
from assay.crypto.groth16.keys import LOCAL_SETUP, ProvingKey, VerifyingKey
from assay.crypto.groth16.modes import Mode
from assay.crypto.groth16.proof import Proof
from assay.crypto.groth16.prove import prove
from assay.crypto.groth16.setup import setup
from assay.crypto.groth16.system import ConstraintSystem
from assay.crypto.groth16.verify import BatchError, verify, verify_batch

__all__ = [
    "LOCAL_SETUP",
    "BatchError",
    "ConstraintSystem",
    "Estimate",
    "ExpandedKey",
    "Mode",
    "Proof",
    "ProvingKey",
    "VerifyingKey",
    "estimate",
    "expand",
    "prove",
    "setup",
    "snarkjs",
    "solidity",
    "verify",
    "verify_batch",
    "zkey",
]
