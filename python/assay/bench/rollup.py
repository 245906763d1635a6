"""`assay bench rollup`: the batch circuit from compilation to verification, beside snarkjs on the same circuit at B
= 10.

Size = transactions in a batch. A batch larger than the memory that is free is left out, and a note says so. The
batch is made of queries of one account, audited by the real operator code, so that the witness is that of a real
batch.
"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path

from assay import _native
from assay.bench.harness import Report, measure, sizes
from assay.bench.peers import peer_seconds
from assay.circuits import Circuit
from assay.circuits import compile as compile_circuit
from assay.circuits.system import Witness
from assay.crypto import eddsa, groth16
from assay.crypto.groth16 import snarkjs, zkey
from assay.rollup.account import answer_commitment
from assay.rollup.accounts import AccountTree
from assay.rollup.batch import Batch
from assay.rollup.circuit import build_batch
from assay.rollup.client import Client
from assay.rollup.config import DetectorConstants, RollupConfig, RollupId, shared_table
from assay.rollup.domains import random_scalar_128
from assay.rollup.prover import witness_of
from assay.rollup.registrar import Registrar
from assay.rollup.transaction import Kind, Opening, Query, message
from assay.rollup.witness import batch_carries, batch_inputs

__all__ = ["SIZES", "run"]

SIZES = (10, 25, 50, 75, 100)
_PEER_SIZE = 10


def run(report: Report, size: int | None) -> None:
    """Rows `compile`, `setup`, `witness`, `prove` and `verify` for each batch size."""
    for batch_size in sizes(SIZES, size):
        estimate = groth16.estimate(16_000 * batch_size)
        if estimate.peak_bytes > _free_bytes():
            report.notes.append(f"B = {batch_size} needs {estimate.peak_bytes / 2**30:.1f} GiB; left out")
            continue
        _bench(report, batch_size)


def _bench(report: Report, batch_size: int) -> None:
    compile_timing = measure(lambda: compile_circuit(build_batch(batch_size)))
    circuit = compile_circuit(build_batch(batch_size))
    report.notes.append(
        f"B = {batch_size}: {circuit.constraints} constraints, {circuit.constraints / batch_size:.1f} a transaction"
    )
    report.add("compile", batch_size, compile_timing)
    # Set-up takes long and is timed once, as it is run once.
    report.add("setup", batch_size, measure(partial(groth16.setup, circuit), runs=1, warm_up=False))
    key = groth16.setup(circuit)
    batch = sample_batch(batch_size)
    public = batch.public_inputs()
    plain = witness_of(batch, public)
    inputs, carries = batch_inputs(plain), batch_carries(plain)
    report.add("witness", batch_size, measure(lambda: circuit.witness(inputs, carries=carries)))
    witness = circuit.witness(inputs, carries=carries)
    proof = groth16.prove(key, circuit, witness)
    prove_timing = measure(partial(groth16.prove, key, circuit, witness))
    verify_timing = measure(partial(groth16.verify, key.verifying_key, public, proof))
    theirs = _snarkjs(key, circuit, witness, public, proof) if batch_size == _PEER_SIZE else (None, None)
    report.add("prove", batch_size, prove_timing, "snarkjs", theirs[0])
    report.add("verify", batch_size, verify_timing, "snarkjs", theirs[1])


def sample_batch(batch_size: int) -> Batch:
    """A full batch: one registration, then queries of that account, two in three of them matching."""
    service, registrar, holder = (eddsa.PrivateKey.generate() for _ in range(3))
    table, rollup = shared_table(), RollupId(chain_id=1, rollup_id=1)
    config = RollupConfig(
        service_key=service.public_key.point,
        registrar_key=registrar.public_key.point,
        model_digest=bytes(32),
        epoch=0,
        table_root=table.root,
        detector=DetectorConstants(match=1 << 14, mismatch=1 << 15, threshold=1 << 31),
    )
    tree = AccountTree(rollup, table)
    client = Client(holder, 3, 7, rollup, table)
    signed = client.sign_registration(config)
    authority = Registrar(registrar, rollup).register(client.account, 3, client.account.public_key, signed, config)
    steps = [tree.apply(client.registration(authority, signed), config)]
    for i in range(1, batch_size):
        answer, account = Opening(7 if i % 3 else 1, random_scalar_128()), tree.account(3)
        commitment = answer_commitment(answer.label, answer.rho, account.public_key, account.nonce + 1)
        m = message(Kind.QUERY, rollup.context(config), commitment, 0)
        steps.append(tree.apply(Query(3, account.nonce + 1, answer, service.sign(m), holder.sign(m)), config))
    return Batch(rollup, config, 1, tuple(steps))


def _snarkjs(
    key: groth16.ProvingKey, circuit: Circuit, witness: Witness, public: list[int], proof: groth16.Proof
) -> tuple[float | None, float | None]:
    """Seconds of snarkjs for proving and verifying, from the same key, witness and proof."""
    threads = _native.num_threads()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zkey.write(folder / "circuit.zkey", key, circuit)
        witness.save(folder / "witness.wtns")
        snarkjs.write(folder, key.verifying_key, public, proof)
        prove = peer_seconds(
            "groth16_prove", threads, zkey=str(folder / "circuit.zkey"), wtns=str(folder / "witness.wtns")
        )
        return prove, peer_seconds("groth16_verify", threads, folder=str(folder))


def _free_bytes() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
