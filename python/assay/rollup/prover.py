"""The prover: a sealed batch becomes a proof under a key that is made once for each circuit and cached by the circuit's hash."""

from __future__ import annotations

import time
from pathlib import Path

from assay.circuits import Circuit
from assay.core.config import cache_dir
from assay.core.logging import get_logger
from assay.core.progress import SILENT, Progress
from assay.crypto import groth16
from assay.rollup.batch import Batch, Submission
from assay.rollup.circuit import TransactionWitness, batch_circuit, batch_inputs
from assay.rollup.config import shared_table

__all__ = ["Prover", "cached_key_path", "load_or_set_up"]


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
        except groth16.KeyFileError as error:
            get_logger(__name__).warning("the cached key %s is unusable and is made anew: %s", path, error)
    key = groth16.setup(circuit, progress=progress)
    key.save(path)
    return groth16.ProvingKey.load(path)


class Prover:
    """Proves batches of one size.

    Args:
        batch_size: transactions in a batch.
        progress: where compilation, set-up and proofs report.
    """

    def __init__(self, batch_size: int, *, progress: Progress = SILENT) -> None:
        self._progress = progress
        started = time.perf_counter()
        with progress.task(f"compiling the circuit of {batch_size} transactions"):
            self.circuit = batch_circuit(batch_size)
        self.compile_seconds = time.perf_counter() - started
        started = time.perf_counter()
        self.key = load_or_set_up(self.circuit, progress)
        self.key_seconds = time.perf_counter() - started

    def prove(self, batch: Batch) -> tuple[Submission, float, float]:
        """The submission of a batch, with the seconds that witness and proof took."""
        started = time.perf_counter()
        inputs = batch_inputs(batch)
        witness = self.circuit.witness(*inputs)
        solved = time.perf_counter()
        proof = groth16.prove(self.key, self.circuit, witness, progress=self._progress)
        proved = time.perf_counter()
        submission = Submission(tuple(batch.public_inputs()), tuple(batch.differences), proof.to_bytes())
        return submission, solved - started, proved - solved
