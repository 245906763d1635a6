"""`assay ledger export|backup|restore`: copies of a chain, and new ledgers made of them."""

from __future__ import annotations

import sys
from io import BufferedReader
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.ledger_options import (
    AsJson,
    ChainId,
    Channel,
    Contracts,
    LedgerPath,
    Seen,
    Where,
    opened,
    pins_of,
    registry_of,
    show,
    show_refusal,
    unreadable,
)
from assay.core.errors import InvalidInput
from assay.core.files import atomic_write
from assay.core.progress import RichProgress
from assay.ledger import BrokenChain
from assay.ledger.blocks import SealedHeader
from assay.ledger.embedded.backup import backup as copy_ledger
from assay.ledger.embedded.backup import restore as restore_backup
from assay.ledger.embedded.backup import restore_export
from assay.ledger.export import MAGIC, write_json_lines
from assay.ledger.export import export as write_export

__all__ = ["backup", "export", "restore"]


def export(
    where: Where,
    out: Annotated[str, typer.Argument(metavar="OUT", help="The file to write, or - for standard output.")],
    lines: Annotated[
        bool, typer.Option("--lines", help="Lines of JSON for people, one a block; they cannot be restored.")
    ] = False,
    as_json: AsJson = False,
    channel: Channel = "",
    contract: Contracts = [],  # noqa: B006  (typer reads it, nobody changes it)
) -> None:
    """Write the whole chain as one stream of its blocks, which `restore` reads wherever it came from."""
    write = write_json_lines if lines else write_export
    with unreadable(as_json), opened(where, channel, registry_of(contract)) as ledger, RichProgress() as progress:
        if out == "-":
            write(ledger, sys.stdout.buffer, progress=progress)
            return
        if Path(out).exists():
            raise InvalidInput(f"{out} exists already")
        with atomic_write(out) as file:
            head = write(ledger, file, progress=progress)
    _show_head("exported", Path(out), head, as_json)


def backup(
    path: LedgerPath,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The new file.")],
    as_json: AsJson = False,
) -> None:
    """Copy a ledger while others write to it. Keep the head that this prints: `restore --checkpoint` asks for it."""
    with unreadable(as_json), RichProgress() as progress:
        head = copy_ledger(path, target, progress=progress)
    _show_head("copied", target, head, as_json)


def restore(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A backup, or an export.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The new ledger's file.")],
    as_json: AsJson = False,
    chain_id: ChainId = "",
    checkpoint: Seen = "",
    contract: Contracts = [],  # noqa: B006  (typer reads it, nobody changes it)
) -> None:
    """Make a ledger of a backup or an export, with every block checked and executed again before it is there.

    Whoever holds the sealing key goes on with it. An existing file is never replaced.
    """
    broken: BrokenChain | None = None
    with unreadable(as_json):
        pins, registry = pins_of(chain_id, checkpoint), registry_of(contract)
        try:
            with _opened(source) as file, RichProgress() as progress:
                if file.peek(len(MAGIC)).startswith(MAGIC):
                    report = restore_export(file, target, registry, progress=progress, **pins)
                else:
                    report = restore_backup(source, target, registry, progress=progress, **pins)
        except BrokenChain as verdict:
            broken = verdict
    if broken is not None:
        show_refusal(broken, as_json)
    facts = {
        "verified": True,
        "file": str(target),
        "chain_id": report.chain_id.hex(),
        "height": report.height,
        "hash": report.hash.hex(),
        "transactions": report.transactions,
    }
    text = f"restored  {target}, verified: {report.height + 1} blocks, {report.transactions} transactions"
    show(facts, as_json, f"{text}\nchain     {facts['chain_id']}\nhead      {report.height}:{facts['hash']}")


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None


def _show_head(done: str, target: Path, head: SealedHeader, as_json: bool) -> None:
    header = head.header
    facts = {
        "file": str(target),
        "bytes": target.stat().st_size,
        "chain_id": header.chain_id.hex(),
        "height": header.height,
        "hash": header.hash.hex(),
    }
    text = f"{done:9} {target}, {facts['bytes']:,} bytes, not verified\nchain     {facts['chain_id']}"
    show(facts, as_json, f"{text}\nhead      {header.height}:{facts['hash']}")
