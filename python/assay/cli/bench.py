"""`assay bench NAME`: timings beside peers measured in the same run."""

from __future__ import annotations

import importlib
import json
from typing import Annotated

import typer

__all__ = ["NAMES", "bench"]

NAMES = ("field", "msm", "ntt", "pairing", "rollup")


def bench(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(NAMES)}.")],
    size: Annotated[int | None, typer.Option(min=1, help="Size of the case (points, elements, transactions).")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=1024, help="Threads; default: all that we may use.")] = None,
    isa: Annotated[str | None, typer.Option(help="Instruction-set level: portable or adx.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Times the kernels and flows. Curve BN254 (about 100 bits of security) throughout.

    Example: assay bench msm --size 65536 --threads 1 --json
    """
    from assay.bench.harness import Report, configured
    from assay.bench.peers import why_missing

    if name not in NAMES:
        raise typer.BadParameter(f"there is no benchmark {name!r}; known: {', '.join(NAMES)}", param_hint="NAME")
    report = Report(name)
    with configured(threads, isa):
        importlib.import_module(f"assay.bench.{name}").run(report, size)
        printed = report.to_json()
    if as_json:
        typer.echo(json.dumps(printed))
        return
    _print_table(printed, [*report.notes, *filter(None, [why_missing()])])


def _print_table(report: dict[str, object], notes: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    machine, results = report["machine"], report["results"]
    assert isinstance(machine, dict)
    assert isinstance(results, list)
    console = Console()
    table = Table(title=f"{report['bench']}: {machine['cpu']}, {machine['cores']} cores, commit {report['commit']}")
    for column in ("case", "size", "threads", "isa", "seconds", "runs", "peak MiB", "peer", "peer s", "ratio"):
        table.add_column(column, justify="left" if column in ("case", "isa", "peer") else "right")
    for row in results:
        peer_seconds = "" if row["peer_seconds"] is None else f"{row['peer_seconds']:.4g}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        cells = (row["case"], row["size"], row["threads"], row["isa"], f"{row['seconds']:.4g}", row["runs"])
        table.add_row(*map(str, cells), f"{row['peak_mib']:.0f}", row["peer"] or "", peer_seconds, ratio)
    console.print(table)
    for note in notes:
        console.print(note)
