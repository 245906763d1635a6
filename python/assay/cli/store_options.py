"""What the commands of `assay store` share: options, output, and the errors that end them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from assay.core.errors import AssayError, InvalidInput, NotFound, SystemFailure
from assay.store import KUBO_RAW_LEAVES, FolderStore, KeyErased, KuboStore, Store, profile_named

__all__ = ["AsJson", "CidText", "Out", "StoreAt", "open_store", "show", "told"]

StoreAt = Annotated[
    str,
    typer.Option(
        "--store", envvar="ASSAY_STORE", metavar="FOLDER|URL", help="The store: a folder, or http://HOST:PORT."
    ),
]
CidText = Annotated[str, typer.Argument(metavar="CID", help="The name: bafy... or bafkrei...")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def open_store(where: str, *, create: bool = False, profile: str = "") -> Store:
    """The store of `--store`. A folder that is none becomes one if `create`."""
    chosen = profile_named(profile) if profile else None
    if where.startswith(("http://", "https://")):
        return KuboStore(where, chosen or KUBO_RAW_LEAVES)
    return FolderStore(where, chosen, create=create)


def show(facts: dict[str, Any], as_json: bool, text: str, *, error: bool = False) -> None:
    """Print the facts as one JSON object, or the text."""
    typer.echo(json.dumps(facts) if as_json else text, err=error and not as_json)


@contextmanager
def told(as_json: bool) -> Iterator[None]:
    """Errors become one line (or JSON object) and the exit status."""
    try:
        yield
    except (AssayError, OSError) as error:
        usage = isinstance(error, (InvalidInput, NotFound, SystemFailure)) or not isinstance(error, AssayError)
        show({"error": str(error)}, as_json, f"assay store: {error}", error=True)
        raise typer.Exit(2 if usage and not isinstance(error, KeyErased) else 1) from None
