"""Verification of a batch from its three files, and what it means.

That proof and key agree says little alone: anybody can make a key. With the circuit's hash the key must be the one
that this user's cache holds for that circuit; with a ledger it must be the one in the genesis, and the ledger must
have accepted these very public inputs.
"""

from __future__ import annotations

from pathlib import Path

from assay.core.errors import InvalidInput, LedgerError, NotFound, VerificationError
from assay.crypto import groth16
from assay.crypto.groth16 import snarkjs
from assay.ledger.accounts import Accounts
from assay.ledger.contracts import ContractRegistry
from assay.ledger.embedded import EmbeddedLedger
from assay.ledger.verify import verify_ledger
from assay.rollup.batch import PUBLIC_INPUTS, Submission
from assay.rollup.contract import RollupContract
from assay.rollup.prover import cached_key_path

__all__ = ["verify_folder"]

_LIMIT = 1 << 20


def verify_folder(folder: Path, *, circuit_hash: str | None = None, ledger: Path | None = None) -> str:
    """Verifies verification_key.json, proof.json and public.json in a folder; returns what has been shown.

    Raises:
        VerificationError: refused (ProofError, WrongKeyError among them).
        NotFound, InvalidInput: a file is missing or unreadable.
    """
    key = snarkjs.verification_key_from_json(_read(folder / "verification_key.json"))
    proof = snarkjs.proof_from_json(_read(folder / "proof.json"))
    public = snarkjs.public_from_json(_read(folder / "public.json"))
    if len(public) != len(PUBLIC_INPUTS):
        raise InvalidInput(f"a batch has {len(PUBLIC_INPUTS)} public inputs, public.json has {len(public)}")
    groth16.verify(key, public, proof)
    shown = []
    if circuit_hash is not None:
        _require_circuit(key, circuit_hash)
        shown.append(f"the key is the one made on this machine for circuit {circuit_hash}")
    if ledger is not None:
        try:
            batch = _require_on_ledger(key, public, ledger)
        except LedgerError as error:
            raise InvalidInput(f"the ledger cannot be verified here: {error}") from error
        shown.append(f"the ledger is sound, fixed this key at its genesis and accepted this as batch {batch}")
    if not shown:
        return "proof and key agree, and nothing more: name --circuit-hash or --ledger to know what was proved"
    return "; ".join(["the proof holds", *shown])


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LIMIT:
            raise InvalidInput(f"{path} is larger than {_LIMIT} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path} does not exist") from None


def _require_circuit(key: groth16.VerifyingKey, circuit_hash: str) -> None:
    try:
        digest = bytes.fromhex(circuit_hash)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise InvalidInput(f"{circuit_hash!r} is not a circuit hash: 64 hexadecimal digits")
    path = cached_key_path(digest)
    if not path.exists():
        raise NotFound(f"this user's cache holds no key for circuit {circuit_hash} (looked for {path})")
    cached = groth16.ProvingKey.load(path)
    if cached.circuit_digest != digest or cached.verifying_key != key:
        raise VerificationError(
            f"verification_key.json is not the key that this machine made for circuit {circuit_hash}"
        )


def _require_on_ledger(key: groth16.VerifyingKey, public: list[int], path: Path) -> int:
    registry = ContractRegistry([Accounts(), RollupContract()])
    with EmbeddedLedger(path, registry=registry) as ledger:
        verify_ledger(ledger, registry)
        contracts = [c.instance for c in ledger.genesis.contracts if c.name == "assay.rollup"]
        for instance in contracts:
            genesis = ledger.state(instance).get("genesis")
            assert isinstance(genesis, list)
            assert isinstance(genesis[3], bytes)
            if snarkjs.verification_key_from_json(genesis[3]) != key:
                continue
            for block in ledger.blocks():
                for entry in block.entries:
                    transaction = entry.transaction
                    if (transaction.contract, transaction.method) != (instance, "submit"):
                        continue
                    if list(Submission.decode(transaction.payload).public_inputs) == public:
                        return public[PUBLIC_INPUTS.index("batch")]
            raise VerificationError(f"{path} has accepted no batch with these public inputs")
    raise VerificationError(f"no rollup on {path} has this verification key in its genesis")
