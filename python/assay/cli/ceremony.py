"""`assay ceremony`: the phases of a set-up that a stranger can trust, a file each."""

from __future__ import annotations

import typer

from assay.cli import ceremony_phase1, ceremony_phase2

__all__ = ["app"]

app = typer.Typer(
    help="Set-up by many, of whom one honest contributor is enough. Curve BN254 (about 100 bits of security)."
    " Example: assay ceremony phase1 new --power 12 pot12_0.ptau",
    no_args_is_help=True,
)
app.add_typer(ceremony_phase1.app, name="phase1")
app.add_typer(ceremony_phase2.app, name="phase2")
