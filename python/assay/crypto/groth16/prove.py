"""The prover."""

from __future__ import annotations

from typing import Any

from assay import _native
from assay.core.errors import InvalidInput, ProofError, UnsatisfiedError, WrongKeyError
from assay.core.progress import SILENT, Progress, native_progress
from assay.crypto.field import Fr, Limbs, require_limbs
from assay.crypto.groth16.expanded import ExpandedKey
from assay.crypto.groth16.keys import ProvingKey
from assay.crypto.groth16.modes import Mode, require_mode, window_size
from assay.crypto.groth16.proof import Proof
from assay.crypto.groth16.system import ConstraintSystem, WitnessValues, require_system
from assay.crypto.groth16.verify import verify

__all__ = ["prove"]


def prove(
    pk: ProvingKey,
    circuit: ConstraintSystem,
    witness: WitnessValues | Limbs,
    *,
    mode: Mode | None = None,
    progress: Progress = SILENT,
) -> Proof:
    """Proves that `witness` satisfies `circuit`, without showing more of it than its public wires.

    witness: what the circuit computed, or uint64[wires, 4], canonical, wire 0 = 1, then the public wires. Each proof
    is blinded afresh from the operating system's randomness and verified before it is returned, so a damaged key or a
    fault of the machine never goes out. Runs on all threads; Ctrl-C stops it. Variable time in the witness: not for a
    prover whose timing an adversary can measure.

    mode: "streamed" takes the key window by window, with little memory (the default for a mapped key); "resident" takes
    it whole, which is a little faster (the default for a key in memory); "expanded" sums over the multiples that an
    `ExpandedKey` keeps (its only mode, and of no other key). See `estimate`.

    Raises `WrongKeyError` if `pk` belongs to another circuit, `InvalidInput` for a mode that the key cannot serve, a
    witness of another shape or with a value not below r, `UnsatisfiedError` with the first row that does not hold,
    `EncodingError` for a mapped key whose file is damaged or changed meanwhile.
    """
    system = require_system(circuit)
    if pk.circuit_digest != system.digest():
        raise WrongKeyError(
            f"the key belongs to circuit {pk.circuit_digest.hex()[:16]}, not to {system.digest().hex()[:16]}; "
            "run setup for this circuit"
        )
    r1cs = system.r1cs
    values = witness.values if isinstance(witness, WitnessValues) else witness
    if require_limbs(values, 4, "witness") != r1cs.num_wires:
        raise InvalidInput(f"the witness has {len(values)} values, the circuit {r1cs.num_wires} wires")
    mapped = pk.mapped
    options = _options(pk, mode)
    with native_progress(progress, "proving") as report:
        arguments: tuple[Any, ...] = (r1cs, *pk.native_arguments(), values, report)
        words, failing = _native.groth16_prove(*arguments, **options)
    if mapped is not None:
        mapped.require_unchanged()
    if words is None:
        raise UnsatisfiedError(_unsatisfied(failing, r1cs.num_constraints))
    proof = Proof.from_words(words)
    try:
        verify(pk.verifying_key, Fr.from_limbs(values[1 : 1 + r1cs.num_public]), proof)
    except ProofError:
        if not r1cs.lacks_c:
            raise
        raise UnsatisfiedError(
            "the proof does not verify: the witness does not satisfy the circuit, or the key is damaged; "
            "the key does not hold the matrix C, so give zkey.read the circuit to learn which row does not hold"
        ) from None
    return proof


def _options(pk: ProvingKey, mode: Mode | None) -> dict[str, Any]:
    """What the kernel is told of the mode."""
    if isinstance(pk, ExpandedKey):
        if require_mode(mode or "expanded") != "expanded":
            raise InvalidInput(f"an expanded key proves in mode expanded alone; for {mode} take the key in its .key")
        return {"tables": pk.tables}
    mode = require_mode(mode or ("resident" if pk.mapped is None else "streamed"))
    if mode == "expanded":
        raise InvalidInput("mode expanded needs the multiples of a key's points: prove with groth16.expand(key)")
    if mode == "resident":
        return {}
    return {"window": window_size(pk.domain_log), "mapped": pk.mapped is not None}


def _unsatisfied(row: int, rows: int) -> str:
    what = "wire 0 is not 1" if row == rows else f"row {row} of {rows} does not hold"
    return f"the witness does not satisfy the circuit: {what}; circuit.check(witness) names the line and the values"
