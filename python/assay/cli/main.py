"""`assay`: mounts the verbs, and turns errors into one line and an exit status.

Exit status of every command: 0 done or verified, 1 refused, 2 usage or unreadable.
"""

from __future__ import annotations

import sys

import typer

from assay.cli import bench, ceremony, groth16, ledger, reproduce, rollup, store
from assay.core.errors import AssayError, InvalidInput, NotFound, SystemFailure

__all__ = ["app", "main"]

app = typer.Typer(
    name="assay",
    help="Machine learning among parties who do not trust each other. Example: assay rollup demo --batch 10",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(rollup.app, name="rollup")
app.add_typer(ledger.app, name="ledger")
app.add_typer(store.app, name="store")
app.add_typer(ceremony.app, name="ceremony")
app.add_typer(groth16.app, name="groth16")
app.add_typer(bench.app, name="bench")
app.command()(reproduce.reproduce)


def main() -> None:
    """Entry point of the `assay` command."""
    try:
        app()
    except (InvalidInput, NotFound, SystemFailure) as error:
        sys.stderr.write(f"assay: {error}\n")
        raise SystemExit(2) from None
    except AssayError as error:  # before OSError: AuthorizationError is one of both
        sys.stderr.write(f"assay: {error}\n")
        raise SystemExit(1) from None
    except OSError as error:
        sys.stderr.write(f"assay: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        sys.stderr.write("assay: interrupted\n")
        raise SystemExit(130) from None
