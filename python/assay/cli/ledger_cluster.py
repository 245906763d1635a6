"""`assay ledger cluster`: etcd on this machine, for a ledger that is replicated.

Exit status: 0 done (status: the cluster takes writes), 1 it does not, 2 usage or unreadable.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from assay.core.errors import AssayError, NotFound
from assay.ledger.etcd.cluster import Cluster
from assay.ledger.etcd.gateway import Gateway
from assay.ledger.etcd.maintenance import recover as recover_space
from assay.ledger.etcd.url import Address

__all__ = ["app"]

app = typer.Typer(help="Run etcd on this machine, for ledgers on etcd://...", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--dir", metavar="D", help="The cluster's folder: data, logs, ports.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_HERE = Path("etcd-cluster")


@app.command(epilog="Example: assay ledger cluster up --nodes 3 --dir etcd-cluster")
def up(
    nodes: Annotated[int, typer.Option(min=1, max=9, help="How many nodes; of an existing cluster all start.")] = 3,
    folder: Folder = _HERE,
    quota: Annotated[int, typer.Option(metavar="BYTES", min=0, help="etcd's space quota; 0: its own, 2 GiB.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Start a cluster, a new one or the one that is in the folder, and print its address for --ledger."""
    options = ["--quota-backend-bytes", str(quota)] if quota else []
    options += ["--auto-compaction-mode", "revision", "--auto-compaction-retention", "10000"]
    try:
        cluster = Cluster(folder)
    except NotFound:
        cluster = Cluster.create(folder, nodes=nodes, options=options)
    cluster.start()
    facts = {"url": cluster.url(), "dir": str(cluster.folder), "nodes": [node.pid for node in cluster.nodes]}
    typer.echo(json.dumps(facts) if as_json else cluster.url())


@app.command(epilog="Example: assay ledger cluster down --dir etcd-cluster")
def down(folder: Folder = _HERE, as_json: AsJson = False) -> None:
    """Stop the cluster in the folder; its data stays, and `up` starts it again."""
    cluster = Cluster(folder)
    stopped = [node.name for number, node in enumerate(cluster.nodes) if cluster.running(number)]
    cluster.stop()
    typer.echo(json.dumps({"stopped": stopped}) if as_json else f"stopped {len(stopped)} nodes; the data stays")


@app.command(epilog="Example: assay ledger cluster status --dir etcd-cluster --json")
def status(folder: Folder = _HERE, as_json: AsJson = False) -> None:
    """Show the nodes of the cluster, and whether it takes writes."""
    cluster = Cluster(folder)
    gateway = Gateway(cluster.address)
    try:
        rows = [_row(cluster, gateway, number) for number in range(len(cluster.nodes))]
        alarms, writable = _writable(gateway)
    finally:
        gateway.close()
    if as_json:
        facts = {"url": cluster.url(), "writable": writable, "alarms": alarms, "nodes": rows}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(cluster.url())
        for row in rows:
            detail = "" if row["version"] is None else f"etcd {row['version']}, {row['bytes']:,} bytes"
            typer.echo(f"{row['name']}  port {row['port']}  {row['state']:8}  {detail}".rstrip())
        typer.echo("takes writes" if writable else f"takes NO writes{': ' + ', '.join(alarms) if alarms else ''}")
    if not writable:
        raise typer.Exit(1)


def _row(cluster: Cluster, gateway: Gateway, number: int) -> dict[str, Any]:
    node = cluster.nodes[number]
    row: dict[str, Any] = {"name": node.name, "port": node.client, "pid": node.pid, "version": None, "bytes": None}
    try:
        found = gateway.status(number)
    except AssayError:
        return row | {"state": "silent" if cluster.running(number) else "down"}
    state = "leader" if found.leader == found.member != 0 else "follower" if found.leader else "alone"
    return row | {"state": state, "version": found.version, "bytes": found.size}


def _writable(gateway: Gateway) -> tuple[list[str], bool]:
    alarms: list[str] = []
    try:
        alarms = sorted({kind for _, kind in gateway.alarms()})
        gateway.delete(b"\0assay/cluster/probe")
    except AssayError:
        return alarms, False
    return alarms, not alarms


@app.command(epilog="Example: assay ledger cluster recover --dir etcd-cluster")
def recover(
    folder: Folder = _HERE,
    ledger: Annotated[str, typer.Option(metavar="URL", help="The address of a cluster that runs elsewhere.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make etcd take writes again after its space quota was reached: compact, defragment, disarm."""
    gateway = Gateway(Address.parse(ledger) if ledger else Cluster(folder).address)
    try:
        report = recover_space(gateway)
    finally:
        gateway.close()
    if as_json:
        typer.echo(json.dumps({"before": report.before, "after": report.after}))
        return
    for number, (before, after) in enumerate(zip(report.before, report.after, strict=True)):
        sizes = "no answer" if before is None or after is None else f"{before:,} -> {after:,} bytes"
        typer.echo(f"node {number}: {sizes}")
