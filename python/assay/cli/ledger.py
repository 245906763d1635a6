"""`assay ledger`: verify a stored chain, or show what it is.

Exit status: 0 verified (or shown), 1 refused, 2 usage or unreadable.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from assay.cli import ledger_cluster
from assay.core.clock import to_datetime
from assay.core.errors import AssayError, InvalidInput
from assay.core.progress import RichProgress
from assay.ledger import BrokenChain, Checkpoint, Contract, ContractRegistry, EmbeddedLedger, verify_ledger

__all__ = ["app"]

app = typer.Typer(help="Read and verify ledgers.", no_args_is_help=True)
app.add_typer(ledger_cluster.app, name="cluster")

LedgerPath = Annotated[Path, typer.Argument(metavar="PATH", help="The ledger's file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ChainId = Annotated[str, typer.Option(metavar="HEX", help="Refuse every chain but the one with this id.")]
Seen = Annotated[str, typer.Option(metavar="HEIGHT:HASH", help="A block that you know: refuse a chain without it.")]
Contracts = Annotated[
    list[str], typer.Option("--contract", metavar="MODULE:CLASS", help="A contract that is not installed; repeatable.")
]


@app.command(epilog="Example: assay ledger verify demo-out/chain.ledger --json")
def verify(
    path: LedgerPath,
    as_json: AsJson = False,
    chain_id: ChainId = "",
    checkpoint: Seen = "",
    contract: Contracts = [],  # noqa: B006  (typer reads it, nobody changes it)
) -> None:
    """Check every seal, hash and root of a chain, and execute its contracts again.

    Without --chain-id this says that the file is a chain that keeps its own rules, not which chain it is; without
    --checkpoint, that its end was not cut off remains unknown.
    """
    broken: BrokenChain | None = None
    with _unreadable(as_json):
        pinned = _hex(chain_id, "--chain-id") if chain_id else None
        seen = _checkpoint(checkpoint) if checkpoint else None
        registry = ContractRegistry(_load(name) for name in contract)
        with EmbeddedLedger(path) as ledger, RichProgress() as progress:
            try:
                report = verify_ledger(ledger, registry, chain_id=pinned, checkpoint=seen, progress=progress)
            except BrokenChain as verdict:
                broken = verdict
    if broken is not None:
        facts = {"verified": False, "height": broken.height, "reason": broken.reason}
        _show(facts, as_json, f"REFUSED  block {broken.height}: {broken.reason}", error=True)
        raise typer.Exit(1)
    facts = {
        "verified": True,
        "chain_id": report.chain_id.hex(),
        "chain_id_pinned": pinned is not None,
        "checkpoint_pinned": seen is not None,
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
    if pinned is None:
        lines.append("note      no --chain-id: the file keeps its own rules; which chain it is, was not checked")
    _show(facts, as_json, "\n".join(lines))


@app.command(epilog="Example: assay ledger info demo-out/chain.ledger")
def info(path: LedgerPath, as_json: AsJson = False) -> None:
    """Show what a chain is and how far it goes, without verifying it."""
    with _unreadable(as_json), EmbeddedLedger(path) as ledger:
        genesis, head = ledger.genesis, ledger.head().header
        size = path.stat().st_size
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
        f"ledger    {genesis.label!r}, begun {facts['began']}, {size:,} bytes",
        f"chain     {facts['chain_id']}",
        f"head      {head.height}:{facts['hash']} at {facts['time']}",
        *(f"signer    {signer}" for signer in facts["signers"]),
        *(f"contract  {each['instance']}: {each['name']} ({each['code'][:16]})" for each in facts["contracts"]),
    ]
    _show(facts, as_json, "\n".join(lines))


def _show(facts: dict[str, Any], as_json: bool, text: str, *, error: bool = False) -> None:
    typer.echo(json.dumps(facts) if as_json else text, err=error and not as_json)


@contextmanager
def _unreadable(as_json: bool) -> Iterator[None]:
    """What cannot be read or was asked wrongly ends with status 2."""
    try:
        yield
    except AssayError as error:
        _show({"error": str(error)}, as_json, f"assay ledger: {error}", error=True)
        raise typer.Exit(2) from None


def _hex(text: str, what: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise InvalidInput(f"{what} is 64 hexadecimal digits, not {text!r}")
    return raw


def _checkpoint(text: str) -> Checkpoint:
    height, _, digest = text.partition(":")
    if not height.isascii() or not height.isdigit():
        raise InvalidInput(f"--checkpoint is HEIGHT:HASH, not {text!r}")
    return Checkpoint(int(height), _hex(digest, "the hash of --checkpoint"))


def _load(name: str) -> Contract:
    module, _, attribute = name.partition(":")
    try:
        contract = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(f"--contract {name!r} cannot be loaded: {error}") from None
    if not isinstance(contract, Contract):
        raise InvalidInput(f"--contract {name!r} is not a contract")
    return contract
