"""`assay ceremony phase2 new|contribute|beacon|verify`: the key of one circuit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.ceremony_options import (
    AsJson,
    BeaconValue,
    Entropy,
    Iterations,
    Name,
    contribution_json,
    contribution_line,
    entropy_text,
    hash_option,
    refusal_as_json,
)

if TYPE_CHECKING:
    from assay.ceremony.phase2 import Receipt, Report

__all__ = ["app"]

app = typer.Typer(
    help="The Groth16 key of one circuit, in snarkjs's .zkey files. Curve BN254 (about 100 bits of security)."
    " Example: assay ceremony phase2 new circuit.r1cs pot12_final.ptau circuit_0.zkey",
    no_args_is_help=True,
)

_Circuit = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .r1cs file of the circuit.")]
_Powers = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A prepared .ptau file that you verified.")]
_Source = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .zkey file to start from.")]
_Target = Annotated[Path, typer.Argument(dir_okay=False, help="The .zkey file to write.")]


@app.command()
def new(circuit: _Circuit, powers: _Powers, target: _Target, as_json: AsJson = False) -> None:
    """Makes the first key of a circuit, to which nobody has contributed: nobody may use it yet.

    Example: assay ceremony phase2 new circuit.r1cs pot12_final.ptau circuit_0.zkey
    """
    from assay.ceremony import phase2
    from assay.circuits import R1CS
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        digest = phase2.new(R1CS.load(circuit), powers, target, progress=progress)
    if as_json:
        typer.echo(json.dumps({"file": str(target), "circuit_hash": digest.hex()}))
        return
    typer.echo(f"wrote {target}, which anyone can forge for until somebody contributes\ncircuit hash {digest.hex()}")


@app.command()
def contribute(
    source: _Source,
    target: _Target,
    name: Name = "",
    entropy: Entropy = None,
    as_json: AsJson = False,
) -> None:
    """Multiplies a secret of this machine into the key. Publish the hash it prints. Curve BN254 (about 100 bits).

    Example: assay ceremony phase2 contribute circuit_0.zkey circuit_1.zkey --name Alice
    """
    from assay.ceremony import phase2
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        receipt = phase2.contribute(source, target, name=name, entropy=entropy_text(entropy), progress=progress)
    _print_receipt(target, receipt, as_json)


@app.command()
def beacon(
    source: _Source,
    target: _Target,
    value: BeaconValue,
    iterations: Iterations = 10,
    name: Name = "",
    as_json: AsJson = False,
) -> None:
    """Closes a ceremony with a public beacon: everybody computes the same key from it. Curve BN254 (about 100 bits).

    Example: assay ceremony phase2 beacon circuit_1.zkey circuit_2.zkey 0102030405060708 --iterations 20
    """
    from assay.ceremony import phase2
    from assay.ceremony.randomness import Beacon
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        receipt = phase2.apply_beacon(source, target, Beacon.from_hex(value, iterations), name=name, progress=progress)
    _print_receipt(target, receipt, as_json)


@app.command()
def verify(
    circuit: _Circuit,
    powers: _Powers,
    key: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .zkey file.")],
    expect: Annotated[
        list[str],
        typer.Option(metavar="HASH", help="A contribution that must be among them, such as yours; repeatable."),
    ] = [],  # noqa: B006  (typer reads it, nobody changes it)
    initial: Annotated[bool, typer.Option("--initial", help="Accept a key to which nobody contributed yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verifies a key against its circuit and the powers of tau. Curve BN254 (about 100 bits of security).

    Verify the powers first: assay ceremony phase1 verify. Without --expect an older key of the same ceremony is as
    good as the last one. Exit status: 0 verified, 1 refused, 2 usage or unreadable.

    Example: assay ceremony phase2 verify circuit.r1cs pot12_final.ptau circuit_2.zkey
    """
    from assay.ceremony import phase2
    from assay.circuits import R1CS
    from assay.core.progress import RichProgress

    hashes = [hash_option(text) for text in expect]
    with refusal_as_json(as_json), RichProgress() as progress:
        report = phase2.verify(
            R1CS.load(circuit), powers, key, expected=hashes, allow_initial=initial, progress=progress
        )
    if as_json:
        typer.echo(json.dumps(_report_json(report)))
        return
    _print_report(key, report)


def _print_receipt(target: Path, receipt: Receipt, as_json: bool) -> None:
    if as_json:
        facts = {"file": str(target), "contribution": receipt.position, "hash": receipt.hash.hex()}
        typer.echo(json.dumps(facts | {"circuit_hash": receipt.circuit_hash.hex()}))
        return
    typer.echo(f"wrote {target} with contribution {receipt.position}\nhash {receipt.hash.hex()}")


def _report_json(report: Report) -> dict[str, object]:
    return {
        "verified": True,
        "circuit_hash": report.circuit_hash.hex(),
        "contributions": [
            contribution_json(one.name, {"hash": digest}, one.beacon, one.iterations_log)
            for one, digest in report.contributions
        ],
    }


def _print_report(key: Path, report: Report) -> None:
    typer.echo(
        f"verified: {key}, Groth16 on BN254 (about 100 bits of security)\ncircuit hash {report.circuit_hash.hex()}"
    )
    for position, (one, digest) in enumerate(report.contributions, 1):
        published = f"hash {digest.hex()}"
        typer.echo(contribution_line(position, one.name, published, one.beacon, one.iterations_log))
    if not report.contributions:
        typer.echo("nobody contributed yet: anyone can forge proofs for this key")
