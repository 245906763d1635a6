"""`assay ceremony phase1 new|contribute|beacon|verify|prepare`: the powers of tau."""

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
    from assay.ceremony.phase1 import Receipt, Report
    from assay.ceremony.phase1.contribution import Contribution

__all__ = ["app"]

app = typer.Typer(
    help="Powers of tau for every circuit up to a size, in snarkjs's .ptau files. Curve BN254 (about 100 bits of"
    " security). Example: assay ceremony phase1 new pot12_0.ptau --power 12",
    no_args_is_help=True,
)

_Source = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .ptau file to start from.")]
_Target = Annotated[Path, typer.Argument(dir_okay=False, help="The .ptau file to write.")]


@app.command()
def new(
    target: _Target,
    power: Annotated[int, typer.Option(min=1, max=28, help="For circuits of up to 2^power constraints.")],
    as_json: AsJson = False,
) -> None:
    """Starts a ceremony: a file of powers to which nobody has contributed. Curve BN254 (about 100 bits).

    Example: assay ceremony phase1 new pot12_0.ptau --power 12
    """
    from assay.ceremony import phase1
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        challenge = phase1.new(target, power, progress=progress)
    if as_json:
        typer.echo(json.dumps({"file": str(target), "power": power, "challenge": challenge.hex()}))
        return
    typer.echo(f"wrote {target} for circuits of up to 2^{power} constraints\nchallenge {challenge.hex()}")


@app.command()
def contribute(
    source: _Source,
    target: _Target,
    name: Name = "",
    entropy: Entropy = None,
    as_json: AsJson = False,
) -> None:
    """Multiplies secrets of this machine into the powers. Publish the response it prints. Curve BN254 (about 100 bits).

    Example: assay ceremony phase1 contribute pot12_0.ptau pot12_1.ptau --name Alice
    """
    from assay.ceremony import phase1
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        receipt = phase1.contribute(source, target, name=name, entropy=entropy_text(entropy), progress=progress)
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
    """Closes a ceremony with a public beacon: everybody computes the same file from it. Curve BN254 (about 100 bits).

    Example: assay ceremony phase1 beacon pot12_1.ptau pot12_2.ptau 0102030405060708 --iterations 20
    """
    from assay.ceremony import phase1
    from assay.ceremony.randomness import Beacon
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        receipt = phase1.apply_beacon(source, target, Beacon.from_hex(value, iterations), name=name, progress=progress)
    _print_receipt(target, receipt, as_json)


@app.command()
def verify(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .ptau file.")],
    expect: Annotated[
        list[str],
        typer.Option(metavar="RESPONSE", help="A contribution that must be among them, such as yours; repeatable."),
    ] = [],  # noqa: B006  (typer reads it, nobody changes it)
    as_json: AsJson = False,
) -> None:
    """Verifies every contribution, power and prepared basis. Curve BN254 (about 100 bits).

    Without --expect an older file of the same ceremony is as good as the last one. Exit status: 0 verified, 1 refused,
    2 usage or unreadable.

    Example: assay ceremony phase1 verify pot12_final.ptau
    """
    from assay.ceremony import phase1
    from assay.core.progress import RichProgress

    expected = [hash_option(text) for text in expect]
    with refusal_as_json(as_json), RichProgress() as progress:
        report = phase1.verify(source, expected=expected, progress=progress)
    if as_json:
        typer.echo(json.dumps(_report_json(report)))
        return
    _print_report(source, report)


@app.command()
def prepare(source: _Source, target: _Target, as_json: AsJson = False) -> None:
    """Adds the Lagrange bases that phase 2 starts from. Nothing in it is secret. Curve BN254 (about 100 bits).

    Example: assay ceremony phase1 prepare pot12_2.ptau pot12_final.ptau
    """
    from assay.ceremony import phase1
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        phase1.prepare(source, target, progress=progress)
    typer.echo(json.dumps({"file": str(target)}) if as_json else f"wrote {target}")


def _print_receipt(target: Path, receipt: Receipt, as_json: bool) -> None:
    if as_json:
        facts = {"file": str(target), "contribution": receipt.position, "response": receipt.response.hex()}
        typer.echo(json.dumps(facts | {"next_challenge": receipt.next_challenge.hex()}))
        return
    typer.echo(f"wrote {target} with contribution {receipt.position}\nresponse {receipt.response.hex()}")


def _report_json(report: Report) -> dict[str, object]:
    return {
        "verified": True,
        "power": report.power,
        "ceremony_power": report.ceremony_power,
        "prepared": report.prepared,
        "contributions": [
            contribution_json(
                one.name, {"response": one.response(), "next_challenge": one.next_challenge}, *_beacon_of(one)
            )
            for one in report.contributions
        ],
    }


def _print_report(source: Path, report: Report) -> None:
    typer.echo(f"verified: {source}, 2^{report.power} powers on BN254 (about 100 bits of security)")
    for position, one in enumerate(report.contributions, 1):
        published = f"response {one.response().hex()}"
        typer.echo(contribution_line(position, one.name, published, *_beacon_of(one)))
    typer.echo("prepared for phase 2" if report.prepared else "not prepared for phase 2")
    if report.reduced:
        typer.echo(
            f"cut down from 2^{report.ceremony_power}: the hash of the last contribution covers powers not in this file"
        )


def _beacon_of(one: Contribution) -> tuple[bytes | None, int | None]:
    return (None, None) if one.beacon is None else (one.beacon.value, one.beacon.log_iterations)
