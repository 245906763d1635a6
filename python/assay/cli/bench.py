"""`assay bench NAME`: timings beside peers measured in the same run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from assay.bench.harness import Report

__all__ = ["app"]

app = typer.Typer(invoke_without_command=True)


def _curve(name: str) -> str:
    from assay.bench.harness import CURVE

    if name != CURVE:
        raise typer.BadParameter(f"there is no curve {name!r}; known: {CURVE}")
    return name


def _isa(name: str | None) -> str | None:
    from assay import _native

    available = [*_native.cpu_info()["available"], "scalar"]
    if name is not None and name not in available:
        raise typer.BadParameter(f"this machine has no level {name!r}; available: {', '.join(available)}")
    return name


def _scalars(kind: str) -> str:
    from assay.bench.scalars import KINDS

    if kind not in KINDS:
        raise typer.BadParameter(f"unknown scalars {kind!r}; known: {', '.join(KINDS)}")
    return kind


Size = Annotated[int | None, typer.Option(min=1, help="Elements, points or pairs; default: a few sizes.")]
Log = Annotated[int | None, typer.Option(min=3, max=24, help="Log2 of the rows of the chain; default: a few sizes.")]
Batch = Annotated[int | None, typer.Option(min=1, help="Transactions in a batch; default: a few sizes.")]
Bits = Annotated[int | None, typer.Option(min=256, max=8192, help="Length of the modulus; default: a few lengths.")]
KeyBits = Annotated[
    int | None, typer.Option("--bits", min=2048, max=4096, help="Length of the key; default: 2048, 3072.")
]
Count = Annotated[int | None, typer.Option("--batch", min=1, help="Operations at once; default: 16.")]
Curve = Annotated[str, typer.Option(callback=_curve, help="bn254 (about 100 bits of security), the only one so far.")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="Threads; default: all that we may use.")]
Isa = Annotated[str | None, typer.Option(callback=_isa, help="Instruction-set level, or scalar; default: the best.")]
Scalars = Annotated[str, typer.Option(callback=_scalars, help="random, witness (a rollup batch's), small or sparse.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@app.callback()
def bench(
    context: typer.Context,
    against: Annotated[
        str | None, typer.Option(metavar="REV", help="Gate: fail if this tree is slower than that revision.")
    ] = None,
    case: Annotated[list[str] | None, typer.Option(help="A case of the gate, repeatable; default: all.")] = None,
    cases: Annotated[Path | None, typer.Option(help="A Python file with a dictionary CASES of your own.")] = None,
    repo: Annotated[Path, typer.Option(help="A checkout of assay.")] = Path(),
    tolerance: Annotated[float, typer.Option(help="What may be slower: 0.05 for 5 %.")] = 0.05,
    pairs: Annotated[int, typer.Option(help="Fresh pairs of processes a case, at least 7.")] = 11,
    isa: Isa = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Pass, and say so, where REV does not exist or does not build.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Times kernels and flows beside peers measured in the same run; gates speed and exact counts.

    Example: assay bench --against HEAD~1 --case ntt --case msm-g1
    """
    if context.invoked_subcommand is not None:
        if against is not None:
            raise typer.BadParameter("goes without the name of a benchmark", param_hint="--against")
        return
    if against is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
    from assay.bench.gate import run as gate

    file = gate.BUILT_IN if cases is None else cases
    say = _quiet if as_json else _say
    try:
        report = gate.against(
            against, repo=repo, cases=file, names=case or (), tolerance=tolerance, pairs=pairs, isa=isa, say=say
        )
    except gate.NothingToCompare as error:
        if not allow_missing:
            raise
        report = {"against": against, "cases": [], "passed": True, "why": str(error)}
    typer.echo(json.dumps(report) if as_json else gate.describe(report))
    if not report["passed"]:
        raise typer.Exit(1)


@app.command()
def field(
    size: Size = None, curve: Curve = "bn254", threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """Multiplications in Fp and Fr. Example: assay bench field --threads 1 --json."""
    from assay.bench import field as bench

    _run("field", lambda report: bench.run(report, size), threads, isa, as_json)


@app.command()
def msm(
    size: Size = None,
    curve: Curve = "bn254",
    scalars: Scalars = "random",
    threads: Threads = None,
    isa: Isa = None,
    as_json: Json = False,
) -> None:
    """Multi-scalar multiplications in G1 and G2. Example: assay bench msm --size 65536 --scalars witness."""
    from assay.bench import msm as bench

    _run("msm", lambda report: bench.run(report, size, scalars), threads, isa, as_json)


@app.command()
def ntt(
    size: Size = None, curve: Curve = "bn254", threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """Number-theoretic transforms, plain and on a coset. Example: assay bench ntt --size 262144."""
    from assay.bench import ntt as bench

    _run("ntt", lambda report: bench.run(report, size), threads, isa, as_json)


@app.command()
def pairing(
    size: Size = None, curve: Curve = "bn254", threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """A pairing, products of pairings, and what each further pair adds. Example: assay bench pairing --size 8."""
    from assay.bench import pairing as bench

    _run("pairing", lambda report: bench.run(report, size), threads, isa, as_json)


@app.command()
def groth16(
    size: Log = None, curve: Curve = "bn254", threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """Set-up, proof and verification of the chain x <- x^2 + 7. Example: assay bench groth16 --size 16 --threads 1."""
    from assay.bench import groth16 as bench

    _run("groth16", lambda report: bench.run(report, size), threads, isa, as_json)


@app.command()
def merkle(size: Size = None, threads: Threads = None, isa: Isa = None, as_json: Json = False) -> None:
    """SHA-256: trees, many messages, one stream. Example: assay bench merkle --size 1048576 --threads 1 --json.

    ASSAY_BENCH_HASHTREE is the path of a shared library of hashtree.
    """
    from assay.bench import merkle as bench

    _run("merkle", lambda report: bench.run(report, size), threads, isa, as_json, curve=None)


@app.command()
def rollup(
    size: Batch = None, curve: Curve = "bn254", threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """The rollup's batch circuit, from compilation to verification. Example: assay bench rollup --size 10."""
    from assay.bench import rollup as bench

    _run("rollup", lambda report: bench.run(report, size), threads, isa, as_json)


@app.command()
def modexp(
    bits: Bits = None, batch: Count = None, threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """Modular exponentiations beside gmpy2, GMP and OpenSSL. Example: assay bench modexp --bits 2048 --batch 8.

    ASSAY_BENCH_GMP is the path of a libgmp.so built for this processor, ASSAY_BENCH_LIBCRYPTO that of an OpenSSL.
    """
    from assay.bench import modexp as bench

    _run("modexp", lambda report: bench.run(report, bits, batch), threads, isa, as_json, curve=None)


@app.command()
def paillier(
    bits: KeyBits = None, batch: Count = None, threads: Threads = None, isa: Isa = None, as_json: Json = False
) -> None:
    """Encrypted arrays beside python-paillier. Example: assay bench paillier --bits 2048 --batch 16 --threads 1."""
    from assay.bench import paillier as bench

    _run("paillier", lambda report: bench.run(report, bits, batch), threads, isa, as_json, curve=None)


@app.command()
def ledger(
    backend: Annotated[
        str, typer.Option(help="embedded; etcd, a cluster of its own on this machine; or etcd://HOST:PORT/PREFIX.")
    ] = "embedded",
    size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Transactions in a run; embedded, by default: append 50000 (blocks of one: 1000), record 10000, "
            "client 2000, endorsed 1000, grow 200000; on etcd fewer.",
        ),
    ] = None,
    clients: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Threads that append (default 1), clients in a loop (10).")
    ] = None,
    block: Annotated[int, typer.Option(min=1, max=10_000, help="Transactions that are appended as one block.")] = 100,
    payload: Annotated[int, typer.Option(min=1, max=1 << 19, help="Bytes of a transaction's payload.")] = 32,
    case: Annotated[
        list[str] | None, typer.Option(help="append, record, client, endorsed or grow; repeatable; default: all.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Where the files go; default: that of TMPDIR.")
    ] = None,
    threads: Threads = None,
    isa: Isa = None,
    as_json: Json = False,
) -> None:
    """Blocks of transactions, beside the bare store. Example: assay bench ledger --backend embedded --block 100 --json.

    To see whether it slows down as it grows: assay bench ledger --case grow --size 10000000
    """
    from assay.bench import ledger as bench
    from assay.core.progress import RichProgress

    with RichProgress() as progress:
        settings = bench.Settings(backend, size, clients, block, payload, tuple(case or bench.CASES), folder, progress)
        _run("ledger", lambda report: bench.run(report, settings), threads, isa, as_json, curve=None)


_COMMON = 12  # columns of every benchmark
_WIDTH = 150  # of a table in a file or a pipe


@app.command()
def counts(
    write: Annotated[bool, typer.Option("--write/--check", help="Restate what is stored, or compare with it.")] = False,
    file: Annotated[Path, typer.Option(help="The stored counts.")] = Path("benchmarks/counts.json"),
    counter: Annotated[Path, typer.Option(help="The Python file that counts.")] = Path("benchmarks/counted.py"),
    section: Annotated[list[str] | None, typer.Option(help="A section, repeatable; default: all.")] = None,
) -> None:
    """Exact counts against the stored ones; any change fails. Example: assay bench counts --section constraints."""
    from assay.bench import counts as exact

    if write:
        changed = exact.write(file, counter, section or ())
        typer.echo("\n".join(changed) or "nothing changed")
    else:
        typer.echo(f"{exact.check(file, counter, section or ())} counts as stored")


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _quiet(line: str) -> None:
    pass


def _run(
    name: str,
    run: Callable[[Report], None],
    threads: int | None,
    isa: str | None,
    as_json: bool,
    *,
    curve: str | None = "bn254",
) -> None:
    from assay.bench.harness import Report, configured

    report = Report(name, curve)
    with configured(threads, isa):
        run(report)
        printed = report.to_json()
    if as_json:
        typer.echo(json.dumps(printed))
    else:
        _print_table(printed, report.notes)


def _print_table(report: dict[str, Any], notes: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    machine, results = report["machine"], report["results"]
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    table = Table(title=f"{report['bench']}: {machine['cpu']}, {machine['cores']} cores, commit {report['commit']}")
    columns = ["case", "bits", "size", "threads", "isa", "seconds", "runs", "peak MiB", "peer", "peer s", "ratio"]
    if not any(row["bits"] for row in results):
        columns.remove("bits")
    for column in columns:
        table.add_column(column, justify="left" if column in ("case", "isa", "peer") else "right")
    for row in results:
        cells = {
            **row,
            "seconds": f"{row['seconds']:.4g}",
            "peak MiB": f"{row['peak_mib']:.0f}",
            "peer s": row["peer_seconds"] and f"{row['peer_seconds']:.4g}",
            "ratio": row["ratio"] and f"{row['ratio']:.2f}",
        }
        table.add_row(*("" if cells[column] is None else str(cells[column]) for column in columns))
    console.print(table)
    _print_figures(console, [(row["case"], list(row.items())[_COMMON:]) for row in results])
    for note in [*notes, *dict.fromkeys(row["why_no_peer"] for row in results if row["why_no_peer"])]:
        console.print(note)


def _print_figures(console: Console, rows: list[tuple[str, list[tuple[str, Any]]]]) -> None:
    """A second table with the figures that a benchmark has of its own."""
    from rich.table import Table

    columns = list(dict.fromkeys(name for _, figures in rows for name, _ in figures))
    if not columns:
        return
    table = Table()
    table.add_column("case")
    for column in columns:
        table.add_column(column.replace("_", " ").replace("per second", "/ s"), justify="right")
    for case, figures in rows:
        cells = dict(figures)
        table.add_row(case, *(_figure(cells.get(column)) for column in columns))
    console.print(table)


def _figure(value: str | int | float | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if value < 1000 else f"{value:,.0f}"
