"""`assay ledger`: verify a stored chain, show what it is, copy it; clusters to keep one on.

Exit status: 0 verified (or done), 1 refused, 2 usage or unreadable.
"""

from __future__ import annotations

from typing import Any

import typer

from assay.cli import ledger_cluster, ledger_copies
from assay.cli.ledger_options import (
    AsJson,
    ChainId,
    Channel,
    Contracts,
    Seen,
    Where,
    opened,
    pins_of,
    registry_of,
    show,
    show_refusal,
    unreadable,
)
from assay.core.clock import to_datetime
from assay.core.progress import RichProgress
from assay.ledger import BrokenChain, EmbeddedLedger, verify_ledger

__all__ = ["app"]

app = typer.Typer(help="Read, verify and copy ledgers.", no_args_is_help=True)
app.add_typer(ledger_cluster.app, name="cluster")
app.command(epilog="Example: assay ledger export demo-out/ledger.db chain.export")(ledger_copies.export)
app.command(epilog="Example: assay ledger backup demo-out/ledger.db monday.ledger")(ledger_copies.backup)
app.command(epilog="Example: assay ledger restore monday.ledger new.ledger --chain-id HEX")(ledger_copies.restore)


@app.command(epilog="Example: assay ledger verify demo-out/chain.ledger --json")
def verify(
    where: Where,
    as_json: AsJson = False,
    chain_id: ChainId = "",
    checkpoint: Seen = "",
    channel: Channel = "",
    contract: Contracts = [],  # noqa: B006  (typer reads it, nobody changes it)
) -> None:
    """Check every seal, hash and root of a chain, and execute its contracts again.

    Without --chain-id this says that the file is a chain that keeps its own rules, not which chain it is; without
    --checkpoint, that its end was not cut off remains unknown.
    """
    broken: BrokenChain | None = None
    with unreadable(as_json):
        pins, registry = pins_of(chain_id, checkpoint), registry_of(contract)
        with opened(where, channel, registry) as ledger, RichProgress() as progress:
            try:
                report = verify_ledger(ledger, registry, progress=progress, **pins)
            except BrokenChain as verdict:
                broken = verdict
    if broken is not None:
        show_refusal(broken, as_json)
    facts = {
        "verified": True,
        "chain_id": report.chain_id.hex(),
        "chain_id_pinned": pins["chain_id"] is not None,
        "checkpoint_pinned": pins["checkpoint"] is not None,
        "height": report.height,
        "hash": report.hash.hex(),
        "transactions": report.transactions,
        "state_digest": report.state_digest.hex(),
    }
    lines = [
        f"verified  {report.height + 1} blocks, {report.transactions} transactions",
        f"chain     {report.chain_id.hex()}",
        f"head      {report.height}:{report.hash.hex()}",
    ]
    if pins["chain_id"] is None:
        lines.append("note      no --chain-id: the file keeps its own rules; which chain it is, was not checked")
    show(facts, as_json, "\n".join(lines))


@app.command(epilog="Example: assay ledger info demo-out/chain.ledger")
def info(
    where: Where,
    as_json: AsJson = False,
    channel: Channel = "",
    contract: Contracts = [],  # noqa: B006  (typer reads it, nobody changes it)
) -> None:
    """Show what a chain is and how far it goes, without verifying a file."""
    with unreadable(as_json), opened(where, channel, registry_of(contract)) as ledger:
        genesis, head = ledger.genesis, ledger.head().header
        size = ledger.path.stat().st_size if isinstance(ledger, EmbeddedLedger) else None
    facts: dict[str, Any] = {
        "label": genesis.label,
        "chain_id": genesis.chain_id.hex(),
        "began": to_datetime(genesis.time).isoformat(),
        "signers": [signer.hex() for signer in genesis.signers],
        "quorum": genesis.quorum,
        "contracts": [
            {"instance": each.instance, "name": each.name, "code": each.code.hex()} for each in genesis.contracts
        ],
        "height": head.height,
        "hash": head.hash.hex(),
        "time": to_datetime(head.time).isoformat(),
        "bytes": size,
    }
    lines = [
        f"ledger    {genesis.label!r}, begun {facts['began']}" + ("" if size is None else f", {size:,} bytes"),
        f"chain     {facts['chain_id']}",
        f"head      {head.height}:{facts['hash']} at {facts['time']}",
        *(f"signer    {signer}" for signer in facts["signers"]),
        *(f"contract  {each['instance']}: {each['name']} ({each['code'][:16]})" for each in facts["contracts"]),
    ]
    show(facts, as_json, "\n".join(lines))
