"""Edge blockchain (003), Table I: the rate and latency at which a sub-blockchain takes transactions.

Published: Hyperledger Fabric, one channel, endorsement by 2 of any, on an AWS EC2 t2.2xlarge (8 vCPUs, 32 GB, SSD);
10 clients with 100 transactions each; latency includes a constant 0.1 s or so for the accumulator.

Here the same load: 10 clients in a closed loop, 1000 transactions, payloads of the four sizes, with `auth`

    none      opaque records by anyone: no signature but that of the block
    client    the client signs each record, the ledger verifies it
    endorsed  two endorsers execute the call of a contract and sign its effects, the client signs the whole; the ledger
              verifies all three signatures and the policy, and applies the effects to its state

A thousand transactions last some tens of milliseconds, so each row is the median, by rate, of `ROUNDS` such loads on
one channel, after one as a warm-up.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from assay.bench.ledger_load import Measured, closed_loop
from assay.bench.ledger_places import Place, place
from assay.bench.ledger_world import AUTHS, LoadWorld
from assay.reproduce.reproduction import Chart, Options, Reproduction, Row

__all__ = ["CLIENTS", "PUBLISHED", "ROUNDS", "TITLE", "TRANSACTIONS", "run"]

TITLE: Final = "transactions on an edge sub-blockchain, 10 clients (edge blockchain, Table I)"
TRANSACTIONS: Final = 1000
CLIENTS: Final = 10
ROUNDS: Final = 5
# size in bytes -> transactions a second, mean latency and greatest latency in seconds
PUBLISHED: Final = {
    32: (193.33, 0.33, 0.65),
    8192: (173.04, 0.41, 0.70),
    16384: (131.98, 0.54, 0.97),
    32768: (65.69, 1.09, 2.35),
}
_DIFFERENCES: Final = (
    "The paper ran Hyperledger Fabric with two peers on 8 virtual CPUs; here clients, endorsers and the ledger share"
    " one process and this machine, no network lies between them, and proposals to endorsers are not signed.",
    f"Our load: {CLIENTS} clients in a closed loop, one transaction of each on its way; {TRANSACTIONS} transactions a"
    f" round; a row is the median by rate of {ROUNDS} rounds after a warm-up. Endorsers answer the proposals of those"
    " clients that wait together. The paper tells of one run.",
    "Latency runs from the moment at which a client begins to make a transaction (endorsing and signing included) until"
    " it has the receipt of a block on the disk (embedded) or on the disks of most of three nodes (etcd).",
    "The paper's transactions are endorsed by 2 of any peers, as in our rows endorsed. Rows client and none show"
    " what endorsements, and signatures at all, cost; their payloads go to the channel's log, not into a state.",
    "The paper's latency includes about 0.1 s for an RSA accumulator; here each header commits to all blocks before it"
    " by a Merkle mountain range, inside the latency.",
    "Clients and endorsers sign with Ed25519 (Fabric: ECDSA on P-256); the ledger verifies the signatures of a block"
    " together.",
)


def run(options: Options) -> Reproduction:
    """Measure all rows on the back end that the options name."""
    rows: list[Row] = []
    derived: list[Row] = []
    with (
        LoadWorld(CLIENTS) as world,
        tempfile.TemporaryDirectory() as folder,
        place(options.backend, Path(folder)) as where,
    ):
        steps = len(AUTHS) * len(PUBLISHED)
        with options.progress.task(f"transactions on {where.name}", total=steps) as task:
            for auth in AUTHS:
                for size, (tps, mean, worst) in PUBLISHED.items():
                    ours = _measure(world, where, auth, size)
                    rows.append(_row(where.name, auth, size, ours, tps))
                    derived.append(
                        {
                            "times_published": ours.tps / tps,
                            "published_mean_latency": mean,
                            "published_max_latency": worst,
                        }
                    )
                    task.advance()
    chart = Chart("size", "tps", "auth", "published_tps", "bytes of a transaction's payload", "transactions a second")
    return Reproduction("003-table-1", TITLE, rows, derived, _DIFFERENCES, chart)


def _measure(world: LoadWorld, where: Place, auth: str, size: int) -> Measured:
    """The median round on a channel of its own."""
    with world.begin(where, auth) as ledger:
        rounds = [closed_loop(ledger, world.clients(ledger, auth, size), TRANSACTIONS) for _ in range(1 + ROUNDS)][1:]
    return sorted(rounds, key=lambda measured: measured.tps)[ROUNDS // 2]


def _row(backend: str, auth: str, size: int, ours: Measured, published: float) -> Row:
    return {
        "backend": backend,
        "auth": auth,
        "size": size,
        "tps": ours.tps,
        "mean_latency": float(ours.latencies.mean()),
        "p99_latency": float(np.percentile(ours.latencies, 99)),
        "max_latency": float(ours.latencies.max()),
        "published_tps": published,
    }
