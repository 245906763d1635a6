"""`assay ceremony phase1 new|contribute|beacon|verify|prepare`: the powers of tau."""

from __future__ import annotations

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Powers of tau for every circuit up to a size, in snarkjs's .ptau files. Curve BN254 (about 100 bits).",
    no_args_is_help=True,
)


@app.callback()
def phase1() -> None:
    """Powers of tau for every circuit up to a size, in snarkjs's .ptau files. Curve BN254 (about 100 bits)."""
