"""The prover: a sealed batch becomes a proof under a key that is made once for each circuit and cached by the
circuit's hash."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.circuits import Circuit
from assay.core.config import cache_dir
from assay.core.errors import EncodingError, VerificationError
from assay.core.logging import get_logger
from assay.core.progress import SILENT, Progress
from assay.crypto import groth16
from assay.rollup.account import Account
from assay.rollup.accounts import Step
from assay.rollup.batch import Batch, Submission, difference_chain
from assay.rollup.circuit import batch_circuit
from assay.rollup.config import model_field, shared_table
from assay.rollup.transaction import Kind, Query, Register, Rotate
from assay.rollup.witness import AccountWitness, BatchWitness, TransactionWitness, batch_carries, batch_inputs

__all__ = ["Prover", "cached_key_path", "load_or_set_up", "witness_of"]


def cached_key_path(circuit_digest: bytes) -> Path:
    """Where the proving key of a circuit lies in the user's cache."""
    return cache_dir("groth16") / f"{circuit_digest.hex()}.key"


def load_or_set_up(circuit: Circuit, progress: Progress = SILENT) -> groth16.ProvingKey:
    """The cached proving key of a circuit; made and cached if there is none or the file does not load.

    A key made here comes from local randomness: whoever ran the set-up can forge proofs.
    """
    path = cached_key_path(circuit.digest())
    if path.exists():
        try:
            return groth16.ProvingKey.load(path)
        except (EncodingError, VerificationError) as error:
            get_logger(__name__).warning("the cached key %s is unusable and is made anew: %s", path, error)
    key = groth16.setup(circuit, progress=progress)
    key.save(path)
    return groth16.ProvingKey.load(path)


class Prover:
    """Proves batches of one size.

    Args:
        batch_size: transactions in a batch.
        progress: where compilation, set-up and proofs report.
        announce: told, before the set-up, what set-up and proofs will take.
    """

    def __init__(
        self, batch_size: int, *, progress: Progress = SILENT, announce: Callable[[str], None] | None = None
    ) -> None:
        self.batch_size = batch_size
        self._progress = progress
        started = time.perf_counter()
        with progress.task(f"compiling the circuit of {batch_size} transactions"):
            self.circuit = batch_circuit(batch_size)
        self.compile_seconds = time.perf_counter() - started
        if announce is not None:
            announce(self._forecast())
        started = time.perf_counter()
        self.key = load_or_set_up(self.circuit, progress)
        self.key_seconds = time.perf_counter() - started

    def _forecast(self) -> str:
        estimate = groth16.estimate(self.circuit)
        cached = cached_key_path(self.circuit.digest()).exists()
        key = "the key is cached"
        if not cached:
            key = f"the key about {estimate.seconds_setup:.0f} s (once; whoever makes it can forge proofs under it)"
        return (
            f"{self.circuit.constraints} constraints: a proof takes about {estimate.seconds_prove:.1f} s, {key};"
            f" {estimate.peak_bytes / 2**20:.0f} MiB of memory, {estimate.key_bytes / 2**20:.0f} MiB of key"
        )

    def prove(self, batch: Batch) -> tuple[Submission, float, float]:
        """The submission of a batch, with the seconds that witness and proof took."""
        started = time.perf_counter()
        public = batch.public_inputs()
        plain = witness_of(batch, public)
        witness = self.circuit.witness(batch_inputs(plain), carries=batch_carries(plain))
        solved = time.perf_counter()
        proof = groth16.prove(self.key, self.circuit, witness, progress=self._progress)
        proved = time.perf_counter()
        return Submission(tuple(public), tuple(batch.differences), proof.to_bytes()), solved - started, proved - solved


def witness_of(batch: Batch, public: Sequence[int]) -> BatchWitness:
    """The plain data of a batch, as the circuit takes it."""
    config = batch.config
    chain, carries = batch.rollup.batch_start(batch.number), []
    for step in batch.steps:
        chain = difference_chain(chain, [(step.index, step.new_leaf)])
        carries.append((step.new_root, chain))
    chain_id, rollup_id, number, old_root, new_root, differences, config_digest = public
    return BatchWitness(
        chain_id=chain_id,
        rollup_id=rollup_id,
        batch=number,
        old_root=old_root,
        new_root=new_root,
        differences=differences,
        config=config_digest,
        service_key=config.service_key,
        registrar_key=config.registrar_key,
        model=model_field(config.model_digest),
        epoch=config.epoch,
        table_root=config.table_root,
        detector=(config.detector.match, config.detector.mismatch, config.detector.threshold),
        transactions=tuple(_transaction_witness(step) for step in batch.steps),
        carries=tuple(carries),
    )


def _transaction_witness(step: Step) -> TransactionWitness:
    transaction, table = step.transaction, shared_table()
    # A registration is a step from the initial account, which is the new one.
    before = step.old if step.old is not None else step.new
    nonce = 0 if before is None else before.nonce + (step.kind is Kind.QUERY)
    fields: dict[str, Any] = {}
    if before is not None:
        fields["old"] = _account_witness(before)
    if isinstance(transaction, Query):
        assert step.registered is not None
        fields |= {
            "label": transaction.answer.label,
            "rho": transaction.answer.rho,
            "registered_label": step.registered.label,
            "registered_rho": step.registered.rho,
        }
    if isinstance(transaction, Rotate):
        fields |= {"public_key": transaction.public_key, "salt": transaction.salt}
    if transaction is not None:
        fields["authority"] = (*transaction.authority.R8, transaction.authority.S)
    if isinstance(transaction, Query | Register | Rotate):
        fields["holder"] = (*transaction.holder.R8, transaction.holder.S)
    return TransactionWitness(
        kind=int(step.kind),
        index=step.index,
        old_leaf=step.old_leaf,
        siblings=step.siblings,
        table_path=table.path(nonce),
        **fields,
    )


def _account_witness(account: Account) -> AccountWitness:
    return AccountWitness(
        public_key=account.public_key,
        nonce=account.nonce,
        credit=account.credit,
        score=account.score,
        blocked=account.blocked,
        revoked=account.revoked,
        registration=account.registration,
        salt=account.salt,
    )
