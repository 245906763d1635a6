"""`assay reproduce`: published tables and figures, measured again on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assay.reproduce import Reproduction

__all__ = ["reproduce"]

_WIDTH = 150  # of a table in a file or a pipe


def reproduce(
    identifier: Annotated[
        str | None, typer.Argument(metavar="ID", help="Which one; without it they are listed.")
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            help="The ledger: embedded (default); etcd, a cluster of its own on this machine; or an etcd URL."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write ID.csv and ID.png (matplotlib) there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measures a published table again: its figures beside ours, and what differs from the setting of the paper.

    Without ID it lists what there is. JSON: {"id", "title", "rows"}; times in seconds.

    Example: assay reproduce 003-table-1 --backend embedded --out figures
    """
    from assay.core.progress import RichProgress
    from assay.reproduce import Options, find, published
    from assay.reproduce.chart import draw, require_matplotlib

    if identifier is None:
        known = published()
        if as_json:
            typer.echo(json.dumps([{"id": one.id, "title": one.title} for one in known]))
            return
        width = max(len(one.id) for one in known)
        for one in known:
            typer.echo(f"{one.id:{width}}  {one.title}")
        return
    chosen = find(identifier)
    if out is not None:
        require_matplotlib()  # before the minutes that a measurement may take
        out.mkdir(parents=True, exist_ok=True)
    with RichProgress() as progress:
        result = chosen.run(Options(backend=backend, progress=progress))
    written: list[Path] = []
    if out is not None:
        written = [out / f"{result.id}.csv", out / f"{result.id}.png"]
        result.write_csv(written[0])
        draw(written[1], result)
    if as_json:
        typer.echo(json.dumps(result.to_json()))
        return
    _print(result)
    for path in written:
        typer.echo(f"wrote {path}")


def _print(result: Reproduction) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    table = Table(title=f"{result.id}: {result.title}")
    rows = [{**row, **more} for row, more in zip(result.rows, result.derived, strict=True)]
    for column, value in rows[0].items():
        table.add_column(column.replace("_", " "), justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)
    console.print("What differs from the setting of the paper:")
    for sentence in result.differences:
        console.print(f"- {sentence}")


def _cell(value: str | int | float | None) -> str:
    if value is None:
        return ""
    return (
        f"{value:.4g}"
        if isinstance(value, float) and value < 1000
        else f"{value:,.0f}"
        if not isinstance(value, str)
        else value
    )
