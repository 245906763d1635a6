"""`assay rollup demo` and `assay rollup verify`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.core.errors import VerificationError

if TYPE_CHECKING:
    from assay.rollup.demo import DemoResult

__all__ = ["app"]

app = typer.Typer(
    help="Audited model queries, proved in batches with Groth16 over BN254 (about 100 bits of security).",
    no_args_is_help=True,
)


@app.command()
def demo(
    data: Annotated[str, typer.Option(help="digits, or an .npz file with arrays images and labels.")] = "digits",
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Transactions in a batch.")] = 10,
    honest: Annotated[int, typer.Option(min=1, max=100, help="Honest users.")] = 3,
    queries: Annotated[int, typer.Option(min=1, max=10_000, help="Queries of each honest user.")] = 30,
    detector: Annotated[str, typer.Option(help="cusum, or paper: the paper's score (unsafe, to reproduce).")] = "cusum",
    device: Annotated[str, typer.Option(help="Where the model runs: cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(help="Of the data split, the model and the queries.")] = 0,
    ledger: Annotated[
        str, typer.Option(metavar="WHERE", help="Where the chain is kept: embedded, or etcd://HOST:PORT/PREFIX.")
    ] = "embedded",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Keep the ledger (a copy, if it is on etcd), the chart and the last proof here.")
    ] = None,
) -> None:
    """Trains a classifier, serves honest users and two model thieves, proves and verifies every batch.

    The proving key is made once for each circuit, from local randomness: whoever runs this can forge proofs under it.

    Example: assay rollup demo --batch 10 --json demo.json --out demo-out
    On three nodes: assay ledger cluster up, then assay rollup demo --ledger etcd://... with the address it prints.
    """
    from assay.core.progress import RichProgress
    from assay.rollup.demo import DemoOptions, run

    options = DemoOptions(data, batch, honest, queries, detector, device, seed, out, ledger)
    with RichProgress() as progress:
        result = run(options, progress, typer.echo)
    _print(result)
    if json_file is not None:
        json_file.write_text(json.dumps(result.to_json(), indent=2) + "\n")
        typer.echo(f"figures in {json_file}")
    for path in result.files:
        typer.echo(f"wrote {path}")


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Folder with verification_key.json, proof.json and public.json.")],
    circuit_hash: Annotated[
        str | None, typer.Option(help="Hash of the circuit whose cached key the proof must verify under.")
    ] = None,
    ledger: Annotated[Path | None, typer.Option(help="Ledger that must have accepted this very batch.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verifies the last batch of a demo. Exit status: 0 verified, 1 refused, 2 usage or unreadable.

    Example: assay rollup verify demo-out --ledger demo-out/ledger.db
    """
    from assay.rollup.checking import verify_folder

    try:
        meaning = verify_folder(folder, circuit_hash=circuit_hash, ledger=ledger)
    except VerificationError as refusal:
        if not as_json:
            raise
        typer.echo(json.dumps({"verified": False, "reason": str(refusal)}))
        raise typer.Exit(1) from None
    typer.echo(json.dumps({"verified": True, "meaning": meaning}) if as_json else f"verified: {meaning}")


def _print(result: DemoResult) -> None:
    from statistics import mean

    from rich.console import Console
    from rich.table import Table

    console = Console()
    accounts = Table(title=f"Accounts on {result.dataset} (model accuracy {result.model_accuracy:.1%})")
    for column in ("account", "role", "queries", "blocked at", "copy with blocking", "copy without"):
        accounts.add_column(column, justify="left" if column == "role" else "right")
    for participant in result.participants:
        stopped, free = result.copies.get(participant.role, (None, None))
        accounts.add_row(
            str(participant.user.index),
            participant.role,
            str(len(participant.history)),
            "" if participant.blocked_at is None else f"query {participant.blocked_at}",
            "" if stopped is None else f"{stopped.accuracy:.1%} ({stopped.queries} labels)",
            "" if free is None else f"{free.accuracy:.1%} ({free.queries} labels)",
        )
    console.print(accounts)
    proofs = Table(title=f"{len(result.settlements)} batches of {result.options.batch}, Groth16 on BN254, verified")
    for column in ("constraints", "per transaction", "compile s", "witness s", "prove s", "verify s", "total s"):
        proofs.add_column(column, justify="right")
    witness = mean(s.witness_seconds for s in result.settlements)
    prove = mean(s.prove_seconds for s in result.settlements)
    figures = (result.compile_seconds, witness, prove, mean(result.verify_seconds), result.total_seconds)
    per_transaction = f"{result.constraints / result.options.batch:.1f}"
    proofs.add_row(str(result.constraints), per_transaction, *(f"{seconds:.4g}" for seconds in figures))
    console.print(proofs)
    d = result.detector
    console.print(
        f"Detector ({result.options.detector}): p0 {d.p0:.3f}, p1 {d.p1:.3f}. An honest account is blocked once in"
        f" {d.arl0:.0f} queries, one at p1 after {d.arl1:.1f}. The copies without blocking are counterfactual and were"
        " not proved."
    )
    for warning in result.warnings:
        console.print(f"[bold red]{warning}[/]")
    console.print(f"circuit hash {result.circuit_digest}\nchain {result.chain_id.hex()}, {result.options.ledger}")
